"""Sensors in a run: bins are refilled, cages swapped and jammed chutes freed, and the controller sees no truth."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from fleet.app import simulated_chutes
from fleet.app.compose import compose
from fleet.app.simulated_chutes import SimulatedChutes
from fleet.app.simulated_sensors import SimulatedCages, simulated_sensors
from fleet.errors import SettingError
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from sim_worlds.world_file import load_world
from tests.sensed_floor import order_file, skus_in_racks
from twin.cells.parcel_sizes import ParcelSizes
from twin.sensors.beam_faults import BeamFaults
from twin.sensors.chute_slides import SlideParams

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
    wrong, outside = first.sensors.stock.wrong(first.loop.now_s)
    assert wrong <= 2
    assert outside <= 1


@pytest.mark.jit
def test_chutes_jam_and_are_freed_by_what_photo_eyes_say(tmp_path, monkeypatch):
    monkeypatch.setattr(simulated_chutes, "SlideParams", lambda: SlideParams(sticks=0.02))
    monkeypatch.setattr(simulated_chutes, "BeamFaults", BeamFaults.none)
    simulation = composed(busy_orders(tmp_path))
    simulation.loop.run(simulation.steps)
    simulation.auditor.raise_findings()
    simulation.pool.check()
    called, chutes = simulation.keeping.chutes.jam_counts(), simulation.sensors.chutes
    stuck = sum(chutes.stuck(chute) for chute in range(len(TINY.chutes)))
    assert called["called"] > 0
    assert called["false_calls"] == 0
    assert chutes.counts()["happened"] == called["freed"] + stuck > 1


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
    cages = SimulatedCages(TINY, 1, SimulatedChutes(len(TINY.chutes), 1))
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


def parcels(number):
    sizes = ParcelSizes.read()
    return [sizes.of_line(row, "bolt", 10.0, 1.0) for row in range(number)]


def test_goods_that_were_stuck_are_in_the_cage_when_the_chute_was_freed(monkeypatch):
    chute = TINY.chutes[1]
    cages = SimulatedCages(TINY, 1, SimulatedChutes(len(TINY.chutes), 1, SlideParams(sticks=1.0)))
    cages.follow(object())
    monkeypatch.setattr(cages, "_dropped", lambda _pool, _task: parcels(3))
    cages.hear({"t": 1.0, "event": "errand_done", "kind": "drop", "cell": chute.cell, "task": 0})
    assert cages._heaps[1].litres == 0.0
    cages.hear({"t": 50.0, "event": "chute_freed", "chute": chute.name})
    assert cages._heaps[1].litres == pytest.approx(30.0)


def called_at(chutes, until_s, dropped=lambda _time_s: None):
    """In which second each chute was called jammed first; what is dropped meanwhile `dropped` says."""
    first = {}
    for time_s in range(until_s):
        dropped(float(time_s))
        for chute in np.flatnonzero(chutes.jammed(float(time_s))).tolist():
            first.setdefault(chute, time_s)
    return first


def test_a_jam_is_called_within_seconds_and_is_over_when_the_chute_was_freed():
    chutes = SimulatedChutes(2, 1, SlideParams(sticks=1.0), BeamFaults.none())
    assert chutes.dropped(1, parcels(2), 0.0) == []
    assert (chutes.stuck(0), chutes.stuck(1)) == (False, True)
    ((chute, called_s),) = called_at(chutes, 60).items()
    assert chute == 1
    assert 8 <= called_s <= 12
    assert len(chutes.freed(1, 60.0)) == 2
    assert not any(chutes.jammed(60.0 + second)[1] for second in range(60))
    assert chutes.counts() == {"happened": 1, "units_stuck": 0}


def test_a_chute_that_was_freed_is_not_called_again_for_an_answer_from_before():
    chutes = SimulatedChutes(40, 1, SlideParams(sticks=1.0), replace(BeamFaults.none(), dropout=0.5))
    one = parcels(1)
    for chute in range(40):
        chutes.dropped(chute, one, 0.0)
    assert len(called_at(chutes, 30)) == 40
    for chute in range(40):
        chutes.freed(chute, 30.0)
    assert not chutes.jammed(30.0).any()


def test_units_that_slide_by_are_never_called_a_jam():
    chutes = SimulatedChutes(3, 1, SlideParams(sticks=0.0), replace(BeamFaults(), blind_per_h=0.0))
    load = parcels(40)

    def every_15_s(time_s):
        if time_s % 15 == 0:
            assert len(chutes.dropped(int(time_s) % 3, load, time_s)) == 40

    assert called_at(chutes, 1200, every_15_s) == {}


def test_a_photo_eye_at_fault_is_called_until_somebody_wipes_it():
    chutes = SimulatedChutes(40, 1, faults=replace(BeamFaults.none(), blind_per_h=1.0))
    first = called_at(chutes, 1800)
    assert 5 < len(first) < 30
    for chute in first:
        assert not chutes.stuck(chute)
        assert chutes.freed(chute, 1800.0) == []
    assert not chutes.jammed(1801.0)[list(first)].any()
