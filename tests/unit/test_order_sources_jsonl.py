"""Orders from a JSONL file."""

from pathlib import Path

import pytest

from fleet.errors import OrderError
from fleet.tasks.model import OrderLine
from fleet.tasks.sources.draft import OrderDraft
from fleet.tasks.sources.jsonl_source import read_jsonl

LINE = '{"sku": "x", "quantity": 1, "unit_litres": 1, "unit_kg": 1}'
ORDER = f'{{"id": "A", "lines": [{LINE}]}}'


def write(folder: Path, *lines: str | bytes) -> Path:
    path = folder / "orders.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines) + b"\n")
    return path


def with_fields(fields: str) -> str:
    return f'{{"id": "B", "lines": [{LINE}], {fields}}}'


def with_line(fields: str) -> str:
    return f'{{"id": "B", "lines": [{LINE}, {{{fields}}}]}}'


def test_an_order_a_line_with_measures_in_either_form(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '{"id": "A", "lines": [{"sku": "x", "quantity": 2, "unit_litres": 1.5, "unit_kg": 0.5}]}',
        "",
        '{"id": "B", "lines": [{"sku": "y", "quantity": 1, "width_mm": 100, "length_mm": 200, "depth_mm": 50,'
        ' "weight_g": 250}], "release_s": 3, "due_s": 4.5, "priority": -2, "destination": "Lyon"}',
    )
    assert read_jsonl(path, ["Lyon"]) == [
        OrderDraft("A", (OrderLine("x", 2, 1.5, 0.5),), None, None, 0, None),
        OrderDraft("B", (OrderLine("y", 1, 1.0, 0.25),), 3.0, 4.5, -2, "Lyon"),
    ]


@pytest.mark.parametrize(
    ("line", "where", "problem"),
    [
        ('{"id": "B", "lines": [', "line 2", "is not JSON"),
        ("[" * 100_000, "line 2", "expected `object`, got `array`"),
        ('{"id": ' + "[" * 100_000, "line 2, field id", "expected `str`, got `array`"),
        ('{"id": "B", "lines": [], "x": ' + "[" * 100_000, "line 2, field lines", "expected `array` of length >= 1"),
        ('{"lines": [' + LINE + "]}", "line 2", "object missing required field `id`"),
        ('{"id": "B"}', "line 2", "object missing required field `lines`"),
        (
            '{"id": "", "lines": [' + LINE + "]}",
            "line 2, field id",
            "expected a text, neither empty nor with blanks at its ends",
        ),
        (
            '{"id": "B ", "lines": [' + LINE + "]}",
            "line 2, field id",
            "expected a text, neither empty nor with blanks at its ends",
        ),
        ('{"id": 7, "lines": [' + LINE + "]}", "line 2, field id", "expected `str`, got `int`"),
        (with_fields('"relase_s": 1'), "line 2", "object contains unknown field `relase_s`"),
        (with_fields('"release_s": NaN'), "line 2", "is not JSON"),
        (with_fields('"release_s": 1e999'), "line 2, field release_s", "out of range"),
        (with_fields('"release_s": -1'), "line 2, field release_s", "expected `float` >= 0.0"),
        (with_fields('"release_s": 9, "due_s": 8'), "line 2, field due_s", "before its release at 9 s"),
        (with_fields('"due_s": 8'), "line 2, field due_s", "there is a due time without a release time"),
        (with_fields('"priority": 1.5'), "line 2, field priority", "expected `int`, got `float`"),
        (with_fields('"priority": 5000'), "line 2, field priority", "expected `int` <= 1000"),
        (with_fields('"destination": "Rome"'), "line 2, field destination", "the world has no destination 'Rome'"),
        (with_line('"sku": "y", "quantity": 0'), "line 2, field lines[1].quantity", "expected `int` >= 1"),
        (with_line('"sku": "y", "quantity": "1"'), "line 2, field lines[1].quantity", "expected `int`, got `str`"),
        (with_line('"sku": "y", "quantity": 1, "unit_kg": -1'), "line 2, field lines[1].unit_kg", ">= 0.0"),
        (with_line('"sku": "y", "quantity": 1, "unit_kg": 1'), "line 2, field lines[1]", "size of a unit is not given"),
        (
            with_line('"sku": "y", "quantity": 1, "unit_kg": 1, "width_mm": 3, "unit_litres": 1'),
            "line 2, field lines[1]",
            "size of a unit is not given in exactly one way",
        ),
        (
            with_line('"sku": "y", "quantity": 1, "unit_kg": 1, "weight_g": 3, "unit_litres": 1'),
            "line 2, field lines[1]",
            "weight of a unit is not given in exactly one way",
        ),
        (ORDER, "line 2, field id", "order 'A' stands on an earlier line"),
        (ORDER.encode() + b"\xff", "line 2", "is not UTF-8 text"),
        ("{" + " " * 2**20 + "}", "line 2", "longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_is_an_error_with_its_place(tmp_path: Path, line: str | bytes, where: str, problem: str) -> None:
    path = write(tmp_path, ORDER, line)
    with pytest.raises(OrderError) as caught:
        read_jsonl(path, ["Lyon"])
    assert caught.value.where == f"{path}, {where}"
    assert problem in caught.value.problem
    assert caught.value.remedy


def test_a_file_without_orders_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OrderError, match="the order file is blank"):
        read_jsonl(write(tmp_path, "", "  "))
    with pytest.raises(OrderError, match="there is no such order file"):
        read_jsonl(tmp_path / "none.jsonl")
