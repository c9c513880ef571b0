"""Orders, tasks and errands: what is asked for, and what one robot does about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

# How the ids of replenishments begin; no customer's order may have one like that.
REFILL_PREFIX: Final = "replenish:"


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order: `quantity` units of one SKU, with the measures of a single unit."""

    sku: str
    quantity: int
    unit_litres: float
    unit_kg: float


@dataclass(frozen=True, slots=True)
class Order:
    """What a customer asked for, or what a bin is to be refilled with, told apart by their ids.

    Times are seconds from the start of the run; a larger priority is more urgent.
    """

    id: str
    lines: tuple[OrderLine, ...]
    release_s: float
    due_s: float
    priority: int = 0
    destination: str | None = None  # None: the floor chooses by its seed

    @property
    def units(self) -> int:
        """Units over all lines."""
        return sum(line.quantity for line in self.lines)

    @property
    def is_refill(self) -> bool:
        """Whether this is a replenishment: its goods come in at a station and are put into a bin."""
        return self.id.startswith(REFILL_PREFIX)


class ErrandKind(IntEnum):
    """What is done at the cell of an errand."""

    PICK = 0
    DROP = 1  # into a chute
    PUT = 2  # into a bin


@dataclass(frozen=True, slots=True)
class Errand:
    """Go to `cell`, then spend `service_s` seconds there."""

    cell: int
    kind: ErrandKind
    service_s: float
    sku: str = ""
    units: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """A sequence of errands for one robot, in order: picks, then one drop or put. Times in seconds from the start."""

    id: int
    order_id: str
    destination: str
    errands: tuple[Errand, ...]
    priority: int
    release_s: float
    due_s: float
    units: int
    mass_kg: float
    totes: int


class Slotting(Protocol):
    """Where each SKU is picked and each order is dropped; a world provides it, from its seed.

    The same arguments give the same place in every call, in any order of calls and in every process; on a floor with
    sensors as long as what is believed of bins and chutes stays the same.
    """

    def pick_place(self, sku: str, near: int) -> tuple[int, float]:
        """Return a cell where a SKU is picked and the seconds of one pick errand there.

        A SKU is kept in several places; this is the one closest to the cell `near`.
        """

    def drop_place(self, order_id: str, destination: str | None) -> tuple[int, float, str]:
        """Return a chute's cell, the seconds of one drop and the destination that the order goes to.

        None lets the floor choose the destination. Raises KeyError for one that the world does not have.
        """


class Services(Protocol):
    """How long errands take, each for itself; a world provides it, from the seed of a run.

    The same arguments give the same seconds in every call, in any order of calls and in every process.
    """

    def seconds(self, cell: int, usual_s: float, goods: Sequence[tuple[float, float, int]], name: str) -> float:
        """Return the seconds of the errand of this name at a cell, more than 0; `usual_s` if nothing else is known.

        goods: what is picked or dropped: litres and kilograms of a unit, and how many of it; one row or more.
        """
