"""The only place that wires the parts together: from settings to a simulation that is ready to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from fleet.app.attendance import Attendants
from fleet.app.crew import Crew, make_crew
from fleet.app.floor_acts import SensedFloor
from fleet.app.grant_crew import grant_loop
from fleet.app.simulated_bodies import with_robots
from fleet.app.simulated_sensors import SimulatedSensors, simulated_sensors
from fleet.assignment import matching
from fleet.grid.guidance_rules import GuidanceRules
from fleet.planning.auditor import PlanAuditor
from fleet.report.trace import TraceRecorder
from fleet.runtime.clock import Clock
from fleet.runtime.config import RunConfig
from fleet.runtime.control import ControlLoop
from fleet.runtime.dispatch import Dispatcher
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_control import GrantLoop
from fleet.runtime.keeping.floor_keeping import FloorKeeping
from fleet.runtime.motion import MotionPlanning
from fleet.runtime.wait_alarms import WaitParams
from fleet.runtime.waits import WaitWatch
from fleet.runtime.window_planning import WindowPlanning
from fleet.tasks.pool import EventSink, TaskPool
from fleet.tasks.sources.rejects import RejectSink
from robots.arrays import Int64
from robots.driver import FleetDriver
from sim_worlds.guidance_file import read_guidance
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from twin.cells.served_fleet import ServedFleet
from twin.ideal import IdealGridDriver


class Auditor(Protocol):
    """Looks at a run while it goes on and keeps what it found."""

    @property
    def count(self) -> int:
        """How many rules it saw broken."""

    def raise_findings(self) -> None:
        """Raise AuditError naming the first, if there were any."""


@dataclass(frozen=True, slots=True)
class Auditors:
    """Several auditors as one."""

    members: tuple[Auditor, ...]

    @property
    def count(self) -> int:
        """How many rules they saw broken."""
        return sum(auditor.count for auditor in self.members)

    def raise_findings(self) -> None:
        """Raise AuditError naming the first, if there were any."""
        for auditor in self.members:
            auditor.raise_findings()


@dataclass(frozen=True, slots=True)
class Simulation:
    """A composed run: the loop, and the parts that are read from while it runs and afterwards."""

    world: World
    robots: int
    steps: int
    loop: ControlLoop | GrantLoop
    pool: TaskPool
    dispatcher: Dispatcher
    motion: MotionPlanning | WindowPlanning
    recorder: TraceRecorder
    driver: FleetDriver
    auditor: Auditor | None
    contacts: Callable[[], Int64] | None = None  # of robots with bodies, see twin.bodies
    keeping: FloorKeeping | None = None  # of a floor with sensors
    served: ServedFleet | None = None  # of a floor with work cells
    sensors: SimulatedSensors | None = None  # of a floor with sensors that were wired here


def compose(
    config: RunConfig,
    *,
    clock: Clock,
    events: EventSink,
    rejects: RejectSink | None = None,
    attendants: Attendants | None = None,
) -> Simulation:
    """Wire a simulation. Raises InputErrors for whatever is wrong with world, orders or settings.

    clock: measures planning time, nothing else. events: takes what happens, one dict each. rejects: where bad order
    rows are set aside; without it a bad row is an error. attendants: who records the run or looks at it.
    """
    world = with_robots(load_world(config.world), config.robot_model)
    sensors = simulated_sensors(world, config) if config.sensors else None
    simulation = compose_on(
        world,
        _guidance(config, world),
        config,
        clock=clock,
        events=events,
        rejects=rejects,
        attendants=attendants,
        sensed=None if sensors is None else sensors.sensed,
    )
    return replace(simulation, sensors=sensors)


def compose_on(
    world: World,
    rules: GuidanceRules | None,
    config: RunConfig,
    *,
    clock: Clock,
    events: EventSink,
    rejects: RejectSink | None = None,
    attendants: Attendants | None = None,
    sensed: SensedFloor | None = None,
) -> Simulation:
    """Wire a simulation on a world in memory, under these rules of guidance, whatever the settings say of the two.

    sensed: what sensors say of bins, chutes and cages, to be acted on.
    """
    relay = EventRelay(events)
    crew = make_crew(world, rules, config, events=relay, rejects=rejects, sensed=sensed)
    steps = max(1, round(config.duration_s / crew.step_s))
    recorder = TraceRecorder(crew.robots, steps)
    if config.execution == "grants":
        simulation = _on_grants(crew, config, steps, recorder, clock, relay, attendants)
    else:
        if attendants is not None:
            attendants.refuse("execution ideal")
        simulation = _in_step(crew, config, steps, recorder, clock, relay)
    crew.planner.warmup()
    return simulation


def _in_step(
    crew: Crew, config: RunConfig, steps: int, recorder: TraceRecorder, clock: Clock, events: EventRelay
) -> Simulation:
    """The ideal grid: everybody moves in step with the plan."""
    world = crew.world
    auditor = PlanAuditor(world.layout) if config.audit else None
    motion = MotionPlanning(crew.planner, crew.distances, clock, auditor, crew.robots)
    driver = IdealGridDriver(
        world.layout, world.robot, world.cell_m, start=crew.start, chargers=world.chargers, step_s=crew.step_s
    )
    waits = WaitWatch(crew.distances, crew.robots, parking=world.parking, events=events, params=WaitParams())
    waits.warmup()
    matching.warmup()
    loop = ControlLoop(
        intake=crew.intake,
        dispatcher=crew.dispatcher,
        motion=motion,
        driver=driver,
        recorder=recorder,
        waits=waits,
        step_s=crew.step_s,
    )
    return Simulation(
        world,
        crew.robots,
        steps,
        loop,
        crew.pool,
        crew.dispatcher,
        motion,
        recorder,
        driver,
        auditor,
        keeping=crew.keeping,
    )


def _on_grants(
    crew: Crew,
    config: RunConfig,
    steps: int,
    recorder: TraceRecorder,
    clock: Clock,
    events: EventRelay,
    attendants: Attendants | None,
) -> Simulation:
    """Continuous robots that are driven by grants."""
    parts = grant_loop(crew, config, recorder, clock, events, attendants)
    return Simulation(
        crew.world,
        crew.robots,
        steps,
        parts.loop,
        crew.pool,
        crew.dispatcher,
        parts.planning,
        recorder,
        parts.driver,
        parts.auditor if parts.units is None else Auditors(tuple(filter(None, (parts.auditor, parts.units)))),
        parts.fleet.contacts if config.driver == "twin" else None,
        crew.keeping,
        parts.served,
    )


def _guidance(config: RunConfig, world: World) -> GuidanceRules | None:
    if config.guidance == "auto":
        return world.guidance
    return None if config.guidance == "none" else read_guidance(Path(config.guidance))
