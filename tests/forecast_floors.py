"""Small floors in the middle of their work, and forks of them, for tests of forecasts."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from fleet.app.compose import compose
from fleet.app.forecast.change import Change
from fleet.app.forecast.coming_orders import AsLately, coming_orders
from fleet.app.forecast.fork import ForkParams, Scenario, run_fork
from fleet.app.forecast.simulation_snapshot import snapshot_of
from fleet.app.forecast.tally import ForkResult
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from sim_worlds.world_file import load_world

TINY = load_world("tiny")
NO_ORDERS = AsLately((), 0.0, 0.0, 1.0)


def simulated(steps=90, *, events=None, **settings):
    """A simulation of the tiny floor that has run for so many steps."""
    config = RunConfig(**{"world": "tiny", "robots": 6, "duration_s": 600.0, "orders": "poisson:600"} | settings)
    sink = (lambda _event: None) if events is None else events.append
    simulation = compose(config, clock=SimulatedClock(), events=sink)
    simulation.loop.run(steps)
    return simulation


@cache
def snapshot(steps=90, **settings):
    """What a forecast knows of such a floor; made once, and never changed."""
    return snapshot_of(simulated(steps, **settings))


def forked(floor, *, change=None, coming=None, seconds=60.0, slice_s=30.0, fork=0, forks=1, seed=1):
    """What came of a fork, with no orders but those that are known, unless `coming` says which."""
    scenario = Scenario(floor, change or Change(), coming or NO_ORDERS)
    return run_fork(TINY, scenario, ForkParams(seconds, slice_s, forks, seed), fork)


def lately(floor, seconds=60.0):
    return coming_orders(floor, "", TINY, seconds)


def with_robots(floor, **columns):
    """The floor with some columns of its robots changed."""
    return replace(floor, robots=replace(floor.robots, **columns))


def result(tasks_done=(10, 10), *, tasks_in=20, orders_in=20, squared=None, done_s=None, late_to_come=0):
    """A result of a fork that was not run, in so many slices."""
    cells = TINY.layout.cells
    slices = len(tasks_done)
    return ForkResult(
        tasks_done=np.array(tasks_done, dtype=np.int64),
        orders_in=orders_in,
        tasks_in=tasks_in,
        tasks_in_squared=tasks_in if squared is None else squared,
        done_s=done_s or {},
        late_to_come=late_to_come,
        lost=np.zeros(cells, dtype=np.int64),
        entries=np.zeros(cells, dtype=np.int64),
        waiting=np.zeros((slices, 6)),
        longest=np.zeros(6, dtype=np.int64),
        step_s=1.0,
        counts={"tasks": {"open": 0}},
    )


def same(one, other):
    """Whether two snapshots or results say the same."""
    return plain(one) == plain(other)


def plain(value):
    """A snapshot or result as plain values that can be compared."""
    if isinstance(value, np.ndarray):
        return [None if item != item else item for item in value.tolist()]
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value
