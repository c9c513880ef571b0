"""`futurepark twin replay`: do a recorded run again, check that it is the same, and look at it in Foxglove."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sim_worlds.world import World
    from twin.recording.trace_parts import TraceHeader
    from twin.simulated_fleet import SimulatedFleet


def register(app: typer.Typer) -> None:
    """Add the command to the group `twin`."""
    app.command("replay")(replay)


def replay(
    trace: Annotated[Path, typer.Argument(help="A trace, as `futurepark run --record` writes it.")],
    from_: Annotated[str | None, typer.Option("--from", help="Begin at the checkpoint before this, like 10m.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Stop there, like 12m; at the end if left out.")] = None,
    world: Annotated[
        str | None, typer.Option(help="World or world file; the one that the trace names if left out.")
    ] = None,
    verify: Annotated[bool, typer.Option(help="Compare every pose and the state hashes.")] = True,
    mcap: Annotated[Path | None, typer.Option(help="Write the whole trace as an MCAP file, for Foxglove.")] = None,
    rate: Annotated[float, typer.Option(min=0.01, help="Poses a second in the MCAP file.")] = 2.0,
) -> None:
    """Replay a recorded run exactly, from any time on; the first tick that differs is an error."""
    from fleet.app.durations import parse_duration
    from sim_worlds.world_file import load_world
    from twin.recording.replay import replay as replay_trace
    from twin.recording.trace_header import check_world, recorded_fleet
    from twin.recording.trace_reader import Trace

    from_s = parse_duration(from_, "--from") if from_ is not None else -inf
    to_s = parse_duration(to, "--to") if to is not None else inf
    with Trace(trace) as source:
        header, complete = source.header, source.complete
    floor = load_world(_world_of(header) if world is None else world)
    check_world(str(trace), header, floor)
    bodies = "rails" if header.body is None else "wheels"
    typer.echo(f"{header.world}, {header.robots} robots on {bodies}, seed {header.seed}")
    if not complete:
        typer.echo("this recording was cut off", err=True)
    if mcap is not None:
        _write_mcap(trace, mcap, floor, rate)

    def make_fleet(head: TraceHeader) -> SimulatedFleet:
        return recorded_fleet(head, floor, str(trace))

    done = replay_trace(trace, make_fleet, from_s=from_s, to_s=to_s, verify=verify)
    done.fleet.close()
    checked = f"every pose and {done.hashes} state hashes are the same" if verify else "not compared"
    typer.echo(f"{done.from_s:g} to {done.to_s:g} s, {done.ticks} ticks: {checked}")


def _world_of(header: TraceHeader) -> str:
    """Return the shipped world that a trace names. Raises SettingError if it is of another one."""
    from fleet.errors import SettingError
    from sim_worlds.world_file import shipped_worlds

    if header.world not in shipped_worlds():
        raise SettingError("--world", f"is left out, and {header.world} is no shipped world", "name its world file")
    return header.world


def _write_mcap(trace: Path, path: Path, floor: World, rate_hz: float) -> None:
    """Write a trace as MCAP; raises SettingError if the packages for it are not installed."""
    from fleet.errors import SettingError

    try:
        from twin.recording.mcap_writer import trace_to_mcap
    except ImportError:
        remedy = "install them: pip install 'futurepark[mcap]'"
        raise SettingError("--mcap", "MCAP files need more packages", remedy) from None
    trace_to_mcap(trace, path, floor, rate_hz=rate_hz)
