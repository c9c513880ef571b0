"""`futurepark zone`: close, slow and stop parts of a running floor, hold robots back, and end that again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fleet.app.connection_options import As, AsJson, Connect, Keys, connected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_Zone = Annotated[str | None, typer.Option(help="A zone that the world names.")]
_Rect = Annotated[str | None, typer.Option(metavar="R,C,R,C", help="North-west and south-east cell: row, column.")]
_Cell = Annotated[str | None, typer.Option(metavar="R,C", help="One cell: row, column.")]
_Edge = Annotated[str | None, typer.Option(metavar="R,C,R,C", help="The step between two cells side by side.")]
_For = Annotated[str | None, typer.Option("--for", help="Ends by itself after so long, like 90s, 30m or 2h.")]
_Ref = Annotated[str | None, typer.Option(help="Label by which later actions name it.")]
_Robot = Annotated[str, typer.Argument(metavar="ROBOT", help="Its serial, or its row, from 0.")]
_Which = Annotated[str, typer.Argument(metavar="RESTRICTION", help="Its number, or its label; see zone list.")]


class Direction(StrEnum):
    """Where robots may drive."""

    NORTH = "north"
    EAST = "east"
    SOUTH = "south"
    WEST = "west"


def register(app: typer.Typer) -> None:
    """Add `zone` and its commands."""
    text = "Close, slow and stop parts of a running floor, or a robot. The controller is never a safety function."
    group = typer.Typer(help=text, no_args_is_help=True)
    group.command("list")(list_zones)
    making = (close, slow, one_way, person, e_stop, fire, pause, out_of_service)
    for command in (*making, open_, request_clear, confirm_clear):
        group.command(command.__name__.strip("_").replace("_", "-"))(command)
    group.command("do")(do)
    app.add_typer(group, name="zone")


def list_zones(connect: Connect = "", keys: Keys = None, name: As = "", as_json: AsJson = False) -> None:
    """List what is in force, with who asked to clear it."""
    from fleet.app.site.zone_listing import print_zones

    with connected(connect, keys, name) as client:
        status = client.status()
    print_zones(status, as_json=as_json)


def close(
    zone: _Zone = None,
    rect: _Rect = None,
    cell: _Cell = None,
    edge: _Edge = None,
    there_only: Annotated[bool, typer.Option("--there-only", help="With --edge: the step back stays open.")] = False,
    duration: _For = None,
    ref: _Ref = None,
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
) -> None:
    """Let nobody enter; who is inside drives on and out."""
    action = _placed("close", zone, rect, cell, duration, ref)
    if edge is not None:
        row0, column0, row1, column1 = _numbers(edge, 4, "--edge")
        action["edge"] = [[row0, column0], [row1, column1]]
    if there_only:
        action["both"] = False
    _act([action], connect, keys, name)


def slow(
    limit: Annotated[float, typer.Option(help="Metres a second, 0.01 to 100.")],
    zone: _Zone = None,
    rect: _Rect = None,
    cell: _Cell = None,
    duration: _For = None,
    ref: _Ref = None,
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
) -> None:
    """Let nobody drive faster than a limit."""
    _act([_placed("slow", zone, rect, cell, duration, ref) | {"limit_mps": limit}], connect, keys, name)


def one_way(
    direction: Annotated[Direction, typer.Option(help="Where robots may drive; across is free.")],
    zone: _Zone = None,
    rect: _Rect = None,
    cell: _Cell = None,
    duration: _For = None,
    ref: _Ref = None,
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
) -> None:
    """Let nobody drive against a direction."""
    _act([_placed("one_way", zone, rect, cell, duration, ref) | {"direction": direction.value}], connect, keys, name)


def person(
    zone: _Zone = None,
    rect: _Rect = None,
    cell: _Cell = None,
    ref: _Ref = None,
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
) -> None:
    """Say that somebody is in there: nobody enters, robots inside stop. Ends by request-clear and confirm-clear."""
    _act([_placed("person", zone, rect, cell, None, ref)], connect, keys, name)


def e_stop(
    zone: _Zone = None,
    rect: _Rect = None,
    cell: _Cell = None,
    floor: Annotated[bool, typer.Option("--floor", help="The whole floor.")] = False,
    ref: _Ref = None,
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
) -> None:
    """Stop whoever is inside and let nobody enter. Ends by request-clear and confirm-clear."""
    action = _placed("e_stop", zone, rect, cell, None, ref)
    if floor:
        action["floor"] = True
    _act([action], connect, keys, name)


def fire(ref: _Ref = None, connect: Connect = "", keys: Keys = None, name: As = "") -> None:
    """Send everybody to the muster cells. Ends by request-clear and confirm-clear."""
    _act([_placed("fire", None, None, None, None, ref)], connect, keys, name)


def pause(
    robot: _Robot, duration: _For = None, ref: _Ref = None, connect: Connect = "", keys: Keys = None, name: As = ""
) -> None:
    """Let a robot stand where it is; what it has to do it keeps, and goes on with once this is opened."""
    _act([_of_robot("pause", robot, duration, ref)], connect, keys, name)


def out_of_service(
    robot: _Robot, duration: _For = None, ref: _Ref = None, connect: Connect = "", keys: Keys = None, name: As = ""
) -> None:
    """Give a robot no more tasks: it finishes the one that it has, and parks or charges until this is opened."""
    _act([_of_robot("out_of_service", robot, duration, ref)], connect, keys, name)


def open_(which: _Which, connect: Connect = "", keys: Keys = None, name: As = "") -> None:
    """End a closure, a slow zone or a one-way, or let a robot go on."""
    _act([_ending("open", which)], connect, keys, name)


def request_clear(which: _Which, connect: Connect = "", keys: Keys = None, name: As = "") -> None:
    """First step of ending a stop: I have looked, it can go."""
    _act([_ending("request_clear", which)], connect, keys, name)


def confirm_clear(which: _Which, connect: Connect = "", keys: Keys = None, name: As = "") -> None:
    """Second step of ending a stop, 1 to 120 seconds after the first: robots may move again."""
    _act([_ending("confirm_clear", which)], connect, keys, name)


def do(
    file: Annotated[str, typer.Argument(metavar="FILE", help="One action a line, as JSON; - for standard input.")],
    connect: Connect = "",
    keys: Keys = None,
    name: As = "",
) -> None:
    """Carry out the actions in a file, one after the other, now; the lines of an action file without t and by.

    Ends with exit code 1 at the first that is refused; what was done before it stays done.
    """
    from fleet.app.site.zone_listing import read_lines

    _act(read_lines(file), connect, keys, name)


def _placed(
    do: str, zone: str | None, rect: str | None, cell: str | None, duration: str | None, ref: str | None
) -> dict[str, Any]:
    """The line of an action file that these options mean."""
    values = {
        "do": do,
        "zone": zone,
        "rect": None if rect is None else _numbers(rect, 4, "--rect"),
        "cell": None if cell is None else _numbers(cell, 2, "--cell"),
    }
    return _making(values, duration, ref)


def _of_robot(do: str, robot: str, duration: str | None, ref: str | None) -> dict[str, Any]:
    """The line of an action file about a robot; on the wire a serial may stand for its row."""
    return _making({"do": do, "robot": int(robot) if _is_number(robot) else robot}, duration, ref)


def _making(values: dict[str, Any], duration: str | None, ref: str | None) -> dict[str, Any]:
    """The line of an action that makes a restriction: these values, those that there are, time to live and label."""
    from fleet.app.durations import parse_duration

    values |= {"for_s": None if duration is None else parse_duration(duration, "--for"), "ref": ref}
    return {key: value for key, value in values.items() if value is not None}


def _ending(do: str, which: str) -> dict[str, Any]:
    return {"do": do, "id": int(which)} if _is_number(which) else {"do": do, "ref": which}


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 10


def _numbers(text: str, count: int, option: str) -> list[int]:
    from fleet.errors import SettingError

    parts = [part.strip() for part in text.split(",")]
    if len(parts) != count or not all(_is_number(part) for part in parts):
        raise SettingError(option, f"is {text!r}", f"give {count} whole numbers with commas between")
    return [int(part) for part in parts]


def _act(actions: Sequence[dict[str, Any]], connect: str, keys: Path | None, name: str) -> None:
    """Have actions carried out, and say which restriction each was about."""
    from fleet.app.site.zone_listing import as_text

    texts = [as_text(action) for action in actions]
    with connected(connect, keys, name) as client:
        for action, text in zip(actions, texts, strict=True):
            typer.echo(f"{action['do']}: restriction {client.act(text)}")
