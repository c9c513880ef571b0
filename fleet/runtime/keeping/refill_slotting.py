"""Where goods for bins come in, and where they go."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.errors import SettingError
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.tasks.model import REFILL_PREFIX
from sim_worlds.world import StationKind, World

_BIN: Final = "bin "


class RefillSlotting:
    """The `Slotting` of replenishments: picked at the induction station closest to the bin, put at its pick face.

    Raises SettingError for a world without induction stations: nothing could come in.
    """

    def __init__(self, world: World, bins: StockBins) -> None:
        docks = [
            (dock, station.service_s)
            for station in world.stations
            if station.kind is StationKind.INDUCTION
            for dock in station.docks
        ]
        if not docks:
            problem = f"world {world.name} has no induction station where goods for bins come in"
            raise SettingError("stock", problem, "add a station of kind induction, or do without sensors")
        self._docks = np.array([dock for dock, _ in docks], dtype=np.int32)
        self._service_s = [service_s for _, service_s in docks]
        self._width = world.layout.width
        self._bins = bins

    def pick_place(self, sku: str, near: int) -> tuple[int, float]:  # noqa: ARG002
        """Return the dock closest to the cell `near`, whatever comes in there, and its service time."""
        row, column = divmod(near, self._width)
        away = np.abs(self._docks // self._width - row) + np.abs(self._docks % self._width - column)
        closest = int(np.argmin(away))
        return int(self._docks[closest]), self._service_s[closest]

    def drop_place(self, order_id: str, destination: str | None) -> tuple[int, float, str]:
        """Return the pick face of the bin, the seconds of putting a load into it, and its name."""
        row = bin_of(order_id)
        if destination != bin_name(row) or not row < len(self._bins.cell):
            raise KeyError(destination)
        return int(self._bins.cell[row]), self._bins.put_s, destination


def refill_id(row: int, number: int) -> str:
    """Return the id of a replenishment: of which bin, and the how manyeth of the floor it is."""
    return f"{REFILL_PREFIX}{row}:{number}"


def bin_of(order_id: str) -> int:
    """Return the bin that a replenishment is for."""
    return int(order_id.removeprefix(REFILL_PREFIX).split(":")[0])


def bin_at(destination: str) -> int:
    """Return the bin that is the destination of a replenishment."""
    return int(destination.removeprefix(_BIN))


def bin_name(row: int) -> str:
    """Return the destination of replenishments of a bin."""
    return f"{_BIN}{row}"
