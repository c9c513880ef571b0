"""The snapshot of a site that its controller tells of over the API."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from fleet.app.forecast.errors import SnapshotError
from fleet.app.forecast.snapshot import LATELY_S, FloorSnapshot, RobotRows, recent_orders, settled, unfinished_work
from fleet.app.site.api_client import ApiClient
from fleet.app.site.api_messages import MAX_RECORDS, FloorIs, OrderOnRecord, OrderStatus
from fleet.app.site.floor_answer import floor_columns
from fleet.app.site.site_floor import floor_hash
from fleet.grid.layout import NO_ROBOT, NO_TASK
from fleet.tasks.model import Order
from fleet.tasks.records import TaskRecord
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Int32
from sim_worlds.world import World

_UNFINISHED: Final[tuple[OrderStatus, ...]] = ("open", "failed")


def site_snapshot(client: ApiClient, world: World) -> FloorSnapshot:
    """Ask a controller for its floor; a viewer may.

    Orders come page by page while the site goes on; who works on what is as of the last answer. Loads of cancelled
    orders that robots still carry are not in it. Raises SnapshotError for another floor, and what the client raises.
    """
    rows = [row for status in _UNFINISHED for row in _records(client, status)]
    counts = client.status().counts["orders"]
    floor = client.floor()
    if floor.floor != floor_hash(world):
        problem = f"the controller leads {floor.world}, which is another floor than {world.name}"
        raise SnapshotError("--connect", problem, "name its world, or another controller")
    recent = _recent(client, counts["accepted"] - counts["rejected"], floor.site_s)
    columns = floor_columns(floor.columns)
    orders = sorted((row.order for row in rows), key=lambda order: order.row)
    tasks = sorted((kept for row in rows for kept in row.tasks), key=lambda kept: kept.task.id)
    work = unfinished_work(orders, _as_of(tasks, columns["task"]))
    lately, recent_s = recent_orders(recent, floor.site_s)
    return FloorSnapshot(
        world=world.name,
        at_s=floor.site_s,
        robots=settled(_robots(floor), work),
        work=work,
        zones=floor.zones,
        recent=lately,
        recent_s=recent_s,
    )


def _records(client: ApiClient, status: OrderStatus) -> list[OrderOnRecord]:
    rows: list[OrderOnRecord] = []
    more = True
    while more:
        page = client.records(status, after=rows[-1].order.row if rows else -1, tasks=True)
        rows += page.rows
        more = page.more
    return rows


def _recent(client: ApiClient, accepted: int, at_s: float) -> list[Order]:
    """Orders that came in lately, found from the last one back."""
    recent: list[Order] = []
    end = accepted
    while end > 0:
        begin = max(0, end - MAX_RECORDS)
        after = begin - 1
        page: list[Order] = []
        while after < end - 1:
            rows = client.records(after=after).rows
            page += [row.order.order for row in rows if row.order.row < end]
            after = rows[-1].order.row
        recent = page + recent
        if page[0].release_s <= at_s - LATELY_S:
            break
        end = begin
    return recent


def _as_of(tasks: list[TaskRecord], roster: Int32) -> list[TaskRecord]:
    """Tasks as they were when the roster, int32 (n,), said who works on what: they were read one after the other.

    A load that nobody has any more was dropped meanwhile; what nobody had begun waits for a robot.
    """
    robot_of = {int(task): robot for robot, task in enumerate(roster.tolist()) if task != NO_TASK}

    def now(kept: TaskRecord) -> TaskRecord:
        if kept.status not in (TaskStatus.OPEN, TaskStatus.ASSIGNED):
            return kept
        robot = robot_of.get(kept.task.id, NO_ROBOT)
        if robot != NO_ROBOT:
            return replace(kept, status=int(TaskStatus.ASSIGNED), robot=robot)
        loaded = kept.status == TaskStatus.ASSIGNED and kept.errand_index > 0
        return replace(kept, status=int(TaskStatus.DONE if loaded else TaskStatus.OPEN), robot=NO_ROBOT)

    return [now(kept) for kept in tasks]


def _robots(floor: FloorIs) -> RobotRows:
    columns = floor_columns(floor.columns)
    left_s = columns["service_left_s"].astype(np.float32)
    return RobotRows(
        cell=columns["cell"].astype(np.int32),
        heading=columns["heading"].astype(np.int8),
        charge_percent=columns["charge_percent"].astype(np.float32),
        service_left_s=left_s,
        serving=left_s > 0,
        down=columns["down"].astype(np.bool_),
    )
