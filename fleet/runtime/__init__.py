"""The control loop and what it needs: settings, clock, monitor, event log."""
