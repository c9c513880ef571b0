"""Parcels of the shipped order lines."""

from __future__ import annotations

import csv
from collections import Counter
from random import Random

import pytest

from robots.errors import InputError
from tests.orders import SHIPPED_ORDERS
from tests.pick_cells import box_parcel, shipped_sizes
from twin.cells.parcel_sizes import PARCEL_CLASSES, ParcelSizes, parcel_class

_HEADER = "order_id,quantity,sku,width_mm,length_mm,depth_mm,weight_g"


def _shipped():
    with SHIPPED_ORDERS.open(newline="") as file:
        return [
            (row["sku"], sorted(float(row[edge]) for edge in ("width_mm", "length_mm", "depth_mm")), row["weight_g"])
            for row in csv.DictReader(file)
        ]


def test_every_parcel_drawn_is_of_a_shipped_line_and_lies_on_its_largest_face():
    known = {(sku, *edges, float(grams)) for sku, edges, grams in _shipped()}
    random = Random(1)
    for number in range(300):
        parcel = shipped_sizes().draw(random, number)
        edges = [round(edge * 1000, 6) for edge in parcel.size_m]
        assert edges == sorted(edges, reverse=True)
        assert (parcel.sku, *reversed(edges), round(parcel.mass_kg * 1000, 6)) in known
        assert parcel.id == number


def test_what_is_ordered_often_is_drawn_often():
    ordered = Counter(sku for sku, *_ in _shipped())
    (often, times), random = ordered.most_common(1)[0], Random(2)
    drawn = sum(shipped_sizes().draw(random, 0).sku == often for _ in range(20_000))
    assert drawn / 20_000 == pytest.approx(times / ordered.total(), rel=0.2)


def test_a_line_with_the_figures_of_a_real_one_is_that_one():
    for sku, edges, grams in _shipped()[::97]:
        litres = edges[0] * edges[1] * edges[2] / 1e6
        parcel = shipped_sizes().of_line(3, sku, litres, float(grams) / 1000)
        assert (parcel.id, parcel.sku) == (3, sku)
        assert parcel.litres == pytest.approx(litres)
        assert parcel.mass_kg == float(grams) / 1000


@pytest.mark.parametrize("litres", [1e-4, 0.777, 40.0])
def test_any_other_line_is_the_real_one_nearest_in_volume_scaled_to_it(litres):
    parcel = shipped_sizes().of_line(1, "own", litres, 0.123)
    assert parcel.litres == pytest.approx(litres)
    assert parcel.mass_kg == 0.123
    volumes = [edges[0] * edges[1] * edges[2] / 1e6 for _, edges, _ in _shipped()]
    nearest = min(abs(volume - litres) for volume in volumes)
    shapes = [
        edges for (_, edges, _), volume in zip(_shipped(), volumes, strict=True) if abs(volume - litres) == nearest
    ]
    slender = parcel.size_m[0] / parcel.size_m[2]
    assert any(slender == pytest.approx(edges[2] / edges[0]) for edges in shapes)


@pytest.mark.parametrize(
    ("size", "kg", "expected"),
    [
        ((0.3, 0.2, 0.1), 1.0, "heavy"),
        ((0.3, 0.2, 0.009), 0.3, "flat"),
        ((0.15, 0.1, 0.02), 0.3, "small"),
        ((0.321, 0.1, 0.02), 0.3, "large"),
        ((0.3, 0.2, 0.02), 0.3, "medium"),
    ],
)
def test_classes_go_by_measures(size, kg, expected):
    assert parcel_class(box_parcel(0, *size, kg=kg)) == expected
    assert expected in PARCEL_CLASSES


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([_HEADER], "no order lines"),
        (["order_id,sku", "a,b"], "line 2"),
        ([_HEADER, "a,1,b,x,2,3,4"], "line 2"),
        ([_HEADER, "a,1,b,1,2,3,4", "a,1,b,1,2,0,4"], "line 3"),
        ([_HEADER, "a,1,b,1,2,3"], "line 2"),
    ],
)
def test_files_that_are_none_of_order_lines_are_refused(tmp_path, lines, words):
    path = tmp_path / "lines.csv"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=words):
        ParcelSizes.read(path)


@pytest.mark.parametrize(("litres", "kg"), [(0.0, 1.0), (1.0, -1.0), (float("nan"), 1.0)])
def test_a_line_without_volume_or_weight_has_no_parcel(litres, kg):
    with pytest.raises(InputError, match="positive"):
        shipped_sizes().of_line(1, "sku", litres, kg)
