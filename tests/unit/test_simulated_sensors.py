"""Sensors in a run: bins run low and are refilled, cages run full and are swapped, and the controller sees no truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from fleet.app.compose import compose
from fleet.app.simulated_sensors import SimulatedCages, simulated_sensors
from fleet.errors import SettingError
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from sim_worlds.world_file import load_world
from tests.sensed_floor import order_file, skus_in_racks

TINY = load_world("tiny")


def busy_orders(folder):
    """Twenty litres of one SKU every half minute, to one destination."""
    (sku,) = skus_in_racks(TINY, 1)
    destination = TINY.chutes[0].destination
    return order_file(folder, [(f"o{n}", sku, 20, destination, 30.0 * n) for n in range(40)])


def config_with(orders, **settings):
    return RunConfig(world="tiny", orders=orders, sensors=True, audit=True, duration_s=1500.0, **settings)


def composed(orders, events=lambda _event: None):
    return compose(config_with(orders), clock=SimulatedClock(), events=events)


@pytest.mark.jit
def test_bins_are_refilled_and_cages_swapped_by_what_sensors_say(tmp_path):
    orders, events = busy_orders(tmp_path), []
    first, again = composed(orders, events.append), composed(orders)
    for simulation in (first, again):
        simulation.loop.run(simulation.steps)
        simulation.auditor.raise_findings()
        simulation.pool.check()
    assert first.recorder.digest() == again.recorder.digest()
    kinds = [event["event"] for event in events]
    refills, cages = first.keeping.stock.counts(), first.keeping.chutes.counts()
    assert refills["done"] > 0
    assert cages["swapped"] > 0
    assert kinds.count("cage_swapped") == cages["swapped"]
    assert first.pool.counts()["orders"]["done"] == 40
    wrong, outside = first.stock.wrong(first.loop.now_s)
    assert wrong <= 2
    assert outside <= 1


def test_what_is_kept_in_bins_is_what_is_ordered_most(tmp_path):
    often, seldom = skus_in_racks(TINY, 2)
    rows = [(f"o{n}", often if n else seldom, 1, TINY.chutes[0].destination, float(n)) for n in range(3)]
    sensed = simulated_sensors(TINY, config_with(order_file(tmp_path, rows))).sensed
    assert Counter(unit.sku for unit in sensed.bins.units) == {often: 4, seldom: 4}
    assert (sensed.bins.capacity > 1).all()


def test_a_floor_that_keeps_nothing_in_racks_has_nothing_to_see(tmp_path):
    world = replace(TINY, slotting_station_share=1.0)
    with pytest.raises(SettingError, match="--sensors: tiny keeps nothing in racks"):
        simulated_sensors(world, config_with(busy_orders(tmp_path)))


def test_a_camera_looks_when_something_has_fallen_and_not_all_the_time():
    cages = SimulatedCages(TINY, 1)
    looked = []
    cages._watched.take = lambda image: looked.append((image.camera, image.time_s))
    cages.full(0.0)
    assert looked == [(cage, 0.0) for cage in range(len(TINY.chutes))]
    cages.full(100.0)
    assert len(looked) == len(TINY.chutes)
    cages.hear({"event": "cage_swapped", "chute": TINY.chutes[2].name, "t": 101.0, "units": 0})
    cages.full(102.0)
    assert looked[-1] == (2, 102.0)
    assert not np.isnan(cages._heaps[2].heights_m).any()
