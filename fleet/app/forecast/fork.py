"""One fork: the floor of a snapshot, simulated in step at the pace of robots on wheels, with orders of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np

from fleet.app.crew import Crew, make_crew
from fleet.app.forecast.change import Change
from fleet.app.forecast.coming_orders import ComingOrders, sigma_of
from fleet.app.forecast.fork_floor import ForkFloor
from fleet.app.forecast.pace import pace, paced
from fleet.app.forecast.snapshot import FloorSnapshot
from fleet.app.forecast.tally import ForkResult, Tally
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from fleet.runtime.dispatch import StandingOrders
from fleet.runtime.motion import MotionPlanning
from fleet.tasks.model import Order
from robots.arrays import Float32, Float64, UInt8
from robots.driver import Commands
from robots.state import Entry, FleetState
from sim_worlds.world import World
from twin.ideal import IdealGridDriver

# Charges of robots of which nobody said any, from the lowest to full, as at the beginning of a run.
_LOWEST_PERCENT = 60.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """What all forks of a kind have in common: the floor, robots changed already, what is closed, and what comes."""

    snapshot: FloorSnapshot
    change: Change
    coming: ComingOrders


@dataclass(frozen=True, slots=True)
class ForkParams:
    """seconds: how far to look; slice_s: of what length results are; forks: so many of each scenario."""

    seconds: float = 1800.0
    slice_s: float = 300.0
    forks: int = 2
    seed: int = 1

    @property
    def slices(self) -> int:
        """Slices of time, the last of which may be shorter."""
        return max(1, int(np.ceil(self.seconds / self.slice_s - 1e-9)))


def run_fork(world: World, scenario: Scenario, params: ForkParams, fork: int) -> ForkResult:
    """Simulate one fork; the same for the same arguments, in any process."""
    snapshot = scenario.snapshot
    slow = paced(world, pace(world, len(snapshot.robots)))
    rng = np.random.default_rng([params.seed, fork])
    end_s = snapshot.at_s + params.seconds
    known = {kept.order.id: kept.order.due_s for kept in snapshot.work.orders}
    known |= {order.id: order.due_s for order in snapshot.expected}
    tally = Tally(world, known, snapshot.at_s, params.slice_s, params.slices)
    coming = scenario.coming.orders(sigma_of(fork, params.forks), np.random.default_rng([params.seed, fork, 1]))
    crew = make_crew(
        slow,
        world.guidance,
        RunConfig(world=snapshot.world),
        events=tally.hear,
        orders=takewhile(lambda order: order.release_s < end_s, _anew(coming, known, snapshot)),
        start=_start(snapshot, world, rng),
        record=snapshot.work,
    )
    floor = ForkFloor(
        world,
        crew.distances,
        records=snapshot.zones,
        close=scenario.change.close,
        at_s=snapshot.at_s,
        down=snapshot.robots.down,
    )
    loop = _ForkLoop(crew, floor, tally, snapshot, rng)
    loop.run_until(end_s)
    return tally.result(loop.now_s, crew.step_s, crew.pool.counts())


def _anew(orders: Iterator[Order], known: dict[str, float], snapshot: FloorSnapshot) -> Iterator[Order]:
    """The orders with names that no other has."""
    expected = {order.id for order in snapshot.expected}
    for order in orders:
        yield replace(order, id=f"{order.id} (new)") if order.id in known and order.id not in expected else order


def _start(snapshot: FloorSnapshot, world: World, rng: np.random.Generator) -> FleetState:
    robots = snapshot.robots
    guessed = rng.permutation(np.linspace(_LOWEST_PERCENT, 100.0, len(robots))).astype(np.float32)
    charge = np.where(np.isnan(robots.charge_percent), guessed, robots.charge_percent).astype(np.float32)
    start = FleetState.at(robots.cell, robots.heading, charge, width=world.layout.width, cell_m=world.cell_m)
    start.time_s = snapshot.at_s
    return start


class _ForkLoop:
    """The control loop of a fork: that of fleet.runtime.control, begun in the middle, on a floor with zones."""

    def __init__(
        self, crew: Crew, floor: ForkFloor, tally: Tally, snapshot: FloorSnapshot, rng: np.random.Generator
    ) -> None:
        world, n = crew.world, crew.robots
        self._crew = crew
        self._floor = floor
        self._tally = tally
        self._rng = rng
        self._motion = MotionPlanning(crew.planner, crew.distances, SimulatedClock(), None, n)
        self._driver = IdealGridDriver(
            world.layout, world.robot, world.cell_m, start=crew.start, chargers=world.chargers, step_s=crew.step_s
        )
        self._commands = Commands.none(n)
        crew.planner.warmup()
        crew.dispatcher.resume(snapshot.robots.serving)
        self._state = self._driver.open()
        # What is left of services goes to the driver with the first commands.
        self._left_s: Float32 | None = snapshot.robots.service_left_s

    @property
    def now_s(self) -> float:
        """Time on the floor's clock."""
        return self._state.time_s

    def run_until(self, end_s: float) -> None:
        """Run all steps that begin before `end_s`."""
        while self._state.time_s < end_s - 1e-6:
            self._step()
        self._driver.close()

    def _step(self) -> None:
        crew, state = self._crew, self._state
        now_s, before = state.time_s, state.cell.copy()
        left_s, self._left_s = self._left_s, None
        crew.intake.release(now_s)
        crew.takeovers.cells = before
        seen = state if left_s is None else replace(state, service_left_s=left_s)
        duties = crew.dispatcher.dispatch(seen, now_s, self._floor.fitness(state))
        roster = crew.dispatcher.roster
        self._motion.observe(state, roster)
        actions = self._motion.plan(state, roster, duties.hold)
        service_s = duties.start_s if left_s is None else np.maximum(duties.start_s, left_s)
        self._driver.submit(self._next_entries(actions, service_s, duties, state))
        self._state = self._driver.poll()
        delayed = self._motion.moved(self._state, roster)
        self._tally.step(before, self._state.cell, roster.goal, delayed, now_s)

    def _next_entries(self, actions: UInt8, service_s: Float32, duties: StandingOrders, state: FleetState) -> Commands:
        commands = self._commands
        entries = commands.entries[:, 0]
        entries[:] = actions
        seconds = self._whole_steps(service_s)
        entries[seconds > 0] = Entry.SERVICE
        entries[duties.charge & ~state.charging] = Entry.CHARGE
        commands.service_s[:, 0] = seconds
        commands.index[:] = state.received
        return commands

    def _whole_steps(self, seconds: Float32) -> Float64:
        """Services in whole steps, drawn so that on average they are as long as they ought to be, and never none."""
        step_s = self._crew.step_s
        starts = seconds > 0
        steps: Float64 = np.zeros(len(seconds), dtype=np.float64)
        if starts.any():
            drawn = np.floor(seconds[starts] / step_s + self._rng.random(int(starts.sum())))
            steps[starts] = np.maximum(drawn, 1.0)
        return steps * step_s
