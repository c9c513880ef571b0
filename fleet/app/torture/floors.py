"""Floors for torture: small, of different shapes, and no larger than the robots need."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from fleet.text_file import read_text, replace_text
from sim_worlds.errors import WorldError
from sim_worlds.generators.generate import write_world
from sim_worlds.generators.params import FloorParams, PickAndSortParams, SortationParams
from sim_worlds.legend import STANDARD_LEGEND, CellKind
from sim_worlds.world import World
from sim_worlds.world_file import load_world

# A third of what robots have: that they run low, charge and compete for chargers is part of every schedule.
_BATTERY_WH: Final = 160.0
_SYMBOL: Final = {kind: symbol for symbol, kind in STANDARD_LEGEND.items()}
_FACE, _RACK = _SYMBOL[CellKind.PICK_FACE], _SYMBOL[CellKind.RACK]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a floor is cut; a block more for every `robots_a_block` robots."""

    main_lane: int
    zones: int
    aisles: int
    rack_length: int
    cross_aisle: int
    chute_lane: int
    robots_a_block: int
    one_lane: bool = False


_SHAPES: Final = {
    "wide": _Shape(4, 2, 2, 6, 3, 3, 24),
    "tight": _Shape(2, 2, 2, 5, 2, 2, 24),
    "one_lane": _Shape(2, 2, 3, 6, 2, 2, 20, one_lane=True),
    "long_aisles": _Shape(3, 2, 3, 14, 2, 2, 48),
    "long_one_lane": _Shape(3, 2, 3, 11, 3, 2, 40, one_lane=True),
    "many_zones": _Shape(2, 3, 1, 5, 2, 2, 32),
}
_SORTING: Final = "sorting"
FLOORS: Final = (*_SHAPES, _SORTING)


@lru_cache(maxsize=32)
def torture_world(floor: str, robots: int) -> World:
    """Return a floor of FLOORS with room for so many robots; raises KeyError if there is none of this name."""
    with TemporaryDirectory(prefix="futurepark-torture-") as folder:
        path = write_world(_params(floor, robots), Path(folder))
        if floor != _SORTING and _SHAPES[floor].one_lane:
            _narrow(path.with_suffix(".map"))
        world = load_world(str(path))
    return replace(world, robot=replace(world.robot, battery_wh=_BATTERY_WH))


def _params(floor: str, robots: int) -> FloorParams:
    chargers = max(2, ceil(robots / 10))
    common: dict[str, Any] = {"name": f"{floor}-{robots}".replace("_", "-"), "robots": robots, "copies": 6}
    places: dict[str, Any] = {"parking": max(4, ceil(robots * 1.15) - chargers), "chargers": chargers}
    if floor == _SORTING:
        rows = 2 + ceil(robots / 16)
        return SortationParams(
            **common, **places, main_lane=3, chute_rows=rows, chute_columns=6, destinations=6 * min(rows, 4),
            pick_stations=5, induction_stations=5, station_depth=2,
        )  # fmt: skip
    shape = _SHAPES[floor]
    blocks = max(1, ceil(robots / shape.robots_a_block))
    height = blocks * shape.rack_length + (blocks - 1) * shape.cross_aisle
    rows = max(1, (height - 1) // (shape.chute_lane + 1) + 1)
    return PickAndSortParams(
        **common, **places, main_lane=shape.main_lane, zones=shape.zones, aisles=shape.aisles, blocks=blocks,
        rack_length=shape.rack_length, cross_aisle=shape.cross_aisle, chute_rows=rows, chute_columns=2,
        chute_lane=shape.chute_lane, destinations=min(8, 2 * rows), pick_stations=2, induction_stations=2,
        station_depth=2, station_share=0.3,
    )  # fmt: skip


def _narrow(map_path: Path) -> None:
    """Turn the western of the two lanes of every aisle into racks: whoever meets in there has to go back."""
    text = read_text(map_path, WorldError, "map file")
    replace_text(map_path, text.replace(_RACK + _FACE + _FACE, _RACK + _RACK + _FACE), WorldError)
