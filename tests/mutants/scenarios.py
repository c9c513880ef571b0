"""Short torture schedules for mutants. All that asks anything of `fleet.app.torture` for them is here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fleet.app.torture.floors import torture_world
from fleet.app.torture.schedule import Schedule
from fleet.app.torture.trial import Trial
from fleet.errors import AuditError, TaskError

WHO = {"by": "ada"}


@dataclass(frozen=True)
class Scenario:
    """A schedule, and by when all tasks must be done, seconds from its beginning: some events never end."""

    schedule: Schedule
    within_s: float


@dataclass(frozen=True)
class Outcome:
    """The properties that were found broken, what was said about it, and what the run has seen.

    seen: responses of the controller to faults, tasks that were taken from robots, and rings in plans
    """

    rules: frozenset[str]
    texts: tuple[str, ...]
    now_s: float
    seen: dict[str, int]


def play(scenario: Scenario) -> Outcome:
    """Play a scenario until a property is broken, or everything is done and the time of orders and events is over."""
    played = Trial(scenario.schedule)
    loop, pool, audit = played.parts.loop, played.crew.pool, played.parts.auditor
    found: list[tuple[str, str]] = []
    try:
        while audit.count == 0 and loop.now_s < scenario.within_s:
            played._tick()
            if loop.now_s > scenario.schedule.orders_s and pool.counts()["tasks"]["open"] == 0:
                break
        else:
            if audit.count == 0:
                found.append(("P9", f"tasks at {loop.now_s:.0f} s: {pool.counts()['tasks']}"))
    except TaskError as error:
        found.append(("P10", f"the pool refuses: {error}"))
    except Exception as error:  # noqa: BLE001 (mutants may raise anything, and none of it is what they are caught by)
        found.append(("crash", f"{type(error).__name__}: {error}"))
    try:
        pool.check()
    except AuditError as error:
        found.append(("P10", str(error)))
    found += [(finding.rule, str(finding)) for finding in (*audit.grants.findings, *audit.effects.findings)]
    rules, texts = frozenset(rule for rule, _ in found), tuple(text for _, text in found)
    seen = {**loop.floor.responses, **played.crew.dispatcher.recoveries(), "rings_cut": loop.execution.rings_cut}
    return Outcome(rules, texts, loop.now_s, seen)


def _schedule(floor: str, robots: int, events: list[dict[str, Any]], **more: Any) -> Schedule:
    given = {
        "seed": 7,
        "orders_per_hour": 80.0 * robots,
        "orders_s": 30.0,
        "charge_percent": 60.0,
        "message_loss": 0.0,
    } | more
    return Schedule(floor=floor, robots=robots, events=tuple(sorted(events, key=lambda event: event["t"])), **given)


class _Draw:
    """Events at random places and times, on a floor."""

    def __init__(self, seed: int, floor: str, robots: int, seconds: float) -> None:
        self._rng = np.random.default_rng(seed)
        self._layout = torture_world(floor, robots).layout
        self._robots = robots
        self._seconds = seconds

    def time(self) -> float:
        return round(float(self._rng.uniform(2.0, self._seconds)), 2)

    def cell(self) -> list[int]:
        return list(self._layout.row_column(int(self._rng.choice(self._layout.free_cells))))

    def crossings(self, count: int) -> list[list[int]]:
        """Cells that are open to all four sides."""
        open_cells = np.flatnonzero(self._layout.passable & (self._layout.neighbours >= 0).all(axis=1))
        return [list(self._layout.row_column(int(cell))) for cell in self._rng.choice(open_cells, count, replace=False)]

    def robot(self) -> int:
        return int(self._rng.integers(self._robots))

    def faults(self, kind: str, count: int, for_s: float, **more: Any) -> list[dict[str, Any]]:
        return [{"t": self.time(), "kind": kind, "robot": self.robot(), "for_s": for_s} | more for _ in range(count)]

    def obstacles(self, count: int, for_s: float) -> list[dict[str, Any]]:
        return [{"t": self.time(), "kind": "obstacle", "cell": self.cell(), "for_s": for_s} for _ in range(count)]

    def zones(self, do: str, count: int, **more: Any) -> list[dict[str, Any]]:
        made = []
        for _ in range(count):
            row, column = self.cell()
            rect = [row, column, min(row + 2, self._layout.height - 1), min(column + 2, self._layout.width - 1)]
            made.append({"t": self.time(), "do": do, "rect": rect} | WHO | more)
        return made


def _calm() -> Scenario:
    return Scenario(_schedule("tight", 24, []), 200.0)


def _crowd() -> Scenario:
    """So many robots that plans have rings."""
    return Scenario(_schedule("one_lane", 120, [], seed=1, orders_per_hour=9600.0, orders_s=20.0), 400.0)


def _links() -> Scenario:
    """Messages that are lost, late and doubled; the controller starts again and again."""
    restarts = [{"t": 4.0 + 3.7 * k, "controller": "restart", "for_s": 0.3} for k in range(8)]
    air = [
        {"t": 0.0, "kind": kind, "value": value, "for_s": 40.0}
        for kind, value in (("loss", 0.1), ("delay", 0.6), ("duplication", 0.4))
    ]
    return Scenario(_schedule("tight", 24, restarts + air), 300.0)


def _broken() -> Scenario:
    """Robots that die, fall silent, get stuck, are pushed away; obstacles; the controller starts again."""
    draw = _Draw(3, "tight", 24, 90.0)
    events = [
        *draw.faults("dead", 12, 8.0),
        *draw.faults("reboot", 12, 1.0),
        *draw.faults("mute", 40, 12.0),
        *draw.faults("stuck", 4, 4.0),
        *({"t": draw.time(), "kind": "displaced", "robot": draw.robot(), "value": 1.0} for _ in range(4)),
        *draw.obstacles(20, 10.0),
        {"t": 50.0, "controller": "restart", "for_s": 0.3},
        {"t": 80.0, "controller": "restart", "for_s": 0.3},
    ]
    return Scenario(_schedule("tight", 24, events, orders_per_hour=4800.0), 500.0)


def _silent() -> Scenario:
    """Robots fall silent with loads, and speak again when others are on their way to them."""
    events = _Draw(4, "tight", 24, 120.0).faults("mute", 80, 16.0)
    return Scenario(_schedule("tight", 24, events), 400.0)


def _zones() -> Scenario:
    """People close, stop and open parts of the floor; robots are pushed away."""
    draw = _Draw(5, "tight", 48, 30.0)
    layout = torture_world("tight", 48).layout
    whole = [0, 0, layout.height - 1, layout.width - 1]
    events = [
        *draw.zones("close", 80, for_s=8.0),
        *draw.zones("person", 4),
        *draw.zones("e_stop", 2),
        # Between two plans, so that windows have moves against it.
        *(
            {"t": round(5.2 + 1.2 * k, 1), "do": "one_way", "rect": whole, "direction": way, "for_s": 0.6} | WHO
            for k, way in enumerate(("north", "east", "south", "west") * 8)
        ),
        *({"t": draw.time(), "kind": "displaced", "robot": draw.robot(), "value": 1.0} for _ in range(4)),
    ]
    return Scenario(_schedule("tight", 48, events), 400.0)


def _held_back() -> Scenario:
    """People pause robots, take them out of service, and let them go on."""
    draw = _Draw(8, "tight", 24, 30.0)
    events = [
        {"t": draw.time(), "do": do, "robot": draw.robot(), "for_s": for_s} | WHO
        for do, count, for_s in (("pause", 200, 0.7), ("out_of_service", 80, 12.0))
        for _ in range(count)
    ]
    return Scenario(_schedule("tight", 24, events), 300.0)


def _closed() -> Scenario:
    """Cells in the lanes are closed for good."""
    cells = _Draw(6, "tight", 24, 20.0).crossings(10)
    events = [{"t": 1.0, "do": "close", "rect": cell + cell, "for_s": 3000.0} | WHO for cell in cells]
    return Scenario(_schedule("tight", 24, events), 240.0)


def _dead() -> Scenario:
    """Robots die on their way, before they have loads."""
    events = _Draw(13, "tight", 24, 25.0).faults("dead", 6, 3000.0)
    return Scenario(_schedule("tight", 24, events), 300.0)


def _obstacles() -> Scenario:
    """Things stand in the lanes for good."""
    cells = _Draw(9, "tight", 24, 20.0).crossings(10)
    events = [{"t": 1.0, "kind": "obstacle", "cell": cell, "for_s": 3000.0} for cell in cells]
    return Scenario(_schedule("tight", 24, events), 300.0)


SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "calm": _calm,
    "crowd": _crowd,
    "links": _links,
    "broken": _broken,
    "silent": _silent,
    "zones": _zones,
    "held_back": _held_back,
    "closed": _closed,
    "dead": _dead,
    "obstacles": _obstacles,
}
