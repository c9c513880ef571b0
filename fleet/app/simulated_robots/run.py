"""Runs simulated robots until a signal ends them, and tells how it went."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import typer

from fleet.app.interrupts import StopRequest
from fleet.app.simulated_robots.compose import TICK_S, robots_program
from fleet.app.simulated_robots.program import RobotsProgram
from fleet.app.simulated_robots.settings import RobotsSettings


def run(settings: RobotsSettings, *, boot: Callable[[], bytes], as_json: bool) -> int:
    """Run; return the exit code: 130 after an interrupt, 0 after SIGTERM. Raises InputErrors, see `robots_program`."""

    def say(text: str) -> None:
        typer.echo(text, err=True)

    with robots_program(settings, boot, say) as program:
        robots, gateways = len(settings.serials), len(settings.gateways)
        say(f"{robots} robots behind {gateways} gateways: connecting to {', '.join(settings.endpoints)}")
        with StopRequest() as stop:
            stop.then(program.stop)
            program.run()
        figures = _figures(program)
    if as_json:
        typer.echo(json.dumps({"robots": robots, "gateways": gateways} | figures))
    else:
        typer.echo(f"stopped after {figures['ticks'] * TICK_S:.0f} s; {figures['received']} messages received")
    return stop.code


def _figures(program: RobotsProgram) -> dict[str, Any]:
    figures = program.figures
    ended: Counter[str] = Counter()
    for gateway in program.gateways:
        ended.update(gateway.session.refused)
    return {
        "seconds": round(figures.ticks * TICK_S, 1),
        "ticks": figures.ticks,
        "services": figures.served,
        "late_ticks": figures.late,
        "received": figures.received,
        "malformed": figures.malformed,
        "refused": dict(sorted(ended.items())),
        "poses_dropped": sum(link.dropped for link in program.links),
        **({} if program.contacts is None else {"contacts": program.contacts()}),
    }
