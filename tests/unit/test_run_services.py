"""Runs with measured service times: every errand takes what was drawn for it. Runs without stay as they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from fleet.app.compose import Simulation, compose
from fleet.app.crew import orders_of
from fleet.app.main import main
from fleet.app.measured_services import class_of_units, services_of
from fleet.app.site import serve
from fleet.app.site.settings import SiteSettings
from fleet.errors import SettingError
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig
from fleet.tasks.model import Errand, ErrandKind, Order, OrderLine, Task
from fleet.tasks.pool import TaskPool
from fleet.tasks.splitting import OrderSplitter
from robots.errors import InputError
from sim_worlds.service_times import PlaceKind, ServiceTimes
from sim_worlds.service_times_file import services_path, write_service_times
from sim_worlds.slotting import WorldSlotting
from sim_worlds.world import World
from sim_worlds.world_file import find_world, load_world
from tests.service_times import distribution, service_times
from twin.cells.parcel_sizes import PARCEL_CLASSES

# Of parcels of 1 kg and more, and of all others.
HEAVY = {"pick": distribution((20.0,), (10.0,)), "drop": distribution((50.0,), (0.25,))}
LIGHT = {"pick": distribution((2.3,), (1.0,)), "drop": distribution((4.1,), (0.5,))}
TIMES = ServiceTimes(
    PARCEL_CLASSES,
    {
        PlaceKind(place): {name: HEAVY[place] if name == "heavy" else LIGHT[place] for name in PARCEL_CLASSES}
        for place in ("pick", "drop")
    },
    {},
)
STEP_S = 0.8
RUN = RunConfig(world="tiny", robots=4, duration_s=120.0)


@pytest.fixture
def measured(tmp_path: Path) -> RunConfig:
    path = tmp_path / "tiny.services.toml"
    write_service_times(path, TIMES, "a test")
    return replace(RUN, services=str(path))


def composed(config: RunConfig) -> Simulation:
    return compose(config, clock=WallClock(), events=lambda _: None)


def split(config: RunConfig, *orders: Order) -> list[Task]:
    """The tasks of these orders."""
    world = load_world(config.world)
    services = services_of(config, world, STEP_S)
    splitter = OrderSplitter(WorldSlotting(world), world.robot, world.layout.width, services)
    return [task for order in orders for task in splitter.split(order, 0)]


def errands(pool: TaskPool) -> Iterator[tuple[Order, Errand]]:
    """Order and errand of everything that was split so far."""
    record = pool.record()
    for kept in record.tasks:
        for errand in kept.task.errands:
            yield record.orders[kept.order_row].order, errand


def expected_s(world: World, order: Order, errand: Errand, load: list[tuple[str, int]]) -> tuple[float, bool]:
    """By hand: classes by weight, seconds by place; and whether the place was measured."""
    docks = {dock for station in world.stations if station.kind.value == "pick" for dock in station.docks}
    inductions = {dock: station.service_s for station in world.stations for dock in station.docks if dock not in docks}
    heavy = any(line.unit_kg >= 1.0 for line in order.lines if line.sku in {sku for sku, _ in load})
    units = sum(number for _, number in load)
    if errand.kind is ErrandKind.DROP:
        return 49.75 + 0.25 * units if heavy else 3.6 + 0.5 * units, True
    if errand.cell in docks:
        return 10.0 + 10.0 * units if heavy else 1.3 + 1.0 * units, True
    return inductions.get(errand.cell, world.pick_face_service_s), False


@pytest.mark.parametrize("execution", ["ideal", "grants"])
def test_every_errand_takes_what_was_measured_for_its_place_class_and_units(
    measured: RunConfig, execution: str
) -> None:
    config = replace(measured, execution=execution)
    world = load_world(config.world)
    orders = {order.id: order for order in list(orders_of(config, world))[:300]}
    kinds = set()
    for task in split(config, *orders.values()):
        picked = [(errand.sku, errand.units) for errand in task.errands[:-1]]
        for errand, load in zip(task.errands, [*([one] for one in picked), picked], strict=True):
            seconds, was_measured = expected_s(world, orders[task.order_id], errand, load)
            if execution == "ideal" and was_measured:
                seconds = round(seconds / STEP_S) * STEP_S
            assert errand.service_s == pytest.approx(seconds)
            kinds.add((errand.kind, errand.service_s))
    assert len(kinds) > 8


def test_the_seconds_of_a_run_are_those_of_its_seed(measured: RunConfig) -> None:
    spread = {name: distribution((2.0, 3.0, 9.0), (1.0, 4.0)) for name in PARCEL_CLASSES}
    write_service_times(Path(measured.services), replace(TIMES, kinds={PlaceKind.DROP: spread}), "a test")
    order = Order("A", (OrderLine("sku", 3, 1.0, 0.2),), 0.0, 60.0)
    drawn = [split(replace(measured, seed=seed), order)[0].errands[-1].service_s for seed in (1, 1, 2, 3, 4, 5)]
    assert drawn[0] == drawn[1]
    assert len(set(drawn)) > 2


def test_errands_of_a_task_and_tasks_of_an_order_are_drawn_for_themselves(measured: RunConfig) -> None:
    spread = {name: distribution(tuple(map(float, range(1, 41))), (0.0,)) for name in PARCEL_CLASSES}
    write_service_times(Path(measured.services), replace(TIMES, kinds=dict.fromkeys(PlaceKind, spread)), "a test")
    order = Order("A", tuple(OrderLine(f"sku-{line}", 1, 1.0, 0.2) for line in range(8)), 0.0, 60.0)
    tasks = split(replace(measured, execution="grants"), order)
    drawn = [errand.service_s for task in tasks for errand in task.errands]
    assert (len(tasks), len(drawn)) == (2, 10)
    assert len(set(drawn)) > 7


def test_the_same_run_gives_the_same_trace_and_another_one_than_with_fixed_seconds(measured: RunConfig) -> None:
    digests = []
    for config in (measured, measured, RUN, replace(RUN, services="fixed")):
        simulation = composed(config)
        simulation.loop.run(simulation.steps)
        digests.append(simulation.recorder.digest())
    assert digests[0] == digests[1]
    assert digests[2] == digests[3]
    assert digests[0] != digests[2]


def test_without_them_every_errand_takes_what_the_world_says() -> None:
    simulation = composed(RUN)
    simulation.loop.run(simulation.steps)
    world = simulation.world
    of_cell = {int(cell): world.pick_face_service_s for cell in world.pick_faces}
    of_cell |= {dock: station.service_s for station in world.stations for dock in station.docks}
    of_cell |= {chute.cell: chute.service_s for chute in world.chutes}
    found = [(errand.service_s, of_cell[errand.cell]) for _, errand in errands(simulation.pool)]
    assert found
    assert all(took_s == world_s for took_s, world_s in found)


def test_a_pool_that_is_restored_keeps_the_seconds_and_draws_the_same_for_new_orders(measured: RunConfig) -> None:
    first = composed(measured)
    first.loop.run(20)
    record = first.pool.record()
    second = TaskPool.restored(record, composed(measured).pool._splitter)
    assert second.record().tasks == record.tasks
    order = Order("new", (OrderLine("sku", 3, 1.0, 0.2),), 0.0, 60.0)
    for pool in (first.pool, second):
        pool.add_order(order, 20.0)
    new = [pool.record().tasks[len(record.tasks) :] for pool in (first.pool, second)]
    assert new[0] == new[1]


def test_units_that_weigh_nothing_have_a_class_too() -> None:
    assert class_of_units()(0.0, 0.0) in PARCEL_CLASSES
    assert class_of_units()(5.0, 1.5) == "heavy"


def test_measured_means_the_file_beside_the_world(tmp_path: Path) -> None:
    for file in (find_world("tiny"), find_world("tiny").with_suffix(".map")):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    config = replace(RUN, world=str(tmp_path / "tiny.toml"), services="measured", duration_s=10.0)
    with pytest.raises(SettingError, match=r"no measured service times, tiny\.services\.toml; make them with"):
        composed(config)
    write_service_times(services_path(tmp_path / "tiny.toml"), TIMES, "a test")
    assert composed(config).pool._splitter.services is not None


def test_times_of_other_classes_than_those_of_parcels_are_refused(tmp_path: Path) -> None:
    write_service_times(tmp_path / "other.toml", service_times(), "a test")
    with pytest.raises(InputError, match=r"other\.toml: classes are heavy, light, but parcels are"):
        composed(replace(RUN, services=str(tmp_path / "other.toml")))


def test_the_mean_of_many_errands_is_the_mean_that_was_measured(measured: RunConfig) -> None:
    spread = {name: distribution((1.0, 2.0, 6.0), (2.0, 3.0, 13.0)) for name in PARCEL_CLASSES}
    write_service_times(Path(measured.services), replace(TIMES, kinds={PlaceKind.DROP: spread}), "a test")
    config = replace(measured, execution="grants")
    orders = list(orders_of(config, load_world(config.world)))[:600]
    drops = [task.errands[-1] for task in split(config, *orders)]
    assert len(drops) > 500
    assert fmean(drop.service_s for drop in drops) == pytest.approx(
        fmean(3.0 + 6.0 * (drop.units - 1) for drop in drops), rel=0.03
    )


def test_a_controller_of_a_real_floor_keeps_to_the_seconds_of_the_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[SiteSettings] = []
    monkeypatch.setattr(serve, "serve", lambda settings, **_: asked.append(settings) or 0)
    (tmp_path / "config.toml").write_text('services = "measured"\nplanner = "pibt"\n')
    assert main(["controller", "tiny", "--robots", "2", "--config", str(tmp_path), "--journal", "a.journal"]) == 0
    assert (asked[0].run.planner, asked[0].run.services) == ("pibt", "fixed")
