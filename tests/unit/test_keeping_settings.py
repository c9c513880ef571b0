"""Settings of refills and swaps, and floors on which they cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fleet.errors import SettingError
from fleet.runtime.config import RunConfig, config_table, read_config
from fleet.runtime.keeping import params
from fleet.runtime.keeping.params import CageParams, RefillParams
from fleet.runtime.keeping.refill_slotting import RefillSlotting, bin_name, bin_of, refill_id
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.sources import limits
from sim_worlds.world import StationKind
from sim_worlds.world_file import load_world


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (RefillParams, {"reorder_share": 0.6}),
        (RefillParams, {"refilled_share": 0.9}),
        (RefillParams, {"least_share": 0.95}),
        (RefillParams, {"target_share": 1.1}),
        (RefillParams, {"most_share": 0.0}),
        (RefillParams, {"review_s": 0.0}),
        (RefillParams, {"hold_s": 1e9}),
        (RefillParams, {"priority": 1001}),
        (RefillParams, {"urgent_priority": -1001}),
        (CageParams, {"people": 0}),
        (CageParams, {"review_s": -1.0}),
        (CageParams, {"least_swap_s": 200.0}),
        (CageParams, {"least_free_s": 150.0}),
        (CageParams, {"settle_s": float("nan")}),
    ],
)
def test_values_that_make_no_sense_are_refused_by_name(kind, values):
    with pytest.raises(SettingError) as error:
        kind(**values)
    assert error.value.where == next(iter(values))


def test_settings_of_a_run_are_read_back(tmp_path):
    config = RunConfig(stock=RefillParams(reorder_share=0.3), cages=CageParams(people=5))
    table = config_table(config)
    assert (table["stock"]["reorder_share"], table["cages"]["people"]) == (0.3, 5)
    path = tmp_path / "config.toml"
    path.write_text("[stock]\nreorder_share = 0.3\n[cages]\npeople = 5\n")
    assert read_config(path) == config
    path.write_text("[cages]\npeopel = 5\n")
    with pytest.raises(SettingError, match="unknown key"):
        read_config(path)


def bins_of(world, *faces):
    units = tuple(OrderLine("bolt", 1, 1.0, 1.0) for _ in faces)
    cells = world.pick_faces[list(faces)].astype(np.int32)
    return StockBins(cells, np.full(len(faces), 10, dtype=np.int32), units, 6.0)


def test_goods_come_in_at_the_closest_induction_dock():
    world = load_world("tiny")
    places = RefillSlotting(world, bins_of(world, 0, 23))
    docks = {
        dock: station.service_s
        for station in world.stations
        if station.kind is StationKind.INDUCTION
        for dock in station.docks
    }
    for near in range(world.layout.cells):
        cell, service_s = places.pick_place("whatever", near)
        away = {
            dock: sum(abs(a - b) for a, b in zip(divmod(dock, 26), divmod(near, 26), strict=True)) for dock in docks
        }
        assert away[cell] == min(away.values())
        assert service_s == docks[cell]


def test_goods_go_to_the_pick_face_of_the_bin():
    world = load_world("tiny")
    places = RefillSlotting(world, bins_of(world, 0, 23))
    assert places.drop_place(refill_id(1, 77), bin_name(1)) == (int(world.pick_faces[23]), 6.0, "bin 1")
    for order_id, destination in ((refill_id(1, 0), "bin 0"), (refill_id(2, 0), "bin 2"), (refill_id(0, 0), None)):
        with pytest.raises(KeyError):
            places.drop_place(order_id, destination)


def test_an_id_tells_the_bin_and_that_it_is_a_refill():
    order = Order(refill_id(31, 4), (), 0.0, 1.0)
    assert (order.id, order.is_refill, bin_of(order.id)) == ("replenish:31:4", True, 31)
    assert not Order("31", (), 0.0, 1.0).is_refill


def test_a_floor_without_induction_has_nowhere_for_goods_to_come_in():
    world = load_world("tiny")
    stations = tuple(station for station in world.stations if station.kind is StationKind.PICK)
    with pytest.raises(SettingError, match="no induction station"):
        RefillSlotting(replace(world, stations=stations), bins_of(world, 0))


def test_a_bin_of_something_that_nobody_has_measured_is_refused():
    cell, capacity = np.array([5], dtype=np.int32), np.array([9], dtype=np.int32)
    bolt = OrderLine("bolt", 1, 1.0, 1.0)
    assert StockBins.of(cell, ("bolt",), capacity, {"bolt": bolt}, 6.0).units == (bolt,)
    with pytest.raises(SettingError, match="a bin of 'nut', whose measures are unknown"):
        StockBins.of(cell, ("nut",), capacity, {"bolt": bolt}, 6.0)


def test_priorities_of_refills_are_bounded_as_those_of_orders():
    assert params.MOST_PRIORITY == limits.MOST_PRIORITY
