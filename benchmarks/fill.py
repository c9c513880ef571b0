"""Fill of cages and truck bays from depth images: how far off, how sure, how quick, and when cages are called full."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Chart, Options, Report, Series, Table
from benchmarks.fillings import IMAGE_EVERY_S, Filling, fill_drawn, fill_in_bullet
from fleet.sensing.estimates import FillEstimate
from fleet.sensing.fill_height import HeightReader
from fleet.sensing.fill_mounting import Tolerance, fit_mounting
from robots.depth_cameras import ROLL_CAGE, TRUCK_BAY, BayCamera, Lens
from twin.sensors.depth_faults import DepthFaults
from twin.sensors.drawn_camera import DrawnCamera
from twin.sensors.drawn_heap import DrawnHeap

_LENS: Final = Lens()
_SMALL_LENS: Final = Lens.opening(160, 120, 74.6)  # for hundreds of cages
_WITHIN: Final = 0.03
_FULL: Final = (0.90, 1.0)
_COMING: Final = (0, 4)
_BANDS: Final = tuple(pairwise(np.linspace(0.0, 1.0, 6).tolist()))
_FRAMES: Final = 200

_ERRORS: Final = ("heaps", "mounting", "bays", "images", "MAE points", "bias", "worst", "within 3 %", "said %")
_CALLS: Final = ("heaps", "trays on their way", "cages", "mean fill %", "90 to 100 %", "least %")
_TIMES: Final = ("what", "pixels", "ms", "goal ms")
_HEAPS: Final = ("heaps", "litres of heap a litre of goods", "spread", "roughness cm")
_NOTES: Final = (
    "goals: MAE <= 3 points, a frame <= 50 ms, called full between 90 and 100 % in >= 95 % of cases",
    "truth in Bullet: vertical rays 1 cm apart; of drawn heaps: their columns. MAE, bias and worst in points of fill",
    "camera: 320 x 240 in Bullet, 160 x 120 for drawn heaps, nominal faults (twin/sensors/depth_faults.py)",
    "mounting fitted: to the empty bay after a swap; believed: nobody knows of a swap. Off by up to 3 degrees and 3 cm",
    "within 3: share of estimates that are within 3 points of the truth; said: mean confidence, which claims just that",
    "fill when called: with trays on their way, when all of them have come",
    f"an image every {IMAGE_EVERY_S:.0f} s, a tray of 2 to 8 units between two",
)


def run(options: Options) -> Report:
    """Fill cages in Bullet, and cages and truck bays that are drawn."""
    in_bullet, drawn, trucks = (16, 400, 8) if options.full else (2, 30, 1)
    groups: dict[str, list[Filling]] = {"Bullet": [], "drawn": [], "drawn truck bays": []}
    for seed in range(in_bullet):
        groups["Bullet"].append(fill_in_bullet(seed, ROLL_CAGE, _LENS))
        options.say(f"cage {seed + 1} of {in_bullet} filled in Bullet")
    groups["drawn"] += [fill_drawn(seed, ROLL_CAGE, _SMALL_LENS) for seed in range(drawn)]
    groups["drawn truck bays"] += [fill_drawn(seed, TRUCK_BAY, _SMALL_LENS) for seed in range(trucks)]
    tables = (
        Table("Errors", _ERRORS, tuple(row for name, group in groups.items() for row in _errors(name, group))),
        Table("Called full", _CALLS, tuple(row for name, group in groups.items() for row in _calls(name, group))),
        Table("Times", _TIMES, _times(groups["Bullet"])),
        Table("Heaps", _HEAPS, tuple(_heaps(name, group) for name, group in groups.items())),
    )
    return Report(tables, _NOTES, (_chart(groups),))


def _off(filling: Filling, estimates: list[FillEstimate]) -> list[float]:
    return [float(one.fraction[0]) - truth for one, truth in zip(estimates, filling.truth, strict=True)]


def _errors(name: str, fillings: list[Filling]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for mounting in ("fitted", "believed"):
        off = np.array([error for one in fillings for error in _off(one, getattr(one, mounting))])
        said = np.array([estimate.confidence[0] for one in fillings for estimate in getattr(one, mounting)])
        size = np.abs(off)
        figures = (100 * size.mean(), 100 * off.mean(), 100 * size.max(), 100 * (size <= _WITHIN).mean())
        rows.append((name, mounting, len(fillings), off.size, *map(float, figures), float(100 * said.mean())))
    return rows


def _calls(name: str, fillings: list[Filling]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for coming in _COMING:
        at = np.array([fill for one in fillings if (fill := one.full_at(coming)) is not None])
        right = float(100 * ((at >= _FULL[0]) & (at < _FULL[1])).sum() / len(fillings))
        mean, least = (float(100 * at.mean()), float(100 * at.min())) if at.size else (None, None)
        rows.append((name, coming, len(fillings), mean, right, least))
    return rows


def _times(in_bullet: list[Filling]) -> tuple[tuple[Cell, ...], ...]:
    """Medians of single calls in this process."""
    rows: list[tuple[Cell, ...]] = []
    for lens in (_LENS, _SMALL_LENS):
        camera, random = BayCamera.above(ROLL_CAGE, lens), np.random.default_rng(1)
        drawn, heap = DrawnCamera(0, camera, DepthFaults(), random), DrawnHeap(ROLL_CAGE, random)
        empty = drawn.look(heap, 0.0)
        heap.heights_m[:] = random.random(heap.heights_m.shape) * 0.1 + 1.3
        image, reader, pixels = drawn.look(heap, 1.0), HeightReader(camera), f"{lens.width} x {lens.height}"
        read, fit, draw = [], [], []
        for _ in range(_FRAMES):
            begin = perf_counter()
            reader.read(image)
            after = perf_counter()
            drawn.look(heap, 1.0)
            read.append(after - begin)
            draw.append(perf_counter() - after)
        for _ in range(_FRAMES // 10):
            begin = perf_counter()
            fit_mounting(empty, camera, Tolerance())
            fit.append(perf_counter() - begin)
        rows.append(("image to fill, each frame", pixels, float(1e3 * np.median(read)), 50.0))
        rows.append(("mounting, once a swap", pixels, float(1e3 * np.median(fit)), None))
        rows.append(("image of a drawn heap", pixels, float(1e3 * np.median(draw)), None))
    looks = [look for one in in_bullet for look in one.look_s]
    rows.append(("image in Bullet", f"{_LENS.width} x {_LENS.height}", float(1e3 * np.median(looks)), None))
    return tuple(rows)


def _heaps(name: str, fillings: list[Filling]) -> tuple[Cell, ...]:
    """What the drawn heaps are fitted to; between a fifth and nine tenths full."""
    swell, rough = [], []
    for one in fillings:
        some = [row for row, truth in enumerate(one.truth) if 0.2 < truth < 0.9]
        swell += [one.truth[row] * one.bay.litres / one.litres[row] for row in some]
        rough += [one.roughness[row] for row in some]
    return name, float(np.mean(swell)), float(np.std(swell)), float(100 * np.mean(rough))


def _chart(groups: dict[str, list[Filling]]) -> Chart:
    """Mean absolute error by how full bays are."""
    lines = []
    for name, fillings in groups.items():
        for mounting in ("fitted", "believed"):
            truth = np.array([truth for one in fillings for truth in one.truth])
            off = np.abs([error for one in fillings for error in _off(one, getattr(one, mounting))])
            points = []
            for low, high in _BANDS:
                those = (truth >= low) & (truth < high)
                if those.any():
                    points.append((50 * (low + high), float(100 * off[those].mean())))
            lines.append(Series(f"{name}, {mounting}", tuple(points), others=mounting == "believed"))
    return Chart("Error of the fill fraction", "true fill, %", "mean absolute error, points", tuple(lines))


BENCHMARK = Benchmark("fill", "fill of cages from depth images: error, confidence, time, called full", run)
