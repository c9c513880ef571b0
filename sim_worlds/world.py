"""A world: the floor, what stands on it, and the robots that drive there. Frozen once loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleet.grid.guidance_rules import GuidanceRules
    from fleet.grid.layout import Layout
    from robots.arrays import Int32
    from robots.model import RobotModel


class StationKind(Enum):
    """What a station does to a robot docked at it."""

    PICK = "pick"  # a person or an arm puts parcels on the robot from totes
    INDUCTION = "induction"  # a conveyor feeds parcels onto the robot


@dataclass(frozen=True, slots=True)
class Station:
    """A place where goods come onto robots, at its docks (cells); `service_s` seconds for one pick errand."""

    name: str
    kind: StationKind
    docks: tuple[int, ...]
    service_s: float


@dataclass(frozen=True, slots=True)
class Chute:
    """A sort chute: robots drop from `cell` (passable); what falls in goes to `destination`."""

    name: str
    cell: int
    destination: str
    service_s: float


@dataclass(frozen=True, slots=True)
class OrderProfile:
    """How orders come to this world when their source has no times.

    rate_per_hour  mean arrivals of orders an hour
    lead_time_s    due time is arrival plus this
    """

    rate_per_hour: float
    lead_time_s: float


def _no_cells() -> Int32:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True)
class World:
    """Everything about a floor that does not change during a run. Cells are indices into `layout`.

    pick_faces  int32 (m,), cells beside racks where a robot picks, in `pick_face_service_s` seconds
    chargers, parking  int32, cells where a robot charges or waits without being in anybody's way
    chargers and parking are ordered so that any first part of them is spread over the floor
    start_cells is where robots begin, in order: parking, then chargers, then pick faces
    slotting_*  each SKU is kept in `copies` places, a `station_share` of the SKUs at stations
    symbols     the map's rows, for pictures
    guidance    rules of what moves cost: the world's own, or those that are shipped for its floor; None for neither
    zones       areas that people know by name: their passable cells, int32, ascending
    muster      int32, ascending, cells where robots gather on a fire alarm
    keep_clear  int32, ascending, cells of doors and corridors where no robot may stand during a fire alarm
    """

    name: str
    title: str
    path: Path
    layout: Layout
    cell_m: float
    robot: RobotModel
    default_robots: int
    pick_faces: Int32
    pick_face_service_s: float
    stations: tuple[Station, ...]
    chutes: tuple[Chute, ...]
    chargers: Int32
    parking: Int32
    slotting_seed: int
    slotting_station_share: float
    slotting_copies: int
    orders: OrderProfile
    symbols: tuple[str, ...]
    guidance: GuidanceRules | None = None
    zones: Mapping[str, Int32] = field(default_factory=dict)
    muster: Int32 = field(default_factory=_no_cells)
    keep_clear: Int32 = field(default_factory=_no_cells)

    @property
    def service_cells(self) -> Int32:
        """Cells of docks and chutes, where robots queue, int32: what guidance calls stations."""
        docks = [dock for station in self.stations for dock in station.docks]
        return np.array([*docks, *(chute.cell for chute in self.chutes)], dtype=np.int32)

    @property
    def start_cells(self) -> Int32:
        """Cells where robots begin, parking first; its length is the number of robots that fit, int32."""
        return np.concatenate([self.parking, self.chargers, self.pick_faces]).astype(np.int32)
