"""Has bins refilled that run low, and holds tasks back for which there is not enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np

from fleet.runtime.keeping.bin_stock import BinStock
from fleet.runtime.keeping.params import RefillParams
from fleet.runtime.keeping.refill_slotting import bin_name, bin_of, refill_id
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.sensing.estimates import StockEstimate
from fleet.tasks.events import EventSink
from fleet.tasks.holding import Hold
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.refusal import Refusal
from fleet.tasks.splitting import OrderSplitter
from fleet.tasks.task_stage import TaskStage
from robots.arrays import Bool

_NOT_BEGUN: Final = frozenset({TaskStage.WAITING, TaskStage.UNDER_WAY})
_OVER: Final = frozenset({TaskStage.DONE, TaskStage.CANCELLED})


class StockSource(Protocol):
    """Says what is believed to be in bins: an estimator over sensors, never the truth."""

    def estimate(self, now_s: float) -> StockEstimate:
        """Return the estimate for a time, one row a bin of the floor's `StockBins`."""


class StockKeeping:
    """Asks for replenishments by estimates, one at a time for each bin.

    A bin is low when it may hold no more than the reorder point, the low end of its 95 % set. It is refilled up to the
    target, counted from the high end: what is brought fits, and a bin of which little is known is left alone until
    enough is surely missing. What nobody has begun is called off when the bin is full enough, since a person was there.
    After a refill a bin with sensors has to be looked at again before the next one: nothing is brought twice for one
    reading.

    Tasks that no robot has, and that are to pick more than a bin can hold, the high end, beyond what is reserved for
    others, are held back, `hold_s` at most; such a bin is refilled before others and for less. They are counted
    (`held`), and never given up.

    To be asked before every dispatch, and to hear of everything that happens to orders and tasks; looks at estimates
    every `review_s`. Goes on with the replenishments that a restored pool knows.
    """

    def __init__(
        self,
        bins: StockBins,
        stock: BinStock,
        *,
        pool: TaskPool,
        splitter: OrderSplitter,
        source: StockSource,
        params: RefillParams,
        robots: int,
        events: EventSink,
    ) -> None:
        self._bins = bins
        self._stock = stock
        self._pool = pool
        self._splitter = splitter
        self._source = source
        self._params = params
        self._most_open = max(1, round(params.most_share * robots))
        self._events = events
        self._open = {bin_of(order_id): order_id for order_id in pool.open_refills()}
        self._urgent: set[int] = set()
        self._impossible: Bool = np.zeros(len(bins.cell), dtype=np.bool_)
        self._ended_s = np.full(len(bins.cell), -np.inf)
        self._held_since: dict[int, float] = {}
        self._may_go: set[int] = set()
        self._looked_at = 0
        self._next_look_s = -np.inf
        self.held = self.called_off = 0

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened to orders and tasks."""
        self._stock.hear(event)

    def review(self, now_s: float) -> None:
        """Look at new tasks, and, if it is time to, at bins and all tasks.

        That costs some vector operations over the bins, and a little Python for each open task.
        """
        first, self._looked_at = self._looked_at, len(self._pool.status)
        if now_s < self._next_look_s:
            if first < self._looked_at:
                self._hold_back(self._stock.take_new(self._pool, first), now_s)
            return
        self._next_look_s = now_s + self._params.review_s
        estimate = self._source.estimate(now_s)
        self._hold(self._stock.take(estimate, self._pool, self._may_go), now_s)
        self._close(now_s)
        self._call_off(estimate, now_s)
        self._hurry(now_s)
        self._refill(estimate, now_s)

    def counts(self) -> dict[str, int]:
        """Return the counters by name; all but the last two are of the pool."""
        of = self._pool.refill_counts()
        return {
            "asked_for": of["orders"]["accepted"],
            "done": of["orders"]["done"],
            "units": of["units"]["dropped"],
            "called_off": self.called_off,
            "tasks_held": self.held,
        }

    def _close(self, now_s: float) -> None:
        """Be done with replenishments that no robot works on any more; one that failed is for a person to see to."""
        for row, order_id in list(self._open.items()):
            if self._stages(order_id) <= _OVER:
                del self._open[row]
                self._urgent.discard(row)
                self._ended_s[row] = now_s

    def _stages(self, order_id: str) -> set[TaskStage]:
        view = self._pool.order(order_id)
        return set() if view is None else {task.stage for task in view.tasks}

    def _call_off(self, estimate: StockEstimate, now_s: float) -> None:
        """Cancel replenishments of bins that are full enough, if nobody has begun them."""
        enough = estimate.low > self._bins.share(self._params.refilled_share)
        for row, order_id in list(self._open.items()):
            if enough[row] and self._stages(order_id) <= _NOT_BEGUN:
                self.called_off += 1
                self._pool.cancel_order(order_id, now_s)

    def _hurry(self, now_s: float) -> None:
        """Let replenishments go before others once tasks wait for them."""
        for row, order_id in self._open.items():
            if self._stock.wanted[row] and row not in self._urgent:
                self._urgent.add(row)
                self._pool.prioritise_order(order_id, self._params.urgent_priority, now_s)

    def _refill(self, estimate: StockEstimate, now_s: float) -> None:
        params, capacity, wanted = self._params, self._bins.capacity, self._stock.wanted
        missing = self._bins.share(params.target_share) - estimate.high
        low = estimate.low <= self._bins.share(params.reorder_share)
        worth = missing >= np.maximum(self._bins.share(params.least_share), 1)
        looked_at_s = estimate.time_s - estimate.age_s
        seen = (looked_at_s > self._ended_s) | np.isinf(estimate.age_s)
        seen &= now_s >= self._ended_s + params.again_s
        candidates = ((low & worth) | (wanted & (missing > 0))) & seen & ~self._impossible
        candidates[list(self._open)] = False
        rows = np.flatnonzero(candidates)
        # Those that tasks wait for first, and the emptiest first.
        order = np.lexsort((rows, estimate.count[rows] / capacity[rows], ~wanted[rows]))
        for row in rows[order][: max(0, self._most_open - len(self._open))].tolist():
            self._ask_for(row, int(missing[row]), now_s)

    def _ask_for(self, row: int, units: int, now_s: float) -> None:
        unit, urgent = self._bins.units[row], bool(self._stock.wanted[row])
        order = Order(
            id=refill_id(row, self._pool.refill_counts()["orders"]["accepted"]),
            lines=(OrderLine(unit.sku, units, unit.unit_litres, unit.unit_kg),),
            release_s=now_s,
            due_s=now_s + self._params.due_s,
            priority=self._params.urgent_priority if urgent else self._params.priority,
            destination=bin_name(row),
        )
        answer = self._pool.add_refill(order, self._splitter, now_s)
        if isinstance(answer, Refusal):
            self._impossible[row] = True
            self._events(
                {"t": now_s, "event": "refill_refused", "bin": row, "sku": unit.sku, "reason": answer.reason.value}
            )
            return
        self._open[row] = order.id
        if urgent:
            self._urgent.add(row)

    def _hold(self, lacking: Sequence[int], now_s: float) -> None:
        """Hold these tasks back, unless they have waited long enough, and let all others go."""
        held = np.flatnonzero(self._pool.hold & Hold.STOCK).tolist()
        self._held_since = {task: self._held_since.get(task, now_s) for task in held}
        self._may_go.update(task for task in held if now_s >= self._held_since[task] + self._params.hold_s)
        still = set(lacking) - self._may_go
        self._pool.let_go([task for task in held if task not in still], Hold.STOCK, now_s)
        self._hold_back(sorted(still - set(held)), now_s)

    def _hold_back(self, tasks: Sequence[int], now_s: float) -> None:
        """Hold back tasks that are not yet."""
        self._held_since.update(dict.fromkeys(tasks, now_s))
        self.held += len(tasks)
        self._pool.hold_back(tasks, Hold.STOCK, now_s)
