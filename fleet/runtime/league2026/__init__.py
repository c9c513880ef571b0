"""The League of Robot Runners, edition 2026: ticks, delays, robots that are squares.

Rules: the organisers' Start-Kit, edition 2026 (CompetitionSystem, Simulator, ActionModel, DelayGenerator, TaskManager,
Input_Output_Format.md). As in the 2024 edition the competition is the judge and knows nothing of planners: `delays.py`,
`moves.py`, `overlap_auditor.py`, `competition.py`. `entry.py` is our contestant.
"""
