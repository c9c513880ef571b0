"""The command line, and `compose`, the only place that wires the parts together."""
