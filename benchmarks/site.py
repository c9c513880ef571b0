"""A site as it is deployed: controller and robots in processes of their own, keys on, robots in real time."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.site_processes import SiteProcesses, running

_SHORT_S, _FULL_S = 60.0, 600.0
# World, robots, gateways, orders.
_SITES: Final = (
    ("future_park", 500, 500, "poisson:12000"),
    ("future_park", 500, 10, "poisson:12000"),
)
# Targets of our own: milliseconds from a report to the grants that rest on it, and cores without planning.
_REACTION_TARGET_MS, _CORES_TARGET = 50.0, 0.5
_COLUMNS = (
    "robots", "gateways", "minutes", "messages a second in", "out", "report to grant ms median", "p99", "target ms",
    "longest", "cores", "of them planning", "target without planning", "cores of the robots", "tasks an hour",
    "refused", "violations",
)  # fmt: skip
_NOTES = (
    "tcp on loopback, CURVE, a connection a gateway; robots report states as they change, poses ten times a second",
    "report to grant: from when a report of progress came in to when what rests on it was in the journal and sent",
    "cores: processor time of the controller over the time that it led, its auditors included; start-up is not",
    "refused: messages that were refused, gaps and repetitions in their numbers among them",
    "violations: P1 to P8 and P10 on what robots report",
)


def run(options: Options) -> Report:
    """Measure; `full` takes ten minutes a site."""
    seconds = _FULL_S if options.full else _SHORT_S
    rows = []
    for world, robots, gateways, orders in _SITES:
        options.say(f"{robots} robots behind {gateways} gateways on {world}, {seconds / 60:.0f} min")
        with TemporaryDirectory() as folder, running(SiteProcesses(Path(folder), world, robots, gateways)) as site:
            rows.append(_row(robots, gateways, *_run(site, orders, seconds)))
    return Report((Table("a site in real time", _COLUMNS, tuple(rows)),), _NOTES)


def _run(site: SiteProcesses, orders: str, seconds: float) -> tuple[dict[str, Any], float]:
    """Let a site run; return what the controller says of itself, and the cores that the robots took."""
    controller = site.controller("--orders", orders, "--for", f"{seconds:g}s", "--audit", "--json")
    robots = site.simulated_robots()
    controller.wait_for("running")
    began_s = robots.cpu_s()
    controller.wait_for("stopped", seconds + 120)
    cores = (robots.cpu_s() - began_s) / seconds
    summary: dict[str, Any] = json.loads(controller.finish())
    robots.terminate()
    return summary, cores


def _row(robots: int, gateways: int, summary: dict[str, Any], robots_cores: float) -> tuple[Cell, ...]:
    led_s, reactions, wire = summary["led_s"], summary["reactions"], summary["wire"]
    return (
        robots,
        gateways,
        led_s / 60,
        wire["received"] / led_s,
        wire["sent"] / led_s,
        reactions["median_ms"],
        reactions["p99_ms"],
        _REACTION_TARGET_MS,
        reactions["longest_ms"],
        summary["cpu_s"] / led_s,
        summary["planning_s"] / led_s,
        _CORES_TARGET,
        robots_cores,
        round(3600 * summary["tasks"]["done"] / led_s),
        sum(wire["refused"].values()),
        summary["violations"],
    )


BENCHMARK = Benchmark("site", "controller and 500 robots in processes of their own, with keys, in real time", run)
