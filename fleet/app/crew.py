"""What every run needs, however its robots are driven: distances, planner, tasks, dispatcher, and a start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from math import inf
from pathlib import Path

from fleet.app.beginning import begin
from fleet.app.floor_acts import FloorActs, SensedFloor
from fleet.app.measured_services import services_of
from fleet.assignment.assigner import Assigner
from fleet.assignment.charging import ChargingPolicy
from fleet.assignment.greedy_assigner import GreedyAssigner
from fleet.assignment.matching_assigner import MatchingAssigner
from fleet.assignment.parking import ParkingPolicy
from fleet.assignment.task_exchange import TaskExchange
from fleet.assignment.trip_energy import TripEnergy
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.guidance_rules import GuidanceRules
from fleet.planning.planner import Planner
from fleet.planning.registry import make_planner
from fleet.runtime.clock import Clock
from fleet.runtime.config import RunConfig
from fleet.runtime.dispatch import Dispatcher
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.intake import Intake, OrderIntake
from fleet.runtime.keeping.floor_keeping import FloorKeeping
from fleet.runtime.robot_takeovers import RobotTakeovers
from fleet.runtime.takeover_places import TakeoverPlaces
from fleet.tasks.model import Order
from fleet.tasks.pool import EventSink, TaskPool
from fleet.tasks.records import PoolRecord
from fleet.tasks.sources.open_orders import open_orders
from fleet.tasks.sources.rejects import RejectSink
from fleet.tasks.splitting import OrderSplitter
from robots.battery import step_percent
from robots.kinematics import step_time
from robots.state import FleetState
from sim_worlds.slotting import WorldSlotting
from sim_worlds.world import World

SHIPPED_ORDERS = Path(str(files("sim_worlds"))) / "orders" / "order_lines.csv"


@dataclass(frozen=True, slots=True)
class Crew:
    """The parts of a run that do not depend on how robots are driven.

    step_s  seconds of a planning step
    start   where the robots begin
    keeping what looks after bins and chutes, around the intake; None on a floor without sensors
    """

    world: World
    robots: int
    step_s: float
    distances: DistanceFields
    planner: Planner
    pool: TaskPool
    intake: Intake
    dispatcher: Dispatcher
    takeovers: RobotTakeovers
    start: FleetState
    keeping: FloorKeeping | None = None


def make_crew(
    world: World,
    rules: GuidanceRules | None,
    config: RunConfig,
    *,
    events: EventSink,
    rejects: RejectSink | None = None,
    orders: Iterator[Order] | None = None,
    start: FleetState | None = None,
    record: PoolRecord | None = None,
    distances: DistanceFields | None = None,
    sensed: SensedFloor | None = None,
    clock: Clock | None = None,
    look_s: float = inf,
) -> Crew:
    """Wire the crew of a run on a world in memory. Raises InputErrors for whatever is wrong with settings or orders.

    orders: what comes in, in release order, instead of what the settings say; those that `record` has are passed over.
    start: where the robots are, all of them, instead of where the world would have them begin. record: what another
    controller of this floor knew of orders and tasks. distances: of a crew before it with the same settings, on a floor
    of which nothing was closed; found anew if left out. sensed: what sensors say, to be acted on. clock, look_s: as in
    Dispatcher.
    """
    slotting = WorldSlotting(world)
    if start is None:
        start = begin(config, world)
    robots = start.robots
    step_s = step_time(world.robot, world.cell_m)
    if distances is None:
        guidance = None if rules is None else rules.guidance(world.layout, world.service_cells)
        distances = DistanceFields(world.layout, config.distance_memory_mb, guidance)
    planner = make_planner(config.planner, distances)
    relay = EventRelay(events)
    acts = None if sensed is None else FloorActs(world, slotting, sensed, config)
    places = slotting if acts is None else acts.slotting
    splitter = OrderSplitter(places, world.robot, world.layout.width, services_of(config, world, step_s))
    pool = TaskPool(splitter, relay) if record is None else TaskPool.restored(record, splitter, relay)
    if orders is None:
        orders = orders_of(config, world, slotting.destinations, rejects)
    if record is not None:
        orders = _others(orders, record)
    for refusal in rejects.refusals if rejects is not None else ():
        pool.reject(refusal, 0.0)
    percent = step_percent(world.robot, world.cell_m, step_s)
    energy = TripEnergy(
        distances,
        world.chargers,
        percent=percent,
        step_s=step_s,
        trip_factor=config.charging.trip_factor,
        floor_percent=config.charging.critical_percent,
    )
    takeovers = RobotTakeovers(TakeoverPlaces(distances), start.cell)
    # Greedy assignment is the baseline, with all its weaknesses.
    matching = config.assigner == "matching"
    dispatcher = Dispatcher(
        robots,
        pool=pool,
        assigner=_assigner(config, distances, world, step_s, energy.step_percent),
        charging=ChargingPolicy(distances.travel, world.chargers, energy, config.charging, robots),
        parking=ParkingPolicy(distances.travel, world.layout, world.parking, robots),
        energy=energy,
        events=relay,
        exchange=TaskExchange(distances.travel, step_percent=energy.step_percent) if matching else None,
        takeover_cells=takeovers,
        clock=clock,
        look_s=look_s,
    )
    intake: Intake = OrderIntake(orders, pool)
    keeping = None
    if acts is not None:
        intake = keeping = acts.intake(intake, pool, splitter, dispatcher, relay)
        relay.join(keeping.hear)
    return Crew(world, robots, step_s, distances, planner, pool, intake, dispatcher, takeovers, start, keeping)


def _others(orders: Iterator[Order], record: PoolRecord) -> Iterator[Order]:
    """The orders that are not on record yet, whatever became of those that are."""
    known = {kept.order.id for kept in record.orders} | {rejection.order_id for rejection in record.rejections}
    return (order for order in orders if order.id not in known)


def _assigner(
    config: RunConfig, distances: DistanceFields, world: World, step_s: float, step_percent: float
) -> Assigner:
    if config.assigner == "greedy":
        return GreedyAssigner(distances.travel, step_percent=step_percent, params=config.assignment)
    if config.assigner == "matching":
        return MatchingAssigner(
            distances.travel,
            width=world.layout.width,
            step_s=step_s,
            step_percent=step_percent,
            params=config.assignment,
        )
    raise SettingError("--assigner", f"there is no assigner named {config.assigner!r}", "use matching or greedy")


def orders_of(
    config: RunConfig, world: World, destinations: list[str] | None = None, rejects: RejectSink | None = None
) -> Iterator[Order]:
    """Open the orders that settings name, the shipped ones if they name none. Raises OrderError.

    destinations: those of the world's chutes, if they are known already.
    """
    return open_orders(
        config.orders or str(SHIPPED_ORDERS),
        seed=config.seed,
        rate_per_hour=world.orders.rate_per_hour,
        lead_time_s=world.orders.lead_time_s,
        catalogue=SHIPPED_ORDERS,
        destinations=WorldSlotting(world).destinations if destinations is None else destinations,
        rejects=rejects,
    )
