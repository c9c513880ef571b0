"""Recording simulated fleets: a compact trace of a run, its exact replay, rewinding, and MCAP for Foxglove."""
