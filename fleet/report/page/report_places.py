"""Sections of a report on places: stations and chutes, and the spots to which robots lose time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.report.heat.spot_costs import orders_limit
from fleet.report.page.chart_frame import FigureTable
from fleet.report.page.charts import strips_over_time
from fleet.report.page.floor_map import map_of_spots
from fleet.report.page.markup import joined, tag
from fleet.report.page.page import Section, paragraphs
from fleet.report.story.place_load import FRONT_CELLS

if TYPE_CHECKING:
    from fleet.report.story.run_story import RunStory

_MOST_STRIPS: Final = 24


def places_section(story: RunStory) -> Section:
    """Services, use and queues of stations and chutes."""
    loads = sorted(story.loads, key=lambda load: (-load.waited_h, -load.taken))
    if not loads:
        return Section("stations", "Stations and chutes", paragraphs("The floor has no stations and no chutes."))
    shown = loads[:_MOST_STRIPS]
    worst = shown[0]
    text = (
        f"Most was waited in front of {worst.place.name}: {worst.waited_h:,.2f} robot-hours, "
        f"{worst.longest_queue:.1f} robots at its worst. A robot that is on its way to a place and stands still at "
        f"most {FRONT_CELLS} cells from it is in its queue."
    )
    rest = "" if len(loads) == len(shown) else f"; the {len(shown)} of {len(loads)} with most waiting"
    chart = strips_over_time(
        "queues", f"Robots that wait in front of each place{rest}",
        f"The longest queue is that of {max(shown, key=lambda load: load.longest_queue).place.name}.",
        story.bins, [(load.place.name, load.queue) for load in shown], "robots",
    )  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (load.place.name, load.place.kind, len(load.place.cells), f"{load.services:,}", f"{load.service_s:,.1f}",
         f"{load.busy:.1%}", f"{load.taken:.1%}", f"{float(np.average(load.queue, weights=story.bins.lengths_s)):.2f}",
         f"{load.longest_queue:.1f}", f"{load.waited_h:,.2f}")
        for load in loads
    ]  # fmt: skip
    columns = (
        "place", "kind", "docks", "services", "seconds each", "serving", "robot there", "queue, mean", "queue, most",
        "robot-hours waited",
    )  # fmt: skip
    table = FigureTable(columns, rows[:_MOST_STRIPS], names=2).markup("Stations and chutes")
    if len(rows) > len(shown):
        every = FigureTable(columns, rows, names=2).markup("All stations and chutes")
        table = joined(table, tag("details", tag("summary", f"All {len(rows)} places"), every))
    picked = sum(service.kind == "pick" for service in story.history.services)
    at_places = sum(load.services for load in loads)
    elsewhere = len(story.history.services) - at_places
    note = f"Robots did {len(story.history.services):,} services, {picked:,} of them picks; {elsewhere:,} elsewhere."
    return Section("stations", "Stations and chutes", joined(paragraphs(text), chart.markup(), table, paragraphs(note)))


def spots_section(story: RunStory) -> Section:
    """The floor by what robots lost time to, and what the worst spots cost."""
    lost_s = story.causes.lost * story.causes.step_s
    total = float(lost_s.sum())
    rows: list[tuple[object, ...]] = [
        (str(number), found.name, f"{found.spot.row}, {found.spot.column}", f"{found.cost.robot_hours:,.2f}",
         f"{found.spot.around * story.causes.step_s / total:.1%}", f"{found.cost.tasks_per_hour:,.1f}")
        for number, found in enumerate(story.spots, start=1)
    ]  # fmt: skip
    columns = ("", "spot (5 x 5 cells)", "row, column", "robot-hours lost", "of all lost", "tasks an hour")
    table = FigureTable(columns, rows, names=3)
    text = (
        "Every step that a robot loses against free flow counts at the place that caused it, not where the robot "
        "stood: a queue counts at its head. Tasks an hour is what the floor would do more if nobody lost time "
        "to the spot."
    )
    if orders_limit(story.summary):
        text += " Here that is none: at the end there are no more open tasks than robots."
    if not story.spots:
        return Section("spots", "Hot spots", paragraphs("Robots lost no time against free flow."))
    worst = story.spots[0]
    chart = map_of_spots(
        "floor", "What robots lost time to", f"The worst spot is {worst.name}; the list below has them all.",
        story.world, lost_s.astype(np.float64), [found.spot for found in story.spots], table, "robot-seconds lost",
    )  # fmt: skip
    return Section("spots", "Hot spots", joined(paragraphs(text), chart.markup(folded=False)))
