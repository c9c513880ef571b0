"""The SKUs that a floor keeps, from a file of order lines."""

from pathlib import Path

import pytest

from sim_worlds.assortment import KeptSku, read_assortment
from sim_worlds.errors import WorldError
from tests.orders import HEADER, SHIPPED_ORDERS


@pytest.fixture
def orders(tmp_path: Path):
    def write(*lines: str) -> Path:
        path = tmp_path / "orders.csv"
        path.write_text("\n".join([HEADER, *lines]) + "\n")
        return path

    return write


def test_the_shipped_orders_have_164_skus() -> None:
    found = read_assortment(SHIPPED_ORDERS)
    assert len({sku.name for sku in found}) == len(found) == 164
    assert found[0].name.startswith("b84436f7"), "it is on 693 lines, more than any other"
    assert all(sku.size_m == tuple(sorted(sku.size_m, reverse=True)) for sku in found)


def test_skus_on_more_lines_come_first_then_those_whose_name_does(orders) -> None:
    path = orders("1,9,c,10,30,20,5", "2,1,b,10,10,10,5", "3,1,b,10,10,10,5", "4,1,a,100,200,300,5")
    assert read_assortment(path) == (
        KeptSku("b", (0.01, 0.01, 0.01)),
        KeptSku("a", (0.3, 0.2, 0.1)),
        KeptSku("c", (0.03, 0.02, 0.01)),
    )


def test_a_sku_has_the_size_that_its_first_line_says(orders) -> None:
    assert read_assortment(orders("1,1,a,10,10,10,5", "2,1,a,20,20,20,5"))[0].size_m == (0.01, 0.01, 0.01)


def test_of_a_volume_a_sku_is_shaped_like_most_of_the_shipped_ones() -> None:
    sku = KeptSku.of_litres("a", 0.63)
    assert sku.size_m == pytest.approx((0.3, 0.21, 0.01))
    assert sku.litres == pytest.approx(0.63)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("1,1,a,x,10,10,5", "line 2, column width_mm: is 'x'"),
        ("1,1,a,10,0,10,5", "column length_mm: is '0'"),
        ("1,1,a,10,10,nan,5", "column depth_mm: is 'nan'"),
        ("1,1,a,10,10", "column depth_mm: is ''"),
        ("1,1,,10,10,10,5", "column sku: the cell is empty"),
    ],
)
def test_lines_without_a_sku_or_a_size_are_refused(orders, line: str, says: str) -> None:
    with pytest.raises(WorldError, match=says):
        read_assortment(orders(line))


def test_a_file_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be read"):
        read_assortment(tmp_path / "none.csv")
