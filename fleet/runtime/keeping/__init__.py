"""Acting on what sensors say of the floor: bins that run low are refilled, full cages are swapped."""
