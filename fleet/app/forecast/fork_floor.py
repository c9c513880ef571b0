"""What of the floor a fork may use, as its time goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from fleet.grid.distances import DistanceFields
from fleet.runtime.fitness import Fitness
from fleet.traffic.zones.actions import Close, NamedZone, Rectangle
from fleet.traffic.zones.zones import Zones
from robots.arrays import Bool, Int32
from robots.state import FleetState
from sim_worlds.world import World

_BY = "forecast"


class ForkFloor:
    """Zones and robots that are out of action, read as the controller reads them (fleet.traffic.floor_control).

    Closed parts of the floor open when their time has come, and robots that are paused or out of service go on; those
    that are down stay so. Slow zones and fire alarms change nothing here: in step there is one speed, and nobody can
    say how long an alarm lasts.

    records: restrictions in force; close: areas on the floor that are closed as well, from `at_s` on.
    """

    def __init__(
        self,
        world: World,
        distances: DistanceFields,
        *,
        records: Iterable[Mapping[str, Any]],
        close: Iterable[NamedZone | Rectangle],
        at_s: float,
        down: Bool,
    ) -> None:
        self._world = world
        self._distances = distances
        self._down = down
        self._zones = Zones(world.layout, world.zones, world.muster, world.keep_clear, _unheard, robots=len(down))
        self._zones.restore(records)
        for area in close:
            self._zones.apply(Close(area=area, by=_BY), at_s)
        self._seen: int | None = None
        self._stood: Bool = down.copy()
        self._version = 0
        self._whole = True
        self._out_of_use: Bool = np.zeros(world.layout.cells, dtype=np.bool_)

    def fitness(self, state: FleetState) -> Fitness | None:
        """Return what is wrong now, and let distances know; None if nothing is or ever was."""
        zones = self._zones
        zones.expire(state.time_s)
        stands = self._down | zones.paused
        if zones.version != self._seen or (stands != self._stood).any():
            self._seen, self._stood = zones.version, stands
            self._close(state.cell[stands])
        if self._version == 0 and not zones.out_of_service.any():
            return None
        unfit = stands | zones.halted[state.cell]
        world = self._world
        return Fitness(
            unfit=unfit,
            lost=self._down,
            floor_whole=self._whole,
            floor_version=self._version,
            chargers=~self._out_of_use[world.chargers],
            places=~self._out_of_use[world.parking],
            closed=self._out_of_use,
            withdrawn=zones.out_of_service,
        )

    def _close(self, stood_on: Int32) -> None:
        zones, ahead = self._zones, self._world.layout.neighbours
        obstacles = np.zeros(len(ahead), dtype=np.bool_)
        obstacles[stood_on] = True
        closed = (zones.closed & zones.halted) | obstacles
        # Who is inside a closed area drives on and out; nobody comes in from outside.
        shut = zones.closed & ~closed
        edges = zones.closed_edges | ((ahead >= 0) & shut[ahead] & ~shut[:, None])
        self._out_of_use = zones.closed | obstacles
        self._whole = not (closed.any() or edges.any())
        if self._distances.close(closed, edges):
            self._version += 1


def _unheard(_event: dict[str, Any]) -> None:
    """Take an event and let it go."""
