"""How much faster than real time the fleet of the digital twin is, driving freely and jammed, and its checkpoints."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, sqrt
from time import perf_counter, process_time
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from fleet.grid.layout import Layout
from robots.arrays import UInt8
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState
from twin.fleet_records import Floor, Limits, Records
from twin.physics.body_model import BodyModel
from twin.physics.chassis import twin_motion
from twin.physics.wheeled import Wheeled, wheeled
from twin.simulated_fleet import SimulatedFleet

_TICK_S: Final = 0.1
_TICKS: Final = 10  # in a second, which is what the best is taken of
_SHORT_S, _FULL_S = 20, 60
_SETTLED_S: Final = 10  # by then all drive, or are jammed
_AHEAD: Final = 12  # entries that a robot is given
_AROUND: Final = 100  # cells around a jam: whoever comes free of it drives away
_SPACING: Final = 4  # cells between robots that drive freely
_FREE: Final = {500: 40.0, 1000: 15.0, 2000: None}
_JAMMED: Final = {500: 20.0, 1000: None, 2000: 5.0}
_COLUMNS = ("robots", "floor", "x real time, best", "median", "target", "touching, share", "contacts")
_CHECKPOINT = ("robots", "KB", "checkpoint ms", "target", "resume ms")
_CHECKPOINT_MS_TARGET: Final = 10.0
_NOTES = (
    "one core, 240 Hz, the whole SimulatedFleet: firmware, bodies, link, reports each 0.1 s; CPU time of a second",
    "free: robots drive squares of 2 cells, 4 cells apart; jammed: one in every cell of a block, one half against the "
    "other, with motors so weak (60 N) that they hold out and go on pushing instead of slipping",
)


def run(options: Options) -> Report:
    """500, 1,000 and 2,000 robots for 20 simulated seconds each, a minute in the full form."""
    seconds = _FULL_S if options.full else _SHORT_S
    options.say("warming up")
    _measure(_jam(20), 20, _jam_base(), _SETTLED_S + 1)
    rows, checkpoints = [], []
    for robots, target in _FREE.items():
        options.say(f"{robots} robots, free")
        fleet, wheels = _free(robots)
        rows.append((robots, "free", *_measure((fleet, wheels), robots, _square(), seconds, target)))
        checkpoints.append((robots, *_checkpoint(fleet, robots)))
    for robots, target in _JAMMED.items():
        options.say(f"{robots} robots, jammed")
        rows.append((robots, "jammed", *_measure(_jam(robots), robots, _jam_base(), seconds, target)))
    return Report(
        (Table("the twin's fleet", _COLUMNS, tuple(rows)), Table("checkpoints", _CHECKPOINT, tuple(checkpoints))),
        _NOTES,
    )


def _fleet(
    cells: np.ndarray, headings: np.ndarray | int, width: int, body: BodyModel
) -> tuple[SimulatedFleet, Wheeled]:
    """Robots on an empty square floor."""
    layout = Layout(width, width, np.ones(width * width, dtype=np.bool_))
    start = FleetState.at(cells.astype(np.int32), width=width)
    start.heading[:] = headings
    model = RobotModel()
    make = wheeled(layout, model, body, 1)
    made: list[Wheeled] = []

    def bodies(robots: Records, floor: Floor, limits: Limits) -> Wheeled:
        made.append(make(robots, floor, limits))
        return made[0]

    fleet = SimulatedFleet(
        layout, model, 1.0, start=start, chargers=np.zeros(0, dtype=np.int32), tick_s=_TICK_S, seed=1,
        motion=twin_motion(model, body), bodies=bodies,
    )  # fmt: skip
    return fleet, made[0]


def _free(robots: int) -> tuple[SimulatedFleet, Wheeled]:
    side = ceil(sqrt(robots))
    rows, columns = np.divmod(np.arange(robots), side)
    width = _SPACING * side
    return _fleet((rows * width + columns) * _SPACING, 0, width, BodyModel())


def _jam(robots: int) -> tuple[SimulatedFleet, Wheeled]:
    side = 2 * ceil(sqrt(robots) / 2)
    rows, columns = np.divmod(np.arange(robots), side)
    width = side + 2 * _AROUND
    headings = np.where(columns < side // 2, 0, 2)
    return _fleet(
        (rows + _AROUND) * width + columns + _AROUND, headings, width, replace(BodyModel(), motor_force_n=60.0)
    )


def _square() -> UInt8:
    return np.array([Entry.FORWARD, Entry.FORWARD, Entry.TURN_CW], dtype=np.uint8)


def _jam_base() -> UInt8:
    return np.array([Entry.FORWARD], dtype=np.uint8)


def _measure(
    fleet: tuple[SimulatedFleet, Wheeled], robots: int, base: UInt8, seconds: int, target: float | None = None
) -> tuple[Cell, ...]:
    """Let robots repeat a base for some simulated seconds."""
    driver, wheels = fleet
    state = driver.open()
    rows = Commands.none(robots, _AHEAD)
    cpu_s = []
    for _ in range(seconds):
        started = process_time()
        for _ in range(_TICKS):
            rows.index[:] = state.confirmed
            rows.entries[:] = base[(state.confirmed[:, None] + np.arange(_AHEAD)) % len(base)]
            driver.submit(rows)
            state = driver.poll()
        cpu_s.append(process_time() - started)
    settled = np.array(cpu_s[_SETTLED_S:])
    touching = float((wheels.bodies["touches"] != 0).mean())
    contacts = int(wheels.contacts().sum())
    return 1 / float(settled.min()), 1 / float(np.median(settled)), target, touching, contacts


def _checkpoint(driver: SimulatedFleet, robots: int) -> tuple[Cell, ...]:
    """Take a checkpoint, and resume another fleet from it; the best of some."""
    taken_s, resumed_s, data = [], [], b""
    for _ in range(5):
        started = perf_counter()
        data = driver.checkpoint()
        taken_s.append(perf_counter() - started)
        other = _free(robots)[0]
        started = perf_counter()
        other.resume(data)
        resumed_s.append(perf_counter() - started)
    return len(data) / 1024, 1000 * min(taken_s), _CHECKPOINT_MS_TARGET, 1000 * min(resumed_s)


BENCHMARK = Benchmark("twin", "the twin's fleet: 500 to 2,000 robots with physics, free and jammed", run)
