"""Orders become tasks: order sources, the splitting of orders, the task pool."""
