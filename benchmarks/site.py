"""A site as it is deployed: controller and robots in processes of their own, keys on, robots in real time."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.site_processes import SiteProcesses, running
from sim_worlds.generators.generate import write_world
from sim_worlds.generators.params import PickAndSortParams

_SHORT_S: Final = 60.0
# A floor for 2,000 robots: twice as long and twice as deep as future_park.
_LARGE: Final = PickAndSortParams(
    name="large", title="Floor for 2,000 robots", robots=2000, zones=8, blocks=12, parking=1850, chargers=250
)
# World, robots, gateways, orders, and seconds of the full form.
_SITES: Final = (
    ("future_park", 500, 500, "poisson:12000", 600.0),
    ("future_park", 500, 10, "poisson:12000", 120.0),
    ("large", 2000, 2000, "poisson:30000", 120.0),
    ("large", 2000, 20, "poisson:30000", 120.0),
)
# Targets of our own: milliseconds from a report to the grants that rest on it, and cores without planning.
_REACTION_TARGET_MS, _CORES_TARGET = 50.0, 0.5
_COLUMNS = (
    "robots", "gateways", "minutes", "messages a second in", "out", "report to grant ms median", "p99", "target ms",
    "longest", "cores", "of them planning", "target without planning", "cores of the robots", "tasks an hour",
    "refused", "poses dropped", "violations",
)  # fmt: skip
_NOTES = (
    "tcp on loopback, CURVE, a connection a gateway; robots report states as they change, poses ten times a second",
    "report to grant: from when a report of progress came in to when what rests on it was in the journal and sent",
    "cores: processor time of the controller over the time that it led, its auditors included; start-up is not",
    "refused: messages that were refused, gaps and repetitions in their numbers among them",
    "violations: P1 to P8 and P10 on what robots report",
)


def run(options: Options) -> Report:
    """Measure; `full` takes ten minutes for the first site."""
    rows = []
    for world, robots, gateways, orders, full_s in _SITES:
        seconds = full_s if options.full else _SHORT_S
        options.say(f"{robots} robots behind {gateways} gateways on {world}, {seconds / 60:.0f} min")
        with TemporaryDirectory() as folder:
            place = str(write_world(_LARGE, Path(folder))) if world == _LARGE.name else world
            with running(SiteProcesses(Path(folder), place, robots, gateways)) as site:
                rows.append(_row(robots, gateways, *_run(site, orders, seconds)))
    return Report((Table("a site in real time", _COLUMNS, tuple(rows)),), _NOTES)


def _run(site: SiteProcesses, orders: str, seconds: float) -> tuple[dict[str, Any], dict[str, Any], float]:
    """Let a site run; return what controller and robots say of themselves, and the cores that the robots took."""
    controller = site.controller("--orders", orders, "--for", f"{seconds:g}s", "--audit", "--json")
    robots = site.simulated_robots()
    controller.wait_for("running")
    began_s = robots.cpu_s()
    controller.wait_for("stopped", seconds + 120)
    cores = (robots.cpu_s() - began_s) / seconds
    summary: dict[str, Any] = json.loads(controller.finish())
    return summary, json.loads(robots.terminate()), cores


def _row(
    robots: int, gateways: int, summary: dict[str, Any], said: dict[str, Any], robots_cores: float
) -> tuple[Cell, ...]:
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
        ", ".join(f"{count} {code}" for code, count in wire["refused"].items()) or 0,
        said["poses_dropped"],
        summary["violations"],
    )


BENCHMARK = Benchmark("site", "controller and 500 robots in processes of their own, with keys, in real time", run)
