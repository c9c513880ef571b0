"""Who does what: tasks, chargers and parking places matched to robots."""
