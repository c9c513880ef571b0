"""The assigner protocol: free robots and waiting tasks in, pairs out, and a reason for tasks that nobody can take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from typing import Protocol

import numpy as np

from fleet.errors import SettingError
from robots.arrays import Float32, Float64, Int8, Int32


@dataclass(frozen=True, slots=True)
class AssignmentParams:
    """What a task is worth against the way to it. A task's urgency is counted in seconds of travel:

        urgency_s = priority_s * priority + age_weight * (seconds since release)
                    + due_s * (share of the last due_horizon_s before due that has passed, 0 to 1)

    nearest        tasks looked at for each robot, the nearest by Manhattan distance
    urgent         tasks looked at for all robots, the most urgent ones
    priority_s     seconds of detour that one level of priority is worth
    age_weight     seconds of detour that a second of waiting is worth. Must be more than 0: then a task that waits
                   outweighs, sooner or later, every task that comes after it, and nobody is starved
    due_s          seconds of detour that a task at or after its due time is worth
    due_horizon_s  how long before its due time a task begins to gain on others
    """

    nearest: int = 16
    urgent: int = 16
    priority_s: float = 60.0
    age_weight: float = 0.1
    due_s: float = 120.0
    due_horizon_s: float = 600.0

    def __post_init__(self) -> None:
        for name in ("nearest", "urgent"):
            if getattr(self, name) < 1:
                raise SettingError(name, f"is {getattr(self, name)}", "use 1 or more")
        for name in ("age_weight", "due_horizon_s"):
            if not (isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise SettingError(name, f"is {getattr(self, name)}", "use a number greater than 0")
        for name in ("priority_s", "due_s"):
            if not (isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise SettingError(name, f"is {getattr(self, name)}", "use 0 or more")

    def urgency_s(self, tasks: WaitingTasks, now_s: float) -> Float64:
        """Urgency of each task in seconds of travel, float64 (m,)."""
        late = np.clip((now_s + self.due_horizon_s - tasks.due_s) / self.due_horizon_s, 0.0, 1.0)
        age = np.maximum(now_s - tasks.release_s, 0.0)
        urgency: Float64 = self.priority_s * tasks.priorities + self.age_weight * age + self.due_s * late
        return urgency


@dataclass(slots=True)
class FreeRobots:
    """Robots that may be given a task; columns of length k. Index i of an answer is row i here.

    cells int32, headings int8, charge_percent float32 (0 to 100)
    """

    cells: Int32
    headings: Int8
    charge_percent: Float32


@dataclass(slots=True)
class WaitingTasks:
    """Tasks without a robot; columns of length m. Index j of an answer is row j here.

    cells       int32, cell of the first errand
    priorities  int32, the larger the more urgent
    release_s, due_s  float64, seconds on the clock of `now_s`; due_s may be infinite
    percent     float32, charge that a robot must have in the first cell to take the task on: for its errands, for the
                way to a charger after the last of them, and for what is never used up
                (`trip_energy.TripEnergy.task_percent`)
    """

    cells: Int32
    priorities: Int32
    release_s: Float64
    due_s: Float64
    percent: Float32


class TaskRefusal(IntEnum):
    """Why no free robot can take a task."""

    UNREACHABLE = 0  # none has a way to its first cell; final on a floor where every place reaches every other
    LOW_CHARGE = 1  # those with a way have too little charge for it; one that has charged may take it later
    TOO_LONG = 2  # it needs more than a full battery; final


@dataclass(slots=True)
class Assignment:
    """Who takes what. Indices into the rows of FreeRobots and WaitingTasks.

    robots, tasks     int32 (p,), the pairs, robots ascending
    refused, reasons  int32 and int8 (r,), tasks that no free robot can take, ascending, each with its TaskRefusal.
                      A task in neither list just waits: other tasks went first, or nobody is free
    """

    robots: Int32
    tasks: Int32
    refused: Int32
    reasons: Int8


class Assigner(Protocol):
    """A strategy for giving waiting tasks to free robots. Keeps nothing from one call to the next."""

    def assign(self, robots: FreeRobots, tasks: WaitingTasks, now_s: float) -> Assignment:
        """Pair robots with tasks: no robot and no task twice, as many pairs as the strategy can make.

        A pair is made only if the robot has a way to the task's first cell and enough charge for the way and the task.
        No task that some robot can take is left for ever while others are served. Equal requests get equal answers.
        Raises ValueError if columns have other lengths or types than documented.
        """


_ROBOT_COLUMNS = {"cells": np.int32, "headings": np.int8, "charge_percent": np.float32}
_TASK_COLUMNS = {
    "cells": np.int32,
    "priorities": np.int32,
    "release_s": np.float64,
    "due_s": np.float64,
    "percent": np.float32,
}


def check_columns(robots: FreeRobots, tasks: WaitingTasks) -> None:
    """Raise ValueError if a column has another length or type than the protocol says."""
    for rows, columns in ((robots, _ROBOT_COLUMNS), (tasks, _TASK_COLUMNS)):
        n = len(rows.cells)
        for name, dtype in columns.items():
            column = getattr(rows, name)
            if column.shape != (n,) or column.dtype != dtype:
                kind = type(rows).__name__
                raise ValueError(f"{kind}.{name} is {column.dtype} {column.shape}, not {np.dtype(dtype)} ({n},)")
