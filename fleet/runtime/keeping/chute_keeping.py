"""Closes chutes that are jammed or have full cages, sends what was to be dropped there elsewhere, calls people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from fleet.runtime.keeping.chute_map import ChuteMap, ChuteState, CloseReason
from fleet.runtime.keeping.chute_visits import Visit
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


class JamSource(Protocol):
    """Says in which chutes something is stuck: an estimator over photo-eyes, never the truth."""

    def jammed(self, now_s: float) -> Bool:
        """Return which chutes are called jammed at a time, bool (c,), one row a chute of the world.

        When somebody has looked into a chute it begins anew: it has to hear of `chute_freed` events.
        """


class ChuteVisits(Protocol):
    """Has cages swapped and chutes freed; no robot drops there until that is done."""

    def swap(self, chute: int, now_s: float) -> None:
        """Have the cage below this chute swapped."""

    def free(self, chute: int, now_s: float) -> None:
        """Have whatever is stuck in this chute taken out, and its photo-eye wiped."""

    def done(self, now_s: float) -> list[Visit]:
        """Return the visits that are over since the last call."""


class Redirect(Protocol):
    """Sends drops elsewhere, and the robots that are on the way there; see Dispatcher.redirect."""

    def __call__(self, tasks: Int32, cells: Int32, services_s: Sequence[float], now_s: float) -> None:
        """Let these tasks end at these cells, columns (k,)."""


class ChuteKeeping:
    """Keeps a `ChuteMap` in step with what cameras and photo-eyes say, and the drops of all tasks with the map.

    To be asked before every dispatch, and to hear of everything that happens to tasks. After `review` every task whose
    drop is not granted ends at a chute that takes its goods, or is held back. A review costs next to nothing while no
    chute changes and no task comes; else a little Python for each open task.

    map      which chute takes what
    closed, swapped, lent  how often chutes were closed, cages swapped, and chutes given to other destinations
    called_jammed, freed_chutes, false_calls  how often a chute was closed for a jam, something was stuck when somebody
                           came, and nothing was: its photo-eye was at fault, and would have kept it closed for ever
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
        jams: JamSource,
        visits: ChuteVisits,
        params: CageParams,
        events: EventSink,
    ) -> None:
        self.map = chute_map
        self._chutes = chutes
        self._pool = pool
        self._redirect = redirect
        self._fills = fills
        self._jams = jams
        self._visits = visits
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
        self.called_jammed = self.freed_chutes = self.false_calls = 0

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened: what was dropped lies in a cage."""
        if event["event"] == "errand_done" and event["kind"] == "drop" and event["cell"] in self._at:
            chute = self._at[event["cell"]]
            self.map.dropped(chute, self._pool.destination(event["task"]), event["units"])

    def review(self, now_s: float) -> None:
        """Look at cages and chutes, and see to it that every task has a chute to drop at, or waits."""
        for visit in self._visits.done(now_s):
            if visit.stuck or not visit.swapped:
                self.freed(visit.chute, visit.stuck, now_s)
            if visit.swapped:
                self.swapped(visit.chute, now_s)
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
            self._opened(cage, now_s)

    def freed(self, number: int, stuck: bool, now_s: float) -> None:
        """Take in that somebody has freed a chute, whoever it was; stuck: whether there was anything to take out."""
        self.freed_chutes += stuck
        self.false_calls += self.map.closed[number] is CloseReason.JAMMED and not stuck
        chute = self._chutes[number]
        opened = self.map.freed(number)
        self._events({"t": now_s, "event": "chute_freed", "chute": chute.name, "cell": chute.cell, "stuck": stuck})
        if opened:
            self._opened(number, now_s)

    def counts(self) -> dict[str, int]:
        """Return the counters by name."""
        return {
            "closed": self.closed,
            "swapped": self.swapped_cages,
            "lent": self.lent,
            "tasks_redirected": self.redirected,
            "tasks_held": self.held,
        }

    def jam_counts(self) -> dict[str, int]:
        """Return the counters of jams by name."""
        return {"called": self.called_jammed, "freed": self.freed_chutes, "false_calls": self.false_calls}

    def _look(self, now_s: float) -> None:
        """Close the open chutes that are called jammed, or whose cages are called full.

        Of both, the cage comes first: whoever swaps it frees the chute, too.
        """
        full = self._fills.full(now_s)
        self._believed |= ~full | (now_s >= self._swapped_s + self._params.settle_s)
        full = full & self._believed
        for chute in np.flatnonzero(full | self._jams.jammed(now_s)).tolist():
            if self.map.state[chute] is ChuteState.OPEN:
                reason = CloseReason.FULL if full[chute] else CloseReason.JAMMED
                self.called_jammed += reason is CloseReason.JAMMED
                self.map.close(chute, reason)
                self._closed(chute, reason, now_s)

    def _settle(self, now_s: float) -> None:
        """Have chutes seen to that are at rest, lend chutes, and take them back."""
        busy = self._busy()
        for chute, state in enumerate(self.map.state):
            if state is ChuteState.EMPTYING and chute not in busy:
                self.map.quiet(chute)
                if self.map.closed[chute] is CloseReason.JAMMED:
                    self._visits.free(chute, now_s)
                else:
                    self._visits.swap(chute, now_s)
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

    def _opened(self, cage: int, now_s: float) -> None:
        self._changed = True
        chute, destination = self._chutes[cage], self.map.serves[cage]
        self._events(
            {"t": now_s, "event": "chute_opened", "chute": chute.name, "cell": chute.cell, "destination": destination}
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
