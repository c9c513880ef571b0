"""What is restricted on a running floor, for people and scripts, and files of actions for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fleet.app.site.feed_messages import SiteNews, ZoneInForce
from fleet.text_file import read_text
from fleet.traffic.zones.action_file import KEYS, ActionError

# As long as an action may be on the wire.
_MOST_CHARACTERS: Final = 4096


def print_zones(site: SiteNews, *, as_json: bool) -> None:
    """Print what is in force."""
    if as_json:
        typer.echo(msgspec.json.encode(site.zones).decode())
        return
    if not site.zones:
        typer.echo("nothing is restricted")
        return
    Console().print(zone_table(site.zones, site.site_s))


def zone_table(zones: tuple[ZoneInForce, ...], site_s: float) -> Table:
    """Return a table of restrictions, oldest first."""
    table = Table("number", "kind", "where", "by", "label", "for s", "ends in s", "clearing asked by")
    for zone in zones:
        ends = "" if zone.until_s is None else f"{zone.until_s - site_s:.0f}"
        limit = "" if zone.limit_mps is None else f", {zone.limit_mps:g} m/s"
        where = f"{zone.place}{limit}" + (f" ({zone.robot})" if zone.robot else "")
        age = f"{site_s - zone.since_s:.0f}"
        cells = (str(zone.id), zone.kind, where, zone.by, zone.ref, age, ends, zone.clear_requested_by)
        table.add_row(*map(Text, cells))
    return table


def read_lines(file: str) -> list[dict[str, Any]]:
    """Read a file of actions for a running floor, `-` for standard input; raises ActionError for what is none."""
    text = sys.stdin.read() if file == "-" else read_text(Path(file), ActionError, "action file")
    actions = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            actions.append(_line(f"{file}, line {number}", line))
    if not actions:
        raise ActionError(file, "the action file is blank", "give a file with at least one action")
    return actions


def as_text(action: dict[str, Any]) -> str:
    """Return an action as it is sent; raises ActionError if it is too long."""
    text = msgspec.json.encode(action).decode()
    if len(text) > _MOST_CHARACTERS:
        raise ActionError("action", f"has {len(text)} characters", f"give up to {_MOST_CHARACTERS}")
    return text


def _line(where: str, text: str) -> dict[str, Any]:
    try:
        action = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeError) as failure:
        raise ActionError(where, f"is no JSON object: {failure}", "write one JSON object a line") from None
    if str(action.get("do")) not in KEYS:
        raise ActionError(f"{where}, field do", "is missing or unknown", f"do is one of: {', '.join(KEYS)}")
    for key in ("t", "by"):
        if key in action:
            problem = "on a running floor actions happen now, and your key says who you are"
            raise ActionError(f"{where}, field {key}", problem, f"leave {key} out")
    return action
