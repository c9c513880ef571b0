"""What is tuned: a floor, a fleet and its work; and how good rules of guidance are for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.app.compose import compose_on
from fleet.app.tuning.one_goal import OneGoalFleet
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.planning.registry import make_planner
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from robots.kinematics import step_time

if TYPE_CHECKING:
    from fleet.grid.guidance_rules import GuidanceRules
    from sim_worlds.world import World


@dataclass(frozen=True, slots=True)
class Problem:
    """A floor with work for its robots that never ends.

    Described worlds are simulated as `futurepark run` does it, with orders from `orders` (`poisson:RATE`); bare maps,
    for which `orders` is empty, have the one-goal workload. The first `warmup` of the `steps` do not count.
    """

    world: World
    robots: int
    steps: int
    warmup: int
    orders: str
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Trial:
    """One evaluation: rules, None for no guidance, and the seed of everything random."""

    rules: GuidanceRules | None
    seed: int


def throughput(problem: Problem, trial: Trial) -> float:
    """Tasks finished a step; depends on the arguments alone.

    Raises InputErrors for settings that the world cannot have.
    """
    run = _run_orders if problem.orders else _run_one_goal
    return run(problem, trial) / (problem.steps - problem.warmup)


def _run_orders(problem: Problem, trial: Trial) -> int:
    config = _run_config(problem, trial)
    simulation = compose_on(problem.world, trial.rules, config, clock=SimulatedClock(), events=lambda _event: None)
    simulation.loop.run(problem.warmup)
    before = simulation.pool.counts()["tasks"]["done"]
    simulation.loop.run(problem.steps - problem.warmup)
    return simulation.pool.counts()["tasks"]["done"] - before


def _run_config(problem: Problem, trial: Trial) -> RunConfig:
    world = problem.world
    return RunConfig(
        robots=problem.robots,
        duration_s=problem.steps * step_time(world.robot, world.cell_m),
        orders=problem.orders,
        seed=trial.seed,
        distance_memory_mb=problem.memory_mb,
    )


def _run_one_goal(problem: Problem, trial: Trial) -> int:
    world, rules = problem.world, trial.rules
    guidance = None if rules is None else rules.guidance(world.layout, world.service_cells)
    distances = DistanceFields(world.layout, problem.memory_mb, guidance)
    planner = make_planner("epibt", distances)
    fleet = OneGoalFleet(world, distances, problem.robots, trial.seed)
    for _ in range(problem.warmup):
        fleet.step(planner)
    before = fleet.finished
    for _ in range(problem.steps - problem.warmup):
        fleet.step(planner)
    return fleet.finished - before


def check_problem(problem: Problem) -> None:
    """Raise InputErrors for what would make every trial fail: robots, orders or memory that do not fit the floor."""
    world = problem.world
    if problem.orders:
        trial = Trial(None, 0)
        compose_on(world, None, _run_config(problem, trial), clock=SimulatedClock(), events=lambda _event: None)
        return
    distances = DistanceFields(world.layout, problem.memory_mb)
    OneGoalFleet(world, distances, problem.robots, 0)
    goals = len(world.pick_faces) + len(world.chutes) or len(world.layout.free_cells)
    if distances.capacity < min(problem.robots, goals):
        each = 8 * len(world.layout.free_cells) / 2**20
        problem_text = (
            f"{problem.memory_mb} MB do not hold {min(problem.robots, goals)} distance fields of {each:.2f} MB"
        )
        raise SettingError("--memory", problem_text, "allow more memory, or take fewer robots")
