"""Tuning of guidance: the search behind `futurepark tune`."""
