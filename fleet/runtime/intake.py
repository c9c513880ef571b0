"""Orders come in when their time has come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from fleet.tasks.model import Order
from fleet.tasks.pool import TaskPool


class Intake(Protocol):
    """Takes in what comes from outside before anything is decided; see also fleet.runtime.keeping.floor_keeping."""

    def release(self, now_s: float) -> None:
        """Take in everything whose time has come."""


class OrderIntake:
    """Hands the orders of a source to the task pool, each at its release time.

    The source yields orders in release order and may go on for ever: it is read one order ahead, no further.
    """

    def __init__(self, orders: Iterator[Order], pool: TaskPool) -> None:
        self._orders = orders
        self._pool = pool
        self._next = next(orders, None)

    def release(self, now_s: float) -> None:
        """Add every order whose release time has come; the pool accepts or rejects it."""
        while self._next is not None and self._next.release_s <= now_s:
            self._pool.add_order(self._next, now_s)
            self._next = next(self._orders, None)
