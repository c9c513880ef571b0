"""Moves in the League: what a joint action does, and that a wrong one does nothing at all."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.runtime.league.moves import LeagueMoves, MoveError
from tests.floors import drawn

F, R, C, W = range(4)
OPEN = drawn("... ... ...")


def at(layout, *cells):
    return LeagueMoves(layout, np.array(cells, dtype=np.int32))


def act(moves, *actions):
    return moves.apply(np.array(actions, dtype=np.uint8))


def turned(moves, *headings):
    moves.headings = np.array(headings, dtype=np.int8)
    return moves


def test_robots_start_facing_east():
    moves = at(OPEN, 3, 4)
    assert moves.cells.tolist() == [3, 4]
    assert moves.headings.tolist() == [0, 0]


def test_forward_goes_one_cell_ahead_by_heading():
    moves = turned(at(drawn("..... " * 5), 6, 8, 16, 24), 0, 1, 2, 3)
    assert act(moves, F, F, F, F) is None
    assert moves.cells.tolist() == [7, 13, 15, 19]


def test_turns_are_quarter_turns_on_the_spot():
    moves = at(OPEN, 0, 1, 2)
    assert act(moves, R, C, W) is None
    assert moves.headings.tolist() == [1, 3, 0]
    assert act(moves, R, C, W) is None
    assert moves.headings.tolist() == [2, 2, 0]
    assert moves.cells.tolist() == [0, 1, 2]


def test_a_robot_may_enter_a_cell_that_another_leaves():
    moves = at(OPEN, 0, 1)
    assert act(moves, F, F) is None
    assert moves.cells.tolist() == [1, 2]


def test_robots_may_all_move_around_a_ring():
    moves = turned(at(OPEN, 0, 1, 4, 3), 0, 1, 2, 3)
    assert act(moves, F, F, F, F) is None
    assert moves.cells.tolist() == [1, 4, 3, 0]


@pytest.mark.parametrize(
    ("layout", "cells", "headings", "actions", "error"),
    [
        (".#.", (0, 2), (0, 0), (F, W), MoveError(0, -1, "unallowed move")),
        ("... ...", (0, 2), (0, 0), (F, F), MoveError(1, -1, "unallowed move")),
        ("... ...", (3, 2), (2, 0), (F, R), MoveError(0, -1, "unallowed move")),
        ("... ...", (1, 2), (3, 0), (F, R), MoveError(0, -1, "unallowed move")),
        ("...", (0, 2), (0, 0), (R, 4), MoveError(1, -1, "unallowed move")),
        ("...", (0, 2), (0, 2), (F, F), MoveError(1, 0, "vertex conflict")),
        ("...", (0, 1), (0, 0), (F, W), MoveError(1, 0, "vertex conflict")),
        ("...", (0, 1), (0, 2), (F, F), MoveError(1, 0, "edge conflict")),
        ("... ...", (5, 0, 1), (0, 0, 2), (F, F, F), MoveError(0, -1, "unallowed move")),
        ("... ...", (4, 0, 1), (3, 0, 2), (F, F, F), MoveError(1, 0, "vertex conflict")),
    ],
)
def test_a_wrong_move_is_named_and_nobody_moves(layout, cells, headings, actions, error):
    moves = turned(at(drawn(layout), *cells), *headings)
    assert act(moves, *actions) == error
    assert moves.cells.tolist() == list(cells)
    assert moves.headings.tolist() == list(headings)


def test_a_refused_step_leaves_no_trace_on_the_next():
    moves = at(OPEN, 0, 1)
    assert act(moves, F, W) is not None
    assert act(moves, F, F) is None
    assert moves.cells.tolist() == [1, 2]
