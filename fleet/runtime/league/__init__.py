"""The League of Robot Runners, edition 2024, under its own rules.

Rules: the organisers' Start-Kit, edition 2024 (Input_Output_Format.md, CompetitionSystem, TaskManager, ActionModel).
The competition is the judge, an entry is a contestant: `competition.py`, `moves.py` and `task_pool.py` know nothing of
planners; `entry.py` is our contestant, a scheduler and a planner.
"""
