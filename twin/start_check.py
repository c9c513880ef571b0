"""What the start of a simulated fleet must be like, and where it can charge."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import Layout
from robots.arrays import Bool, Int32
from robots.errors import DriverError
from robots.state import FleetState


def check_start(layout: Layout, start: FleetState) -> None:
    """Raise DriverError if no robots can begin like this: columns, places, headings and charges."""
    n = start.robots
    if n == 0:
        raise DriverError("there are no robots")
    for name in ("heading", "charge_percent", "service_left_s", "charging", "epoch", "received", "confirmed"):
        if len(getattr(start, name)) != n:
            raise DriverError(f"start.{name} has {len(getattr(start, name))} rows, not {n}")
    refuse_robots(
        ((start.cell < 0) | (start.cell >= layout.cells), "starts outside the map"),
        (~layout.passable[start.cell.clip(0, layout.cells - 1)], "starts on an obstacle"),
        ((start.heading < 0) | (start.heading > 3), "starts with a heading that is none of 0 to 3"),
        (~((start.charge_percent >= 0) & (start.charge_percent <= 100)), "starts with a charge not in 0 to 100 %"),
    )
    cells, counts = np.unique(start.cell, return_counts=True)
    if len(cells) < n:
        cell = int(cells[np.argmax(counts)])
        raise DriverError(f"robots {np.flatnonzero(start.cell == cell).tolist()} all start in cell {cell}")


def refuse_robots(*wrongs: tuple[Bool, str]) -> None:
    """Raise DriverError naming the first robot with which something is wrong: who, bool (n,), and how to say it."""
    for wrong, reason in wrongs:
        if wrong.any():
            raise DriverError(f"robot {int(np.argmax(wrong))} {reason}")


def charger_mask(layout: Layout, chargers: Int32) -> Bool:
    """Where there is a charger, bool (cells,); raises DriverError if one is not on a passable cell of the map."""
    chargers = np.asarray(chargers, dtype=np.int32)
    outside = chargers[(chargers < 0) | (chargers >= layout.cells)]
    if len(outside) or not layout.passable[chargers].all():
        raise DriverError(f"chargers {chargers.tolist()} are not all passable cells of the map")
    mask: Bool = np.zeros(layout.cells, dtype=np.bool_)
    mask[chargers] = True
    return mask
