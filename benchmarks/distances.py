"""How long a distance field takes, and how much memory."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, LeftOutError, Options, Report, Table
from benchmarks.instances import LARGE_MAPS, find_instance
from benchmarks.references import FIELD_MS_GUIDE
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import Layout
from fleet.grid.map_file import read_map
from sim_worlds.world_file import load_world

# In the full form and in the short one.
_FIELDS = {True: 1000, False: 200}


def run(options: Options) -> Report:
    """Find fields of random goals, one by one."""
    layouts = {"future_park": load_world("future_park").layout}
    notes = ["each field is found alone, for a goal drawn at random; median and p95 of the calls"]
    for name, path in LARGE_MAPS.items():
        try:
            layouts[name] = read_map(find_instance(options.instances, path)).layout
        except LeftOutError as missing:
            notes.append(f"{name} is left out: {missing}")
    fields = _FIELDS[options.full]
    rows = []
    for name, layout in layouts.items():
        options.say(f"{name}: {fields} fields")
        rows.append(_measure(name, layout, fields))
    columns = ("map", "rows x columns", "free cells", "ms a field", "ms p95", "guide", "MB a field")
    return Report((Table("Distance fields over (cell, heading), turns counted", columns, tuple(rows)),), tuple(notes))


def _measure(name: str, layout: Layout, fields: int) -> tuple[Cell, ...]:
    rng = np.random.default_rng(1)
    distances = DistanceFields(layout)
    distances.warmup()
    goals = rng.choice(layout.free_cells[1:], fields, replace=False).astype(np.int32)
    times_ms = []
    for goal in goals:
        started = perf_counter()
        distances.slots(goal[None])
        times_ms.append(1000 * (perf_counter() - started))
    median, p95 = np.percentile(times_ms, [50, 95]).tolist()
    guide = FIELD_MS_GUIDE if (layout.height, layout.width) == (140, 500) else None
    size = f"{layout.height} x {layout.width}"
    return name, size, len(layout.free_cells), median, p95, guide, distances.memory_bytes / distances.held / 1e6


BENCHMARK = Benchmark("distances", "time and memory of a distance field", run)
