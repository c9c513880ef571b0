"""One torture run: a schedule is played on a simulated floor, with auditors, until everything has come to rest."""

from __future__ import annotations

import json
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import takewhile
from math import ceil
from pathlib import Path
from typing import Final

import msgspec

from fleet.app.crew import SHIPPED_ORDERS, make_crew
from fleet.app.grant_crew import grant_loop
from fleet.app.torture.drain import Drain
from fleet.app.torture.floors import torture_world
from fleet.app.torture.operator import Operator
from fleet.app.torture.schedule import RESTART, Controller, Schedule, controller_of, kind_of
from fleet.runtime.config import FloorParams, RunConfig
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_audit import GrantAudit
from fleet.tasks.arrivals import ArrivalProfile
from fleet.tasks.model import Order
from fleet.tasks.sources.catalogue import Catalogue
from fleet.tasks.sources.csv_source import read_csv
from fleet.tasks.sources.generator import generate_orders
from fleet.traffic.execution import GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.ledger import TrafficLedger
from fleet.traffic.robot_watch import RobotWatch
from fleet.traffic.zones.action_file import action_of
from robots.arrays import Bool, Int8, Int32, UInt8
from robots.errors import FutureparkError
from robots.state import FleetState
from sim_worlds.world import World
from twin.fault_file import fault_of

# Ticks from one look of people, or at whether all is done, to the next; from one state in the digest to the next.
_LOOK_TICKS: Final = 10
_DIGEST_TICKS: Final = 50
# How long everything may take to come to rest once nothing goes wrong any more.
DRAIN_S: Final = 1200.0
CRASH: Final = "crash"
UNDRAINED: Final = "P9"


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of a schedule.

    ticks        of the floor; robot_ticks, times robots
    faults       events by kind, and what people did about them by what it was
    violations   how many were found of P1 to P8 and P10; an exception is one more
    rule, finding  the property that did not hold first (P1 to P10, or "crash"), and how; empty if all did
    undrained    what had not come to rest in time, in words
    drain_s      seconds from the last event to rest
    tasks        done
    digest       of states over the whole run: the same for the same schedule
    """

    seed: int
    robots: int
    floor: str
    ticks: int
    faults: dict[str, int]
    responses: dict[str, int]
    violations: int
    rule: str
    finding: str
    undrained: tuple[str, ...]
    drain_s: float
    tasks: int
    digest: str

    @property
    def robot_ticks(self) -> int:
        """Robots times ticks."""
        return self.robots * self.ticks

    @property
    def failed(self) -> bool:
        """Whether a property did not hold."""
        return bool(self.rule)


class TrialStopped(Exception):  # noqa: N818 (no error: somebody wanted it)
    """A trial was stopped before its end."""


def run_trial(schedule: Schedule, stopped: Callable[[], bool] = lambda: False) -> TrialResult:
    """Play a schedule. Raises InputErrors for events that are impossible on its floor.

    A violation ends it, and so does an exception in the controller, which counts as one. `stopped` is asked every
    second of the floor's time; raises TrialStopped if it says so.
    """
    return Trial(schedule, stopped).run()


class Trial:
    """A schedule under way."""

    def __init__(self, schedule: Schedule, stopped: Callable[[], bool] = lambda: False) -> None:
        self.schedule = schedule
        self._stopped = stopped
        self._world = world = torture_world(schedule.floor, schedule.robots)
        self._config = RunConfig(
            world=world.name,
            robots=schedule.robots,
            seed=schedule.seed,
            execution="grants",
            audit=True,
            initial_charge_percent=schedule.charge_percent,
            floor=FloorParams(message_loss=schedule.message_loss),
        )
        self._relay = EventRelay()
        self.crew = make_crew(world, world.guidance, self._config, events=self._relay, orders=_orders(schedule, world))
        self.parts = grant_loop(self.crew, self._config, _NoRecord(), _NoClock(), self._relay)
        if self.parts.auditor is None:
            raise RuntimeError("a trial needs its auditors")
        self._audit: GrantAudit = self.parts.auditor
        self.crew.planner.warmup()
        self._operator = Operator(schedule.seed, self.parts.zones, self.parts.fleet, self.crew.dispatcher)
        self._relay.join(self._operator.hear)
        self._controller: list[Controller] = []
        self._take_events()
        self._digest = blake2b(digest_size=16)
        self._drain = Drain(self.crew, self.parts)

    def run(self) -> TrialResult:
        """Play it to its end."""
        loop, audit = self.parts.loop, self._audit
        latest_s = self.schedule.over_s + DRAIN_S
        crash = ""
        try:
            while audit.count == 0 and loop.now_s < latest_s and not self._drain.over:
                self._tick()
            if audit.count == 0 and self._drain.over:
                audit.effects.drained()
            self.crew.pool.check()
        except TrialStopped:
            raise
        except FutureparkError as error:
            crash = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 (defects of the controller are what this looks for: reported as such)
            place = traceback.extract_tb(error.__traceback__)[-1]
            crash = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
        return self._result(crash)

    def _tick(self) -> None:
        loop = self.parts.loop
        if self._controller and self._controller[0].t <= loop.now_s:
            self._hit_controller(self._controller.pop(0))
        loop.tick()
        if loop.ticks % _DIGEST_TICKS == 0:
            self._note(loop.state)
        if loop.ticks % _LOOK_TICKS == 0:
            if self._stopped():
                raise TrialStopped
            self._operator.step(loop.now_s, loop.state.charge_percent)
            if loop.now_s >= self.schedule.orders_s:
                self._drain.look()

    def _take_events(self) -> None:
        layout, named = self._world.layout, self._world.zones
        actions = []
        for number, event in enumerate(self.schedule.events):
            where, text = f"events[{number}]", msgspec.json.encode(event).decode()
            if "kind" in event:
                self.parts.fleet.inject(fault_of(where, text, self.schedule.robots, layout))
            elif "do" in event:
                actions.append(action_of(where, text, layout, named, self.schedule.robots))
            else:
                self._controller.append(controller_of(where, event))
        self.parts.loop.add_actions(actions)
        self._controller.sort(key=lambda event: event.t)

    def _hit_controller(self, event: Controller) -> None:
        """Hold the controller up; where it restarts, all that it knows of grants is in its journal."""
        loop, parts, params = self.parts.loop, self.parts, self._config.grants
        loop.stall(ceil(event.for_s / params.tick_s))
        if event.controller != RESTART:
            return
        ledger = TrafficLedger.restored(self._world.layout, self._world.robot, self._world.cell_m, parts.journal)
        loop.take_over(
            GrantExecution(ledger, params, entries_ahead=parts.driver.entries_ahead),
            FloorControl(ledger, parts.zones, RobotWatch(ledger, self._config.watch), self._relay),
        )

    def _note(self, state: FleetState) -> None:
        for column in (state.cell, state.confirmed, state.epoch, state.x_m, state.y_m, state.charge_percent):
            self._digest.update(column.tobytes())

    def _result(self, crash: str) -> TrialResult:
        loop, audit, schedule = self.parts.loop, self._audit, self.schedule
        findings = [*audit.grants.findings, *audit.effects.findings]
        rule, finding = (findings[0].rule, str(findings[0])) if findings else (CRASH, crash) if crash else ("", "")
        left: tuple[str, ...] = ()
        if not rule and not self._drain.over:
            left = tuple(self._drain.unfinished())
            rule, finding = UNDRAINED, left[0]
        counts = self.crew.pool.counts()
        self._digest.update(json.dumps(counts, sort_keys=True).encode())
        responses = Counter(self._operator.done)
        responses.update({f"controller_{name}": count for name, count in loop.floor.responses.items()})
        return TrialResult(
            seed=schedule.seed,
            robots=schedule.robots,
            floor=schedule.floor,
            ticks=loop.ticks,
            faults=dict(Counter(kind_of(event) for event in schedule.events)),
            responses=dict(responses),
            violations=audit.count + bool(crash),
            rule=rule,
            finding=finding,
            undrained=left,
            drain_s=round(loop.now_s - schedule.over_s, 1),
            tasks=counts["tasks"]["done"],
            digest=self._digest.hexdigest(),
        )


class _NoRecord:
    """A recorder that keeps nothing."""

    def start(self, cells: Int32, headings: Int8) -> None:
        """Take where the robots begin."""

    def append(self, cells: Int32, headings: Int8, activities: UInt8, delayed: Bool) -> None:
        """Take a step."""


class _NoClock:
    """A clock that stands: nobody asks how long planning took."""

    def now(self) -> float:
        """Return 0."""
        return 0.0


@cache
def _catalogue() -> Catalogue:
    return Catalogue.learn(read_csv(SHIPPED_ORDERS))


def _orders(schedule: Schedule, world: World) -> Iterator[Order]:
    """Orders until they stop."""
    rate, lead_time_s = schedule.orders_per_hour, world.orders.lead_time_s
    orders = generate_orders(_catalogue(), rate, ArrivalProfile.FLAT, lead_time_s, schedule.seed)
    return takewhile(lambda order: order.release_s < schedule.orders_s, orders)
