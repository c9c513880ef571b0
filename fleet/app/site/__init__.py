"""The running site: its programs' local API, its read-only feed, and what both tell of it."""
