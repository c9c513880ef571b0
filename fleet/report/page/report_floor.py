"""Sections of a report on what runs beside the work: planning time, energy, and what a floor had to cope with."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.report.page.chart_frame import FigureTable, clock
from fleet.report.page.charts import Line, lines_over_time
from fleet.report.page.markup import Markup, joined, tag
from fleet.report.page.page import Section, paragraphs
from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.report.story.run_story import RunStory
    from fleet.report.summary import ExecutionReport, WorkCells

_MOST_EVENTS: Final = 60
_CHARGING: Final = frozenset({"charger_reserved", "charger_left"})


def energy_section(story: RunStory) -> Section:
    """Energy drawn, and chargers over time."""
    charge, tasks = story.summary.charge, story.summary.tasks.done
    a_task = f", {charge.energy_wh / tasks:,.2f} Wh a task" if tasks else ""
    text = (
        f"The fleet drew {charge.energy_wh / 1000:,.2f} kWh{a_task}. At the end its batteries are "
        f"{charge.mean_percent:.0f} % full on average, the emptiest {charge.lowest_percent:.0f} %."
    )
    chargers = len(story.world.chargers)
    robot_steps = story.use.by_bin.sum(axis=1)
    charging = story.use.by_bin[:, Activity.CHARGING] / robot_steps * story.trace.robots
    capacity = np.full(story.bins.count, float(chargers))
    chart = lines_over_time(
        "chargers", "Robots that charge", f"At most {charging.max():,.1f} of {chargers} chargers are in use.",
        story.bins, [Line("second", "chargers", capacity), Line("first", "robots charging", charging)], decimals=1,
    )  # fmt: skip
    began = [event.get("charge_percent") for event in story.history.others_named("charger_reserved")]
    percent = np.array([value for value in began if isinstance(value, int | float)], dtype=np.float64)
    went = f"Robots went to charge {len(began):,} times"
    went += f", with {np.median(percent):.0f} % left in the median." if len(percent) else "."
    return Section("energy", "Energy", joined(paragraphs(text, went), chart.markup()))


def planning_section(story: RunStory) -> Section:
    """Real time that planning took, against the time that there is."""
    planning, summary = story.summary.planning_ms, story.summary
    every_s = story.run.config.grants.replan_s if summary.execution else summary.step_s
    text = (
        f"A plan for all {summary.robots:,} robots took {planning.median:,.2f} ms in the median, "
        f"{planning.p95:,.2f} ms in 19 of 20 cases, {planning.max:,.1f} ms at most. One is made "
        f"every {every_s:g} s: at its longest it took {planning.max / (1000 * every_s):.1%} of that time."
    )
    rows: list[tuple[object, ...]] = [
        ("median", f"{planning.median:,.3f}", f"{planning.median / (1000 * every_s):.2%}"),
        ("95th percentile", f"{planning.p95:,.3f}", f"{planning.p95 / (1000 * every_s):.2%}"),
        ("most", f"{planning.max:,.3f}", f"{planning.max / (1000 * every_s):.2%}"),
    ]
    table = FigureTable(("", "ms a plan", "of the time there is"), rows).markup("Planning time")
    ran = (
        f"The simulation ran {summary.realtime_factor:,.0f} times as fast as real time ({summary.wall_s:,.1f} s after "
        f"{summary.warmup_s:,.1f} s of loading) and took {summary.peak_rss_mb:,.0f} MiB."
    )
    return Section("planning", "Planning time", joined(paragraphs(text), table, paragraphs(ran)))


def disturbance_sections(story: RunStory) -> list[Section]:
    """Grants, faults, zones, contacts, sensors and work cells: those that the run has."""
    sections = []
    if story.summary.execution is not None:
        sections.append(_grants(story.summary.execution))
    happened = [event for event in story.history.others if event["event"] not in _CHARGING]
    if happened:
        sections.append(_happened(story))
    if story.summary.contacts is not None:
        sections.append(
            Section("contacts", "Contacts", _counts("How often robots began to touch", story.summary.contacts))
        )
    seen = {
        "Refills of bins": story.summary.replenishments,
        "Roll cages": story.summary.cages,
        "Jammed chutes": story.summary.jams,
    }
    tables = [joined(tag("h3", title), _counts(title, counts)) for title, counts in seen.items() if counts is not None]
    if tables:
        sections.append(Section("sensors", "Bins, cages and chutes", joined(*tables)))
    if story.summary.work_cells is not None:
        sections.append(_work_cells(story.summary.work_cells))
    return sections


def _grants(report: ExecutionReport) -> Section:
    withheld = sum(report.withheld.values())
    text = (
        f"{report.grants:,} moves and turns were granted; {withheld:,} times a wanted grant had to wait. "
        f"{report.rings_cut:,} rings of robots were taken out of plans. {report.robots_down:,} robots are out of "
        "action at the end."
    )
    parts = [
        ("Grants that had to wait, because", report.withheld),
        ("What was done about robots in trouble", report.responses),
        ("What faults led to", report.recoveries),
    ]
    tables = [joined(tag("h3", title), _counts(title, counts)) for title, counts in parts if any(counts.values())]
    return Section("grants", "Grants and faults", joined(paragraphs(text), *tables))


def _happened(story: RunStory) -> Section:
    """Events about robots and zones: how many of each kind, and the first of them one by one."""
    events = [event for event in story.history.others if event["event"] not in _CHARGING]
    kinds = Counter(str(event["event"]) for event in events)
    rows: list[tuple[object, ...]] = [
        (clock(float(event["t"])), event["event"], _words(event)) for event in events[:_MOST_EVENTS]
    ]
    more = (
        f"The first {_MOST_EVENTS} of {len(events):,}; events.jsonl has them all." if len(events) > _MOST_EVENTS else ""
    )
    body = [
        _counts("Events by kind", kinds),
        FigureTable(("at", "what", "more"), rows, names=3).markup("Events"),
        paragraphs(more),
    ]
    return Section("events", "What else happened", joined(*body))


def _words(event: Mapping[str, object]) -> str:
    """Fields of an event, without lists of cells."""
    shown = {key: value for key, value in event.items() if key not in {"t", "event"} and not isinstance(value, list)}
    return ", ".join(f"{key} {value}" for key, value in shown.items() if value not in (None, "", -1))


def _work_cells(cells: WorkCells) -> Section:
    states = list(dict.fromkeys(state for cell in cells.cells.values() for state in cell.seconds))
    rows: list[tuple[object, ...]] = [
        (
            name,
            f"{cell.units_in:,}",
            f"{cell.units_out:,}",
            *(f"{cell.seconds.get(state, 0.0):,.0f}" for state in states),
        )
        for name, cell in cells.cells.items()
    ]
    text = (
        f"{cells.by_hand:,} services were done by a person, since the cell could not. {cells.units_aboard:,} units are "
        f"on robots at the end; for {cells.units_short:,} robots had no room."
    )
    columns = ("cell", "units in", "units out", *(f"{state}, s" for state in states))
    body = [paragraphs(text), FigureTable(columns, rows).markup("Work cells")]
    if cells.refusals:
        body += [tag("h3", "Why cells could not"), _counts("Why cells could not", cells.refusals)]
    return Section("cells", "Work cells", joined(*body))


def _counts(caption: str, counts: Mapping[str, int]) -> Markup:
    rows: list[tuple[object, ...]] = [(name.replace("_", " "), f"{count:,}") for name, count in counts.items()]
    return FigureTable(("", "number"), rows).markup(caption)
