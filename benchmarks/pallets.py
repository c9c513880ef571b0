"""Mixed pallets taken apart: violations that an auditor finds, what PyBullet makes of it, time of planning."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from statistics import median
from time import process_time
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from twin.cells.pallet_cell import PalletCell
from twin.cells.pallet_cell_state import Unloaded
from twin.cells.station_cell import STEP_S
from twin.pallets.mixed_pallet import MixedPallet
from twin.pallets.picking_tool import PickingTool
from twin.pallets.random_pallets import random_pallet
from twin.pallets.rehearsal import Rehearsal, rehearse
from twin.pallets.sighting import SightingNoise, seen
from twin.pallets.unloading import UnloadingParams, plan_unloading
from twin.pallets.unloading_auditor import SUPPORT, Breach, audit_unloading

_SHORT, _FULL = 50, 1000
_SHORT_COMPARED, _FULL_COMPARED = 20, 100  # pallets for which there are other plans, too
_SHORT_PHYSICS, _FULL_PHYSICS = 3, 50
_SHORT_CELL, _FULL_CELL = 1, 20
_AT_ONCE: Final = 4  # boxes in a visit
_MOVED_TARGET_MM, _PLACED_TARGET_MM = 5.0, 5.0
_NOISE: Final = SightingNoise()
_UNCERTAIN_M: Final = 0.014
_PLANS: Final = (
    "plan", "pallets", "boxes", "boxes a pallet: fewest, median, most", "support violations", "target",
    "other violations", "boxes left", "lift m a box", "planning ms a pallet: median", "most",
)  # fmt: skip
_FIGURES: Final = ("what", "figure", "target")
_NOTES: Final = (
    "pallets: seeds from 0; 20 to 80 boxes, half of the articles cartons of the 600 x 400 module, half cases of the"
    " real goods of the shipped orders; EUR pallet, 1.8 m high at most",
    "support violations: a box that bears another is taken, or one that is left is not supported or cannot stand"
    " (static equilibrium of the whole pile by a linear program after every pick); the auditor shares no code with"
    " generator and planner",
    "the other plans are for the first of these pallets; highest first: the same planner without layers; lifts are the"
    " part of an arm's way that depends on the order",
    f"seen by a camera: planned from places off by {_NOISE.place_m * 1e3:g} mm, edges by {_NOISE.edge_m * 1e3:g} mm and"
    f" masses by {_NOISE.mass_share:.0%} (standard deviations), audited against the true pallet; no target",
    "PyBullet: 240 Hz, friction 0.5; every box is lifted as planned and taken away; how far the others move meanwhile",
    "cell: a gantry with suction cups sets the boxes on a belt, four in a visit, with the usual failures of grasps",
)


@dataclass(slots=True)
class _Audited:
    """What came of one way to plan."""

    name: str
    boxes: list[int] = field(default_factory=list)
    breaches: Counter[Breach] = field(default_factory=Counter)
    lift_m: float = 0.0
    spent_ms: list[float] = field(default_factory=list)

    def plan(self, known: MixedPallet, true: MixedPallet, params: UnloadingParams) -> None:
        """Plan with what is known of a pallet and audit the plan against the true one."""
        tool = PickingTool()
        started = process_time()
        unloading = plan_unloading(known, tool, params)
        self.spent_ms.append((process_time() - started) * 1e3)
        self.boxes.append(len(true.boxes))
        self.lift_m += unloading.lift_m
        self.breaches.update(violation.breach for violation in audit_unloading(true, unloading.picks, tool))

    def row(self, target: int | None) -> tuple[Cell, ...]:
        """Its row of the table."""
        support = sum(self.breaches[breach] for breach in SUPPORT)
        spread = f"{min(self.boxes)}, {median(self.boxes):.0f}, {max(self.boxes)}"
        left = self.breaches[Breach.LEFT]
        return (
            self.name, len(self.boxes), sum(self.boxes), spread, support, target,
            self.breaches.total() - support - left, left, self.lift_m / sum(self.boxes), median(self.spent_ms),
            max(self.spent_ms),
        )  # fmt: skip


def run(options: Options) -> Report:
    """Take random pallets apart on paper, and some of them in PyBullet."""
    layers, highest, camera = _Audited("by layers"), _Audited("highest first"), _Audited("seen by a camera")
    count, compared = (_FULL, _FULL_COMPARED) if options.full else (_SHORT, _SHORT_COMPARED)
    for seed in range(count):
        if seed % 50 == 0:
            options.say(f"pallet {seed} of {count}")
        pallet = random_pallet(seed)
        layers.plan(pallet, pallet, UnloadingParams())
        if seed < compared:
            highest.plan(pallet, pallet, UnloadingParams(layer_m=0.0))
            sighted = seen(pallet, _NOISE, np.random.default_rng(seed))
            camera.plan(sighted, pallet, UnloadingParams(uncertain_m=_UNCERTAIN_M))
    return Report(
        (
            Table("Plans, audited", _PLANS, (layers.row(0), highest.row(0), camera.row(None))),
            Table("In PyBullet", _FIGURES, _in_bullet(options)),
            Table("In the depalletising cell", _FIGURES, _in_cell(options)),
        ),
        _NOTES,
    )


def _in_bullet(options: Options) -> tuple[tuple[Cell, ...], ...]:
    found: list[Rehearsal] = []
    picks, started = 0, process_time()
    for seed in range(_FULL_PHYSICS if options.full else _SHORT_PHYSICS):
        options.say(f"pallet {seed} in PyBullet")
        pallet = random_pallet(seed)
        unloading = plan_unloading(pallet, PickingTool())
        picks += len(unloading.picks)
        found.append(rehearse(pallet, unloading.picks))
    spent = process_time() - started
    moved = np.array([step for each in found for step in each.moved_m]) * 1e3
    return (
        ("pallets", len(found), None),
        ("picks", picks, None),
        ("boxes that fell", sum(len(each.fallen) for each in found), 0),
        ("most that another box moved in a pick, mm", float(moved.max()), _MOVED_TARGET_MM),
        ("99 % of picks, mm", float(np.quantile(moved, 0.99)), None),
        ("most that a box was off when its turn came, mm", max(each.shifted_m for each in found) * 1e3, None),
        ("most that a box moved when the pile settled, mm", max(each.settled_m for each in found) * 1e3, None),
        ("CPU s a pallet", spent / len(found), None),
    )


def _in_cell(options: Options) -> tuple[tuple[Cell, ...], ...]:
    came: list[Unloaded] = []
    fed = gone = steps = 0
    started = process_time()
    for seed in range(_FULL_CELL if options.full else _SHORT_CELL):
        options.say(f"pallet {seed} in the cell")
        with closing(PalletCell(seed)) as cell:
            cell.bring(random_pallet(seed))
            while cell.order:
                cell.begin(cell.order[:_AT_ONCE])
                while not cell.finished:
                    cell.advance(240)
                came += cell.unloaded
                cell.leave()
            found = cell.whereabouts()
            fed, gone, steps = fed + found.came_in, gone + found.gone, steps + cell.steps
    spent = process_time() - started
    cycles = np.array([one.done - one.begun for one in came]) * STEP_S
    return (
        ("boxes", fed, None),
        ("boxes lost", fed - gone, 0),
        ("boxes dropped on the way, and fetched", sum(one.drops for one in came), None),
        ("grasps tried again", sum(one.grasps for one in came) - fed, None),
        ("most that a box was set down off its place, mm", max(one.off_m for one in came) * 1e3, _PLACED_TARGET_MM),
        ("s a box: median", float(np.median(cycles)), None),
        ("s a box: 95 % of them", float(np.quantile(cycles, 0.95)), None),
        ("boxes an hour", fed / (steps * STEP_S) * 3600.0, None),
        ("x real time", steps * STEP_S / spent, None),
    )


BENCHMARK = Benchmark("pallets", "Mixed pallets taken apart: violations, physics, planning time", run)
