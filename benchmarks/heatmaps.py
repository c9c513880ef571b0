"""How long `futurepark heatmap` takes, the whole command: starting, reading and checking a run, counting, drawing."""

from __future__ import annotations

import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from fleet.app.simulate import simulate
from fleet.runtime.config import RunConfig

_ROBOTS, _MINUTES = 500, 30
_PICTURE_TARGET_S: Final = 3.0
_ROUNDS: Final = 3
_NOTES = (
    f"future_park, shipped orders, seed 1; a process of its own each, best of {_ROUNDS}",
    "of a change: against a second run with another seed; films: 60 pictures of 30 s each",
)


def run(options: Options) -> Report:
    """Pictures of every metric and of a change, and films, of a run of 500 robots for 30 minutes."""
    with TemporaryDirectory() as folder:
        runs = []
        for seed in (1, 2):
            options.say(f"{_ROBOTS} robots for {_MINUTES} min, seed {seed}")
            runs.append(_simulated(Path(folder), seed))
        pictures: dict[str, tuple[str, ...]] = {
            "visits": ("--metric", "visits"), "flow": ("--metric", "flow"), "waits": ("--metric", "waits"), "delay": (),
            "change of delay": ("--against", str(runs[1])),
        }  # fmt: skip
        films = {f"film of delay, {ending}": ("--film", f"{folder}/film.{ending}") for ending in ("mp4", "gif")}
        rows: list[tuple[Cell, ...]] = []
        for name, words in (pictures | films).items():
            options.say(name)
            target = _PICTURE_TARGET_S if name in pictures else None
            rows.append((name, min(_seconds(runs[0], words) for _ in range(_ROUNDS)), target))
    columns = ("picture", "seconds", "target")
    return Report((Table(f"{_ROBOTS} robots, {_MINUTES} min", columns, tuple(rows)),), _NOTES)


def _simulated(folder: Path, seed: int) -> Path:
    config = RunConfig(world="future_park", robots=_ROBOTS, duration_s=60.0 * _MINUTES, seed=seed)
    with redirect_stdout(StringIO()):
        simulate(config, out=folder, rejects=None, as_json=True)
    return folder / f"future_park-{seed}-1"


def _seconds(run_directory: Path, words: tuple[str, ...]) -> float:
    started = perf_counter()
    command = [sys.executable, "-m", "fleet", "heatmap", str(run_directory), *words]
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - started


BENCHMARK = Benchmark("heatmaps", "how long a heatmap of 500 robots for 30 minutes takes", run)
