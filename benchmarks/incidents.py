"""Incidents on a busy floor: a closed main aisle, emergency stops, a fire alarm. 500 robots on future_park, on grants.

`python -m benchmarks.incidents FOLDER [NAME ...]` simulates them, with audit, writes two pictures of each into the
folder, and prints what happened.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import numpy as np

from benchmarks.benchmark import Cell, Outcome, Report, Table
from benchmarks.charts import make_folder
from fleet.app.compose import compose
from fleet.app.peak_memory import peak_rss_mb
from fleet.errors import SettingError
from fleet.runtime.activity import Activity
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig
from fleet.runtime.grant_control import GrantLoop
from robots.arrays import Bool, Float32, Int32, UInt8
from robots.errors import InputError
from sim_worlds.world import World

_LENGTH_S: Final = 900.0
_ROBOTS: Final = 500
_ORDERS: Final = "poisson:12000"
# Throughput before an incident, and at the end, is measured over so long.
_COUNTED_S: Final = 180.0
# Robots slower than this stand.
_STANDS_MPS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Incident:
    """What happens. `zone` is the area that is looked at, empty for the muster cells; `shown_s` when it is drawn."""

    title: str
    actions: tuple[str, ...]
    zone: str
    shown_s: float


INCIDENTS: Final = {
    "closed_aisle": Incident(
        "a main aisle is closed for five minutes",
        ('{"t": 300, "do": "close", "zone": "Main aisle south", "for_s": 300, "by": "anna"}',),
        "Main aisle south",
        420.0,
    ),
    "e_stop": Incident(
        "an emergency stop of a sort area, then one of the floor",
        (
            '{"t": 300, "do": "e_stop", "zone": "Sort area 2", "ref": "tote", "by": "ben"}',
            '{"t": 400, "do": "request_clear", "ref": "tote", "by": "ben"}',
            '{"t": 420, "do": "confirm_clear", "ref": "tote", "by": "carla"}',
            '{"t": 600, "do": "e_stop", "floor": true, "ref": "all", "by": "ben"}',
            '{"t": 640, "do": "request_clear", "ref": "all", "by": "ben"}',
            '{"t": 660, "do": "confirm_clear", "ref": "all", "by": "carla"}',
        ),
        "Sort area 2",
        390.0,
    ),
    "fire_alarm": Incident(
        "a fire alarm",
        (
            '{"t": 300, "do": "fire", "ref": "alarm", "by": "detector"}',
            '{"t": 560, "do": "request_clear", "ref": "alarm", "by": "anna"}',
            '{"t": 600, "do": "confirm_clear", "ref": "alarm", "by": "anna"}',
        ),
        "",
        540.0,
    ),
}


@dataclass(frozen=True, slots=True)
class Record:
    """A run step by step; row k of the columns is the end of step k, one column a robot.

    cell int32, activity uint8 (see Activity), halted bool: told to stand; speed_mps float32; all as robots report it
    done_s  when each task was done; events: what happened to zones
    """

    world: World
    step_s: float
    cell: Int32
    activity: UInt8
    halted: Bool
    speed_mps: Float32
    done_s: list[float]
    events: list[dict[str, Any]]
    violations: int

    def at(self, seconds: float) -> int:
        """Row of the step that ends then, or the last one before."""
        return min(max(round(seconds / self.step_s) - 1, 0), len(self.cell) - 1)

    def on(self, cells: Int32) -> Bool:
        """Which robots are on these cells, bool (steps, n)."""
        return np.isin(self.cell, cells)

    def groups(self) -> dict[str, Bool]:
        """Everybody in one of four groups, bool (steps, n) each."""
        free = ~self.halted
        driving = free & np.isin(self.activity, (Activity.DRIVING, Activity.TURNING))
        waiting = free & (self.activity == Activity.WAITING)
        return {
            "driving": driving,
            "waiting": waiting,
            "told to stand": self.halted,
            "service, charging, idle": free & ~driving & ~waiting,
        }

    def tasks_a_minute(self, from_s: float, to_s: float) -> float:
        """Throughput between two moments."""
        done = sum(from_s <= t < to_s for t in self.done_s)
        return 60.0 * done / (to_s - from_s)


def simulate(incident: Incident, *, world: str = "future_park", robots: int = _ROBOTS) -> Record:
    """Run the incident with audit, and keep what is looked at."""
    kept: list[dict[str, Any]] = []
    halted: list[Bool] = []
    speeds: list[Float32] = []

    def keep(event: dict[str, Any]) -> None:
        if event["event"] == "task_done" or "edges" in event:
            kept.append(event)

    with TemporaryDirectory() as folder:
        file = Path(folder) / "actions.jsonl"
        file.write_text("\n".join(incident.actions), encoding="utf-8")
        config = RunConfig(
            world=world, robots=robots, duration_s=_LENGTH_S, orders=_ORDERS, seed=1, audit=True, execution="grants",
            actions=str(file),
        )  # fmt: skip
        simulation = compose(config, clock=WallClock(), events=keep)
    loop, layout = simulation.loop, simulation.world.layout
    assert isinstance(loop, GrantLoop)

    def look() -> None:
        halted.append(loop.floor.halt.copy())
        speeds.append(loop.state.speed_mps.copy())

    loop.run(simulation.steps, look)
    trace = simulation.recorder.trace(simulation.world.name, layout.height, layout.width, loop.step_s)
    return Record(
        world=simulation.world,
        step_s=loop.step_s,
        cell=trace.cell,
        activity=trace.activity,
        halted=np.array(halted),
        speed_mps=np.array(speeds),
        done_s=[event["t"] for event in kept if event["event"] == "task_done"],
        events=[event for event in kept if event["event"] != "task_done"],
        violations=simulation.auditor.count if simulation.auditor is not None else 0,
    )


def facts(record: Record) -> list[tuple[str, Cell]]:
    """What came of an incident, in figures."""
    first = record.events[0]["t"]
    last = max(event["t"] for event in record.events)
    rows: list[tuple[str, Cell]] = [
        ("tasks a minute, 3 minutes before", record.tasks_a_minute(first - _COUNTED_S, first)),
        ("tasks a minute, from the first action to the last", record.tasks_a_minute(first, last)),
        ("tasks a minute, last 3 minutes", record.tasks_a_minute(_LENGTH_S - _COUNTED_S, _LENGTH_S)),
    ]
    for event in record.events:
        rows += _facts_of(event, record)
    return [*rows, ("violations", record.violations)]


def _facts_of(event: dict[str, Any], record: Record) -> list[tuple[str, Cell]]:
    """How long it took until what an action asks for was so."""
    since, world = event["t"], record.world
    begin = record.at(since)
    name = f"{event['event']} at {since:.0f} s"
    cells = np.array(event["cells"], dtype=np.int32)
    if event["event"] == "zone_closed":
        inside = record.on(cells).sum(axis=1)
        counts = [(f"{name}: robots inside {s} s later", int(inside[record.at(since + s)])) for s in (0, 30, 60)]
        return [*counts, (f"{name}: nobody inside after s", _first(inside == 0, begin, record))]
    if event["event"] == "e_stop":
        told = record.halted
        still: Bool = (told & (record.speed_mps > _STANDS_MPS)).sum(axis=1) == 0
        return [
            (f"{name}: robots told to stand", int(told[record.at(since + 2)].sum())),
            (f"{name}: they stand after s", _first(still & (told.sum(axis=1) > 0), begin, record)),
        ]
    if event["event"] == "fire_alarm":
        there = record.on(world.muster).sum(axis=1)
        clear: Bool = record.on(cells).sum(axis=1) == 0
        gathered: Bool = there >= 0.9 * record.cell.shape[1]
        until = record.at(max(entry["t"] for entry in record.events))
        return [
            (f"{name}: cells to keep clear free after s", _first(clear, begin, record)),
            (f"{name}: nine of ten on muster cells after s", _first(gathered, begin, record)),
            (f"{name}: most robots on muster cells", int(there[begin:until].max())),
        ]
    return []


def _first(holds: Bool, begin: int, record: Record) -> float | None:
    """Seconds from row `begin` to the first row where it holds; None if it never does."""
    rows = np.flatnonzero(holds[begin:])
    return float(rows[0] * record.step_s) if len(rows) else None


def main(arguments: list[str]) -> None:
    """Simulate the incidents that are named after the folder, or all."""
    from rich.console import Console

    from benchmarks.incident_pictures import save_pictures
    from benchmarks.suite import print_outcome

    if not arguments:
        raise SettingError("incidents", "no folder is named", "use python -m benchmarks.incidents FOLDER [NAME ...]")
    folder, names = Path(arguments[0]), arguments[1:] or list(INCIDENTS)
    for name in names:
        if name not in INCIDENTS:
            raise SettingError(
                "incidents", f"there is no incident named {name!r}", f"use one of {', '.join(INCIDENTS)}"
            )
    make_folder(folder)
    started = perf_counter()
    tables = []
    for name in names:
        incident = INCIDENTS[name]
        record = simulate(incident)
        save_pictures(name, incident, record, folder)
        tables.append(Table(incident.title, ("fact", "figure"), tuple(facts(record))))
    seconds = perf_counter() - started
    report = Report(tuple(tables), (f"pictures in {folder}",))
    print_outcome(Console(), Outcome("incidents", "500 robots on grants", seconds, peak_rss_mb(), report))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
