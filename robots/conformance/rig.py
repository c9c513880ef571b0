"""What drivers are tried on: a small floor, four robots on it, and rows of commands for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np

from robots.arrays import Bool, Int32
from robots.driver import Commands, FleetDriver
from robots.model import RobotModel
from robots.state import Entry, FleetState, Heading

FORWARD, CW, CCW, WAIT, SERVICE, CHARGE = (int(entry) for entry in Entry)
EAST, SOUTH, WEST, NORTH = (int(heading) for heading in Heading)
ROBOTS: Final = 4

# An entry, or a SERVICE with its seconds.
Item = int | tuple[int, float]


@dataclass(frozen=True, slots=True)
class Rig:
    """What a driver is tried on. Cells are `row * width + column`.

    passable  bool (height * width,); chargers int32, cells where a robot can charge
    start     where the robots stand when the driver opens
    step_s    seconds of a step, for drivers whose robots act in step; others may advance their clock by less in a poll
    """

    height: int
    width: int
    passable: Bool
    chargers: Int32
    model: RobotModel
    cell_m: float
    step_s: float
    start: FleetState


DriverFactory = Callable[[Rig], FleetDriver]

# A battery so small that seconds show: driving takes about 0.2 % a second, a charger gives 10 %.
MODEL: Final = RobotModel(name="conformance", battery_wh=20.0, charge_w=7200.0)
_WIDTH: Final = 5
_OBSTACLE: Final = 7
_CHARGER: Final = 20


def rig(charge_percent: float = 50.0) -> Rig:
    """Return four robots on a 5 x 5 floor, all facing east, with an obstacle in front of robot 1.

    .  .  .  .  .
    .  1  #  .  .
    0  .  .  .  .
    .  .  .  .  3     robot 3 faces the edge of the map
    2  .  .  .  .     robot 2 stands on the charger
    """
    passable = np.ones(_WIDTH * _WIDTH, dtype=np.bool_)
    passable[_OBSTACLE] = False
    cells = np.array([10, 6, _CHARGER, 19], dtype=np.int32)
    start = FleetState.at(cells, charge_percent=charge_percent, width=_WIDTH, cell_m=1.0)
    chargers = np.array([_CHARGER], dtype=np.int32)
    return Rig(_WIDTH, _WIDTH, passable, chargers, MODEL, cell_m=1.0, step_s=1.0, start=start)


def service(seconds: float) -> Item:
    """A station action of so many seconds."""
    return (SERVICE, seconds)


def commands(
    entries: Mapping[int, Sequence[Item]] | None = None,
    *,
    n: int = ROBOTS,
    index: Int32 | int = 0,
    epoch: Int32 | int = 0,
    halt: Sequence[int] = (),
    speed_limit_mps: float = inf,
    room: int = 1,
) -> Commands:
    """Return rows for n robots that add nothing, but for those named: robot -> its entries from `index` on.

    index, epoch  of all rows, or one each; halt: who halts; room: least number of entries that a row has room for
    """
    rows = entries or {}
    batch = Commands.none(n, max(room, *(len(row) for row in rows.values())) if rows else room)
    batch.index[:], batch.epoch[:] = index, epoch
    batch.halt[list(halt)] = True
    batch.speed_limit_mps[:] = speed_limit_mps
    for robot, row in rows.items():
        for place, item in enumerate(row):
            entry, seconds = item if isinstance(item, tuple) else (item, 0.0)
            batch.entries[robot, place], batch.service_s[robot, place] = entry, seconds
    return batch
