"""Belts, chutes and roll cages: is what they carry as fast as it should be, what goes wrong, and what does it cost?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from random import Random
from time import perf_counter, process_time
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, LeftOutError, Options, Report, Table
from robots.arrays import Float64
from robots.errors import InputError
from twin.cells.cell_world import BoxState, CellWorld
from twin.cells.conveyor import Conveyor
from twin.cells.induction_cell import InductionCell
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import ParcelSizes
from twin.cells.station_cell import STEP_S, LineState
from twin.cells.tip_cell import TipCell

_SPEEDS_MPS: Final = (0.2, 0.4, 0.8, 1.0)
_TOP_M: Final = 0.5
_ON_BELT: Final = (  # sizes and weights
    ((0.3, 0.2, 0.1), 1.0),
    ((0.3, 0.2, 0.003), 0.05),
    ((0.1, 0.08, 0.05), 0.2),
    ((0.4, 0.35, 0.24), 20.0),
)
_LOOK_STEPS: Final = 24
_ROBOT: Final = 6  # parcels that one takes
_CAGE_LITRES: Final = 896.0
_TIPS_A_CAGE: Final = 20  # of order lines, which are thin: they would fill a cage in hundreds
_NOTES: Final = (
    "parcels: order lines, or cartons of 20-40 x 15-30 x 5-20 cm and 0.3-4 kg; a robot takes, or tips, 6 at a time",
    "belt speed: over 2 s, after 1 s on the belt; goal: within 1 %",
    "times real: busy simulated seconds a second of one core; goal: 20 for a cell alone",
    "put right: how often somebody had to come as parcels fell, stuck or hung; half of the calls take 12 s or less",
    "volume: of the parcels themselves in a cage that was full, i.e. 90 % of it under the surface of the heap",
    "exact: a new cell that resumes, and the cell wound back, are both where the cell is that went on, to the last bit",
)


_Draw = Callable[[Random, int], Parcel]
_Make = Callable[[int], InductionCell] | Callable[[int], TipCell]


def run(options: Options) -> Report:
    """Measure belts, inductions, tips and checkpoints."""
    if find_spec("pybullet") is None:
        raise LeftOutError("PyBullet is not installed: it has a wheel for Python 3.11")
    minutes, cages, points = (60, 5, 100) if options.full else (1, 1, 6)
    options.say("speed of belts")
    tables = [_belt_speeds()]
    options.say(f"inductions, {minutes} minutes each")
    tables.append(_inductions(60.0 * minutes))
    options.say(f"tips, {cages} cages of either kind of parcels")
    tables.append(_tips(cages))
    options.say(f"checkpoints, {points} of either cell")
    tables.append(_checkpoints(points))
    return Report(tuple(tables), _NOTES)


def _carton(random: Random, number: int) -> Parcel:
    size = random.uniform(0.2, 0.4), random.uniform(0.15, 0.3), random.uniform(0.05, 0.2)
    return Parcel(number, "carton", size, random.uniform(0.3, 4.0))


# Belts


def _belt_speeds() -> Table:
    rows: list[tuple[Cell, ...]] = []
    for speed_mps in _SPEEDS_MPS:
        error = 100.0 * float(np.abs(_ways(speed_mps, 2.0) / (2.0 * speed_mps) - 1.0).max())
        rows.append((speed_mps, len(_ON_BELT), round(error, 4)))
    return Table("speed of what lies on a belt", ("m/s", "parcels", "greatest error %"), tuple(rows))


def _ways(speed_mps: float, seconds: float) -> Float64:
    """How far parcels go in so many seconds, metres, after one second on a belt that runs."""
    with closing(CellWorld()) as world:
        belt = Conveyor(world.client, 0.0, 8.0, 0.5, _TOP_M)
        for place, (size, mass_kg) in enumerate(_ON_BELT):
            world.put(place, BoxState(size, mass_kg, (0.3 + place, 0.0, _TOP_M + size[2] / 2), friction=0.6))
        belt.run(speed_mps)
        seen = []
        for until_s in (1.0, seconds):
            for _ in range(round(until_s / STEP_S)):
                belt.drive()
                world.step()
            seen.append([world.place(place)[0][0] for place in world])
        ways: Float64 = np.array(seen[1]) - np.array(seen[0])
        return ways


# Inductions


@dataclass(frozen=True, slots=True)
class _Served:
    """How an induction is served: seconds from one robot to the next, and between parcels that come in."""

    name: str
    robot_s: float
    parcel_s: float


_SERVED: Final = (
    _Served("a robot 5 s after the other, parcels enough", 5.0, 0.0),
    _Served("a robot 30 s after the other, parcels enough", 30.0, 0.0),
    _Served("a robot 5 s after the other, a parcel every 3 s", 5.0, 3.0),
)


def _inductions(seconds: float) -> Table:
    states = tuple(f"{state.name.lower()} %" for state in LineState)
    columns = ("served by", "units an hour", *states, "put right", "times real")
    return Table("induction", columns, tuple(_induction(served, seconds) for served in _SERVED))


def _induction(served: _Served, seconds: float) -> tuple[Cell, ...]:
    random, sizes = Random(1), ParcelSizes.read()
    coming = taken = put_right = busy = 0
    robot_at = parcel_at = 0.0
    asked = False
    with closing(InductionCell(1)) as cell:
        began = process_time()
        while (now := cell.steps * STEP_S) < seconds:
            if now >= parcel_at and len(cell.line) < 2 * _ROBOT:
                cell.feed([sizes.draw(random, coming)])
                coming, parcel_at = coming + 1, now + served.parcel_s
            if not asked and now >= robot_at:
                line = cell.line[:_ROBOT]
                cell.begin([*line, *range(coming, coming + _ROBOT - len(line))])
                asked = True
            if cell.finished:
                taken += len(cell.leave())
                robot_at, asked = now + served.robot_s, False
            before, busy = cell.state, busy + cell.busy
            cell.advance(_LOOK_STEPS)
            put_right += before is not LineState.RECOVERING and cell.state is LineState.RECOVERING
        times_real = busy * _LOOK_STEPS * STEP_S / (process_time() - began)
        shares = [round(100.0 * part / seconds, 1) for part in cell.seconds_in_states().values()]
    return served.name, round(3600 * taken / seconds), *shares, put_right, round(times_real, 1)


# Tips


class _Tipping:
    """Robots that come to a tip cell one after the other, and what was seen: seconds of each tip, how often something
    was put right, busy steps, and full cages, each with its fill fraction and the volume of its parcels, as a share.
    """

    def __init__(self, cell: TipCell) -> None:
        self._cell = cell
        self._litres = 0.0
        self.seconds: list[float] = []
        self.full: list[tuple[float, float]] = []
        self.put_right = self.busy = 0

    def visit(self, load: Sequence[Parcel]) -> None:
        """A robot comes, tips and leaves, and all comes to rest. Raises InputError for more than a tray holds."""
        cell = self._cell
        cell.feed(load)
        self._watch(lambda: not cell.busy)
        begin = cell.steps
        cell.begin(cell.on_tray)
        self._watch(lambda: cell.finished or not cell.busy)
        if not cell.finished:  # the cage is full
            self.full.append((cell.fill_fraction(), self._litres / _CAGE_LITRES))
            cell.swap()
            self._litres, begin = 0.0, cell.steps
            self._watch(lambda: cell.finished)
        self.seconds.append((cell.steps - begin) * STEP_S)
        self._litres += sum(parcel.litres for parcel in load)
        cell.leave()
        self._watch(lambda: not cell.busy)

    def _watch(self, over: Callable[[], bool]) -> None:
        while not over():
            before = self._cell.state
            self._cell.advance(_LOOK_STEPS)
            self.busy += _LOOK_STEPS
            self.put_right += before is not LineState.RECOVERING and self._cell.state is LineState.RECOVERING


def _tips(cages: int) -> Table:
    columns = ("parcels", "tips", "p50 s", "p95 s", "put right", "full cages", "fill", "volume", "times real")
    kinds = (("cartons", _carton), ("order lines", ParcelSizes.read().draw))
    return Table("tips into a roll cage", columns, tuple(_tips_of(name, draw, cages) for name, draw in kinds))


def _tips_of(name: str, draw: _Draw, cages: int) -> tuple[Cell, ...]:
    """Tip until so many cages are full, or about as often as cartons would take to fill them."""
    random, coming = Random(1), 0
    with closing(TipCell(1)) as cell:
        seen = _Tipping(cell)
        began = process_time()
        while len(seen.full) < cages and len(seen.seconds) < cages * _TIPS_A_CAGE:
            load = [draw(random, coming + place) for place in range(_ROBOT)]
            with suppress(InputError):  # more than a tray holds
                seen.visit(load)
                coming += _ROBOT
        times_real = seen.busy * STEP_S / (process_time() - began)
    p50_s, p95_s = np.percentile(seen.seconds, (50, 95)).round(2).tolist()
    fill, volume = np.mean(seen.full, axis=0).round(3).tolist() if seen.full else (None, None)
    found = len(seen.seconds), p50_s, p95_s, seen.put_right, len(seen.full), fill, volume, round(times_real, 1)
    return name, *found


# Checkpoints


def _checkpoints(points: int) -> Table:
    columns = ("cell", "checkpoints", "exact", "KB", "ms to take", "ms to resume")
    cells: tuple[tuple[str, _Make, _Draw], ...] = (
        ("induction", InductionCell, ParcelSizes.read().draw),
        ("tip cell", TipCell, _carton),
    )
    return Table("checkpoints", columns, tuple((name, *_compared(make, draw, points)) for name, make, draw in cells))


def _compared(make: _Make, draw: _Draw, points: int) -> tuple[Cell, ...]:
    """Take a checkpoint in the middle of every visit, and go on from it in the cell and in a new one."""
    random, exact, coming = Random(1), 0, 0
    sizes, takes_s, resumes_s = [], [], []
    with closing(make(1)) as cell:
        for _ in range(points):
            load = _fed(cell, draw, random, coming)
            coming += len(load)
            cell.begin([parcel.id for parcel in load])
            cell.advance(random.randint(0, 900))
            steps = random.randint(1, 900)
            began = perf_counter()
            checkpoint = cell.checkpoint()
            takes_s.append(perf_counter() - began)
            sizes.append(len(checkpoint) / 1000.0)
            cell.advance(steps)
            expected = cell.checkpoint()
            began = perf_counter()
            cell.resume(checkpoint)
            resumes_s.append(perf_counter() - began)
            with closing(make(1)) as new:
                new.resume(checkpoint)
                for one in (cell, new):
                    one.advance(steps)
                exact += cell.checkpoint() == new.checkpoint() == expected
            _end_visit(cell)
    figures = (np.mean(sizes), 1000.0 * np.median(takes_s), 1000.0 * np.median(resumes_s))
    return points, exact, *(round(float(figure), 2) for figure in figures)


def _fed(cell: InductionCell | TipCell, draw: _Draw, random: Random, first: int) -> list[Parcel]:
    """Let parcels come in, no more than a tray holds, and return them."""
    while True:
        load = [draw(random, first + place) for place in range(_ROBOT // 2)]
        with suppress(InputError):
            cell.feed(load)
            return load


def _end_visit(cell: InductionCell | TipCell) -> None:
    while not cell.finished:
        cell.advance(_LOOK_STEPS)
        if isinstance(cell, TipCell) and cell.state is LineState.BLOCKED and not cell.busy:
            cell.swap()
    cell.leave()


BENCHMARK = Benchmark("belts", "Conveyors, induction, and tips into roll cages: exact, and how fast", run)
