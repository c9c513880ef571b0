"""What happened in a run, and how runs differ: figures for reports, from a run directory alone."""
