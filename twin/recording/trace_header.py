"""Headers of traces: from a world and settings, and back to a fleet like the one that was recorded."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from importlib.metadata import version

import msgspec
import numpy as np

from robots.state import FleetState
from sim_worlds.world import World
from twin.bodies import Bodies
from twin.fleet_records import Floor, Limits, Records
from twin.link import LinkParams
from twin.motion import MotionParams
from twin.physics.body_model import BodyModel
from twin.rails import Rails
from twin.recording.errors import TraceFileError
from twin.recording.trace_parts import TRACE_FORMAT, TraceHeader
from twin.simulated_fleet import SimulatedFleet


def world_hash(world: World) -> str:
    """Return 16 hexadecimal digits of what a floor means to its robots: map, size of cells, chargers."""
    facts = (world.symbols, world.cell_m, world.chargers.tolist())
    return blake2b(msgspec.json.encode(facts), digest_size=8).hexdigest()


def trace_header(
    world: World,
    *,
    robots: int,
    tick_s: float,
    seed: int,
    link: LinkParams = LinkParams(),  # noqa: B008 (it is frozen)
    motion: MotionParams = MotionParams(),  # noqa: B008
    body: BodyModel | None = None,
) -> TraceHeader:
    """Return the header of a recording; the arguments are those that the fleet is made with.

    world: its `name` is what the trace says, so that whoever replays finds it again. body: None for robots on rails.
    """
    return TraceHeader(
        format=TRACE_FORMAT,
        futurepark=version("futurepark"),
        world=world.name,
        world_hash=world_hash(world),
        width=world.layout.width,
        height=world.layout.height,
        cell_m=world.cell_m,
        robot=world.robot,
        body=body,
        link=link,
        motion=motion,
        seed=seed,
        tick_s=tick_s,
        robots=robots,
    )


def check_world(where: str, header: TraceHeader, world: World) -> None:
    """Raise TraceFileError unless the trace at `where` is of this world as it is now."""
    if header.world_hash != world_hash(world):
        problem = f"is of world {header.world} with hash {header.world_hash}, and {world.name} has {world_hash(world)}"
        raise TraceFileError(where, problem, "give the world as it was when this was recorded")


def recorded_fleet(header: TraceHeader, world: World, where: str = "trace") -> SimulatedFleet:
    """Make a fleet like the one that was recorded, not opened: it is to `resume` a checkpoint of the trace at `where`.

    Robots with wheels lose their loads at chutes. Raises TraceFileError if the trace is not of this world.
    """
    check_world(where, header, world)
    if header.robots > len(world.start_cells):
        problem = f"has {header.robots} robots, and {world.name} has room for {len(world.start_cells)}"
        raise TraceFileError(where, problem, "give the world as it was when this was recorded")
    # Where they stand is in the checkpoint; here they only have to stand somewhere.
    start = FleetState.at(world.start_cells[: header.robots], width=world.layout.width, cell_m=world.cell_m)
    return SimulatedFleet(
        world.layout,
        header.robot,
        world.cell_m,
        start=start,
        chargers=world.chargers,
        tick_s=header.tick_s,
        seed=header.seed,
        link=header.link,
        motion=header.motion,
        bodies=Rails if header.body is None else _wheels(header.body, header, world),
    )


def _wheels(body: BodyModel, header: TraceHeader, world: World) -> Callable[[Records, Floor, Limits], Bodies]:
    from twin.physics.wheeled import wheeled

    chutes = np.array([chute.cell for chute in world.chutes], dtype=np.int32)
    return wheeled(world.layout, header.robot, body, header.seed, drop_cells=chutes)
