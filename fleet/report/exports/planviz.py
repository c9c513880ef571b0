"""A run in the format of the League of Robot Runners, which the visualiser PlanViz opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fleet.errors import RunError
from fleet.report.league_result import result_document
from fleet.runtime.activity import Activity
from fleet.runtime.league.record import LeagueRecord, LeagueTasks
from robots.state import Action, Heading

if TYPE_CHECKING:
    from fleet.grid.layout import Layout
    from fleet.report.story.work_history import WorkHistory
    from fleet.report.trace import Trace
    from robots.arrays import Int32, UInt8

_NO_TASK: Final = -1
_NO_ACTION: Final = 255


def planviz_document(trace: Trace, history: WorkHistory, layout: Layout, where: str) -> dict[str, Any]:
    """Return a run as the League's result file has it, JSON-ready; `where` names it in errors.

    Robots begin with the headings that they had, and what was planned is what was done, since a run keeps no plans.
    Raises RunError if a robot did in one step what is no single action.
    """
    done = trace_actions(trace, layout, where)
    away = (trace.activity != np.uint8(Activity.IDLE)) & (trace.activity != np.uint8(Activity.CHARGING))
    record = LeagueRecord(
        layout=layout,
        starts=trace.start_cell,
        tasks=_tasks(history, trace.step_s),
        planned=done,
        actual=done,
        busy_steps=away.sum(axis=0, dtype=np.int32),
        events=np.array(
            [
                (_step(service.t, trace.step_s), service.robot, service.task, service.errand + 1)
                for service in history.services
            ],
            dtype=np.int32,
        ).reshape(-1, 4),
        actual_schedule=_schedule(history, trace.step_s),
        planned_schedule=_schedule(history, trace.step_s),
        finished=sum(task.status == "done" for task in history.tasks),
    )
    document = result_document(record)
    for start, heading in zip(document["start"], trace.start_heading.tolist(), strict=True):
        start[2] = Heading(heading).name[0]
    return document


def trace_actions(trace: Trace, layout: Layout, where: str) -> UInt8:
    """Return what each robot did in each step, uint8 (steps, n), see robots.state.Action.

    Raises RunError if one did more in a step than one action.
    """
    before = np.vstack([trace.start_cell[None], trace.cell[:-1]])
    faced = np.vstack([trace.start_heading[None], trace.heading[:-1]]).astype(np.int64)
    turned = (trace.heading - faced) % 4
    stayed = trace.cell == before
    drove = (layout.neighbours[before, faced] == trace.cell) & (turned == 0)
    actions = np.full(trace.cell.shape, _NO_ACTION, dtype=np.uint8)
    for action, holds in (
        (Action.FORWARD, drove),
        (Action.TURN_CW, stayed & (turned == 1)),
        (Action.TURN_CCW, stayed & (turned == 3)),
        (Action.WAIT, stayed & (turned == 0)),
    ):
        actions[holds] = action
    strange = np.argwhere(actions == _NO_ACTION)
    if len(strange):
        step, robot = strange[0].tolist()
        problem = f"robot {robot} did more in step {step} than one action of the League's"
        raise RunError(where, problem, "PlanViz shows runs with --execution ideal; export this one as mcap")
    return actions


def _tasks(history: WorkHistory, step_s: float) -> LeagueTasks:
    """Errands of each task and when it came, by number; numbers that no task has are tasks of no errands."""
    known = {task.task: task for task in history.tasks}
    count = max(known, default=-1) + 1
    cells, offsets, released = [], [0], []
    for number in range(count):
        task = known.get(number)
        if task is not None:
            cells += [*(cell for _, _, cell in task.picks), task.drop]
        offsets.append(len(cells))
        released.append(_step(task.created_s, step_s) if task is not None else 0)
    return LeagueTasks(
        errand_cells=np.array(cells, dtype=np.int32),
        offsets=np.array(offsets, dtype=np.int64),
        released=np.array(released, dtype=np.int32),
    )


def _schedule(history: WorkHistory, step_s: float) -> Int32:
    """Time, robot and task, whenever what a robot has to do changes; int32 (changes, 3), by time."""
    changes: list[tuple[int, int, int]] = []
    has: dict[int, tuple[int, int]] = {}  # of each robot: its task, and until when
    for leg in sorted(history.legs, key=lambda leg: (leg.from_s, leg.to_s)):
        task, until = has.get(leg.robot, (_NO_TASK, 0))
        begins, ends = _step(leg.from_s, step_s), _step(leg.to_s, step_s)
        if task != leg.task:
            if task != _NO_TASK and until < begins:
                changes.append((until, leg.robot, _NO_TASK))
            changes.append((begins, leg.robot, leg.task))
        has[leg.robot] = leg.task, ends
    changes += [(until, robot, _NO_TASK) for robot, (task, until) in has.items()]
    return np.array(sorted(changes, key=lambda change: change[0]), dtype=np.int32).reshape(-1, 3)


def _step(time_s: float, step_s: float) -> int:
    return round(time_s / step_s)
