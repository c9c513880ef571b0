"""Calibration: the parameters of a robot's body from logs of how it drove."""
