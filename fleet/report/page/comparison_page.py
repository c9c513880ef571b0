"""A comparison of runs as a page, and as tables on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fleet.report.page.chart_frame import BOTTOM, RIGHT, TOP, WIDTH, Axes, Chart, FigureTable, round_ticks, tick_names
from fleet.report.page.markup import Markup, joined, tag
from fleet.report.page.page import Section, page, paragraphs
from fleet.report.story.run_groups import FIGURES

if TYPE_CHECKING:
    from rich.console import Console

    from fleet.report.story.comparison import Compared, Comparison
    from fleet.report.story.run_groups import Figure, RunGroup
    from fleet.report.story.seed_statistics import Difference, Estimate

_ROW: Final = 24.0
_NAME_WIDTH: Final = 210.0
_METHOD: Final = (
    "Means over seeds with 95 % confidence intervals by Student's t. Differences are from the first group: seed by "
    "seed where the seeds of one group are all among those of the other (paired), which is far more precise, "
    "otherwise by Welch's method. A difference is marked as significant if it is more than chance with all "
    "differences of this page considered together (Holm's method, 5 %)."
)


def comparison_page(comparison: Comparison) -> str:
    """Return a comparison as an HTML document."""
    groups = comparison.groups
    runs = sum(len(group.runs) for group in groups)
    world = next(iter(groups[0].runs.values())).summary.world
    count = f"{runs} runs in {len(groups)} groups" if len(groups) > 1 else f"{runs} runs with the same settings"
    head = joined(
        tag("h1", f"Runs compared on {world}"),
        tag("p", count, class_="under"),
        tag("div", paragraphs(*_verdict(comparison)), class_="verdict", role="note", aria_label="Verdict"),
    )
    sections = [_groups_section(comparison)]
    sections += [_figure_section(comparison, figure) for figure in FIGURES if _known(comparison, figure)]
    return page(f"Runs compared on {world}", head, sections, "Made by futurepark compare.")


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print a comparison: a row for each figure, a column for each group and for its difference from the first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Means over seeds, 95 % confidence intervals", title_justify="left")
    table.add_column("figure")
    for place, group in enumerate(comparison.groups):
        table.add_column(Text(f"{group.name} ({_seeds(group)})"), justify="right")
        if place:
            table.add_column(f"difference{_how_all(comparison, group)}", justify="right")
    for figure in FIGURES:
        cells = []
        for place, row in enumerate(comparison.of(figure)):
            cells.append(Text(_in_short(row.estimate, figure)))
            if place:
                cells.append(Text(_in_short(row.against, figure) + (" *" if row.certain else "  ")))
        if _known(comparison, figure):
            table.add_row(Text(f"{figure.name}, {figure.unit}"), *cells)
    console.print(table)
    if len(comparison.groups) > 1:
        console.print("* more than chance with all differences considered; paired: taken seed by seed", highlight=False)
    for path in comparison.left_out:
        console.print(Text(f"left out: {path} has the settings and the seed of another run"))


def _verdict(comparison: Comparison) -> list[str]:
    groups = comparison.groups
    throughput = comparison.of(FIGURES[0])
    if len(groups) == 1:
        mean = _with_interval(throughput[0].estimate, FIGURES[0])
        return [f"{mean} tasks an hour over {_seeds(groups[0])}."]
    told = []
    for row in throughput[1:]:
        if row.against is None:
            continue
        apart, more = row.against, "more" if row.against.mean >= 0 else "fewer"
        sure = "more than chance" if row.certain else "no more than chance may do"
        said = f"{row.group.name}: {abs(apart.mean):,.1f} tasks an hour {more} than {groups[0].name}"
        told.append(f"{said} {_interval(apart, FIGURES[0])}, {_how(apart)}: {sure}.")
    certain = [row for row in comparison.rows if row.certain]
    told.append(
        f"{len(certain)} of {sum(row.against is not None for row in comparison.rows)} differences are more than chance."
    )
    return told


def _groups_section(comparison: Comparison) -> Section:
    rows: list[tuple[object, ...]] = [
        (group.name, str(len(group.runs)), ", ".join(map(str, sorted(group.runs)))) for group in comparison.groups
    ]
    body = [paragraphs(_METHOD), FigureTable(("group", "runs", "seeds"), rows).markup("Groups")]
    if comparison.left_out:
        names = ", ".join(map(str, comparison.left_out))
        body.append(paragraphs(f"Left out, since they repeat settings and seed of another run: {names}."))
    return Section("groups", "What is compared", joined(*body))


def _figure_section(comparison: Comparison, figure: Figure) -> Section:
    rows = comparison.of(figure)
    lines: list[tuple[object, ...]] = [
        (row.group.name, "" if row.estimate is None else str(row.estimate.n), _with_interval(row.estimate, figure),
         "" if row.against is None else f"{row.against.mean:+,.{figure.decimals}f} {_interval(row.against, figure)}",
         "" if row.against is None else _how(row.against), _told_p(row))
        for row in rows
    ]  # fmt: skip
    table = FigureTable(("group", "runs", "mean and interval", "difference", "how", "significant"), lines)
    title = f"{figure.name}, {figure.unit}"
    chart = Chart(
        figure.key, title, f"Mean and 95 % confidence interval of each group: {figure.name}.", _forest(rows),
        TOP + _ROW * len(rows) + BOTTOM, table,
    )  # fmt: skip
    return Section(f"of-{figure.key}", figure.name[0].upper() + figure.name[1:], chart.markup(folded=False))


def _forest(rows: list[Compared]) -> Markup:
    """A dot for each mean and a line for its interval, one below the other."""
    known = [row.estimate for row in rows if row.estimate is not None]
    low = min(one.mean if one.low is None else one.low for one in known)
    high = max(one.mean if one.high is None else one.high for one in known)
    room = 0.06 * (high - low) or max(0.05 * abs(high), 0.5)
    axes = Axes(low - room, high + room, 0.0, 1.0, TOP + _ROW * len(rows) + BOTTOM, left=_NAME_WIDTH)
    drawn = [axes.frame(_ticks(low - room, high + room), [], "")]
    for place, row in enumerate(rows):
        y = TOP + _ROW * (place + 0.5)
        colour = "first" if place == 0 else "second"
        name = row.group.name if len(row.group.name) <= 32 else f"{row.group.name[:31]}…"
        drawn.append(tag("text", name, class_="tick", x=_NAME_WIDTH - 10, y=y + 4, text_anchor="end"))
        drawn.append(tag("line", class_="grid", x1=_NAME_WIDTH, x2=WIDTH - RIGHT, y1=y, y2=y))
        if row.estimate is None:
            continue
        if row.estimate.low is not None and row.estimate.high is not None:
            drawn.append(tag("line", class_=f"whisker {colour}", x1=axes.x(row.estimate.low),
                             x2=axes.x(row.estimate.high), y1=y, y2=y))  # fmt: skip
        drawn.append(tag("circle", class_=f"dot {colour}", cx=axes.x(row.estimate.mean), cy=y, r=5.0))
    return joined(*drawn)


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    step = round_ticks(high - low, 5)[1]
    first = -(-low // step)
    return tick_names([(first + place) * step for place in range(int((high - first * step) // step) + 1)])


def _known(comparison: Comparison, figure: Figure) -> bool:
    return any(row.estimate is not None for row in comparison.of(figure))


def _seeds(group: RunGroup) -> str:
    return f"{len(group.runs)} seed{'s' if len(group.runs) > 1 else ''}"


def _with_interval(found: Estimate | None, figure: Figure) -> str:
    return "" if found is None else f"{found.mean:,.{figure.decimals}f} {_interval(found, figure)}".strip()


def _interval(found: Estimate | Difference, figure: Figure) -> str:
    if found.low is None or found.high is None:
        return ""
    return f"({found.low:,.{figure.decimals}f} to {found.high:,.{figure.decimals}f})"


def _in_short(found: Estimate | Difference | None, figure: Figure) -> str:
    """A mean and how far its interval goes to each side."""
    if found is None:
        return ""
    mean = f"{found.mean:,.{figure.decimals}f}"
    return mean if found.high is None else f"{mean} ± {found.high - found.mean:,.{figure.decimals}f}"


def _how_all(comparison: Comparison, group: RunGroup) -> str:
    """How a group was compared, in the first figure that it could be."""
    ways = (_how(row.against) for row in comparison.rows if row.group is group and row.against is not None)
    return next((f" ({way})" for way in ways), "")


def _how(apart: Difference) -> str:
    return f"paired over {apart.n}" if apart.paired else "not paired"


def _told_p(row: Compared) -> object:
    if row.against is None:
        return ""
    if row.against.p is None:
        return "too few seeds"
    chance = "p < 0.001" if row.against.p < 0.001 else f"p = {row.against.p:.3f}"
    if not row.certain:
        return f"no, {chance}"
    good = row.against.mean * row.figure.better
    kind = "" if good == 0 else " better," if good > 0 else " worse,"
    return tag("span", f"yes,{kind} {chance}", class_="yes")
