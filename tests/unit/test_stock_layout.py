"""Bins: which there are, how much goes into them, where they lie, and what their sensors see."""

from dataclasses import replace

import numpy as np
import pytest

from sim_worlds.assortment import KeptSku, read_assortment
from sim_worlds.errors import WorldError
from sim_worlds.slotting import WorldSlotting
from sim_worlds.stock_layout import MOST_UNITS, StockLayout, lay_out_stock
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from tests.orders import SHIPPED_ORDERS
from tests.worlds import write_world

BOOK = KeptSku("book", (0.3, 0.2, 0.02))
AHEAD = np.array([(1, 0, 0), (0, 1, 0), (-1, 0, 0), (0, -1, 0)])


@pytest.fixture(scope="module")
def tiny() -> World:
    return load_world("tiny")


@pytest.fixture(scope="module")
def layout(tiny: World) -> StockLayout:
    return lay_out_stock(tiny, read_assortment(SHIPPED_ORDERS))


def test_every_place_at_a_face_where_a_sku_is_kept_has_one_bin_of_it(tiny: World, layout: StockLayout) -> None:
    slotting = WorldSlotting(tiny)
    faces = set(tiny.pick_faces.tolist())
    kept = {
        (slotting.pick_place(sku.name, near)[0], sku.name)
        for sku in read_assortment(SHIPPED_ORDERS)
        for near in range(tiny.layout.cells)
    }
    at_faces = {place for place in kept if place[0] in faces}
    assert len(layout.by_place()) == layout.bins
    assert layout.by_place().keys() == at_faces
    number = layout.by_place()[layout.cell[7], layout.sku[7]]
    assert number == 7


def test_as_many_units_fit_as_the_lane_is_deep(layout: StockLayout) -> None:
    deep = layout.empty_m - 0.05
    assert (layout.capacity * layout.pitch_m <= deep + 1e-6).all()
    more = (layout.capacity + 1) * layout.pitch_m > deep - 1e-6
    assert (more | (layout.capacity == MOST_UNITS)).all()
    assert layout.capacity.min() >= 1


def test_a_unit_takes_its_shortest_edge_or_more_if_it_is_too_big_for_the_lane(tiny: World) -> None:
    big = KeptSku("big", (0.5, 0.5, 0.18))
    found = lay_out_stock(tiny, [replace(BOOK, name=f"book {number}") for number in range(20)] + [big])
    pitch = dict(zip(found.sku, found.pitch_m, strict=True))
    assert pitch["book 0"] == 0.02
    if "big" in pitch:
        assert pitch["big"] == pytest.approx(0.045 / 0.09)


def test_a_lane_is_no_longer_than_a_sensor_sees(tmp_path) -> None:
    world = load_world(str(write_world(tmp_path)))
    found = lay_out_stock(world, [replace(BOOK, name=f"book {number}") for number in range(20)])
    assert found.bins > 0
    assert set(found.empty_m) == {1.25}
    assert set(found.capacity) == {60}


def corners(layout: StockLayout) -> tuple[np.ndarray, np.ndarray]:
    """Two opposite corners of each lane, from its sensor to its stop."""
    along = AHEAD[layout.heading] * layout.empty_m[:, np.newaxis]
    across = np.where(AHEAD[layout.heading][:, :2] == 0, layout.width_m / 2, 0.0)
    half = np.column_stack((across, np.full(layout.bins, layout.height_m / 2)))
    ends = np.stack((layout.eye_m, layout.eye_m + along))
    return ends.min(axis=0) - half, ends.max(axis=0) + half


def test_no_two_lanes_share_a_place(layout: StockLayout) -> None:
    low, high = corners(layout)
    apart = ((low[:, np.newaxis] > high - 1e-9) | (low > high[:, np.newaxis] - 1e-9)).any(axis=2)
    np.fill_diagonal(apart, val=True)
    assert apart.all()


@pytest.mark.parametrize("name", ["tiny", "future_park"])
def test_lanes_lie_in_the_rack_that_their_face_looks_at(name: str) -> None:
    world = load_world(name)
    found = lay_out_stock(world, read_assortment(SHIPPED_ORDERS))
    low, high = corners(found)
    middle = (low + high) / 2
    rack = (middle[:, 1] // world.cell_m * world.layout.width + middle[:, 0] // world.cell_m).astype(int)
    assert not world.layout.passable[rack].any()
    ahead = AHEAD[found.heading]
    assert (rack + ahead[:, 0] + ahead[:, 1] * world.layout.width == found.cell).all()
    assert (low[:, :2] >= middle[:, :2] - world.cell_m / 2 - 1e-9).all()
    assert (high[:, :2] <= middle[:, :2] + world.cell_m / 2 + 1e-9).all()


@pytest.mark.parametrize(("name", "skus"), [("tiny", 164), ("future_park", 5)])
def test_bins_beside_each_other_are_picked_from_the_same_side_of_a_rack(name: str, skus: int) -> None:
    world = load_world(name)
    found = lay_out_stock(world, read_assortment(SHIPPED_ORDERS)[:skus])
    pairs = [(number, other) for number in range(found.bins) for other in found.neighbours[number] if other >= 0]
    assert {(other, number) for number, other in pairs} == set(pairs)
    for number, other in pairs:
        assert found.heading[number] == found.heading[other]
        rows = abs(found.cell[number] // world.layout.width - found.cell[other] // world.layout.width)
        columns = abs(found.cell[number] % world.layout.width - found.cell[other] % world.layout.width)
        assert rows + columns <= 1
    follow = zip(range(found.bins - 1), range(1, found.bins), strict=True)
    of_a_face = {pair for pair in follow if found.cell[pair[0]] == found.cell[pair[1]]}
    assert of_a_face <= set(pairs)


def test_a_sensor_measures_what_is_free(layout: StockLayout) -> None:
    count = layout.capacity // 2
    seen = layout.distance_m(count)
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen, layout.empty_m - count * layout.pitch_m, rtol=1e-7)
    assert layout.distance_m(layout.capacity).min() >= 0.05 - 1e-6


def test_if_sensors_are_few_the_first_skus_have_them(tiny: World) -> None:
    assortment = read_assortment(SHIPPED_ORDERS)
    found = lay_out_stock(tiny, assortment, most_sensors=50)
    assert found.sensors == 50
    assert (np.diff(found.sensor_bin) > 0).all()
    order = {sku.name: rank for rank, sku in enumerate(assortment)}
    ranks = np.array([order[name] for name in found.sku])
    without = np.delete(ranks, found.sensor_bin)
    assert ranks[found.sensor_bin].max() <= without.min()


def test_a_sku_twice_is_refused(tiny: World) -> None:
    with pytest.raises(WorldError, match="'book' is in it twice"):
        lay_out_stock(tiny, [BOOK, BOOK])


def test_a_sku_that_fits_nowhere_is_refused(tiny: World) -> None:
    with pytest.raises(WorldError, match="'sofa' fits into no lane"):
        lay_out_stock(tiny, [KeptSku("sofa", (2.0, 1.0, 1.0))])


def test_a_face_without_a_rack_is_refused(tiny: World) -> None:
    middle = int(tiny.layout.cell(11, 12))
    with pytest.raises(WorldError, match="row 11, column 12 has no rack beside it"):
        lay_out_stock(replace(tiny, pick_faces=np.array([middle], dtype=np.int32)), [BOOK])
