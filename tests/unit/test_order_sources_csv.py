"""Orders from a CSV file of order lines."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import OrderError
from fleet.tasks.model import OrderLine
from fleet.tasks.sources.csv_source import read_csv
from fleet.tasks.sources.draft import OrderDraft
from tests.orders import HEADER, SHIPPED_ORDERS

Write = Callable[..., Path]
TIMED = HEADER + ",release_s,due_s,priority,destination"
COLUMNS = TIMED.split(",")
# Few and mostly good, so that rows are of one order, of one kind, or contradict each other.
CELLS = st.sampled_from(["1"] * 9 + ["2", " 1", "é", "", "0"])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_lines(*lines: str | bytes) -> Path:
        path = tmp_path / "orders.csv"
        path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n")
        return path

    return write_lines


def test_the_shipped_order_lines_are_2144_orders_of_11094_lines() -> None:
    orders = read_csv(SHIPPED_ORDERS)
    assert len(orders) == 2144
    assert sum(len(order.lines) for order in orders) == 11094
    assert sum(line.quantity for order in orders for line in order.lines) == 23759
    first = orders[0]
    assert first.id == "0000ae0e5e344078ca60238632184998"
    assert first.lines == (OrderLine("6419caea958c585a747f649f28abdfba", 9, 210 * 297 * 8 / 1e6, 0.3),)


def test_lines_of_an_order_may_stand_apart(write: Write) -> None:
    path = write(HEADER, "A,1,x,100,100,100,500", "B,2,y,10,10,10,5", "A,3,y,10,10,10,5")
    assert read_csv(path) == [
        OrderDraft("A", (OrderLine("x", 1, 1.0, 0.5), OrderLine("y", 3, 0.001, 0.005)), None, None, 0, None),
        OrderDraft("B", (OrderLine("y", 2, 0.001, 0.005),), None, None, 0, None),
    ]


def test_columns_may_stand_in_any_order_with_blanks_and_quotes(write: Write) -> None:
    path = write("weight_g, sku ,quantity,order_id,depth_mm,length_mm,width_mm", '500," a, ""b"" ",2, A ,1,1e3,100.0')
    (order,) = read_csv(path)
    assert (order.id, order.lines) == ("A", (OrderLine('a, "b"', 2, 0.1, 0.5),))


@given(st.lists(st.lists(CELLS, min_size=len(COLUMNS), max_size=len(COLUMNS)), min_size=1, max_size=5))
def test_a_file_reads_the_same_with_quotes_around_its_cells_and_without(rows: list[list[str]]) -> None:
    lines = [COLUMNS, *rows]
    plain = "\n".join(",".join(line) for line in lines)
    quoted = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    assert read_or_refused(plain) == read_or_refused(quoted)


def read_or_refused(text: str) -> list[OrderDraft] | str:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_text(text)
        try:
            return read_csv(path)
        except OrderError as error:
            return str(error).replace(folder, "")


def test_a_file_of_very_many_different_order_lines_is_read_to_its_end(write: Write) -> None:
    skus = [f"sku-{at}" for at in range(12_000)]
    orders = read_csv(write(HEADER, *[f"{at // 400},1,{sku},1,1,1,1" for at, sku in enumerate(skus)]))
    assert [line.sku for order in orders for line in order.lines] == skus


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_do_not_matter(write: Write) -> None:
    path = write(b"\xef\xbb\xbf" + HEADER.encode() + b"\r", b"\r", "Zoë,1,x,1,1,1,0\r", b"  ")
    (order,) = read_csv(path)
    assert order.id == "Zoë"


def test_times_priority_and_destination_are_read_from_any_line_of_the_order(write: Write) -> None:
    path = write(TIMED, "A,1,x,1,1,1,1,10.5,20,,", "A,1,y,1,1,1,1,,,3,Lyon", "B,1,x,1,1,1,1,,,,")
    first, second = read_csv(path, destinations=["Lyon"])
    assert (first.release_s, first.due_s, first.priority, first.destination) == (10.5, 20.0, 3, "Lyon")
    assert (second.release_s, second.due_s, second.priority, second.destination) == (None, None, 0, None)


@pytest.mark.parametrize(
    ("row", "where", "problem"),
    [
        ("A,0,x,1,1,1,1", "column quantity", "is '0'"),
        ("A,-2,x,1,1,1,1", "column quantity", "is '-2'"),
        ("A,1.5,x,1,1,1,1", "column quantity", "is '1.5'"),
        ("A,1_0,x,1,1,1,1", "column quantity", "is '1_0'"),
        ("A,two,x,1,1,1,1", "column quantity", "is 'two'"),
        ("A,10001,x,1,1,1,1", "column quantity", "is '10001'"),
        ("A," + "9" * 5000 + ",x,1,1,1,1", "column quantity", "is '9999"),
        ("A,,x,1,1,1,1", "column quantity", "the cell is empty"),
        (",1,x,1,1,1,1", "column order_id", "the cell is empty"),
        ("A,1, ,1,1,1,1", "column sku", "the cell is empty"),
        ("A,1,x,nan,1,1,1", "column width_mm", "is 'nan'"),
        ("A,1,x,1,inf,1,1", "column length_mm", "is 'inf'"),
        ("A,1,x,1,1_0,1,1", "column length_mm", "is '1_0'"),
        ("A,1,x,1,1e999,1,1", "column length_mm", "is '1e999'"),
        ("A,1,x,1,1,0,1", "column depth_mm", "is '0'"),
        ("A,1,x,1,1,1,-1", "column weight_g", "is '-1'"),
        ("A,1,x,1,1,1", "column weight_g", "the row has 6 cells, the header has 7 columns"),
        ("A,1,x,1,1,1,1,9", "column 8", "the row has 8 cells, the header has 7 columns"),
        ('A,1,"x,1,1,1,1', "line 3", "is not CSV"),
        ("A,1,x\ry,1,1,1,1", "line 3", "is not CSV: new-line character"),
        ("A,1," + "x" * 200_000 + ",1,1,1,1", "line 3", "is not CSV: field larger than field limit"),
        (b"A,1,x\xff,1,1,1,1", "line 3", "byte 0xff at character 6 is not UTF-8 text"),
        ("A,1,x\0,1,1,1,1", "line 3", "character 6 is a NUL"),
        ("A,1," + "x" * 2**20 + ",1,1,1,1", "line 3", "longer than 1048576 bytes"),
    ],
)
def test_a_bad_row_is_an_error_with_its_place(write: Write, row: str | bytes, where: str, problem: str) -> None:
    path = write(HEADER, "Z,1,x,1,1,1,1", row)
    with pytest.raises(OrderError) as caught:
        read_csv(path)
    assert caught.value.where.startswith(f"{path}, line 3")
    assert caught.value.where.endswith(where)
    assert problem in caught.value.problem
    assert caught.value.remedy
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        ("A,1,x,1,1,1,1,5,,,", "release_s", "is 5.0, but an earlier line of the order has 10.0"),
        ("A,1,x,1,1,1,1,,99,,", "due_s", "is 99.0, but an earlier line of the order has 20.0"),
        ("A,1,x,1,1,1,1,,,1,", "priority", "is 1, but an earlier line of the order has 3"),
        ("A,1,x,1,1,1,1,,,,Oslo", "destination", "is 'Oslo', but an earlier line of the order has 'Lyon'"),
        ("B,1,x,1,1,1,1,,,,Rome", "destination", "the world has no destination 'Rome'"),
        ("B,1,x,1,1,1,1,9,8,,", "due_s", "the order is due at 8 s, before its release at 9 s"),
        ("B,1,x,1,1,1,1,,8,,", "due_s", "there is a due time without a release time"),
        ("B,1,x,1,1,1,1,-1,,,", "release_s", "is '-1'"),
        ("B,1,x,1,1,1,1,1e10,,,", "release_s", "is '1e10'"),
        ("B,1,x,1,1,1,1,,,1001,", "priority", "is '1001'"),
    ],
)
def test_a_contradiction_is_an_error_with_its_place(write: Write, row: str, column: str, problem: str) -> None:
    path = write(TIMED, "A,1,x,1,1,1,1,10,20,3,Lyon", row)
    with pytest.raises(OrderError) as caught:
        read_csv(path, destinations=["Lyon", "Oslo"])
    assert caught.value.where == f"{path}, line 3, column {column}"
    assert caught.value.problem == problem


def test_an_unknown_destination_names_some_that_exist(write: Write) -> None:
    path = write(TIMED, "B,1,x,1,1,1,1,,,,Rome")
    with pytest.raises(OrderError, match=r"use one of: d0, d1, d2, d3, d4, \.\.\. \(9 in all\)"):
        read_csv(path, destinations=[f"d{number}" for number in range(9)])
    assert read_csv(path, destinations=None)[0].destination == "Rome"


def test_an_order_of_too_many_lines_is_an_error(write: Write) -> None:
    path = write(HEADER, *["A,1,x,1,1,1,1"] * 501)
    with pytest.raises(OrderError, match="line 502, column order_id: order 'A' has more than 500 lines"):
        read_csv(path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER.replace(",sku", "")], "line 1, column sku: the column is missing"),
        ([HEADER + ",relase_s"], "line 1, column 'relase_s': there is no such column"),
        ([HEADER + ",sku"], "line 1, column sku: the column is named twice"),
        ([b"\xff\xfe" + HEADER.encode("utf-16-le")], "line 1: byte 0xff at character 1 is not UTF-8 text"),
        ([""], "the order file is blank"),
        ([HEADER], "there is no order below the header"),
    ],
)
def test_a_file_without_a_good_header_or_any_row_is_an_error(
    write: Write, lines: list[str | bytes], message: str
) -> None:
    path = write(*lines)
    with pytest.raises(OrderError) as caught:
        read_csv(path)
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OrderError, match=r"none\.csv: there is no such order file"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(OrderError, match="is a folder, not an order file"):
        read_csv(tmp_path)
    with pytest.raises(OrderError, match="cannot be read: File name too long"):
        read_csv(tmp_path / ("a" * 300))
    empty = tmp_path / "empty.csv"
    empty.touch()
    with pytest.raises(OrderError, match=r"empty\.csv: the order file is empty"):
        read_csv(empty)
