"""A forecast for people, as tables, or for scripts, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from fleet.app.forecast.forecast import Forecast, Outlook, forecast_json
from fleet.app.forecast.intervals import Interval

_LATE_SHOWN = 10


def print_forecast(found: Forecast, *, as_json: bool) -> None:
    """Print a forecast."""
    if as_json:
        print(json.dumps(forecast_json(found)))
        return
    console = Console()
    views = [found.now] if found.changed is None else [found.now, found.changed]
    console.print(
        f"{found.world}, the next {found.seconds / 60:g} minutes; "
        f"in {found.confidence:.0%} of cases it will be within the figures in brackets"
    )
    console.print(_throughput(found, views))
    for name, view in zip(("as it is", "with the change"), views, strict=False):
        console.print(_places(view, "" if found.changed is None else f", {name}"))
        _print_late(console, view, "" if found.changed is None else f", {name}")


def _throughput(found: Forecast, views: Sequence[Outlook]) -> Table:
    """Tasks by slice and in all, a column for each view and one for the difference."""
    table = Table("minutes", "tasks an hour", title="throughput")
    if found.difference is not None:
        table = Table("minutes", "as it is", "with the change", "difference", title="tasks an hour")
    for at, part in enumerate(views[0].slices):
        row = [_shown(view.slices[at].tasks_per_hour) for view in views]
        if found.difference is not None:
            row.append(_shown(found.difference.tasks_per_hour[at], signed=True))
        table.add_row(f"{part.from_s / 60:g} to {part.to_s / 60:g}", *row)
    whole = [_shown(view.tasks) for view in views]
    if found.difference is not None:
        whole.append(_shown(found.difference.tasks, signed=True))
    table.add_row("tasks in all", *whole)
    table.add_row("unfinished tasks then", *(f"{view.unfinished:.0f}" for view in views))
    table.add_row("orders late", *(f"{view.late_expected + view.late_to_come:.0f}" for view in views))
    if found.changed is not None and found.now.closed_entries:
        table.add_row("entries into what is closed", *(f"{view.closed_entries:.0f}" for view in views))
    return table


def _places(view: Outlook, name: str) -> Table:
    table = Table("place", "robot-hours lost", "robots waiting", "at most", title=f"hot spots and queues{name}")
    for spot in view.hot_spots:
        table.add_row(f"{spot.place} ({spot.row}, {spot.column})", f"{spot.robot_hours:.1f}", "", "")
    for queue in view.queues:
        table.add_row(queue.place, "", f"{queue.robots:.1f}", str(queue.most))
    return table


def _print_late(console: Console, view: Outlook, name: str) -> None:
    if not view.late:
        return
    table = Table("order", "due in s", "late s", "likely", title=f"orders that may be late{name}")
    for late in view.late[:_LATE_SHOWN]:
        table.add_row(late.order, f"{late.due_in_s:.0f}", f"{late.late_s:.0f}", f"{late.probability:.0%}")
    console.print(table)
    if len(view.late) > _LATE_SHOWN:
        console.print(f"and {len(view.late) - _LATE_SHOWN} others: --json has them")


def _shown(value: Interval, *, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{value.mean:{sign},.0f} ({value.low:{sign},.0f} to {value.high:{sign},.0f})"
