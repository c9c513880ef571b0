"""Bad rows set aside with `--rejects`."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.errors import OrderError
from fleet.tasks.pool import TaskPool
from fleet.tasks.sources.csv_source import read_csv
from fleet.tasks.sources.jsonl_source import read_jsonl
from fleet.tasks.sources.open_orders import open_orders
from fleet.tasks.sources.rejects import RejectSink
from tests.orders import HEADER, SHIPPED_ORDERS, splitter

LINE = '{"sku": "x", "quantity": 1, "unit_litres": 1, "unit_kg": 1}'


@pytest.fixture
def sink(tmp_path: Path) -> RejectSink:
    return RejectSink(tmp_path / "rejects.jsonl")


def set_aside(sink: RejectSink) -> list[dict[str, Any]]:
    sink.write()
    return [json.loads(line) for line in sink.path.read_text().splitlines()]


def test_an_order_with_one_bad_row_is_set_aside_whole(tmp_path: Path, sink: RejectSink) -> None:
    path = tmp_path / "orders.csv"
    rows = ["A,1,x,1,1,1,1", "B,1,x,1,1,1,1", "A,0,y,1,1,1,1", "C,1,x,1,1,1,nan", "A,2,z,1,1,1,1"]
    path.write_text("\n".join([HEADER, *rows]))
    assert [order.id for order in read_csv(path, None, sink)] == ["B"]
    assert [refusal.order_id for refusal in sink.refusals] == ["A", "C"]
    written = set_aside(sink)
    assert [(row["line"], row["order"], row["text"]) for row in written] == [
        (2, "A", rows[0]),
        (4, "A", rows[2]),
        (5, "C", rows[3]),
        (6, "A", rows[4]),
    ]
    assert written[0]["reason"] == written[1]["reason"] == written[3]["reason"]
    assert "line 4, column quantity: is '0'; give a whole number" in written[0]["reason"]


@pytest.mark.parametrize(
    "row",
    [
        b'A,1,"x,1,1,1,1',
        b"A,1,x\xff,1,1,1,1",
        b"A,1,x\0,1,1,1,1",
        b"A,1",
        b"A,1,x,1,1,1,1,1",
        b"A,1," + b"x" * 2**21,
    ],
)
def test_however_broken_a_row_is_its_order_is_not_shipped_without_it(
    tmp_path: Path, sink: RejectSink, row: bytes
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"\n".join([HEADER.encode(), b"A,1,x,1,1,1,1", row, b"B,1,x,1,1,1,1"]))
    assert [order.id for order in read_csv(path, None, sink)] == ["B"]
    assert [refusal.order_id for refusal in sink.refusals] == ["A"]
    assert [line["line"] for line in set_aside(sink)] == [2, 3]


@pytest.mark.parametrize("row", [b",1,x,1,1,1,1", b"\xff,1,x,1,1,1,1"])
def test_a_row_that_does_not_tell_its_order_counts_as_an_order(tmp_path: Path, sink: RejectSink, row: bytes) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(b"\n".join([HEADER.encode(), row, row, b"B,1,x,1,1,1,1"]))
    assert [order.id for order in read_csv(path, None, sink)] == ["B"]
    assert [refusal.order_id for refusal in sink.refusals] == ["", ""]


def test_bytes_that_are_not_text_can_be_got_back(tmp_path: Path, sink: RejectSink) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(f"{HEADER}\nA,1,".encode() + b"\xfe\xff,1,1,1,1\n")
    assert read_csv(path, None, sink) == []
    (row,) = set_aside(sink)
    assert row["text"].encode("utf-8", "surrogateescape") == b"A,1,\xfe\xff,1,1,1,1"


def test_a_bad_json_line_is_set_aside_and_the_first_of_two_equal_ids_stays(tmp_path: Path, sink: RejectSink) -> None:
    path = tmp_path / "orders.jsonl"
    good = f'{{"id": "A", "lines": [{LINE}]}}'
    unknown_key = f'{{"id": "B", "lines": [{LINE}], "colour": "red"}}'
    path.write_bytes(b"\n".join([good.encode(), b"nonsense", unknown_key.encode(), good.encode(), b'{"id": "\xff"}']))
    assert [order.id for order in read_jsonl(path, None, sink)] == ["A"]
    assert [refusal.order_id for refusal in sink.refusals] == ["", "B", "A", ""]
    assert [row["line"] for row in set_aside(sink)] == [2, 3, 4, 5]
    assert "an earlier line" in set_aside(sink)[2]["reason"]


def test_accepted_and_rejected_add_up_to_the_orders_of_the_file(tmp_path: Path, sink: RejectSink) -> None:
    lines = SHIPPED_ORDERS.read_text().splitlines()
    spoilt = [line.replace(",", ",x", 1) if at % 100 == 50 else line for at, line in enumerate(lines)]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(spoilt))
    source = open_orders(
        str(path), seed=1, rate_per_hour=100.0, lead_time_s=60.0, catalogue=SHIPPED_ORDERS, rejects=sink
    )
    pool = TaskPool(splitter())
    for refusal in sink.refusals:
        pool.reject(refusal, 0.0)
    for order in source:
        pool.add_order(order, order.release_s)
    counts = pool.counts()["orders"]
    assert counts["accepted"] == 2144
    assert 0 < counts["rejected"] <= 111
    assert counts["open"] == 2144 - counts["rejected"]
    assert pool.rejections() == {"bad_row": counts["rejected"]}
    pool.check()


def test_the_file_is_written_even_if_nothing_was_set_aside(tmp_path: Path, sink: RejectSink) -> None:
    sink.path.write_text("of an earlier run")
    open_orders(str(SHIPPED_ORDERS), seed=1, rate_per_hour=1.0, lead_time_s=1.0, catalogue=SHIPPED_ORDERS, rejects=sink)
    assert sink.path.read_text() == ""
    assert [path.name for path in tmp_path.iterdir()] == ["rejects.jsonl"]


def test_a_place_where_no_file_can_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OrderError, match=r"--rejects .*: is a folder; name a file"):
        RejectSink(tmp_path)
    with pytest.raises(OrderError, match="there is no such folder"):
        RejectSink(tmp_path / "none" / "rejects.jsonl")


def test_a_bad_header_is_an_error_all_the_same(tmp_path: Path, sink: RejectSink) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order_id,sku\nA,x\n")
    with pytest.raises(OrderError, match="column quantity: the column is missing"):
        read_csv(path, None, sink)
