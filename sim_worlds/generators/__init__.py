"""Parametrised floors, for users to make their own worlds; the shipped worlds come from here too."""
