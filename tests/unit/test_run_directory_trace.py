"""The trace of a run: recorded, hashed, written and read back."""

from __future__ import annotations

import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import RunError
from fleet.report.trace import Trace, read_trace, write_trace
from tests.recorded_runs import random_trace, record

COLUMNS = ("start_cell", "start_heading", "cell", "heading", "activity", "delayed")


def same(first: Trace, second: Trace) -> bool:
    return all(np.array_equal(getattr(first, field.name), getattr(second, field.name)) for field in fields(Trace))


@given(seed=st.integers(0, 99), steps=st.integers(1, 40), capacity=st.integers(0, 50))
def test_a_recorder_keeps_every_step_however_many_were_expected(seed, steps, capacity):
    trace = random_trace(seed, steps)
    assert same(record(trace, capacity).trace("made_up", 6, 8, 0.5), trace)


def test_what_is_recorded_is_copied():
    trace = random_trace(1)
    recorder = record(trace)
    before = recorder.trace("made_up", 6, 8, 0.5).cell[0].copy()
    trace.cell[:] += 1
    trace.start_cell[:] += 1
    after = recorder.trace("made_up", 6, 8, 0.5)
    assert np.array_equal(after.cell[0], before)
    assert not np.array_equal(after.start_cell, trace.start_cell)


def test_recorder_and_trace_have_the_same_hash_of_sixteen_bytes():
    trace = random_trace(1)
    assert record(trace).digest() == trace.digest()
    assert len(bytes.fromhex(trace.digest())) == 16


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_in_any_column_changes_the_hash(column):
    trace = random_trace(1)
    values = getattr(trace, column).copy()
    values.flat[-1] = not values.flat[-1] if column == "delayed" else (values.flat[-1] + 1) % 4
    assert replace(trace, **{column: values}).digest() != trace.digest()


def test_the_hash_does_not_depend_on_how_the_columns_lie_in_memory():
    trace = random_trace(1)
    turned = {name: np.asfortranarray(getattr(trace, name)) for name in COLUMNS}
    swapped = trace.cell.astype(trace.cell.dtype.newbyteorder())
    assert replace(trace, **turned).digest() == trace.digest()
    assert replace(trace, cell=swapped).digest() == trace.digest()


def test_a_trace_is_read_back_as_it_was_written(tmp_path):
    trace = random_trace(2)
    write_trace(tmp_path / "trace.npz", trace)
    back = read_trace(tmp_path / "trace.npz")
    assert same(back, trace)
    assert all(getattr(back, name).dtype == getattr(trace, name).dtype for name in COLUMNS)


def test_a_trace_is_readable_without_our_code(tmp_path):
    trace = random_trace(2)
    write_trace(tmp_path / "trace.npz", trace)
    with np.load(tmp_path / "trace.npz") as arrays:
        assert np.array_equal(arrays["cell"], trace.cell)
        assert (str(arrays["world"]), float(arrays["step_s"])) == ("made_up", 0.5)


def changed(path, **arrays):
    with np.load(path) as before:
        content = dict(before) | arrays
    np.savez(path, **{name: array for name, array in content.items() if array is not None})


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"heading": None}, "has no array named 'heading'"),
        ({"cell": np.zeros((30, 5), dtype=np.int64)}, "cell is int64"),
        ({"cell": np.zeros(5, dtype=np.int32)}, "cell has shape"),
        ({"cell": np.zeros((0, 5), dtype=np.int32)}, "cell has shape"),
        ({"heading": np.zeros((29, 5), dtype=np.int8)}, "heading is int8 \\(29, 5\\)"),
        ({"start_cell": np.zeros(4, dtype=np.int32)}, "start_cell is int32 \\(4,\\)"),
        ({"cell": np.full((30, 5), 48, dtype=np.int32)}, "a cell is none of 0 to 47"),
        ({"start_cell": np.full(5, -1, dtype=np.int32)}, "a cell is none of 0 to 47"),
        ({"heading": np.full((30, 5), 4, dtype=np.int8)}, "a heading is none of 0 to 3"),
        ({"activity": np.full((30, 5), 6, dtype=np.uint8)}, "an activity is none of 0 to 5"),
        ({"step_s": np.float64(0.0)}, "step_s is 0.0"),
        ({"step_s": np.float64(np.nan)}, "step_s is nan"),
        ({"world": np.arange(3)}, "world is int64 \\(3,\\), not a single value"),
        ({"height": np.array(["6"])}, "height is"),
        ({"cell": np.array([None], dtype=object)}, "is damaged"),
    ],
)
def test_an_impossible_trace_is_refused(tmp_path, arrays, says):
    path = tmp_path / "trace.npz"
    write_trace(path, random_trace(2))
    changed(path, **arrays)
    with pytest.raises(RunError, match=says) as caught:
        read_trace(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy


def spoil_middle(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 40] = b"\xff" * 40
    path.write_bytes(content)


def one_bare_array(path):
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def not_arrays(path):
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("cell", "heading"):
            archive.writestr(f"{name}.npy", "no array")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a zip file"),
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(path.read_bytes()[:400]),
        spoil_middle,
        one_bare_array,
        not_arrays,
    ],
)
def test_a_damaged_trace_file_is_refused(tmp_path, spoil):
    path = tmp_path / "trace.npz"
    write_trace(path, random_trace(2))
    spoil(path)
    with pytest.raises(RunError):
        read_trace(path)


def test_a_missing_trace_file_is_refused(tmp_path):
    with pytest.raises(RunError, match="there is no such file"):
        read_trace(tmp_path / "trace.npz")
