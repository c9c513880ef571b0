"""What a benchmark is: a name, a title, and something to run that gives tables and charts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures. Columns have different names, with units; None is a figure that there is not."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Series:
    """A line of a chart: points by ascending x. The figures of others are drawn dashed."""

    name: str
    points: tuple[tuple[float, float], ...]
    others: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """Figures over one quantity, such as the number of robots; axes begin at zero."""

    title: str
    x: str
    y: str
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What a benchmark found; notes say how it was measured and where its references come from."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How to run: `full` takes its time; `say` tells people what is going on; `instances` is where to look for maps."""

    full: bool
    say: Callable[[str], None]
    instances: Path


class LeftOutError(Exception):
    """A benchmark cannot be run here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`run` warms up before it measures, and raises LeftOutError if something that it needs is missing."""

    name: str
    title: str
    run: Callable[[Options], Report]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a benchmark in a process of its own. `left_out` is the reason if it was not run."""

    name: str
    title: str
    seconds: float
    peak_rss_mb: float
    report: Report | None
    left_out: str | None = None
