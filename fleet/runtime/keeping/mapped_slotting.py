"""Slotting on a floor whose chutes are closed and lent."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.runtime.keeping.chute_map import ChuteMap
from fleet.tasks.model import Slotting
from sim_worlds.world import Chute


class MappedSlotting:
    """A `Slotting` over another one: what that drops at a chute which is not open goes to the least full open one.

    As long as all chutes are open it is the other one. Where none is open for a destination, it says what the other one
    does; such tasks are held back.
    """

    def __init__(self, places: Slotting, chutes: Sequence[Chute], chute_map: ChuteMap) -> None:
        self._places = places
        self._chutes = chutes
        self._map = chute_map
        self._at = {chute.cell: number for number, chute in enumerate(chutes)}

    def pick_place(self, sku: str, near: int) -> tuple[int, float]:
        """Return what the other slotting does."""
        return self._places.pick_place(sku, near)

    def drop_place(self, order_id: str, destination: str | None) -> tuple[int, float, str]:
        """Return a chute's cell, the seconds of one drop and the destination; raises KeyError for an unknown one."""
        cell, service_s, goes_to = self._places.drop_place(order_id, destination)
        chute_map = self._map
        if chute_map.takes(self._at[cell], goes_to):
            return cell, service_s, goes_to
        others = chute_map.open_for(goes_to)
        if not others:
            return cell, service_s, goes_to
        chute = self._chutes[min(others, key=lambda number: (chute_map.units[number], number))]
        return chute.cell, chute.service_s, goes_to
