"""Simulated robots behind gateways, in a program of their own: `futurepark robots`."""
