"""What planners accept, and in which order they serve it."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import PlanError
from fleet.grid.layout import NO_CELL
from fleet.planning.planner import PlanRequest
from fleet.planning.request import RequestColumns, check_request, lone_robot
from tests.floors import drawn

# Cells 0 1 #
#       3 4 5
FLOOR = drawn("..# ...")


def request(**changed):
    columns = {
        "cells": np.array([0, 4, 5], dtype=np.int32),
        "headings": np.array([0, 1, 3], dtype=np.int8),
        "goals": np.array([5, NO_CELL, 5], dtype=np.int32),
        "next_goals": np.array([0, NO_CELL, 0], dtype=np.int32),
        "priorities": np.array([1, 2, 3], dtype=np.float32),
        "dwell": np.array([True, False, False]),
        "hold": np.array([False, False, True]),
        "blocked": None,
        "delays": None,
    }
    return PlanRequest(**columns | changed)


def int32(*values):
    return np.array(values, dtype=np.int32)


def test_request_that_keeps_the_protocol_is_accepted():
    check_request(request(), FLOOR)
    check_request(request(blocked=np.ones(6, dtype=np.bool_)), FLOOR)
    check_request(lone_robot(FLOOR), FLOOR)


@pytest.mark.parametrize("name", ["cells", "headings", "goals", "next_goals", "priorities", "dwell", "hold"])
@pytest.mark.parametrize("change", [lambda c: c.astype(np.int64), lambda c: c[:2], lambda c: c[:, None]])
def test_column_of_another_type_or_length_is_refused(name, change):
    column = change(getattr(request(), name))
    with pytest.raises(PlanError, match=r" is \w+ \(.*\), not \w+ \(\d,\)"):
        check_request(request(**{name: column}), FLOOR)


def test_refusal_names_the_column_what_it_is_and_what_it_should_be():
    with pytest.raises(PlanError, match=r"^hold is float64 \(2,\), not bool \(3,\)$"):
        check_request(request(hold=np.zeros(2)), FLOOR)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"cells": int32(0, -1, 5)}, "a robot's cell is outside the 2 x 3 map"),
        ({"cells": int32(0, 6, 5)}, "a robot's cell is outside the 2 x 3 map"),
        ({"cells": int32(0, 2, 5)}, "robot 1 stands on obstacle cell 2"),
        ({"cells": int32(4, 0, 4)}, r"robots \[0, 2\] are all in cell 4"),
        ({"headings": np.array([0, 1, 4], dtype=np.int8)}, "a heading is not 0, 1, 2 or 3"),
        ({"headings": np.array([0, -1, 3], dtype=np.int8)}, "a heading is not 0, 1, 2 or 3"),
        ({"goals": int32(6, 0, 0)}, "goals has a cell outside the 2 x 3 map"),
        ({"goals": int32(-2, 0, 0)}, "goals has a cell outside the 2 x 3 map"),
        ({"goals": int32(0, 2, 0)}, "goals has an obstacle cell"),
        ({"next_goals": int32(0, 0, 7)}, "next_goals has a cell outside the 2 x 3 map"),
        ({"next_goals": int32(0, 0, -9)}, "next_goals has a cell outside the 2 x 3 map"),
        ({"next_goals": int32(2, 0, 0)}, "next_goals has an obstacle cell"),
        ({"blocked": np.zeros(5, dtype=np.bool_)}, r"blocked is bool \(5,\), not bool \(6,\)"),
        ({"blocked": np.zeros((2, 3), dtype=np.bool_)}, r"blocked is bool \(2, 3\), not bool \(6,\)"),
        ({"delays": int32(0, 0, 1)}, r"delays is int32 \(3,\), not uint8 \(3,\)"),
        ({"delays": np.zeros(2, dtype=np.uint8)}, r"delays is uint8 \(2,\), not uint8 \(3,\)"),
        ({"blocked": int32(0, 1, 2, 3, 4, 5)}, r"blocked is int32 \(6,\), not bool \(6,\)"),
    ],
)
def test_robots_that_cannot_be_so_are_refused(changed, reason):
    with pytest.raises(PlanError, match=f"^{reason}$"):
        check_request(request(**changed), FLOOR)


def test_no_robots_are_refused():
    nobody = {name: getattr(request(), name)[:0] for name in PlanRequest.__slots__ if name not in {"blocked", "delays"}}
    with pytest.raises(PlanError, match="there are no robots"):
        check_request(request(**nobody), FLOOR)


def test_larger_priorities_go_first_and_ties_by_robot_number():
    columns = RequestColumns(FLOOR)
    columns.load(request(priorities=np.array([1, 2, 1], dtype=np.float32)))
    assert columns.order.tolist() == [1, 0, 2]
    assert columns.rank.tolist() == [1, 0, 2]
    columns.load(request(priorities=np.array([-1, -np.inf, 0.5], dtype=np.float32)))
    assert columns.order.tolist() == [2, 0, 1]
    assert columns.rank.tolist() == [1, 2, 0]


def test_columns_are_a_copy_that_kernels_may_read_whatever_the_caller_does():
    given = request(
        blocked=np.array([True, False, False, False, False, False]), delays=np.array([0, 1, 255], dtype=np.uint8)
    )
    given.cells = int32(0, 9, 4, 9, 5, 9)[::2]
    given.cells.setflags(write=False)
    columns = RequestColumns(FLOOR)
    assert columns.load(given)
    for name in PlanRequest.__slots__:
        if name == "priorities":
            continue
        loaded = getattr(columns, name)
        assert loaded.tolist() == getattr(given, name).tolist()
        assert not np.shares_memory(loaded, getattr(given, name))
        assert loaded.flags.c_contiguous
        assert loaded.flags.writeable


def test_load_tells_when_the_number_of_robots_changes():
    columns = RequestColumns(FLOOR)
    assert columns.robots == 0
    assert columns.load(request())
    assert columns.robots == 3
    assert not columns.load(request())
    assert columns.load(lone_robot(FLOOR))
    assert columns.robots == 1


def test_blocked_cells_of_the_last_request_are_forgotten():
    columns = RequestColumns(FLOOR)
    columns.load(request(blocked=np.ones(6, dtype=np.bool_)))
    assert columns.has_blocked
    columns.load(request())
    assert not columns.has_blocked


def test_delays_of_the_last_request_are_forgotten():
    columns = RequestColumns(FLOOR)
    columns.load(request(delays=np.array([0, 1, 255], dtype=np.uint8)))
    assert columns.delays.tolist() == [0, 1, 255]
    columns.load(request())
    assert columns.delays.tolist() == [0, 0, 0]


def test_refused_request_leaves_the_columns_as_they_were():
    columns = RequestColumns(FLOOR)
    columns.load(request())
    with pytest.raises(PlanError):
        columns.load(request(goals=int32(2, 2, 2)))
    assert columns.goals.tolist() == [5, NO_CELL, 5]
