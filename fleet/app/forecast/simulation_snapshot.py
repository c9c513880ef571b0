"""The snapshot of a simulation that runs in this process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from fleet.app.compose import Simulation
from fleet.app.forecast.snapshot import FloorSnapshot, RobotRows, recent_orders, settled, unfinished_work
from fleet.runtime.grant_control import GrantLoop
from fleet.traffic.zones.record import MADE, zone_record
from fleet.traffic.zones.restriction import Restriction
from robots.state import FleetState


def snapshot_of(simulation: Simulation) -> FloorSnapshot:
    """Return the state of a simulation between two steps; time grows with the tasks that it has had, some 20 µs each.

    Raises RuntimeError before its first step.
    """
    loop = simulation.loop
    state = loop.state
    record = simulation.pool.record()
    work = unfinished_work(record.orders, record.tasks)
    recent, recent_s = recent_orders((kept.order for kept in record.orders), loop.now_s)
    rows = robot_rows(state)
    zones: tuple[dict[str, Any], ...] = ()
    if isinstance(loop, GrantLoop):
        rows.down[:] = loop.floor.watch.down
        zones = zone_records(loop.floor.zones.in_force())
    else:
        # In step, a service that is over is counted in the next step.
        rows.serving[:] = simulation.dispatcher.roster.serving
    return FloorSnapshot(
        world=simulation.world.name,
        at_s=loop.now_s,
        robots=settled(rows, work),
        work=work,
        zones=zones,
        recent=recent,
        recent_s=recent_s,
    )


def robot_rows(state: FleetState) -> RobotRows:
    """Return copies of what states say; robots that report a service are in it, none is down."""
    return RobotRows(
        cell=state.cell.copy(),
        heading=state.heading.copy(),
        charge_percent=state.charge_percent.copy(),
        service_left_s=state.service_left_s.copy(),
        serving=state.service_left_s > 0,
        down=np.zeros(state.robots, dtype=np.bool_),
    )


def zone_records(in_force: Iterable[Restriction]) -> tuple[dict[str, Any], ...]:
    """Return restrictions as `Zones.restore` takes them."""
    return tuple(zone_record(MADE[made.kind], made, made.by, made.since_s) for made in in_force)
