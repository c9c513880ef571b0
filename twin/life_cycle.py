"""What simulated drivers have in common: whose turn it is, and what a start must be like."""

from __future__ import annotations

from enum import Enum, auto

import numpy as np

from fleet.grid.layout import Layout
from robots.arrays import Bool, Int32
from robots.errors import DriverError
from robots.state import FleetState


class _Phase(Enum):
    NEW = auto()
    OPEN = auto()
    STOPPED = auto()
    CLOSED = auto()


class LifeCycle:
    """The turns of a driver: `open` once, `submit` and `poll` by turns, `stop` at any time, `close` at the end.

    Each method is to be called where the driver's own method of that name begins (`taken` where `submit` has accepted
    its rows) and raises DriverError if it is not that method's turn.
    """

    def __init__(self) -> None:
        self._phase = _Phase.NEW
        self._submitted = False

    def open(self) -> None:
        """Open the driver, or open it again after a stop."""
        if self._phase is _Phase.OPEN:
            raise DriverError("the driver is already open")
        if self._phase is _Phase.CLOSED:
            raise DriverError("the driver is closed: make a new one")
        self._phase = _Phase.OPEN

    def submit(self) -> None:
        """Check that rows may be submitted now."""
        self._require_open("submit")
        if self._submitted:
            raise DriverError("submit was called twice: poll what is under way first")

    def taken(self) -> None:
        """Rows were accepted: the next call is to be `poll`."""
        self._submitted = True

    def poll(self) -> None:
        """Begin a poll."""
        self._require_open("poll")
        if not self._submitted:
            raise DriverError("poll was called without a submit before it")
        self._submitted = False

    def stop(self) -> None:
        """Stop until the driver is opened again; what was submitted and not polled is void."""
        self._require_open("stop")
        self._submitted = False
        self._phase = _Phase.STOPPED

    def close(self) -> None:
        """Close for good."""
        self._submitted = False
        self._phase = _Phase.CLOSED

    def _require_open(self, call: str) -> None:
        if self._phase is not _Phase.OPEN:
            raise DriverError(f"{call} needs an open driver, and this one is {self._phase.name.lower()}")


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
