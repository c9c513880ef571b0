"""Torture: the controller against faults drawn from a seed, checked in every tick, and shrunk when something fails."""
