"""Shows a site to somebody who watches it, again and again."""

from __future__ import annotations

import sys
from typing import Final

import msgspec
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fleet.app.interrupts import on_interrupt
from fleet.app.site.api_client import ClientParams
from fleet.app.site.condition import TROUBLED, Condition
from fleet.app.site.errors import ControllerUnreachableError
from fleet.app.site.feed_messages import SiteNews, unpacked
from fleet.app.site.feed_reader import FeedReader
from fleet.app.site.zone_listing import zone_table

# A snapshot is worth no long wait: what is shown meanwhile grows old, and Ctrl-C is heard after it.
PATIENCE: Final = ClientParams(answer_s=1.0, give_up_s=3.0)
_INTERRUPTED: Final = 130
_EVERY_S: Final = 1.0
_STALE_S: Final = 3.0
_NAMES_SHOWN: Final = 30
# A site that has just begun tells of itself within a second or two.
_FIRST_S: Final = 15.0


class Picture(msgspec.Struct):
    """What `watch --json` prints once a second.

    silent_s   seconds since anything was heard of the site; what stands here is as old
    gaps, missed  how often messages of the feed were missing, and how many; lost_events, those not made good
    troubled   serials of robots that somebody ought to look at, by condition
    """

    site: SiteNews
    silent_s: float
    gaps: int
    missed: int
    lost_events: int
    trouble: str
    troubled: dict[str, list[str]]


def watch_site(reader: FeedReader, *, once: bool, as_json: bool) -> int:
    """Print pictures of a site until interrupted, or one; return the exit code.

    Raises ControllerUnreachableError if nothing is heard at the beginning; later that is shown instead.
    """
    stopping: list[bool] = []
    with on_interrupt(lambda: stopping.append(True)):
        picture = _first(reader, stopping)
        if picture is None:
            return _INTERRUPTED
        console = Console()
        if once or as_json or not console.is_terminal:
            _print(console, picture, as_json=as_json)
            while not once and not stopping:
                reader.poll(_EVERY_S)
                _print(console, picture_of(reader) or picture, as_json=as_json)
        else:
            with Live(render(picture), console=console, auto_refresh=False) as live:
                while not stopping:
                    reader.poll(_EVERY_S)
                    live.update(render(picture_of(reader) or picture), refresh=True)
    return _INTERRUPTED if stopping else 0


def picture_of(reader: FeedReader) -> Picture | None:
    """Return what is known now; None before the site has told of itself."""
    tracker = reader.tracker
    if tracker.site is None:
        return None
    return Picture(
        site=tracker.site,
        silent_s=round(reader.silent_s(), 3),
        gaps=tracker.gaps,
        missed=tracker.missed,
        lost_events=tracker.lost_events,
        trouble=reader.trouble,
        troubled=_troubled(reader),
    )


def render(picture: Picture) -> RenderableType:
    """Return a picture as tables for a terminal."""
    site = picture.site
    parts: list[RenderableType] = [_figures(picture)]
    if picture.silent_s >= _STALE_S:
        parts.insert(0, Text(f"nothing heard for {picture.silent_s:.0f} s: {picture.trouble}", style="bold red"))
    if site.journal.held_up:
        text = f"the journal cannot be written, nothing new is granted: {site.journal.detail}"
        parts.insert(0, Text(text, style="bold red"))
    for condition, names in picture.troubled.items():
        more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
        parts.append(Text(f"{condition}: {', '.join(names[:_NAMES_SHOWN])}{more}"))
    if site.zones:
        parts.append(zone_table(site.zones, site.site_s))
    if site.late_orders:
        late = Table(
            "late order", "late s", "priority", title=f"{site.late_tasks} tasks are late", title_justify="left"
        )
        for order in site.late_orders:
            late.add_row(Text(order.order), f"{order.late_s:.0f}", str(order.priority))
        parts.append(late)
    return Group(*parts)


def _first(reader: FeedReader, stopping: list[bool]) -> Picture | None:
    """Wait until the site has told of itself; None if interrupted."""
    waited_s = 0.0
    while not stopping:
        reader.poll(_EVERY_S)
        picture = picture_of(reader)
        if picture is not None:
            return picture
        waited_s += _EVERY_S
        if reader.trouble or waited_s >= _FIRST_S:
            raise ControllerUnreachableError(reader.trouble or f"nothing was told in {_FIRST_S:.0f} s")
    return None


def _print(console: Console, picture: Picture, *, as_json: bool) -> None:
    if as_json:
        # Whoever reads a pipe wants each line when it is told.
        sys.stdout.write(msgspec.json.encode(picture).decode() + "\n")
        sys.stdout.flush()
    else:
        console.print(render(picture))


def _troubled(reader: FeedReader) -> dict[str, list[str]]:
    columns, serials = reader.tracker.columns, reader.serials
    if columns is None:
        return {}
    condition = unpacked(columns)["condition"]
    found: dict[str, list[str]] = {}
    for kind in TROUBLED:
        names = [serials[robot] for robot in (condition == kind).nonzero()[0].tolist() if robot < len(serials)]
        if names:
            found[Condition(kind).name.lower()] = names
    return found


def _figures(picture: Picture) -> Table:
    site = picture.site
    recent = site.recent
    leads = "leads" if site.leads else "does not lead"
    table = Table(show_header=False, title=f"{site.world}, {_clock(site.site_s)}", title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    table.add_row("controller", f"{site.version}, term {site.term}, {leads}, up {_clock(site.uptime_s)}")
    table.add_row("journal", site.journal.kind + (", held up" if site.journal.held_up else ""))
    for group, counts in site.counts.items():
        table.add_row(group, ", ".join(f"{count:,} {name}" for name, count in counts.items()))
    if recent.over_s > 0:
        hour = f"{recent.tasks_per_hour:,.0f} tasks, {recent.orders_per_hour:,.0f} orders"
        table.add_row("an hour", f"{hour}, {recent.units_per_hour:,.0f} units (last {_clock(recent.over_s)})")
    table.add_row("robots", ", ".join(f"{count:,} {name}" for name, count in site.robots.items()))
    refused = [f"{reason} {count:,}" for reason, count in (site.rejections | site.failures).items()]
    if refused:
        table.add_row("refused because", ", ".join(refused))
    if picture.gaps:
        lost = f", {picture.lost_events} events lost" if picture.lost_events else ""
        table.add_row("feed", f"{picture.missed} messages missed in {picture.gaps} gaps{lost}")
    return table


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
