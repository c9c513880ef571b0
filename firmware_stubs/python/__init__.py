"""The firmware stub in Python; `robot.py` runs alone and needs nothing of this package."""
