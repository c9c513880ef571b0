"""The parameters of generated floors. The command line is made from these classes: a field is an option."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from math import hypot, isfinite
from typing import ClassVar, Final

from robots.model import RobotModel
from sim_worlds.errors import WorldError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def _text(default: str, words: str) -> str:
    return field(default=default, metadata={"help": words})


def _whole(default: int, least: int, words: str) -> int:
    return field(default=default, metadata={"help": words, "least": least})


def _number(default: float, words: str, *, most: float | None = None) -> float:
    return field(default=default, metadata={"help": words, "most": most})


# Robots of generated worlds; they say nothing about theirs.
_ROBOT: Final = RobotModel()


@dataclass(frozen=True, kw_only=True)
class FloorParams:
    """What every generated floor has: chutes, stations along the north and south edge, parking, orders.

    Raises WorldError, naming the parameter, for a value out of range.
    """

    kind: ClassVar[str]

    name: str = _text("my_world", "name of the world and of its files")
    title: str = _text("A generated floor", "one line for people")
    cell_m: float = _number(1.0, "side of a cell in metres")
    main_lane: int = _whole(4, 2, "width of the lanes around the floor, in cells")
    chute_rows: int = _whole(8, 1, "rows of chutes in a sorting field")
    chute_columns: int = _whole(8, 1, "columns of chutes in a sorting field")
    chute_lane: int = _whole(2, 2, "width of the lanes between chutes, in cells")
    destinations: int = _whole(32, 1, "destinations that the chutes lead to; several chutes may share one")
    pick_stations: int = _whole(4, 0, "pick stations, along the north edge")
    induction_stations: int = _whole(4, 0, "induction stations, along the south edge")
    station_docks: int = _whole(2, 1, "docks of a station")
    station_depth: int = _whole(3, 1, "depth of the working area behind the docks, in cells")
    parking: int = _whole(100, 1, "parking places, along the west and east edge")
    chargers: int = _whole(10, 1, "chargers, among the parking places")
    robots: int = _whole(50, 1, "default number of robots")
    seed: int = _whole(1, 0, "seed of the slotting")
    copies: int = _whole(8, 1, "places in which each SKU is kept")
    station_share: float = _number(0.2, "share of the SKUs that is kept at stations", most=1.0)
    pick_face_service_s: float = _number(6.0, "seconds of a pick from a rack")
    pick_station_service_s: float = _number(5.0, "seconds of a pick at a pick station")
    induction_service_s: float = _number(4.0, "seconds of a pick at an induction station")
    drop_service_s: float = _number(3.0, "seconds of a drop")
    orders_per_hour: float = _number(1000.0, "orders that come in an hour")
    lead_time_s: float = _number(1200.0, "seconds from an order's coming to its due time")

    def __post_init__(self) -> None:
        for spec in fields(self):
            value = getattr(self, spec.name)
            if "least" in spec.metadata:
                _check_whole(spec.name, value, spec.metadata["least"])
            elif "most" in spec.metadata:
                _check_number(spec.name, value, spec.metadata["most"])
        if not _NAME.fullmatch(self.name):
            raise WorldError("parameter name", f"is {self.name!r}", "use letters, digits, - and _ only")
        if not self.title.strip() or not self.title.isprintable():
            raise WorldError("parameter title", f"is {self.title!r}", "give one line of text")
        diagonal_m = hypot(_ROBOT.length_m, _ROBOT.width_m)
        if self.cell_m < diagonal_m:
            problem = f"is {self.cell_m} m, and robots of {diagonal_m:.2f} m from corner to corner turn on the spot"
            raise WorldError("parameter cell_m", problem, f"use {diagonal_m:.2f} or more")
        if self.destinations > self.chutes:
            problem = f"is {self.destinations}, but there are {self.chutes} chutes"
            raise WorldError("parameter destinations", problem, "lower it or add chutes")
        if self.robots > self.parking + self.chargers:
            problem = f"is {self.robots}, but there are {self.parking + self.chargers} parking places and chargers"
            raise WorldError("parameter robots", problem, "lower it or add parking")

    @property
    def chutes(self) -> int:
        """Number of chutes on the whole floor."""
        return self.chute_rows * self.chute_columns

    @property
    def field_height(self) -> int:
        """Rows of a sorting field, without lanes at its north and south edge."""
        return (self.chute_rows - 1) * (self.chute_lane + 1) + 1

    @property
    def field_width(self) -> int:
        """Columns of a sorting field, with a lane on either side."""
        return self.chute_columns * (self.chute_lane + 1) + self.chute_lane


@dataclass(frozen=True, kw_only=True)
class PickAndSortParams(FloorParams):
    """Zones of racks with sorting fields between them. The defaults are the shipped world future_park."""

    kind: ClassVar[str] = "pick_and_sort"

    name: str = _text("future_park", "name of the world and of its files")
    title: str = _text("Pick-and-sort floor for 500 to 1,000 robots", "one line for people")
    zones: int = _whole(4, 2, "zones of racks; there is a sorting field between each two")
    aisles: int = _whole(5, 1, "aisles of a zone, two cells wide, with pick faces on both sides")
    blocks: int = _whole(6, 1, "blocks of racks from north to south")
    rack_length: int = _whole(9, 1, "pick faces along one side of a rack")
    cross_aisle: int = _whole(4, 2, "width of the aisles between blocks, in cells")
    chute_rows: int = _whole(19, 1, "rows of chutes in a sorting field")
    chute_columns: int = _whole(3, 1, "columns of chutes in a sorting field")
    chute_lane: int = _whole(3, 2, "width of the lanes between chutes, in cells")
    destinations: int = _whole(80, 1, "destinations that the chutes lead to; several chutes may share one")
    pick_stations: int = _whole(16, 0, "pick stations, along the north edge")
    induction_stations: int = _whole(12, 0, "induction stations, along the south edge")
    station_depth: int = _whole(8, 1, "depth of the working area behind the docks, in cells")
    parking: int = _whole(928, 1, "parking places, along the west and east edge")
    chargers: int = _whole(96, 1, "chargers, among the parking places")
    robots: int = _whole(500, 1, "default number of robots")
    copies: int = _whole(24, 1, "places in which each SKU is kept")
    station_share: float = _number(0.1, "share of the SKUs that is kept at stations", most=1.0)
    orders_per_hour: float = _number(5000.0, "orders that come in an hour")

    @property
    def chutes(self) -> int:
        """Number of chutes on the whole floor."""
        return super().chutes * (self.zones - 1)

    @property
    def zone_height(self) -> int:
        """Rows of a zone of racks, without lanes at its north and south edge."""
        return self.blocks * self.rack_length + (self.blocks - 1) * self.cross_aisle

    @property
    def zone_width(self) -> int:
        """Columns of a zone: aisles of two cells with racks of one cell between and beside them."""
        return 3 * self.aisles + 1


@dataclass(frozen=True, kw_only=True)
class SortationParams(FloorParams):
    """One sorting field; everything comes in at stations."""

    kind: ClassVar[str] = "sortation"

    name: str = _text("sortation", "name of the world and of its files")
    title: str = _text("Sortation floor", "one line for people")
    chute_rows: int = _whole(12, 1, "rows of chutes")
    chute_columns: int = _whole(20, 1, "columns of chutes")
    destinations: int = _whole(120, 1, "destinations that the chutes lead to; several chutes may share one")
    pick_stations: int = _whole(8, 0, "pick stations, along the north edge")
    induction_stations: int = _whole(8, 0, "induction stations, along the south edge")
    parking: int = _whole(200, 1, "parking places, along the west and east edge")
    chargers: int = _whole(24, 1, "chargers, among the parking places")
    robots: int = _whole(100, 1, "default number of robots")
    station_share: float = _number(1.0, "share of the SKUs that is kept at stations", most=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pick_stations + self.induction_stations == 0:
            raise WorldError("parameter induction_stations", "is 0", "add a station: a sortation floor has no racks")


KINDS: Final[tuple[type[FloorParams], ...]] = (PickAndSortParams, SortationParams)


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**63:
        raise WorldError(f"parameter {name}", f"is {value!r}", f"give a whole number, {least} or more")


def _check_number(name: str, value: object, most: float | None) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise WorldError(f"parameter {name}", f"is {value!r}", "give a number")
    if most is not None and not 0 <= value <= most:
        raise WorldError(f"parameter {name}", f"is {value}", f"give a number from 0 to {most:g}")
    if most is None and value <= 0:
        raise WorldError(f"parameter {name}", f"is {value}", "give a number greater than zero")
