"""Robots with mass, wheels and senses: the inside of the digital twin's fleet."""
