"""Three kinds of robots on one floor, through the real controller: the C firmware, the Python firmware, and ours."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any, Final

from benchmarks.benchmark import Benchmark, LeftOutError, Options, Report, Table
from benchmarks.site_processes import SiteProcesses, running
from fleet.app.beginning import begin
from fleet.runtime.config import RunConfig
from fleet.runtime.journal.journal import Journal
from fleet.runtime.journal.opening import open_journal
from robots.gateways.allow_list_edits import allow
from sim_worlds.world_file import load_world

_OF_EACH: Final = 10
_KINDS: Final = ("ours", "python", "c")
_SHORT_S, _FULL_S = 120.0, 1800.0
_FIRMWARE: Final = Path(__file__).resolve().parent.parent / "firmware_stubs"
_COLUMNS = ("figure", "value")
_NOTES = (
    "10 robots of firmware_stubs/c, 10 of firmware_stubs/python, each a process with a key of its own; 10 of ours",
    "future_park, poisson:1200, keys on, audited: P1 to P8 and P10 on what robots report",
)


def run(options: Options) -> Report:
    """Let them work; `full` half an hour."""
    seconds = _FULL_S if options.full else _SHORT_S
    with TemporaryDirectory() as folder, ExitStack() as stack:
        built = _built(Path(folder))
        site = stack.enter_context(running(_site(Path(folder))))
        controller = site.controller("--orders", "poisson:1200", "--for", f"{seconds:g}s", "--audit", "--json")
        controller.wait_for("leading")
        ours = site.simulated_robots()
        for robot in range(_OF_EACH, len(_KINDS) * _OF_EACH):
            stack.callback(_ended, _firmware(site, robot, built))
        controller.wait_for("running")
        options.say(f"30 robots of three kinds, {seconds / 60:.0f} min")
        controller.wait_for("stopped", seconds + 120)
        summary: dict[str, Any] = json.loads(controller.finish())
        services = _services(site)
        ours.terminate()
    rows = (
        ("minutes", summary["led_s"] / 60),
        ("grants", summary["grants"]),
        ("tasks done", summary["tasks"]["done"]),
        ("errands and takeovers done", summary["services"]),
        *((f"by robots of kind {kind}", count) for kind, count in services.items()),
        ("messages received", summary["wire"]["received"]),
        *((f"refused: {code}", count) for code, count in summary["wire"]["refused"].items()),
        *((f"noted: {code}", count) for code, count in summary["wire"]["noted"].items()),
        ("report to grant, ms, p99", summary["reactions"]["p99_ms"]),
        ("violations", summary["violations"]),
    )
    return Report((Table("three kinds of robots", _COLUMNS, rows),), _NOTES)


def _built(folder: Path) -> Path:
    """Build the C firmware."""
    made = subprocess.run(
        ["make", "-s", "-C", str(_FIRMWARE / "c"), f"OUT={folder / 'c'}"], check=False, capture_output=True, text=True
    )
    if made.returncode:
        raise LeftOutError(f"the C firmware cannot be built, see firmware_stubs/c/README.md: {made.stderr[-300:]}")
    return folder / "c" / "robot"


def _site(folder: Path) -> SiteProcesses:
    """A site whose first gateway speaks for our robots, and 20 more for one robot each."""
    site = SiteProcesses(folder / "site", "future_park", _OF_EACH, 1)
    robots = range(_OF_EACH, len(_KINDS) * _OF_EACH)
    allow(site.keys, *(site.new_peer(f"gw-{robot:03d}", "gateway", (f"amr-{robot:03d}",)) for robot in robots))
    return site


def _firmware(site: SiteProcesses, robot: int, built: Path) -> subprocess.Popen[bytes]:
    """Start a robot of its own where `futurepark robots` would have it begin."""
    world = load_world(site.world)
    start = begin(RunConfig(world=site.world, robots=len(_KINDS) * _OF_EACH, seed=1), world)
    python = [sys.executable, str(_FIRMWARE / "python" / "robot.py")]
    program = python if _KINDS[robot // _OF_EACH] == "python" else [str(built)]
    options = {
        "--connect": site.listen,
        "--gateway": f"gw-{robot:03d}",
        "--robot": f"amr-{robot:03d}",
        "--at": f"{start.x_m[robot]:.3f},{start.y_m[robot]:.3f},{start.theta_rad[robot]:.6f}",
        "--map": world.name,
        "--state": str(site.folder / f"{robot}.state"),
        "--key": str(site.keys / f"gw-{robot:03d}.key_secret"),
        "--server-key": str(site.keys / "controller.key"),
    }
    words = [word for option in options.items() for word in option]
    return subprocess.Popen([*program, *words], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _ended(program: subprocess.Popen[bytes]) -> None:
    program.terminate()
    program.wait()
    if program.stdin is not None:
        program.stdin.close()


def _services(site: SiteProcesses) -> dict[str, int]:
    """Errands that robots of each kind have done, by the journal."""
    journal = open_journal(site.journal, "benchmark")
    while not isinstance(journal, Journal):
        sleep(0.2)
        journal = open_journal(site.journal, "benchmark")
    record = journal.recover()
    journal.close()
    done = dict.fromkeys(_KINDS, 0)
    for task in record.pool.tasks if record is not None else ():
        if task.robot >= 0:
            done[_KINDS[task.robot // _OF_EACH]] += task.errand_index
    return done


BENCHMARK = Benchmark("mixed_fleet", "C, Python and simulated robots on one floor, through the real controller", run)
