"""What robots lose time to: every lost step goes to the place that caused it, not to where the robot stood.

A queue of ten robots stands in ten cells, and none of them is to blame but the neck in front of the first. With
hindsight a trace tells what a robot waited for: the cell into which its way led next, and the robot that was there, or
came through, before it. If that one was held up as well, it waited for something too, and so on to the head of the
queue. Queues grow upstream from a bottleneck, see Daganzo, "The cell transmission model" (1994), part I.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.grid.layout import NO_CELL, NO_ROBOT
from fleet.report.heat.congestion import Window
from fleet.report.heat.lost_time import find_lost_time
from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from fleet.report.heat.lost_time import LostTime
    from fleet.report.trace import Trace
    from robots.arrays import Bool, Int64

# A robot that comes into the wanted cell later than this is none that was waited for: planners look 3 to 5 steps ahead.
_LOOK_AHEAD_STEPS: Final = 8
# Who loses a step and stands in a queue this much later lost it on the way into the queue: without it, it would have
# stood there for longer.
_INTO_QUEUE_STEPS: Final = 15
# Chains are followed by pointer doubling: so many rounds follow 2 ** rounds robots, more than any queue has.
_ROUNDS: Final = 12


@dataclass(frozen=True, slots=True)
class DelayCauses:
    """Time lost against free flow, by the place that caused it.

    lost    int64 (height, width), robot-steps lost to what happened at a cell; their sum is all that was lost
    busy    robot-steps of the window in which robots were not idle
    steps   steps of the window, step_s: seconds of one
    """

    lost: Int64
    busy: int
    steps: int
    step_s: float


def find_causes(trace: Trace, window: Window | None = None) -> DelayCauses:
    """Find what the time of a window was lost to; raises SettingError if the run has none of its steps.

    The cause of a lost step is the cell into which the head of the queue wants to drive.
    """
    steps = (window or Window()).steps(trace)
    found = find_lost_time(trace)
    cause, queued = _causes(trace, found)
    at = _into_queues(cause, queued, trace)[:, steps][found.lost[:, steps]]
    lost = np.bincount(at, minlength=trace.cells).reshape(trace.height, trace.width)
    idle = int(np.count_nonzero(trace.activity[steps] == np.uint8(Activity.IDLE)))
    count = steps.stop - steps.start
    return DelayCauses(lost, count * trace.robots - idle, count, trace.step_s)


def _causes(trace: Trace, found: LostTime) -> tuple[Int64, Bool]:
    """The cell that holds each robot up in each step, and whether it stands in a queue behind others; (n, steps).

    Going back in time, who comes into a cell next is who was seen there last: `comer`, at step `comes_at`.
    """
    shape = found.held.shape
    cause, queued = np.full(shape, NO_CELL, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    robots = np.arange(trace.robots)
    comer = np.full(trace.cells, NO_ROBOT, dtype=np.int64)
    comes_at = np.zeros(trace.cells, dtype=np.int64)
    for step in range(trace.steps - 1, -1, -1):
        here = trace.start_cell if step == 0 else trace.cell[step - 1]
        comer[here], comes_at[here] = robots, step
        held = found.held[:, step]
        if not held.any():
            continue
        wanted = found.wanted[:, step]
        blocker = comer[wanted]
        blocked = held & (wanted != NO_CELL) & (blocker != NO_ROBOT) & (blocker != robots)
        blocked &= comes_at[wanted] - step <= _LOOK_AHEAD_STEPS
        heads = _heads(np.where(blocked & held[blocker], blocker, robots))
        cause[:, step] = np.where(wanted[heads] == NO_CELL, here[heads], wanted[heads])
        queued[:, step] = heads != robots
    return cause, queued


def _heads(behind: Int64) -> Int64:
    """Who is at the head of the queue of each robot, which stands behind the robot `behind[robot]`, or itself; (n,).

    In a ring, where everybody waits for somebody in it, it is one of the ring.
    """
    for _ in range(_ROUNDS):
        behind = behind[behind]
    return behind


def _into_queues(cause: Int64, queued: Bool, trace: Trace) -> Int64:
    """Causes, where what is lost on the way into a queue is lost to what the queue waits for; int64 (n, steps)."""
    steps = trace.steps
    robot, step = np.arange(trace.robots)[:, None], np.arange(steps)
    at_goal = trace.activity.T >= np.uint8(Activity.SERVICE)  # noqa: SIM300
    leg = np.cumsum(at_goal, axis=1)
    in_queue = np.minimum.accumulate(np.where(queued, step, 2 * steps)[:, ::-1], axis=1)[:, ::-1]
    then = np.minimum(in_queue, steps - 1)
    soon = (in_queue - step <= min(_INTO_QUEUE_STEPS, steps - 1)) & (leg[robot, then] == leg)
    return np.where(soon, cause[robot, then], cause)
