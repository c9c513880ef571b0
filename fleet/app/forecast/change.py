"""A change that is proposed: part of the floor closed, robots more or fewer, other orders."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fleet.app.forecast.snapshot import FloorSnapshot, RobotRows
from fleet.errors import SettingError
from fleet.grid.layout import NO_ROBOT
from fleet.tasks.records import PoolRecord, TaskRecord
from fleet.tasks.task_table import TaskStatus
from fleet.traffic.zones.actions import NamedZone, Rectangle
from robots.arrays import Int32
from sim_worlds.world import World

_NEW_ROBOT_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different from now on.

    close   areas that nobody may enter; who is inside drives on and out
    robots  so many more, or, if negative, fewer
    orders  what comes in instead, as after `futurepark run --orders`; empty: as it would without the change
    """

    close: tuple[NamedZone | Rectangle, ...] = ()
    robots: int = 0
    orders: str = ""

    @property
    def nothing(self) -> bool:
        """Whether it changes nothing."""
        return not (self.close or self.robots or self.orders)


def with_robots(snapshot: FloorSnapshot, more: int, world: World) -> FloorSnapshot:
    """Return the floor with so many robots more, on free parking places and fully charged; if negative, with fewer.

    Those go that have least to do: without a task first, then without a load. Raises SettingError if there is no place
    for so many, or if so many cannot go.
    """
    if more > 0:
        return _added(snapshot, more, world)
    return _removed(snapshot, -more) if more < 0 else snapshot


def _added(snapshot: FloorSnapshot, more: int, world: World) -> FloorSnapshot:
    robots = snapshot.robots
    free = world.start_cells[~np.isin(world.start_cells, robots.cell)]
    if more > len(free):
        problem = f"there is no place for {more} robots more"
        raise SettingError("--robots", problem, f"at most {len(free)} fit on {world.name} now")
    return replace(
        snapshot,
        robots=RobotRows(
            cell=np.concatenate([robots.cell, free[:more]]).astype(np.int32),
            heading=np.concatenate([robots.heading, np.zeros(more, dtype=np.int8)]),
            charge_percent=np.concatenate([robots.charge_percent, np.full(more, _NEW_ROBOT_PERCENT, np.float32)]),
            service_left_s=np.concatenate([robots.service_left_s, np.zeros(more, dtype=np.float32)]),
            serving=np.concatenate([robots.serving, np.zeros(more, dtype=np.bool_)]),
            down=np.concatenate([robots.down, np.zeros(more, dtype=np.bool_)]),
        ),
    )


def _removed(snapshot: FloorSnapshot, fewer: int) -> FloorSnapshot:
    n = len(snapshot.robots)
    burden = np.zeros(n, dtype=np.int8)
    for kept in snapshot.work.tasks:
        if kept.status == TaskStatus.ASSIGNED:
            begun = (
                kept.errand_index > 0 or bool(snapshot.robots.serving[kept.robot]) or kept.takeover_robot != NO_ROBOT
            )
            burden[kept.robot] = 2 if begun else 1
        if kept.takeover_robot != NO_ROBOT:
            burden[kept.takeover_robot] = 2
    may_go = np.flatnonzero(burden < 2)
    most = min(len(may_go), n - 1)
    if fewer > most:
        problem = f"{fewer} robots cannot go: only {most} of {n} have no load"
        raise SettingError("--robots", problem, f"take away {most} or fewer")
    gone = may_go[np.lexsort((-may_go, burden[may_go]))][:fewer]
    stays = np.setdiff1d(np.arange(n, dtype=np.int32), gone).astype(np.int32)
    row_of: Int32 = np.full(n, NO_ROBOT, dtype=np.int32)
    row_of[stays] = np.arange(len(stays), dtype=np.int32)
    return replace(snapshot, robots=snapshot.robots.part(stays), work=_renumbered(snapshot.work, row_of))


def _renumbered(work: PoolRecord, row_of: Int32) -> PoolRecord:
    """The work with robots by their new rows; tasks of robots that have gone wait for another."""

    def task(kept: TaskRecord) -> TaskRecord:
        robot = int(row_of[kept.robot]) if kept.robot != NO_ROBOT else NO_ROBOT
        left = int(row_of[kept.takeover_robot]) if kept.takeover_robot != NO_ROBOT else NO_ROBOT
        waits = kept.status == TaskStatus.ASSIGNED and robot == NO_ROBOT
        return replace(kept, robot=robot, takeover_robot=left, status=TaskStatus.OPEN if waits else kept.status)

    return replace(work, tasks=tuple(task(kept) for kept in work.tasks))
