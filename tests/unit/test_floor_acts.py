"""A whole floor that acts on what its sensors say: bins are refilled, cages swapped, and nothing is lost or mixed."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.app.compose import compose_on
from fleet.app.crew import SHIPPED_ORDERS
from fleet.app.simulate import _summarise
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import FloorParams, RunConfig
from fleet.runtime.keeping.filtered_stock import FilteredStock
from fleet.runtime.keeping.params import CageParams
from fleet.sensing.stock_filter import StockFilter
from robots.readings import RangeReadings
from sim_worlds.assortment import read_assortment
from sim_worlds.stock_layout import lay_out_stock
from tests.sensed_floor import TrueFloor, held_back, order_file, simulated, skus_in_racks, tiny, units_by_destination

# Whole floors: long without compiled kernels, and their kernels are looked at elsewhere.
pytestmark = pytest.mark.jit

CAGE_UNITS = 20


def finished(simulation, floor, orders):
    """Run, audited, until so many orders are done and all is at rest again; nothing happened that must not."""
    keeping, pool = simulation.keeping, simulation.pool
    for _ in range(0, simulation.steps, 20):
        simulation.loop.run(20)
        if pool.counts()["orders"]["done"] == orders and keeping.chutes.map.at_rest and not pool.open_refills():
            break
    simulation.auditor.raise_findings()
    pool.check()
    assert pool.counts()["orders"] == {"accepted": orders, "done": orders, "open": 0, "rejected": 0, "cancelled": 0}
    assert floor.problems == []
    return simulation


def orders_of(world, skus, number, every_s, units=3, destinations=("D1", "D2")):
    return [
        (f"O{n}", skus[n % len(skus)], units, destinations[n % len(destinations)], every_s * n) for n in range(number)
    ]


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """Half an hour on tiny, two chutes for each of two destinations: bins of 12 begin with 8, cages hold 20 units."""
    world = tiny("1122")
    skus = skus_in_racks(world, 3)
    floor = TrueFloor(world, skus, capacity=12, stock=8, cage_units=CAGE_UNITS)
    orders = order_file(tmp_path_factory.mktemp("orders"), orders_of(world, skus, 60, 18.0))
    return finished(simulated(world, floor, orders), floor, 60), floor


def test_bins_run_low_and_robots_refill_them(busy):
    simulation, floor = busy
    refills = simulation.pool.refill_counts()
    assert refills["orders"]["done"] > 10
    picked, put = simulation.pool.counts()["units"]["picked"], refills["units"]["dropped"]
    assert picked == 60 * 3
    assert floor.count.sum() == len(floor.count) * 8 + put - picked, "units in bins are all accounted for"
    assert floor.short == 0, "nobody came to a bin that had not enough"
    assert (floor.count >= 3).all()


def test_refills_come_from_the_induction_station(busy):
    simulation, floor = busy
    docks = {dock for station in simulation.world.stations if station.name == "Induction 1" for dock in station.docks}
    refills = {event["order"] for event in floor.said("order_accepted") if event["order"].startswith("replenish:")}
    cells = {cell for event in floor.said("task_created") if event["order"] in refills for _, _, cell in event["picks"]}
    assert cells <= docks


def test_full_cages_close_their_chutes_and_are_swapped(busy):
    _, floor = busy
    closed, swapped = floor.said("chute_closed"), floor.said("cage_swapped")
    assert len(closed) == len(swapped) == len(floor.said("chute_opened")) >= 4
    assert all(event["units"] >= CAGE_UNITS for event in swapped)
    took = [
        next(later["t"] for later in swapped if later["chute"] == event["chute"] and later["t"] > event["t"])
        - event["t"]
        for event in closed
    ]
    assert min(took) >= CageParams().least_swap_s
    assert floor.said("task_redirected")


def test_every_unit_is_in_a_cage_of_its_destination(busy):
    _, floor = busy
    assert units_by_destination(floor) == {"D1": 90, "D2": 90}


def test_whoever_waits_for_a_chute_goes_on_when_one_opens(busy):
    _, floor = busy
    waits = held_back(floor)
    assert waits
    assert all(told == ["held", "let_go"] * (len(told) // 2) for told in waits.values())


def test_the_summary_tells_of_refills_and_swaps(busy):
    simulation, _ = busy
    config = RunConfig(world="tiny")
    summary = _summarise(config, simulation, False, 1.0, 1.0, None)
    assert summary.replenishments == simulation.keeping.stock.counts()
    assert summary.cages == simulation.keeping.chutes.counts()
    assert summary.jams == simulation.keeping.chutes.jam_counts()
    assert summary.units.dropped == 180
    assert summary.replenishments["units"] == simulation.pool.refill_counts()["units"]["dropped"]


def test_the_same_seed_gives_the_same_run(tmp_path):
    world = tiny("1122")
    skus = skus_in_racks(world, 2)
    runs = []
    for _ in range(2):
        floor = TrueFloor(world, skus, capacity=9, stock=4, cage_units=9)
        orders = order_file(tmp_path, orders_of(world, skus, 8, 10.0))
        simulation = finished(simulated(world, floor, orders, 900.0), floor, 8)
        runs.append((simulation.recorder.digest(), floor.events))
    assert runs[0] == runs[1]


def test_a_floor_on_which_nothing_runs_low_or_full_goes_as_one_without_sensors(tmp_path):
    world = tiny()
    skus = skus_in_racks(world, 3)
    orders = order_file(tmp_path, orders_of(world, skus, 12, 15.0))
    floor = TrueFloor(world, skus, capacity=200, stock=200)
    sensed = simulated(world, floor, orders, 240.0)
    sensed.loop.run(sensed.steps)
    config = RunConfig(orders=orders, duration_s=240.0, audit=True, robots=4)
    plain = compose_on(world, None, config, clock=SimulatedClock(), events=lambda _event: None)
    plain.loop.run(plain.steps)
    assert plain.pool.counts() == sensed.pool.counts()
    assert plain.pool.counts()["orders"]["done"] > 5
    assert plain.keeping is None
    assert sensed.recorder.digest() == plain.recorder.digest()


def test_with_one_chute_a_destination_tasks_wait_for_the_swap(tmp_path):
    world = tiny()
    skus = skus_in_racks(world, 2)
    floor = TrueFloor(world, skus, 50, 50, cage_units=6)
    orders = order_file(tmp_path, orders_of(world, skus, 12, 5.0, destinations=("D1",)))
    simulation = finished(simulated(world, floor, orders), floor, 12)
    counts = simulation.keeping.chutes.counts()
    assert counts["closed"] == counts["swapped"] >= 2
    assert (counts["lent"], counts["tasks_redirected"]) == (0, 0)
    assert counts["tasks_held"] > 0


def test_an_empty_chute_is_lent_and_goes_back_when_its_cage_was_swapped(tmp_path):
    world = tiny("1222")
    skus = skus_in_racks(world, 2)
    floor = TrueFloor(world, skus, 100, 100, cage_units=15)
    orders = order_file(tmp_path, orders_of(world, skus, 24, 10.0, destinations=("D1", "D1", "D1", "D2")))
    simulation = finished(simulated(world, floor, orders), floor, 24)
    assert simulation.keeping.chutes.counts()["lent"] >= 1
    lent = {event["chute"] for event in floor.said("chute_remapped") if event["destination"] == "D1"}
    assert any(event["chute"] in lent for event in floor.said("chute_closed") if event["reason"] == "borrowed")
    assert simulation.keeping.chutes.map.serves == [chute.destination for chute in world.chutes]
    assert units_by_destination(floor) == {"D1": 54, "D2": 18}


def test_jammed_chutes_are_closed_until_they_are_freed_and_nothing_is_lost(tmp_path):
    world = tiny("1122")
    skus = skus_in_racks(world, 3)
    floor = TrueFloor(world, skus, 60, 60, cage_units=CAGE_UNITS, jam_every=5)
    simulation = finished(simulated(world, floor, order_file(tmp_path, orders_of(world, skus, 24, 12.0))), floor, 24)
    counts = simulation.keeping.chutes.jam_counts()
    jammed = [event["chute"] for event in floor.said("chute_closed") if event["reason"] == "jammed"]
    assert counts["called"] == len(jammed) >= 2
    assert counts["freed"] == len(floor.said("chute_freed")) >= len(jammed)
    assert counts["false_calls"] == 0
    assert floor.said("task_redirected")
    assert units_by_destination(floor) == {"D1": 36, "D2": 36}


def test_it_works_on_grants_with_lost_messages_and_a_robot_that_breaks_down(tmp_path):
    world = tiny("1122")
    skus = skus_in_racks(world, 3)
    floor = TrueFloor(world, skus, capacity=12, stock=4, cage_units=8, jam_every=5)
    faults = tmp_path / "faults.jsonl"
    faults.write_text('{"t": 20.0, "kind": "dead", "robot": 1}\n')
    orders = order_file(tmp_path, orders_of(world, skus, 12, 6.0))
    simulation = simulated(
        world,
        floor,
        orders,
        900.0,
        cages=CageParams(least_swap_s=20.0, most_swap_s=60.0, least_free_s=10.0, most_free_s=30.0),
        execution="grants",
        floor=FloorParams(message_loss=0.02, faults=str(faults)),
    )
    finished(simulation, floor, 12)
    assert simulation.pool.refill_counts()["orders"]["done"] > 2
    assert simulation.keeping.chutes.counts()["swapped"] >= 2
    assert floor.said("chute_freed")
    assert len(floor.said("robot_lost")) == 1
    assert floor.short == 0
    assert units_by_destination(floor) == {"D1": 18, "D2": 18}


def test_the_filter_over_noisy_sensors_has_bins_refilled_that_really_run_low(tmp_path):
    world = tiny()
    layout = lay_out_stock(world, read_assortment(SHIPPED_ORDERS)[:4])
    rows = list(layout.by_place())
    skus = sorted({sku for _, sku in rows})
    stock = (0.35 * layout.capacity).astype(np.int32)
    floor = TrueFloor(world, capacity=layout.capacity, stock=stock, rows=rows)
    floor.stock_source = FilteredStock(StockFilter(layout, count=stock), floor.bins)
    floor.followers = (floor.stock_source,)
    orders = order_file(tmp_path, orders_of(world, skus, 16, 8.0, units=24))
    simulation = simulated(world, floor, orders)
    rng = np.random.default_rng(3)
    while simulation.loop.steps < 900:
        simulation.loop.run(2)
        now_s = simulation.loop.now_s
        distance_m = layout.distance_m(floor.count) + rng.normal(0.0, 0.003, layout.sensors).astype(np.float32)
        floor.stock_source.observe(RangeReadings(now_s, np.arange(layout.sensors, dtype=np.int32), distance_m))
        if simulation.pool.counts()["orders"]["done"] == 16 and not simulation.pool.open_refills():
            break
    simulation.pool.check()
    assert simulation.pool.counts()["orders"]["done"] == 16
    refilled = {event["order"].split(":")[1] for event in floor.said("order_accepted") if "replenish" in event["order"]}
    assert refilled
    assert (floor.problems, floor.short) == ([], 0)
    estimate = floor.stock_source.estimate(simulation.loop.now_s)
    assert ((estimate.low <= floor.count) & (floor.count <= estimate.high)).mean() > 0.85


def test_estimates_that_are_unsure_overfill_no_bin(tmp_path):
    world = tiny()
    skus = skus_in_racks(world, 2)
    floor = TrueFloor(world, skus, capacity=12, stock=6)
    floor.unsure = 2
    orders = order_file(tmp_path, orders_of(world, skus, 12, 12.0))
    simulation = finished(simulated(world, floor, orders), floor, 12)
    assert simulation.pool.refill_counts()["orders"]["done"] > 2
    assert (floor.count <= 12).all()
    assert floor.short == 0
