"""Mixed pallets: how they are stacked, in which order they are taken apart, and who checks that."""
