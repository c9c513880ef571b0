"""Closes chutes whose cages are full, sends what was to be dropped there elsewhere, and has the cages swapped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from fleet.runtime.keeping.chute_map import ChuteMap, ChuteState, CloseReason
from fleet.runtime.keeping.params import CageParams
from fleet.tasks.events import EventSink
from fleet.tasks.holding import Hold
from fleet.tasks.model import ErrandKind
from fleet.tasks.pool import TaskPool
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Bool, Int32
from sim_worlds.world import Chute


class FillSource(Protocol):
    """Says which cages are full: an estimator over cameras, never the truth."""

    def full(self, now_s: float) -> Bool:
        """Return which cages are called full at a time, bool (c,), one row a chute of the world."""


class CageSwaps(Protocol):
    """Has cages swapped."""

    def ask(self, cage: int, now_s: float) -> None:
        """Have the cage below this chute swapped; no robot drops into it until that is done."""

    def done(self, now_s: float) -> list[int]:
        """Return the cages that were swapped since the last call."""


class Redirect(Protocol):
    """Sends drops elsewhere, and the robots that are on the way there; see Dispatcher.redirect."""

    def __call__(self, tasks: Int32, cells: Int32, services_s: Sequence[float], now_s: float) -> None:
        """Let these tasks end at these cells, columns (k,)."""


class ChuteKeeping:
    """Keeps a `ChuteMap` in step with what cameras say, and the drops of all tasks in step with the map.

    To be asked before every dispatch, and to hear of everything that happens to tasks. After `review` every task whose
    drop is not granted ends at a chute that takes its goods, or is held back. A review costs next to nothing while no
    chute changes and no task comes; else a little Python for each open task.

    map      which chute takes what
    closed, swapped, lent  how often chutes were closed, cages swapped, and chutes given to other destinations
    redirected, held       how often tasks were sent elsewhere, and held back because nothing was open for them
    """

    def __init__(
        self,
        chutes: Sequence[Chute],
        chute_map: ChuteMap,
        *,
        pool: TaskPool,
        redirect: Redirect,
        fills: FillSource,
        swaps: CageSwaps,
        params: CageParams,
        events: EventSink,
    ) -> None:
        self.map = chute_map
        self._chutes = chutes
        self._pool = pool
        self._redirect = redirect
        self._fills = fills
        self._swaps = swaps
        self._params = params
        self._events = events
        self._at: dict[int, int] = {chute.cell: number for number, chute in enumerate(chutes)}
        self._next_look_s = -np.inf
        # A cage that was swapped is called full again only after it was seen not to be, or after a while.
        self._believed: Bool = np.ones(len(chutes), dtype=np.bool_)
        self._swapped_s = np.full(len(chutes), -np.inf)
        self._looked_at = 0
        self._changed = True
        # Tasks whose drop was granted when they were looked at: it may be taken back, by a new epoch.
        self._passed_over: Int32 = np.zeros(0, dtype=np.int32)
        self.closed = self.swapped_cages = self.lent = self.redirected = self.held = 0

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened: what was dropped lies in a cage."""
        if event["event"] == "errand_done" and event["kind"] == "drop" and event["cell"] in self._at:
            chute = self._at[event["cell"]]
            self.map.dropped(chute, self._pool.destination(event["task"]), event["units"])

    def review(self, now_s: float) -> None:
        """Look at cages, and see to it that every task has a chute to drop at, or waits."""
        for cage in self._swaps.done(now_s):
            self.swapped(cage, now_s)
        if now_s >= self._next_look_s:
            self._next_look_s = now_s + self._params.review_s
            self._look(now_s)
        if not self.map.at_rest:
            self._settle(now_s)
        self._send(now_s)

    def swapped(self, cage: int, now_s: float) -> None:
        """Take in that the cage below this chute was swapped, by whomever; a site's people may say so."""
        self.swapped_cages += 1
        self._believed[cage] = False
        self._swapped_s[cage] = now_s
        chute = self._chutes[cage]
        units = self.map.units[cage]
        opened = self.map.swapped(cage)
        self._events({"t": now_s, "event": "cage_swapped", "chute": chute.name, "cell": chute.cell, "units": units})
        if opened:
            self._changed = True
            destination = self.map.serves[cage]
            self._events(
                {
                    "t": now_s,
                    "event": "chute_opened",
                    "chute": chute.name,
                    "cell": chute.cell,
                    "destination": destination,
                }
            )

    def counts(self) -> dict[str, int]:
        """Return the counters by name."""
        return {
            "closed": self.closed,
            "swapped": self.swapped_cages,
            "lent": self.lent,
            "tasks_redirected": self.redirected,
            "tasks_held": self.held,
        }

    def _look(self, now_s: float) -> None:
        """Close the open chutes whose cages are called full."""
        full = self._fills.full(now_s)
        self._believed |= ~full | (now_s >= self._swapped_s + self._params.settle_s)
        for cage in np.flatnonzero(full & self._believed).tolist():
            if self.map.state[cage] is ChuteState.OPEN:
                self.map.close(cage)
                self._closed(cage, CloseReason.FULL, now_s)

    def _settle(self, now_s: float) -> None:
        """Have cages swapped that are at rest, lend chutes, and take them back."""
        busy = self._busy()
        for cage, state in enumerate(self.map.state):
            if state is ChuteState.EMPTYING and cage not in busy:
                self.map.quiet(cage)
                self._swaps.ask(cage, now_s)
        for chute, reason in self.map.settle(busy):
            if reason is None:
                self._remapped(chute, now_s)
            else:
                self._closed(chute, reason, now_s)

    def _busy(self) -> set[int]:
        """Chutes into which a drop is under way: it is granted and not over."""
        cells, _ = self._pool.last_errands(self._pool.dropping())
        return {self._at[cell] for cell in cells.tolist() if cell in self._at}

    def _closed(self, cage: int, reason: CloseReason, now_s: float) -> None:
        self._changed = True
        self.closed += 1
        chute = self._chutes[cage]
        self._events(
            {
                "t": now_s,
                "event": "chute_closed",
                "chute": chute.name,
                "cell": chute.cell,
                "destination": self.map.serves[cage],
                "reason": reason.value,
                "units": self.map.units[cage],
            }
        )

    def _remapped(self, cage: int, now_s: float) -> None:
        self._changed = True
        chute, destination = self._chutes[cage], self.map.serves[cage]
        self.lent += destination != self.map.homes[cage]
        self._events(
            {"t": now_s, "event": "chute_remapped", "chute": chute.name, "cell": chute.cell, "destination": destination}
        )

    def _send(self, now_s: float) -> None:
        """Give every task whose drop is not granted an open chute, or hold it back."""
        pool = self._pool
        tasks = len(pool.status)
        first, self._looked_at = 0 if self._changed else self._looked_at, tasks
        self._changed = False
        if first == tasks and len(self._passed_over) == 0:
            return
        rows = np.union1d(self._passed_over, np.arange(first, tasks)).astype(np.int32)
        rows = rows[np.isin(pool.status[rows], (TaskStatus.OPEN, TaskStatus.ASSIGNED))]
        granted = np.isin(rows, pool.dropping())
        self._passed_over, rows = rows[granted], rows[~granted]
        cells, kinds = pool.last_errands(rows)
        drops = kinds == ErrandKind.DROP
        self._send_each(rows[drops].tolist(), cells[drops].tolist(), now_s)

    def _send_each(self, tasks: Sequence[int], cells: Sequence[int], now_s: float) -> None:
        """Look after tasks that are to drop at these cells."""
        without: list[int] = []
        moved: list[tuple[int, int, int]] = []
        coming: Counter[int] = Counter()
        for task, cell in zip(tasks, cells, strict=True):
            at, open_for = self._at.get(cell), self.map.open_for(self._pool.destination(task))
            if at is None or at in open_for:
                continue
            if not open_for:
                without.append(task)
                continue
            to = min(open_for, key=lambda chute: (self.map.units[chute] + coming[chute], chute))
            coming[to] += self._pool.units(task)
            moved.append((task, at, to))
        hold = self._pool.hold
        held = [task for task in without if not hold[task] & Hold.CHUTE]
        self.held += len(held)
        self._pool.hold_back(held, Hold.CHUTE, now_s)
        self._move(moved, now_s)
        go = set(tasks) - set(without)
        self._pool.let_go(sorted(task for task in go if hold[task] & Hold.CHUTE), Hold.CHUTE, now_s)

    def _move(self, moved: Sequence[tuple[int, int, int]], now_s: float) -> None:
        """Redirect tasks from chutes to chutes; one that takes longer by a third takes every load longer by a third."""
        if not moved:
            return
        self.redirected += len(moved)
        chutes = self._chutes
        seconds = [
            self._pool.last_service_s(task) * (chutes[to].service_s / chutes[at].service_s) for task, at, to in moved
        ]
        cells = np.array([chutes[to].cell for _, _, to in moved], dtype=np.int32)
        self._redirect(np.array([task for task, _, _ in moved], dtype=np.int32), cells, seconds, now_s)
