"""Charts as inline SVG: lines, stacked areas, shares, histograms, and strips of many places over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.report.page.chart_frame import (
    BOTTOM,
    TOP,
    WIDTH,
    Axes,
    Chart,
    FigureTable,
    clock,
    round_ticks,
    tick_names,
    time_ticks,
)
from fleet.report.page.markup import Markup, joined, points, tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.report.story.time_bins import TimeBins
    from robots.arrays import Float64, Int64

_HEIGHT: Final = 220.0
_STRIP: Final = 18.0
_NAME_WIDTH: Final = 150.0
_SHADES: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity over time: a class for its colour, its name, and float64 (bins,)."""

    colour: str
    name: str
    values: Float64


def lines_over_time(
    name: str, title: str, description: str, bins: TimeBins, lines: Sequence[Line], *, decimals: int = 0
) -> Chart:
    """Draw quantities as steps: each holds over its part of the run."""
    duration_s = float(bins.edges_s[-1])
    ticks = round_ticks(max(float(line.values.max(initial=0.0)) for line in lines))
    axes = Axes(0.0, duration_s, 0.0, ticks[-1], _HEIGHT)
    times, unit = time_ticks(duration_s)
    drawn = [axes.frame(times, tick_names(ticks), unit)]
    for line in lines:
        heights = np.repeat(line.values, 2).tolist()
        sides = np.repeat(bins.edges_s, 2)[1:-1].tolist()
        outline = [(axes.x(time_s), axes.y(value)) for time_s, value in zip(sides, heights, strict=True)]
        drawn.append(tag("polyline", class_=f"line {line.colour}", points=points(outline)))
    rows: list[tuple[object, ...]] = [
        (clock(from_s), *(f"{line.values[part]:,.{decimals}f}" for line in lines))
        for part, from_s in enumerate(bins.edges_s[:-1].tolist())
    ]
    figures = FigureTable(("from", *(line.name for line in lines)), rows)
    legend = [(line.colour, line.name) for line in lines] if len(lines) > 1 else []
    return Chart(name, title, description, joined(*drawn), _HEIGHT, figures, legend)


def shares_over_time(
    name: str, title: str, description: str, bins: TimeBins, parts: Sequence[tuple[str, str]], counts: Int64
) -> Chart:
    """Draw shares of a whole on top of each other; counts int64 (bins, parts), `parts` their colours and names."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    duration_s = float(bins.edges_s[-1])
    times, unit = time_ticks(duration_s)
    sides = np.repeat(bins.edges_s, 2)[1:-1]
    rows: list[tuple[object, ...]] = [
        (clock(from_s), *(f"{share:.1%}" for share in shares[part].tolist()))
        for part, from_s in enumerate(bins.edges_s[:-1].tolist())
    ]
    drawing = _stack(sides, np.repeat(shares, 2, axis=0), parts, times, unit, duration_s)
    figures = FigureTable(("from", *(part for _, part in parts)), rows)
    return Chart(name, title, description, drawing, _HEIGHT, figures, list(parts))


def shares_by_rank(
    name: str, title: str, description: str, parts: Sequence[tuple[str, str]], counts: Int64, figures: FigureTable
) -> Chart:
    """Draw shares of a whole for each of many, in the order of `counts`, int64 (n, parts)."""
    shares = np.repeat(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), 2, axis=0)
    many = len(counts)
    sides = np.repeat(np.arange(many + 1.0), 2)[1:-1]
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10**9) if many / step <= 10)
    ticks = [(place - 0.5, f"{place}") for place in range(step if step > 1 else 1, many + 1, step)]
    drawing = _stack(sides, shares, parts, ticks, "robots, most waiting first", float(many))
    return Chart(name, title, description, drawing, _HEIGHT, figures, list(parts))


def _stack(
    sides: Float64,
    shares: Float64,
    parts: Sequence[tuple[str, str]],
    ticks: list[tuple[float, str]],
    unit: str,
    end: float,
) -> Markup:
    axes = Axes(0.0, end, 0.0, 1.0, _HEIGHT)
    tops = shares.cumsum(axis=1)
    drawn = []
    below = np.zeros(len(shares))
    for place, (colour, _) in enumerate(parts):
        upper = [(axes.x(x), axes.y(y)) for x, y in zip(sides.tolist(), tops[:, place].tolist(), strict=True)]
        lower = [(axes.x(x), axes.y(y)) for x, y in zip(sides.tolist(), below.tolist(), strict=True)]
        drawn.append(tag("path", class_=f"area {colour}", d=f"M{points(upper)} L{points(lower[::-1])}Z"))
        below = tops[:, place]
    levels = [(share / 4, f"{25 * share}%") for share in range(5)]
    return joined(*drawn, axes.frame(ticks, levels, unit))


def share_bar(name: str, title: str, description: str, parts: Sequence[tuple[str, str]], shares: Float64) -> Chart:
    """Draw one whole as a bar of its shares, float64 (parts,)."""
    height, x, drawn = 46.0, 0.0, []
    for (colour, part), share in zip(parts, shares.tolist(), strict=True):
        wide = share * WIDTH
        drawn.append(tag("rect", tag("title", f"{part} {share:.1%}"), class_=f"area {colour}", x=x, y=0.0,
                         width=wide, height=height))  # fmt: skip
        if wide > 58:
            words = tag("text", f"{share:.1%}", class_=f"on {colour}", x=x + wide / 2, y=height / 2 + 5,
                        text_anchor="middle")  # fmt: skip
            drawn.append(words)
        x += wide
    rows: list[tuple[object, ...]] = [
        (part, f"{share:.2%}") for (_, part), share in zip(parts, shares.tolist(), strict=True)
    ]
    legend = [(colour, f"{part} {share:.1%}") for (colour, part), share in zip(parts, shares.tolist(), strict=True)]
    return Chart(name, title, description, joined(*drawn), height, FigureTable(("", "share"), rows), legend)


def histogram(
    name: str, title: str, description: str, values: Float64, x_name: str, *, split: float | None = None
) -> Chart:
    """Draw how often values lie where, in bars of a round width; those above `split` in another colour."""
    low, high = float(values.min()), float(values.max())
    step = round_ticks(max(high - low, 1.0), 24)[1]
    first = np.floor(low / step) * step
    edges = np.arange(first, high + step, step) if high > first else np.array([first, first + step])
    if edges[-1] <= high:
        edges = np.append(edges, edges[-1] + step)
    # By the very numbers that are drawn: dividing by the width would put some values, for a last bit, beyond the bars.
    bar = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(bar, minlength=len(edges) - 1)
    ticks = round_ticks(float(counts.max()))
    axes = Axes(float(edges[0]), float(edges[-1]), 0.0, ticks[-1], _HEIGHT)
    apart = round_ticks(float(edges[-1] - edges[0]), 8)[1]
    places = range(int(np.ceil(edges[0] / apart)), int(np.floor(edges[-1] / apart)) + 1)
    across = tick_names([place * apart for place in places])
    drawn = [axes.frame(across, tick_names(ticks), x_name)]
    rows: list[tuple[object, ...]] = []
    for count, left, right in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        colour = "bad" if split is not None and left >= split else "good"
        x, y = axes.x(left), axes.y(count)
        drawn.append(tag("rect", class_=f"area {colour}", x=x + 0.5, y=y, width=max(axes.x(right) - x - 1.0, 0.5),
                         height=axes.y(0) - y))  # fmt: skip
        rows.append((f"{left:,.6g} to {right:,.6g}", f"{count:,}"))
    return Chart(name, title, description, joined(*drawn), _HEIGHT, FigureTable((x_name, "number"), rows))


def strips_over_time(
    name: str, title: str, description: str, bins: TimeBins, rows: Sequence[tuple[str, Float64]], unit: str
) -> Chart:
    """Draw a row of shades for each of several quantities over time, the darker the more; each float64 (bins,)."""
    most = max((float(values.max()) for _, values in rows), default=0.0) or 1.0
    height = TOP + _STRIP * len(rows) + BOTTOM
    duration_s = float(bins.edges_s[-1])
    axes = Axes(0.0, duration_s, 0.0, 1.0, height, left=_NAME_WIDTH)
    times, name_of_unit = time_ticks(duration_s)
    drawn = [axes.frame(times, [], name_of_unit)]
    for place, (row, values) in enumerate(rows):
        y = TOP + _STRIP * place
        drawn.append(tag("text", _cut(row), class_="tick", x=_NAME_WIDTH - 8, y=y + 13, text_anchor="end"))
        for from_s, to_s, value in zip(bins.edges_s[:-1], bins.edges_s[1:], values.tolist(), strict=True):
            shade = 0 if value <= 0 else 1 + min(int(value / most * _SHADES), _SHADES - 1)
            x = axes.x(from_s)
            drawn.append(tag("rect", class_=f"shade{shade}", x=x, y=y + 1, width=axes.x(to_s) - x,
                             height=_STRIP - 2))  # fmt: skip
    table: list[tuple[object, ...]] = [(row, *(f"{value:.1f}" for value in values.tolist())) for row, values in rows]
    columns = ("", *(clock(from_s) for from_s in bins.edges_s[:-1].tolist()))
    legend = [("shade1", f"up to {most / _SHADES:.2g} {unit}"), (f"shade{_SHADES}", f"{most:.2g} {unit}")]
    return Chart(name, title, description, joined(*drawn), height, FigureTable(columns, table), legend)


def _cut(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:21]}…"
