"""The top of a report: the verdict on a run, and what was asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.report.page.chart_frame import FigureTable, clock
from fleet.report.page.markup import Markup, joined, tag
from fleet.report.page.page import Section, key_figures, paragraphs
from fleet.report.story.limits import verdict
from fleet.report.story.run_story import changed_settings
from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from fleet.report.story.run_story import RunStory

_LIMITED_BY = {
    "orders": "The orders limit this floor: it did all it was asked and could do more",
    "chargers": "The chargers limit this floor",
    "stations": "A station or chute limits this floor",
    "a spot": "A spot limits this floor",
    "robots": "The number of robots limits this floor",
}


def report_head(story: RunStory) -> Markup:
    """Return title, verdict and the few numbers that people look at first."""
    summary = story.summary
    length = clock(summary.simulated_s)
    under = (
        f"Run {story.run.name}: {summary.robots:,} robots on {story.world.title or summary.world}, {length} "
        f"simulated, seed {summary.seed}"
    )
    return joined(
        tag("h1", f"What happened on {summary.world}"),
        tag("p", under, class_="under"),
        _notices(story),
        tag("div", paragraphs(*_verdict(story)), class_="verdict", role="note", aria_label="Verdict"),
        _key_figures(story),
    )


def _notices(story: RunStory) -> Markup:
    notices = []
    if story.summary.interrupted:
        notices.append("The run was interrupted: it ended before its time.")
    if story.summary.violations:
        notices.append(f"An auditor saw {story.summary.violations:,} rules of the floor broken.")
    if story.differences:
        notices.append(f"Events and summary do not agree: {'; '.join(story.differences)}.")
    return joined(*(tag("p", notice, class_="notice", role="alert") for notice in notices))


def _verdict(story: RunStory) -> list[str]:
    summary, share = story.summary, story.summary.robot_time_share
    orders, hour = summary.orders, summary.throughput_per_hour
    late = f"{summary.lateness.late:,} of {orders.done:,} were late" if orders.done else "none of them was done"
    done = (
        f"{summary.robots:,} robots did {hour.tasks:,.0f} tasks and {hour.orders:,.0f} orders an hour. "
        f"{orders.accepted:,} orders came in, {orders.done:,} were done, {orders.open:,} are open; {late}."
    )
    limit = verdict(story.limits)
    limited = f"{_LIMITED_BY[limit.name]}: {limit.found}." if limit else "Nothing that was looked at limits this floor."
    lost_h = float(story.causes.lost.sum()) * summary.step_s / 3600.0
    time = f"Robots waited {share.waiting:.1%} of their time and lost {lost_h:,.1f} robot-hours against free flow."
    if story.spots:
        worst = story.spots[0]
        time += (
            f" The worst spot, {worst.name} (row {worst.spot.row}, column {worst.spot.column}), cost "
            f"{worst.cost.robot_hours:,.2f} of them, or {worst.cost.tasks_per_hour:,.0f} tasks an hour."
        )
    return [done, limited, time]


def _key_figures(story: RunStory) -> Markup:
    summary = story.summary
    late, orders, hour = summary.lateness, summary.orders, summary.throughput_per_hour
    limit = verdict(story.limits)
    working = 1.0 - story.use.share(Activity.IDLE) - story.use.share(Activity.CHARGING)
    return key_figures(
        [
            ("tasks an hour", f"{hour.tasks:,.0f}", f"{summary.tasks.done:,} of {summary.tasks.created:,} done"),
            ("orders an hour", f"{hour.orders:,.0f}", f"{orders.done:,} of {orders.accepted:,} done"),
            ("late orders", f"{late.late / orders.done:.1%}" if orders.done else "none done", _lateness(late.median_s)),
            ("robots at work", f"{working:.0%}", f"waiting {summary.robot_time_share.waiting:.1%} of all time"),
            ("limited by", limit.name if limit else "nothing found", "see what was looked at"),
        ]
    )


def _lateness(median_s: float | None) -> str:
    if median_s is None:
        return "no order is done"
    return f"median {clock(abs(median_s))} {'after' if median_s > 0 else 'before'} due"


def limits_section(story: RunStory) -> Section:
    """What was looked at to tell what limits the floor."""
    rows: list[tuple[object, ...]] = [
        (limit.name, tag("span", "yes", class_="yes") if limit.binds else "no", limit.found, limit.threshold)
        for limit in story.limits
    ]
    table = FigureTable(("what", "limits", "found", "would limit from"), rows, names=4)
    text = (
        "Five things are looked at in this order; of those that limit the floor, the first is the verdict. Queues and "
        "waiting tasks are means without the first fifth of the run, in which the floor fills."
    )
    return Section("limits", "What limits the floor", joined(paragraphs(text), table.markup("What limits the floor")))


def asked_section(story: RunStory) -> Section:
    """World, robots, orders, and settings that are not the default."""
    summary, world, config = story.summary, story.world, story.run.config
    floor = (
        f"{world.layout.width} x {world.layout.height} cells of {world.cell_m:g} m, {len(world.stations)} stations, "
        f"{len(world.chutes)} chutes, {len(world.chargers)} chargers, {len(world.pick_faces):,} pick faces"
    )
    orders = config.orders or "the shipped orders"
    rows: list[tuple[object, ...]] = [
        ("world", f"{summary.world}: {world.title}"),
        ("floor", floor),
        ("robots", f"{summary.robots:,} of {world.default_robots:,} that it usually has"),
        ("orders", f"{orders}; {summary.orders.accepted:,} came in, {summary.units.ordered:,} units in all"),
        ("length", f"{clock(summary.simulated_s)} in {summary.steps:,} steps of {summary.step_s:g} s"),
        ("planner", summary.planner),
        ("seed", str(summary.seed)),
        ("version", f"futurepark {summary.version}"),
    ]
    facts = FigureTable(("", "asked"), rows, names=2)
    changed = changed_settings(config)
    settings = FigureTable(
        ("setting", "here", "default"),
        [(name, _shown(value), _shown(default)) for name, value, default in changed],
        names=3,
    )
    body = [facts.markup("What was asked"), tag("h3", "Settings that are not the default")]
    body.append(settings.markup("Settings that are not the default") if changed else tag("p", "None."))
    return Section("asked", "What was asked", joined(*body))


def _shown(value: object) -> str:
    return '""' if value == "" else str(value)
