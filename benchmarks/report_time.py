"""How long the pictures of a run take, and how large they are: report, heatmap, comparison and exports."""

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

_ROBOTS, _SECONDS = 500, 1800.0
_ROUNDS: Final = 3
_REPORT_TARGET_S, _REPORT_TARGET_MB, _HEATMAP_TARGET_S = 10.0, 3.0, 3.0
_COLUMNS = ("command", "seconds", "target s", "MB", "target MB")
_NOTES = (
    f"future_park, {_ROBOTS} robots, {_SECONDS / 60:.0f} minutes, poisson:12000, seed 1; each command in a process "
    f"of its own, from its start to its end, the median of {_ROUNDS} rounds",
)


def run(options: Options) -> Report:
    """One run of half an hour; the full form exports it as well."""
    with TemporaryDirectory(prefix="report-time-") as name:
        folder = Path(name)
        options.say(f"{_ROBOTS} robots for {_SECONDS / 60:.0f} minutes")
        done = recorded_run(folder)
        commands: list[tuple[list[str], Path, float | None, float | None]] = [
            (["report", str(done), "--out"], folder / "report.html", _REPORT_TARGET_S, _REPORT_TARGET_MB),
            (["heatmap", str(done), "--out"], folder / "heatmap.png", _HEATMAP_TARGET_S, None),
        ]
        if options.full:
            commands += [
                (["export", str(done), "--force", "--format", form, "--out"], folder / f"as-{form}", None, None)
                for form in ("planviz", "csv", "parquet", "mcap")
            ]
        rows: list[tuple[Cell, ...]] = []
        for words, out, target_s, target_mb in commands:
            options.say(" ".join(words[:1]))
            seconds = sorted(_seconds([*words, str(out)]) for _ in range(_ROUNDS))[_ROUNDS // 2]
            kind = f"{words[0]} {words[4]}" if words[0] == "export" else words[0]
            rows.append((kind, seconds, target_s, _megabytes(out), target_mb))
    return Report((Table("Pictures of a run", _COLUMNS, tuple(rows)),), _NOTES)


def recorded_run(folder: Path) -> Path:
    """Run the fleet and return the run directory, below `folder`."""
    config = RunConfig(robots=_ROBOTS, duration_s=_SECONDS, orders="poisson:12000", seed=1)
    with redirect_stdout(StringIO()):
        simulate(config, out=folder / "runs", rejects=None, as_json=True)
    (done,) = (folder / "runs").iterdir()
    return done


def _seconds(arguments: list[str]) -> float:
    started = perf_counter()
    subprocess.run([sys.executable, "-m", "fleet", *arguments], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - started


def _megabytes(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files) / 1e6


BENCHMARK = Benchmark("report", "report, heatmap and exports of a run: time and size", run)
