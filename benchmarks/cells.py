"""Pick cells: where arms set parcels down, what they drop, how long it takes, and what a cell costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from random import Random
from time import process_time
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Chart, Options, Report, Series, Table
from robots.model import RobotModel
from twin.cells.arm import ARMS, ArmModel
from twin.cells.gripper import SuctionCup
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import PARCEL_CLASSES, ParcelSizes, parcel_class
from twin.cells.pick_cell import PickCell
from twin.cells.pick_rules import why_not
from twin.cells.pick_state import Pick
from twin.cells.station_cell import STEP_S

_VISIT: Final = 8  # parcels for a robot
_MOST_STEPS: Final = round(1800 / STEP_S)  # of a visit
_GOAL_MM: Final = 5.0
_SEED: Final = 1

_PLACING: Final = (
    "arm",
    "picks",
    "off mm mean",
    "p95",
    "max",
    "goal mm",
    "grasped again",
    "dropped",
    "recovered",
    "lost",
)
_CYCLES: Final = ("arm", "class", "picks", "mean s", "p5", "p50", "p95", "share of lines %")
_COSTS: Final = (
    "arm",
    "x real time",
    "checkpoint KB",
    "checkpoint ms",
    "resume ms",
    "resumed exactly",
    "refused lines %",
)
_NOTES: Final = (
    "real parcels of the shipped order lines, drawn as often as they are ordered; visits of 8; nominal noise of eyes "
    "and grasps (GraspParams)",
    "x real time: simulated seconds in a second of one core's time, while the cell is busy",
    "recovered: parcels that were dropped and came onto the tray later",
    "a cycle: from when the arm sets off for a parcel until it lies still on the tray, with all that goes wrong",
    "lost: came in, and is neither in the cell nor gone with a robot; counted by bodies",
    "resumed exactly: checkpoints at random steps go on in a fresh cell to the same bytes",
)


def run(options: Options) -> Report:
    """Have both arms pick, 1,000 parcels each in full."""
    sizes = ParcelSizes.read()
    placing: list[tuple[Cell, ...]] = []
    cycles: list[tuple[Cell, ...]] = []
    costs: list[tuple[Cell, ...]] = []
    charts: list[Chart] = []
    shares = _shares(sizes)
    for model in ARMS.values():
        options.say(f"{model.name}: picking")
        station = _Station(model, sizes)
        station.pick(1000 if options.full else 24)
        placing.append(station.placing())
        cycles += station.cycles(shares)
        checkpoints = station.checkpoints(20 if options.full else 4)
        costs.append((model.name, station.real_time, *checkpoints, _refused(sizes, model)))
        charts.append(station.chart())
    tables = (
        Table("Placing", _PLACING, tuple(placing)),
        Table("Cycle times", _CYCLES, tuple(cycles)),
        Table("Cost", _COSTS, tuple(costs)),
    )
    return Report(tables, _NOTES, tuple(charts))


class _Station:
    """One cell with one arm."""

    def __init__(self, model: ArmModel, sizes: ParcelSizes) -> None:
        self._model = model
        self._sizes = sizes
        self._random = Random(_SEED)
        self._picks: list[Pick] = []
        self._came_in = 0
        self._dropped = self._lost = 0
        self.real_time = 0.0

    def pick(self, number: int) -> None:
        """Pick so many parcels, robot after robot."""
        with closing(self._new()) as cell:
            seconds = 0.0
            while len(self._picks) < number:
                parcels = self._parcels(_VISIT)
                cell.feed(parcels)
                cell.begin([parcel.id for parcel in parcels])
                end, started = cell.steps + _MOST_STEPS, process_time()
                while not cell.finished and cell.steps < end:
                    cell.advance(round(1 / STEP_S))
                seconds += process_time() - started
                self._picks += cell.picks
                cell.leave()
            self._dropped = cell.drops
            self.real_time = cell.steps * STEP_S / seconds
            found = cell.whereabouts()
            self._lost = self._came_in - found.gone - found.waiting - found.held - found.loaded - found.fallen

    def placing(self) -> tuple[Cell, ...]:
        off = np.array([pick.off_m for pick in self._picks]) * 1000
        again = sum(pick.grasps - 1 for pick in self._picks)
        recovered = sum(pick.drops for pick in self._picks)
        figures = (float(off.mean()), float(np.percentile(off, 95)), float(off.max()), _GOAL_MM)
        return self._model.name, len(self._picks), *figures, again, self._dropped, recovered, self._lost

    def cycles(self, shares: dict[str, float]) -> list[tuple[Cell, ...]]:
        rows: list[tuple[Cell, ...]] = []
        for kind in ("all", *PARCEL_CLASSES):
            times = self._times(kind)
            share = shares[kind]
            if not times:
                rows.append((self._model.name, kind, 0, None, None, None, None, share))
                continue
            low, middle, high = np.percentile(times, (5, 50, 95)).tolist()
            rows.append((self._model.name, kind, len(times), float(np.mean(times)), low, middle, high, share))
        return rows

    def chart(self) -> Chart:
        """Which share of the picks of a class took no longer than so many seconds."""
        series = []
        for kind in PARCEL_CLASSES:
            times = sorted(self._times(kind))
            if times:
                points = tuple((second, (at + 1) / len(times)) for at, second in enumerate(times))
                series.append(Series(kind, ((times[0], 0.0), *points)))
        return Chart(f"Cycle times, {self._model.name}", "seconds", "share of picks", tuple(series))

    def checkpoints(self, number: int) -> tuple[Cell, ...]:
        """Take checkpoints at random steps of visits, and go on from them in another cell."""
        taking, resuming, size, exact = 0.0, 0.0, 0, 0
        with closing(self._new()) as cell, closing(self._new()) as other:
            docked = False
            for _ in range(number):
                if docked and cell.finished:
                    cell.leave()
                    docked = False
                if not docked:
                    parcels = self._parcels(2)
                    cell.feed(parcels)
                    cell.begin([parcel.id for parcel in parcels])
                    docked = True
                cell.advance(self._random.randint(1, 900))
                started = process_time()
                checkpoint = cell.checkpoint()
                taken = process_time()
                other.resume(checkpoint)
                resuming = max(resuming, process_time() - taken)
                taking = max(taking, taken - started)
                size = max(size, len(checkpoint))
                cell.advance(900)
                other.advance(900)
                exact += cell.checkpoint() == other.checkpoint()
        return size / 1000, taking * 1000, resuming * 1000, f"{exact} of {number}"

    def _new(self) -> PickCell:
        return PickCell(_SEED, RobotModel(), arm=self._model)

    def _parcels(self, number: int) -> list[Parcel]:
        """Draw parcels that the arm can pick."""
        found: list[Parcel] = []
        while len(found) < number:
            parcel = self._sizes.draw(self._random, self._came_in)
            if why_not(parcel, self._model, SuctionCup()) is None:
                found.append(parcel)
                self._came_in += 1
        return found

    def _times(self, kind: str) -> Sequence[float]:
        return [(pick.done - pick.begun) * STEP_S for pick in self._picks if kind in {"all", pick.kind}]


def _shares(sizes: ParcelSizes) -> dict[str, float]:
    """How many of a hundred order lines are of which class."""
    kinds = Counter(parcel_class(Parcel(0, sku, one.size_m, one.mass_kg)) for sku, one in sizes.lines)
    whole = sum(kinds.values())
    return {"all": 100.0} | {kind: 100.0 * kinds[kind] / whole for kind in PARCEL_CLASSES}


def _refused(sizes: ParcelSizes, model: ArmModel) -> float:
    """How many of a hundred order lines have units that an arm cannot pick."""
    cup = SuctionCup()
    refused = [why_not(Parcel(0, sku, one.size_m, one.mass_kg), model, cup) is not None for sku, one in sizes.lines]
    return 100.0 * sum(refused) / len(refused)


BENCHMARK = Benchmark("cells", "pick cells: placing, drops, cycle times, cost", run)
