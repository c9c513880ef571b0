"""Collision-free windows of moves for all robots at once: the planner protocol, PIBT, EPIBT, the plan auditor."""
