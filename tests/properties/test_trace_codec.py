"""What goes into a trace comes out of it, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from robots.driver import COMMAND_COLUMNS, Commands
from robots.state import Entry
from twin.recording.column_codec import pack_columns, unpack_columns
from twin.recording.command_log import CommandLog, CommandReader, CommandTape

TYPES = (np.int32, np.uint16, np.uint8, np.int64, np.uint32)


@st.composite
def columns(draw):
    dtype = draw(st.sampled_from(TYPES))
    shape = draw(array_shapes(min_dims=2, max_dims=2, max_side=7))
    if draw(st.booleans()):
        return draw(arrays(dtype, shape))
    return draw(arrays(dtype, shape, elements=st.integers(0, 5)))


@given(columns())
def test_columns_come_back(rows):
    back = unpack_columns(pack_columns(rows), rows.shape, rows.dtype.type)
    assert back.dtype == rows.dtype
    np.testing.assert_array_equal(back, rows)


@given(st.binary(max_size=40), st.sampled_from(TYPES))
def test_bytes_that_are_no_columns_are_refused_or_read_as_numbers(data, dtype):
    try:
        rows = unpack_columns(data, (2, 3), dtype)
    except ValueError:
        return
    assert rows.shape == (2, 3)


def test_columns_without_a_width_are_refused():
    for data in (b"", b"\x03abc"):
        with pytest.raises(ValueError, match="without its width"):
            unpack_columns(data, (1, 1), np.int32)


@st.composite
def batches(draw):
    """Commands for some robots, several times, often the same as before; as wide as they like."""
    n = draw(st.integers(1, 5))
    found = []
    for _ in range(draw(st.integers(1, 8))):
        rows = draw(st.sampled_from([*found[-1:], Commands.none(n, draw(st.integers(1, 5)))]))
        rows = Commands(*(getattr(rows, name).copy() for name in COMMAND_COLUMNS))
        k = rows.entries.shape[1]
        for robot in draw(st.lists(st.integers(0, n - 1), max_size=3)):
            match draw(st.sampled_from(["epoch", "index", "halt", "limit", "entries", "seconds"])):
                case "epoch":
                    rows.epoch[robot] = draw(st.integers(0, 2**31 - 1))
                case "index":
                    rows.index[robot] = draw(st.integers(0, 2**31 - 1))
                case "halt":
                    rows.halt[robot] = not rows.halt[robot]
                case "limit":
                    rows.speed_limit_mps[robot] = draw(st.floats(0.25, np.inf, width=32))
                case "entries":
                    length = draw(st.integers(0, k))
                    entries = draw(st.lists(st.sampled_from([0, 1, 2, 4, 5]), min_size=length, max_size=length))
                    rows.entries[robot] = entries + [Entry.WAIT] * (k - length)
                    rows.service_s[robot] = 1.0 * (rows.entries[robot] == Entry.SERVICE)
                case _:
                    served = rows.entries[robot] == Entry.SERVICE
                    rows.service_s[robot] = served * draw(st.floats(0.25, 65536.0, width=32))
        found.append(rows)
    return found


@given(batches(), st.integers(0, 8))
def test_submits_come_back(found, cut):
    tape, read = CommandTape(len(found[0].epoch)), []
    for part in (found[:cut], found[cut:]):
        for commands in part:
            tape.add(commands)
        log = CommandLog.unpack(tape.take().pack())
        reader = CommandReader(log, len(found[0].epoch))
        for _ in part:
            rows = reader.next()
            read.append(Commands(*(getattr(rows, name).copy() for name in COMMAND_COLUMNS)))
    for commands, again in zip(found, read, strict=True):
        k, wide = commands.entries.shape[1], again.entries.shape[1]
        for name in COMMAND_COLUMNS:
            column, back = getattr(commands, name), getattr(again, name)
            if name in ("entries", "service_s"):
                fill = Entry.WAIT if name == "entries" else 0
                column = np.pad(column, ((0, 0), (0, wide - k)), constant_values=fill)
            assert back.dtype == column.dtype
            assert back.tobytes() == column.tobytes()


@pytest.mark.parametrize("name", COMMAND_COLUMNS)
def test_a_row_that_differs_in_any_column_is_kept(name):
    tape, commands = CommandTape(3), Commands.none(3, 4)
    commands.entries[:, 0] = Entry.SERVICE
    commands.service_s[:, 0] = 1.0
    tape.add(commands)
    column = getattr(commands, name)
    column[1] = {"halt": True, "speed_limit_mps": 0.5}.get(name, column[1] + 1)
    tape.add(commands)
    tape.add(commands)
    log = tape.take()
    assert log.changed.tolist() == [3, 1, 0]
    assert log.robot.tolist() == [0, 1, 2, 1]
    np.testing.assert_array_equal(getattr(log, name)[3], column[1])


@given(batches())
def test_a_tape_keeps_no_hold_on_columns(found):
    tape, other = CommandTape(len(found[0].epoch)), CommandTape(len(found[0].epoch))
    for commands in found:
        tape.add(commands)
        spoiled = Commands(*(getattr(commands, name).copy() for name in COMMAND_COLUMNS))
        other.add(spoiled)
        spoiled.epoch += 1
        spoiled.entries[:] = 1
        spoiled.service_s[:] = 3.0
    assert tape.take().pack() == other.take().pack()
