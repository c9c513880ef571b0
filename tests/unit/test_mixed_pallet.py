"""Mixed pallets: what they are, what comes on them, and what a camera says of them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.pallets import box, pallet, tower
from twin.cells.parcel_sizes import Measures
from twin.pallets.assortment import case_of, real_goods
from twin.pallets.mixed_pallet import PalletError
from twin.pallets.random_pallets import random_pallet
from twin.pallets.sighting import SightingNoise, seen


def test_a_pallet_tells_its_height_and_mass_and_what_is_left_of_it():
    stacked = pallet(*tower(0.2, 0.3))
    assert stacked.height_m == 0.5
    assert stacked.mass_kg == 4.0
    assert stacked.without([1]) == pallet(*tower(0.2))
    assert pallet().height_m == 0.0


@pytest.mark.parametrize(
    ("boxes", "says"),
    [
        ([box(1, (0, 0, 0), (0.2, 0.0, 0.2))], "box 1: has the size"),
        ([box(1, (0, 0, 0), (0.2, 0.2, 0.2), -1.0)], "box 1: has the mass"),
        ([box(1, (0, float("nan"), 0), (0.2, 0.2, 0.2))], "box 1: is at"),
        ([*tower(0.2), *tower(0.2, x_m=0.7)], "box 0: is on the pallet twice"),
    ],
)
def test_boxes_that_cannot_be_are_refused(boxes, says):
    with pytest.raises(PalletError, match=says):
        pallet(*boxes)


def test_the_real_goods_are_those_of_the_shipped_orders():
    goods = real_goods()
    assert len(goods) == 164
    assert goods["6419caea958c585a747f649f28abdfba"] == Measures((0.297, 0.21, 0.008), 0.3)


def test_a_case_holds_as_many_units_as_its_height_allows_and_no_more_than_people_lift():
    case = case_of("6419caea958c585a747f649f28abdfba", 0.1)  # 8 mm and 300 g a unit, two walls of 4 mm
    assert case.size_m == pytest.approx((0.305, 0.218, 11 * 0.008 + 0.008))
    assert case.mass_kg == pytest.approx(11 * 0.3, abs=0.3)
    assert case_of("6419caea958c585a747f649f28abdfba", 5.0).mass_kg < 16.0
    with pytest.raises(PalletError, match="nothing"):
        case_of("nothing", 0.1)


def test_articles_come_in_several_boxes_of_the_same_size():
    boxes = random_pallet(4).boxes
    sizes = {(one.parcel.sku, *sorted(one.parcel.size_m[:2]), one.parcel.size_m[2]) for one in boxes}
    assert len(sizes) <= 12
    assert len({one.parcel.sku for one in boxes}) == len(sizes)


def test_goods_and_cartons_are_both_there():
    names = {one.parcel.sku for seed in range(3) for one in random_pallet(seed).boxes}
    assert any(name.startswith("carton-") for name in names)
    assert any(name in real_goods() for name in names)


def test_so_many_boxes_as_are_asked_for_are_there_or_it_is_refused():
    assert len(random_pallet(1, fewest=25, most=25).boxes) == 25
    with pytest.raises(PalletError, match="5 to 3 boxes"):
        random_pallet(1, fewest=5, most=3)
    with pytest.raises(PalletError, match="do not fit"):
        random_pallet(1, fewest=2000, most=2000)


def test_a_camera_sees_every_box_nearly_where_it_is():
    stacked = random_pallet(2, fewest=20, most=30)
    found = seen(stacked, SightingNoise(place_m=0.003), np.random.default_rng(1))
    assert [one.id for one in found.boxes] == [one.id for one in stacked.boxes]
    off = found.low - stacked.low
    assert 0.002 < off.std() < 0.004
    assert seen(stacked, SightingNoise(0.0, 0.0, 0.0), np.random.default_rng(1)) == stacked
    with pytest.raises(PalletError, match="edge_m"):
        SightingNoise(edge_m=-0.1)
