"""What the next half hour looks like: forks of a floor's state, with and without a change, simulated in seconds."""
