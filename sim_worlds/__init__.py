"""Worlds as data: maps and their descriptions, the checker, and the generators that make them."""
