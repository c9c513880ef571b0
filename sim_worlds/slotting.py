"""Slotting: which SKU is picked where, and which order is dropped where, from the world's seed."""

from __future__ import annotations

from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim_worlds.errors import WorldError

if TYPE_CHECKING:
    from robots.arrays import Int32
    from sim_worlds.world import Chute, World


class _Kept(NamedTuple):
    """Where a SKU is kept, or could be.

    at      row and column of each place
    places  its cell, and the seconds of a pick there
    """

    at: list[tuple[int, int]]
    places: list[tuple[int, float]]

    def these(self, rows: list[int]) -> _Kept:
        """Return some of the places."""
        return _Kept([self.at[row] for row in rows], [self.places[row] for row in rows])


class WorldSlotting:
    """The `fleet.tasks.model.Slotting` of a world.

    Places follow from hashes of the world's slotting seed and the name asked for, so they depend neither on the order
    of the calls nor on the process. Every SKU is kept in `slotting_copies` places, one in each of as many equal parts
    of the floor: one face could not serve a fast mover. A share of the SKUs is kept at stations instead of pick faces.
    A world without stations has them all at pick faces, and the other way round.
    """

    def __init__(self, world: World) -> None:
        """Raise WorldError for a world without pick places or without chutes, such as a bare map."""
        remedy = "use a world with pick faces or stations, and with chutes"
        if not world.chutes:
            raise WorldError(str(world.path), "the world has no chute to drop orders at", remedy)
        docks = [(dock, station.service_s) for station in world.stations for dock in station.docks]
        faces = [(int(cell), world.pick_face_service_s) for cell in world.pick_faces]
        if not docks and not faces:
            raise WorldError(str(world.path), "the world has nothing to pick from", remedy)
        self._width = world.layout.width
        self._seed = f"{world.slotting_seed}".encode()
        self._copies = world.slotting_copies
        self._station_share = world.slotting_station_share
        self._docks = self._all_of(docks or faces)
        self._faces = self._all_of(faces or docks)
        self._places: dict[str, _Kept] = {}
        self._chutes: dict[str, list[Chute]] = {}
        for chute in world.chutes:
            self._chutes.setdefault(chute.destination, []).append(chute)
        self._destinations = sorted(self._chutes)

    @property
    def destinations(self) -> list[str]:
        """Where orders can go, sorted."""
        return list(self._destinations)

    def pick_place(self, sku: str, near: int) -> tuple[int, float]:
        """Return the SKU's cell closest to the cell `near` (in cells along rows and columns), and its service time."""
        row, column = divmod(near, self._width)
        kept = self._kept(sku)
        # A SKU has a few dozen places: fewer than vector operations are worth.
        away = [abs(its_row - row) + abs(its_column - column) for its_row, its_column in kept.at]
        return kept.places[away.index(min(away))]

    def pick_places(self, sku: str) -> Int32:
        """Return every cell where the SKU is kept, int32, ascending."""
        return np.unique(np.array([cell for cell, _ in self._kept(sku).places], dtype=np.int32))

    def drop_place(self, order_id: str, destination: str | None) -> tuple[int, float, str]:
        """Return a chute of the order's destination: its cell, its service time, and the destination.

        Raises KeyError for a destination that the world does not have.
        """
        if destination is None:
            destination = self._destinations[self._hash("destination", order_id) % len(self._destinations)]
        chutes = self._chutes[destination]
        chute = chutes[self._hash("chute", order_id) % len(chutes)]
        return chute.cell, chute.service_s, destination

    def _all_of(self, places: list[tuple[int, float]]) -> _Kept:
        return _Kept([divmod(cell, self._width) for cell, _ in places], places)

    def _kept(self, sku: str) -> _Kept:
        if sku not in self._places:
            self._places[sku] = self._slot(sku)
        return self._places[sku]

    def _slot(self, sku: str) -> _Kept:
        at_station = self._hash("station", sku) < self._station_share * 2**64
        all_of = self._docks if at_station else self._faces
        there = len(all_of.places)
        copies = min(self._copies, there)
        bounds = [copy * there // copies for copy in range(copies + 1)]
        return all_of.these(
            [
                first + self._hash(f"copy {copy}", sku) % (end - first)
                for copy, (first, end) in enumerate(pairwise(bounds))
            ]
        )

    def _hash(self, use: str, name: str) -> int:
        """A whole number from 0 to 2**64 - 1."""
        digest = blake2b(f"{use}\0{name}".encode(), digest_size=8, key=self._seed)
        return int.from_bytes(digest.digest(), "big")
