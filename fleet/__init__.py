"""The controller: orders to tasks, tasks to robots, robots to collision-free motion, motion to reports."""
