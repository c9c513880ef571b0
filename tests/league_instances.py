"""Small League instances for tests, written to files as the competition has them."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from sim_worlds.league import read_league
from tests.floors import floors


def written(folder, rows, starts, tasks, reveal=1.5, name="small"):
    """Write an instance of (row, column) places into a folder; return the path of its JSON file."""
    width = len(rows[0])

    def cell(place):
        return str(place[0] * width + place[1])

    header = ["type octile", f"height {len(rows)}", f"width {width}", "map"]
    listed = {
        f"{name}.map": [*header, *rows],
        f"{name}.agents": [str(len(starts)), *map(cell, starts)],
        f"{name}.tasks": ["# version for LoRR 2024", str(len(tasks)), *(",".join(map(cell, task)) for task in tasks)],
    }
    for file, lines in listed.items():
        (folder / file).write_text("\n".join(lines) + "\n")
    keys = {"mapFile": f"{name}.map", "agentFile": f"{name}.agents", "taskFile": f"{name}.tasks"}
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**keys, "teamSize": len(starts), "numTasksReveal": reveal, "version": "2024 LoRR"}))
    return path


def made(folder, *args, **kwargs):
    """Write an instance and read it."""
    return read_league(written(folder, *args, **kwargs))


@st.composite
def drawn_instances(draw):
    """(rows, starts, tasks, reveal) of small instances, with walls, islands and tasks of one to three errands."""
    layout = draw(floors(side=5))
    free = [divmod(cell, layout.width) for cell in layout.free_cells.tolist()]
    passable = layout.passable.reshape(layout.height, layout.width).tolist()
    rows = ["".join("." if free_here else "@" for free_here in row) for row in passable]
    starts = draw(st.lists(st.sampled_from(free), unique=True, min_size=1, max_size=min(5, len(free))))
    tasks = draw(st.lists(st.lists(st.sampled_from(free), min_size=1, max_size=3), min_size=1, max_size=6))
    return rows, starts, tasks, draw(st.sampled_from([0.5, 1.0, 1.5, 2.5]))


def ticking(path, **rules):
    """Turn a written instance into one of the 2026 edition with these keys; return its path."""
    keys = json.loads(path.read_text()) | {"version": "2026 LoRR"} | rules
    path.write_text(json.dumps(keys))
    return path


@st.composite
def drawn_delays(draw):
    """A delayConfig: anything from no delays to robots that stand still half of the time."""
    shortest = draw(st.integers(1, 6))
    return {
        "seed": draw(st.integers(0, 1000)),
        "minDelay": shortest,
        "maxDelay": shortest + draw(st.integers(0, 8)),
        "eventModel": draw(st.sampled_from(["bernoulli", "poisson"])),
        "pDelay": draw(st.sampled_from([0.0, 0.01, 0.1, 0.3])),
        "durationModel": draw(st.sampled_from(["uniform", "gaussian"])),
        "gaussMeanRatio": 0.5,
        "gaussStdRatio": 0.22,
    }
