"""Controllers and gateways that are killed under load: what is lost, what is done twice, how soon it goes on."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, Final

import numpy as np
import zmq

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.site_processes import Program, SiteProcesses, free_ports, running
from fleet.app.site.api_client import ApiClient, ClientParams
from fleet.app.site.api_messages import NewLine, NewOrder
from fleet.app.site.errors import ControllerUnreachableError, RefusedError
from fleet.app.site.local_socket import ClientKeys
from fleet.runtime.clock import WallClock

_ROBOTS, _GATEWAYS = 200, 20
_ORDERS: Final = "poisson:6000"
_DRAIN_S: Final = 1800.0
# How often what is killed: short and full form.
_KILLS: Final = {"controller": (5, 100), "controller, with a standby": (2, 20), "robots' gateways": (3, 20)}
# Targets of our own, seconds from the kill until grants flow again.
_TARGETS_S: Final = {"controller": 3.0, "controller, with a standby": 5.0, "robots' gateways": None}
_TIMES = ("killed", "times", "grants flow again after s median", "worst", "target s")
_LOSSES = (
    "orders acknowledged to an operator", "of them lost", "services that robots did", "errands and takeovers counted",
    "tasks open",
)  # fmt: skip
_NOTES = (
    f"{_ROBOTS} robots behind {_GATEWAYS} gateways on future_park, keys on, {_ORDERS}, and an operator who adds orders",
    "killed with SIGKILL 0.2 to 2.5 s after grants flow, and started again at once; a standby waits already",
    "robots and their gateways are one program here; its robots stand still while it is dead, and know what they knew",
    "at the end all tasks are done: then every service that took effect on a robot has been counted, once",
)


@dataclass
class _Operator:
    """Adds orders all the time, in a thread, whoever leads; remembers which were acknowledged."""

    site: SiteProcesses
    endpoints: tuple[str, ...]
    acknowledged: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Within this context orders are added."""
        thread = threading.Thread(target=self._add)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    @contextmanager
    def client(self, give_up_s: float) -> Iterator[ApiClient]:
        """A client of whoever leads."""
        keys = ClientKeys.load(self.site.keys, "anna")
        with (
            zmq.Context() as context,
            ApiClient(context, self.endpoints, keys, WallClock(), params=ClientParams(1.0, give_up_s)) as client,
        ):
            yield client

    def _add(self) -> None:
        number = 0
        with self.client(30.0) as client:
            while not self._over.wait(0.2):
                number += 1
                order = NewOrder(f"by-hand-{number}", (NewLine(f"sku-{number % 50}", 1, 1.0, 0.5),))
                try:
                    (result,) = client.add_orders([order])
                except (ControllerUnreachableError, RefusedError):
                    continue
                if result.outcome in {"accepted", "duplicate"}:
                    self.acknowledged.append(order.id)


def run(options: Options) -> Report:
    """Kill; `full` a hundred controllers."""
    generator = random.Random(1)
    rows: list[tuple[Cell, ...]] = []
    with (
        TemporaryDirectory() as folder,
        running(SiteProcesses(Path(folder), "future_park", _ROBOTS, _GATEWAYS)) as site,
    ):
        trial = _Trial(site, generator, options)
        for killed, times in _KILLS.items():
            seconds = trial.kill(killed, times[options.full])
            options.say(f"{killed}: {', '.join(f'{each:.2f}' for each in sorted(seconds))} s")
            rows.append((killed, len(seconds), float(np.median(seconds)), max(seconds), _TARGETS_S[killed]))
        losses = trial.finish()
    return Report((Table("how soon", _TIMES, tuple(rows)), Table("what was lost", _LOSSES, (losses,))), _NOTES)


class _Trial:
    """A site under way, and who kills its programs."""

    def __init__(self, site: SiteProcesses, generator: random.Random, options: Options) -> None:
        self._site = site
        self._random = generator
        self._say = options.say
        listen, api, feed = (f"tcp://127.0.0.1:{port}" for port in free_ports(3))
        self._second = {"listen": listen, "api": api, "feed": feed}
        self._ends = {"listen": site.listen, "api": site.api, "feed": site.feed}
        self._connect = f"{site.listen},{self._second['listen']}"
        self._operator = _Operator(site, (site.api, self._second["api"]))
        self._robots = site.simulated_robots(connect=self._connect)
        self._leader = self._controller(self._ends)
        self._standby: Program | None = None

    def _controller(self, ends: dict[str, str], *options: str) -> Program:
        return self._site.controller("--orders", _ORDERS, "--lease", "2s", *options, **ends)

    def kill(self, what: str, times: int) -> list[float]:
        """Kill so often; return the seconds after which grants flowed again."""
        self._leader.wait_for("granting")
        seconds = []
        with self._operator.adding():
            for number in range(times):
                self._say(f"{what}: {number + 1} of {times}")
                sleep(self._random.uniform(0.2, 2.5))
                seconds.append(self._kill(what))
        self._operator = _Operator(self._site, self._operator.endpoints, self._operator.acknowledged)
        return seconds

    def _kill(self, what: str) -> float:
        if what == "robots' gateways":
            self._robots.kill()
            began_s = monotonic()
            self._robots = robots = self._site.simulated_robots(connect=self._connect)
            # Until the robots are back, what was on its way when they died may still be granted.
            robots.wait_until(lambda: "connecting" in robots.said(), "connection")
            before = self._granted()
            while self._granted() <= before:
                sleep(0.02)
            return monotonic() - began_s
        if what != "controller":
            self._standby = self._controller(self._second, "--standby")
            self._standby.wait_for("standing_by")
        self._leader.kill()
        began_s = monotonic()
        if self._standby is not None:
            self._leader, self._standby = self._standby, None
            self._second, self._ends = self._ends, self._second
        else:
            self._leader = self._controller(self._ends)
        self._leader.wait_for("granting")
        return monotonic() - began_s

    def finish(self) -> tuple[Cell, ...]:
        """Let everything be done, and count."""
        self._leader.terminate()
        last = self._site.controller("--json", **self._ends)
        last.wait_for("running")
        with self._operator.client(_DRAIN_S) as client:
            self._say("until all tasks are done")
            until_s = monotonic() + _DRAIN_S
            while client.status().counts["tasks"]["open"] and monotonic() < until_s:
                sleep(2.0)
            lost = sum(not self._known(client, order) for order in self._operator.acknowledged)
        last_words: dict[str, Any] = _json(last)
        robots = _json(self._robots)
        return (
            len(self._operator.acknowledged),
            lost,
            robots["services"],
            last_words["services"],
            last_words["tasks"]["open"],
        )

    def _granted(self) -> int:
        """Grants of the leader so far."""
        with self._operator.client(30.0) as client:
            return int(client.status().counts["grants"]["granted"])

    @staticmethod
    def _known(client: ApiClient, order: str) -> bool:
        try:
            client.order(order)
        except RefusedError:
            return False
        return True


def _json(program: Program) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(program.terminate())
    return found


BENCHMARK = Benchmark("failover", "controllers and gateways killed under load of 200 robots", run)
