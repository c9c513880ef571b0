"""The numpy grid core: the frozen map, heading-aware distances, map file formats."""
