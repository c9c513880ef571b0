"""A world as the page shows it: what each cell is, and what people call it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from functools import lru_cache

from fleet.app.dashboard.frames import units_per_cell
from fleet.app.dashboard.page_messages import Place, WorldView
from fleet.report.floor_plan import FLOOR_COLOURS, floor_kinds
from fleet.report.place_names import place_name
from sim_worlds.world import World

_MOST_NAMES_KEPT = 20_000


class ShownFloor:
    """A floor for browsers. `floor_hash`: of the map, where somebody has to be sure that it is the right one.

    Raises ValueError for a map that is too large for frames.
    """

    def __init__(self, world: World, floor_hash: str = "") -> None:
        layout = world.layout
        self.floor_hash = floor_hash
        self.width = layout.width
        self.cells = layout.cells
        self.cell_m = world.cell_m
        self.units = units_per_cell(layout.height, layout.width)
        self.view = WorldView(
            name=world.name,
            title=world.title,
            height=layout.height,
            width=layout.width,
            cell_m=world.cell_m,
            units_per_cell=self.units,
            legend=list(FLOOR_COLOURS),
            kinds=b64encode(floor_kinds(world).tobytes()).decode(),
            places=[*_stations(world), *_chutes(world), *_zones(world)],
        )
        self._called = lru_cache(_MOST_NAMES_KEPT)(lambda cell: place_name(world, cell))
        self._served_at = {
            cell: place.name for place in self.view.places if place.kind != "zone" for cell in place.cells
        }

    def place(self, cell: int) -> str:
        """What people call a cell."""
        return self._called(cell)

    def served_at(self, cell: int) -> str:
        """Name of the station or chute where a robot in this cell is served; empty for none."""
        return self._served_at.get(cell, "")


def _stations(world: World) -> Iterable[Place]:
    return (Place(name=station.name, kind="station", cells=list(station.docks)) for station in world.stations)


def _chutes(world: World) -> Iterable[Place]:
    return (Place(name=f"chute {chute.name}", kind="chute", cells=[chute.cell]) for chute in world.chutes)


def _zones(world: World) -> Iterable[Place]:
    return (Place(name=name, kind="zone", cells=cells.tolist()) for name, cells in world.zones.items())
