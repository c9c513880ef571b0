"""What comes in before anything is decided: orders, and what sensors say of the floor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from fleet.runtime.intake import Intake
from fleet.runtime.keeping.chute_keeping import ChuteKeeping
from fleet.runtime.keeping.stock_keeping import StockKeeping
from fleet.tasks.pool import TaskPool


class Follower(Protocol):
    """Whoever has to know of tasks and events to say what is in bins and cages."""

    def follow(self, pool: TaskPool) -> None:
        """Take tasks from this pool from now on."""

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened."""


class FloorKeeping:
    """An `Intake` around that of the orders: bins and chutes are looked after when new orders have come in.

    `hear` is to have every event of the floor.
    """

    def __init__(
        self, orders: Intake, chutes: ChuteKeeping, stock: StockKeeping, followers: Sequence[Follower] = ()
    ) -> None:
        self._orders = orders
        self._followers = followers
        self.chutes = chutes
        self.stock = stock

    def release(self, now_s: float) -> None:
        """Add the orders whose time has come, and act on what is believed of bins and cages."""
        self._orders.release(now_s)
        self.stock.review(now_s)
        self.chutes.review(now_s)

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened."""
        for follower in self._followers:
            follower.hear(event)
        self.chutes.hear(event)
        self.stock.hear(event)
