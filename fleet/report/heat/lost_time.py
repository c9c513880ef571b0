"""How much time robots lose against free flow, seen with hindsight.

A robot that is pushed out of its way and comes back has lost all the time between, not only the steps that led away. So
on each leg, from one service to the next, the time between the first and the last visit to any cell is lost, unless it
was spent turning where the way turns. What is left is about the time that the same leg takes on an empty floor: the few
cells that a robot got on while it was pushed to and fro count as lost, and steps aside that it never took back do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.grid.layout import COLUMN_STEP, NO_CELL, ROW_STEP
from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from fleet.report.trace import Trace
    from robots.arrays import Bool, Int8, Int32, Int64

# Robots are looked at in blocks of about so many robot-steps, so that temporary arrays stay small.
_BLOCK_ROBOT_STEPS: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LostTime:
    """What robots lost on their ways.

    held    bool (n, steps), the robot is held up: it stands, or is on a loop, in which it came no nearer for a while
    lost    bool (n, steps), it loses the step: it is held, and does not make a turn that its way needs
    wanted  int32 (n, steps), the cell into which its way leads next, NO_CELL if that is none on this leg
    """

    held: Bool
    lost: Bool
    wanted: Int32


@dataclass(frozen=True, slots=True)
class _Ways:
    """Some robots of a trace, by robot.

    cell     int64 (n, steps + 1), before the first step and after each; heading: int64, the same
    leg      int64 (n, steps), which leg a step is of; at_goal: bool, the step is spent at the end of one
    delayed, turning  bool (n, steps)
    """

    cell: Int64
    heading: Int64
    leg: Int64
    at_goal: Bool
    delayed: Bool
    turning: Bool
    width: int


def find_lost_time(trace: Trace) -> LostTime:
    """Find what robots lost in a trace; n log n in robot-steps, vectorised."""
    shape = (trace.robots, trace.steps)
    found = LostTime(np.zeros(shape, np.bool_), np.zeros(shape, np.bool_), np.full(shape, NO_CELL, np.int32))
    block = max(1, _BLOCK_ROBOT_STEPS // trace.steps)
    for first in range(0, trace.robots, block):
        robots = slice(first, first + block)
        ways = _ways(trace, robots)
        loop = _on_loop(ways)
        onward = (ways.cell[:, 1:] != ways.cell[:, :-1]) & ~loop & ~ways.at_goal
        held = _with_delay((loop | ways.delayed) & ~ways.at_goal, ways.delayed)
        found.held[robots] = held
        following = _next(ways, onward)
        found.lost[robots] = held & ~_needed_turns(ways, onward, following)
        found.wanted[robots] = _wanted(ways, following)
    return found


def _ways(trace: Trace, robots: slice) -> _Ways:
    def by_robot(start: Int32 | Int8, column: Int32 | Int8) -> Int64:
        return np.concatenate([start[None, robots], column[:, robots]]).T.astype(np.int64)

    activity = trace.activity[:, robots].T
    at_goal = activity >= np.uint8(Activity.SERVICE)  # or charging, or idle
    return _Ways(
        cell=by_robot(trace.start_cell, trace.cell),
        heading=by_robot(trace.start_heading, trace.heading),
        leg=np.cumsum(at_goal, axis=1),
        at_goal=at_goal,
        delayed=trace.delayed[:, robots].T & ~at_goal,
        turning=activity == np.uint8(Activity.TURNING),
        width=trace.width,
    )


def _on_loop(ways: _Ways) -> Bool:
    """Steps between two times at which a robot is in the same cell on the same leg, bool (n, steps)."""
    robots, places = ways.cell.shape
    legs = np.concatenate([np.zeros((robots, 1), dtype=np.int64), ways.leg], axis=1)
    visit = ((np.arange(robots)[:, None] * places + legs) * (int(ways.cell.max()) + 1) + ways.cell).ravel()
    order = np.argsort(visit, kind="stable")
    ends = np.append(np.diff(visit[order]) != 0, True)
    last = np.empty(len(visit), dtype=np.int64)
    last[order] = order[np.flatnonzero(ends)][np.cumsum(ends) - ends] % places
    # Until when a robot comes back to any cell in which it has been before a step.
    until = np.maximum.accumulate(last.reshape(robots, places), axis=1)
    on_loop: Bool = (until[:, :-1] > np.arange(places - 1)) & ~ways.at_goal
    return on_loop


def _with_delay(held: Bool, delayed: Bool) -> Bool:
    """Only those stretches of consecutive steps that have a delayed one: other loops are changes of mind, or turns."""
    began = held & ~np.pad(held, ((0, 0), (1, 0)))[:, :-1]
    stretch = np.where(held, np.cumsum(began).reshape(held.shape), 0)
    has_delay = np.zeros(int(stretch.max(initial=0)) + 1, dtype=np.bool_)
    has_delay[stretch[delayed & held]] = True
    has_delay[0] = False
    kept: Bool = has_delay[stretch]
    return kept


def _next(ways: _Ways, onward: Bool) -> Int64:
    """The next step in which a robot drives onward on the same leg, this one included; `steps` if there is none."""
    steps = onward.shape[1]
    at = np.where(onward, np.arange(steps), steps)
    following = np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]
    leg = ways.leg[np.arange(len(onward))[:, None], np.minimum(following, steps - 1)]
    return np.where(leg == ways.leg, following, steps)


def _wanted(ways: _Ways, following: Int64) -> Int64:
    """The cell into which the next onward step of the same leg, see `_next`, leads; int64 (n, steps)."""
    robots, steps = following.shape
    robot = np.arange(robots)[:, None]
    return np.where(following < steps, ways.cell[robot, np.minimum(following + 1, steps)], NO_CELL)


def _direction(left: Int64, entered: Int64, width: int) -> Int64:
    """Heading of each move, -1 if it is not to a neighbouring cell."""
    south, east = entered // width - left // width, entered % width - left % width
    heading = np.full(len(left), -1, dtype=np.int64)
    for towards, step in enumerate(zip(ROW_STEP, COLUMN_STEP, strict=True)):
        heading[(south == step[0]) & (east == step[1])] = towards
    return heading


def _needed_turns(ways: _Ways, onward: Bool, following: Int64) -> Bool:
    """Quarter turns that a robot must make before the onward step that follows, the last ones; bool (n, steps)."""
    steps = onward.shape[1]
    robot, step = np.nonzero(onward)
    heading = _direction(ways.cell[robot, step], ways.cell[robot, step + 1], ways.width)
    leg = ways.leg[robot, step]
    follows = np.append(False, (np.diff(robot) == 0) & (np.diff(leg) == 0))[: len(robot)]
    begins = np.maximum.accumulate(np.where(ways.at_goal, np.arange(1, steps + 1), 0), axis=1)
    before = np.where(follows, np.roll(heading, 1), ways.heading[robot, begins[robot, step]])
    quarters = np.abs(heading - before) % 4
    turns = np.zeros((len(onward), steps + 1), dtype=np.int64)
    turns[robot, step] = np.where((heading < 0) | (before < 0), 0, np.minimum(quarters, 4 - quarters))
    good = ways.turning & ~ways.delayed
    made = np.cumsum(np.pad(good, ((0, 0), (1, 0))), axis=1)  # before each step
    row = np.arange(len(onward))[:, None]
    needed: Bool = good & (made[row, following] - made[:, :-1] <= turns[row, following])
    return needed
