"""What every chart has: axes with round numbers, a title and a description for who cannot see it, and its figures."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor, log10
from typing import Final

from fleet.report.page.markup import Markup, joined, tag
from fleet.report.round_times import ROUND_TIMES_S

# Units of the picture: it is scaled to the width of the page.
WIDTH: Final = 760.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 34.0
_MOST_TIME_TICKS: Final = 10
_SHORT_NAME: Final = 20


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Figures as a table: what a column is, and rows of texts; the first `names` columns are no numbers."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    names: int = 1

    def markup(self, caption: str) -> Markup:
        """Return the table; `caption` says what of."""
        kinds = ["name" if place < self.names else "number" for place in range(len(self.columns))]
        heads = [tag("th", column, class_=kind, scope="col") for column, kind in zip(self.columns, kinds, strict=True)]
        rows = [
            tag("tr", *(tag("td", cell, class_=_kind(cell, kind)) for cell, kind in zip(row, kinds, strict=True)))
            for row in self.rows
        ]
        shown = tag(
            "table",
            tag("caption", caption, class_="unseen"),
            tag("thead", tag("tr", *heads)),
            tag("tbody", *rows),
        )
        return tag("div", shown, class_="wide", tabindex="0", role="region", aria_label=caption)


def _kind(cell: object, kind: str) -> str:
    """A short name stays on one line."""
    return "name short" if kind == "name" and len(str(cell)) <= _SHORT_NAME else kind


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with all that goes with it.

    name         for ids, each its own on a page
    description  what is to be seen, in a sentence or two
    legend       class of a colour, and what it stands for
    figures      what is drawn, as a table
    """

    name: str
    title: str
    description: str
    drawing: Markup
    height: float
    figures: FigureTable
    legend: list[tuple[str, str]] = field(default_factory=list)
    width: float = WIDTH

    def markup(self, *, folded: bool = True) -> Markup:
        """Return the figure: title, legend, drawing, and the table of its figures, folded or not."""
        title_id, description_id = f"{self.name}-title", f"{self.name}-description"
        svg = tag(
            "svg",
            tag("title", self.title, id=title_id),
            tag("desc", self.description, id=description_id),
            self.drawing,
            viewBox=f"0 0 {self.width:g} {self.height:g}",
            role="img",
            aria_labelledby=f"{title_id} {description_id}",
        )
        chips = [tag("li", tag("i", class_=f"chip {colour}"), " ", name) for colour, name in self.legend]
        table = self.figures.markup(self.title)
        return tag(
            "figure",
            tag("figcaption", self.title),
            tag("ul", *chips, class_="legend") if chips else "",
            svg,
            tag("details", tag("summary", "Figures"), table) if folded else table,
            id=self.name,
        )


@dataclass(frozen=True, slots=True)
class Axes:
    """A rectangle whose x goes from `x_from` to `x_to` and y from `y_from`, below, to `y_to`."""

    x_from: float
    x_to: float
    y_from: float
    y_to: float
    height: float
    left: float = LEFT

    def x(self, value: float) -> float:
        """Where a value lies from left to right."""
        span = (self.x_to - self.x_from) or 1.0
        return self.left + (float(value) - self.x_from) / span * (WIDTH - self.left - RIGHT)

    def y(self, value: float) -> float:
        """Where a value lies from above."""
        span = (self.y_to - self.y_from) or 1.0
        return self.height - BOTTOM - (float(value) - self.y_from) / span * (self.height - TOP - BOTTOM)

    def frame(self, x_ticks: list[tuple[float, str]], y_ticks: list[tuple[float, str]], x_name: str) -> Markup:
        """Return lines and numbers at ticks, and what x is."""
        right, bottom = WIDTH - RIGHT, self.height - BOTTOM
        across = [
            joined(
                tag("line", class_="grid", x1=self.left, x2=right, y1=self.y(at), y2=self.y(at)),
                tag("text", name, class_="tick", x=self.left - 6, y=self.y(at) + 3.5, text_anchor="end"),
            )
            for at, name in y_ticks
        ]
        up = [
            joined(
                tag("line", class_="axis", x1=self.x(at), x2=self.x(at), y1=bottom, y2=bottom + 4),
                tag("text", name, class_="tick", x=self.x(at), y=bottom + 15, text_anchor="middle"),
            )
            for at, name in x_ticks
        ]
        base = tag("line", class_="axis", x1=self.left, x2=right, y1=bottom, y2=bottom)
        name = tag("text", x_name, class_="tick", x=right, y=self.height - 4, text_anchor="end")
        return joined(*across, *up, base, name)


def round_ticks(most: float, about: int = 4) -> list[float]:
    """Return round numbers from 0 on, evenly apart, of which the last is `most` or more."""
    if most <= 0:
        return [0.0, 1.0]
    rough = most / about
    power = 10.0 ** floor(log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    count = 1
    while count * step < most * (1 - 1e-9):
        count += 1
    return [place * step for place in range(count + 1)]


def tick_names(ticks: list[float]) -> list[tuple[float, str]]:
    """Return each number with how it is written."""
    apart = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    digits = next(digits for digits in range(10) if abs(round(apart, digits) - apart) <= 1e-6 * apart or digits == 9)
    return [(tick, f"{tick:,.{digits}f}") for tick in ticks]


def time_ticks(duration_s: float) -> tuple[list[tuple[float, str]], str]:
    """Return round times with how they are written, and the unit: seconds, minutes or hours."""
    step = next((s for s in ROUND_TIMES_S if duration_s / s <= _MOST_TIME_TICKS), 86400 * 5)
    unit_s, unit = next(
        (seconds, name) for seconds, name in ((3600, "hours"), (60, "minutes"), (1, "seconds")) if step >= seconds
    )
    times = [float(place * step) for place in range(int(duration_s // step) + 1)]
    return [(time_s, f"{time_s / unit_s:g}") for time_s in times], unit


def clock(seconds: float) -> str:
    """Write a time as h:mm:ss, or m:ss within the first hour."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
