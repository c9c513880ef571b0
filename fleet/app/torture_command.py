"""`futurepark torture`: play fault schedules drawn from seeds, and show that nothing breaks but what is meant to."""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

_RANGE: Final = re.compile(r"(\d{1,18})(?::(\d{1,18}))?")
_FEWEST_ROBOTS, _MOST_ROBOTS = 4, 400


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("torture")(torture)


def torture(
    seeds: Annotated[
        str | None, typer.Option(help="Seeds of the schedules, A:B for A to B - 1, or one; 0:20 if left out.")
    ] = None,
    robots: Annotated[
        int | None, typer.Option(help="Robots of every schedule, 4 to 400; 48 to 96, as the seed says, if left out.")
    ] = None,
    schedule: Annotated[
        Path | None, typer.Option(help="Play this schedule again, a .json that torture has written, instead of seeds.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Schedules at the same time; all processors of this machine if left out."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for schedules that fail.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of a table.")] = False,
) -> None:
    """Play schedules of faults drawn from seeds against the controller, with auditors in every tick.

    Robots die, get lost and fall silent, messages are lost, aisles are blocked, zones stop, the controller restarts.
    Nothing may break the rules of execution, and once faults stop everything must come to rest. A schedule that fails
    is shrunk to few events and written down. Exit code 1 if any failed.
    """
    from fleet.app.torture.run import TortureParams
    from fleet.app.torture.run import torture as play
    from fleet.app.torture.schedule import read_schedule
    from fleet.errors import SettingError

    if schedule is not None and (seeds is not None or robots is not None):
        given = "--seeds" if seeds is not None else "--robots"
        raise SettingError(given, "does not go with --schedule, which says it all", f"leave {given} out")
    if robots is not None and not _FEWEST_ROBOTS <= robots <= _MOST_ROBOTS:
        raise SettingError("--robots", f"is {robots}", f"use {_FEWEST_ROBOTS} to {_MOST_ROBOTS}")
    if not out.is_dir():
        raise SettingError("--out", f"there is no folder {str(out)!r}", "make it first, or name another")
    params = TortureParams(
        seeds=_seeds(seeds or "0:20"),
        robots=robots,
        schedule=None if schedule is None else read_schedule(schedule),
        processes=jobs or len(os.sched_getaffinity(0)),
        out=out,
    )
    raise typer.Exit(play(params, as_json=as_json, say=partial(typer.echo, err=as_json)))


def _seeds(text: str) -> range:
    """The seeds that A:B or A names."""
    from fleet.errors import SettingError

    found = _RANGE.fullmatch(text)
    if not found:
        raise SettingError("--seeds", f"is {text!r}", "give A:B for seeds A to B - 1, or one seed")
    first = int(found[1])
    end = first + 1 if found[2] is None else int(found[2])
    if end <= first:
        raise SettingError("--seeds", f"{text} holds no seed", "give A:B with B greater than A")
    return range(first, end)
