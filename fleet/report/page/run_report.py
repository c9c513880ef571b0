"""The report of a run: one HTML file that tells its story, worked out from its directory alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fleet.report.heat.heatmap import check_world
from fleet.report.page.page import page
from fleet.report.page.report_floor import disturbance_sections, energy_section, planning_section
from fleet.report.page.report_head import asked_section, limits_section, report_head
from fleet.report.page.report_places import places_section, spots_section
from fleet.report.page.report_robots import robots_section, time_section
from fleet.report.page.report_work import lateness_section, throughput_section
from fleet.report.run_directory import TRACE_FILE
from fleet.report.story.run_story import RunStory

if TYPE_CHECKING:
    from fleet.report.run_directory import RunReader
    from sim_worlds.world import World

REPORT_FILE: Final = "report.html"


def report_page(run: RunReader, world: World) -> str:
    """Return the report of a run in this world as an HTML document.

    Raises RunError if the run cannot have been in this world, or its events are missing or damaged.
    """
    check_world(run.trace, world, run.path / TRACE_FILE)
    story = RunStory(run, world)
    sections = [
        limits_section(story),
        throughput_section(story),
        time_section(story),
        places_section(story),
        spots_section(story),
        robots_section(story),
        lateness_section(story),
        energy_section(story),
        planning_section(story),
        *disturbance_sections(story),
        asked_section(story),
    ]
    title = f"{run.name}: {run.summary.robots} robots on {run.summary.world}"
    foot = (
        f"Made by futurepark {run.summary.version} from {run.name}: config.toml, summary.json, events.jsonl, trace.npz."
    )
    return page(title, report_head(story), sections, foot)
