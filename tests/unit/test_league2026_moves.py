"""A tick of the 2026 edition: squares that may not overlap, moves that take several ticks."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.runtime.league2026.moves import TickMoves
from tests.floors import drawn

F, R, C, W = range(4)
EAST, SOUTH, WEST, NORTH = range(4)


def robots(art, cells, headings, ticks=3, size=1.0):
    moves = TickMoves(drawn(art), np.array(cells, dtype=np.int32), ticks, size)
    moves.headings[:] = headings
    return moves


def did(moves, *actions):
    return moves.apply(np.array(actions, dtype=np.uint8)).tolist()


def where(moves):
    return list(zip(moves.cells.tolist(), moves.headings.tolist(), moves.out.tolist(), strict=True))


def test_a_move_takes_its_ticks_and_the_robot_is_in_its_old_cell_until_the_last():
    moves = robots("....", [0], [EAST])
    assert [did(moves, F) and where(moves)[0] for _ in range(4)] == [(0, 0, 1), (0, 0, 2), (1, 0, 0), (1, 0, 1)]


def test_a_turn_takes_as_long_and_stays_in_its_cell():
    moves = robots("....", [1], [EAST])
    assert [did(moves, R) and where(moves)[0] for _ in range(3)] == [(1, 0, 0), (1, 0, 0), (1, SOUTH, 0)]
    assert [did(moves, C) and where(moves)[0] for _ in range(3)][-1] == (1, EAST, 0)


def test_a_wait_pauses_a_move():
    moves = robots("....", [0], [EAST])
    did(moves, F)
    did(moves, W)
    assert (where(moves), moves.progress.tolist()) == ([(0, 0, 1)], [1])


def test_robots_follow_each_other_straight_whatever_their_numbers():
    for first, second in ((0, 1), (1, 0)):
        cells = [0, 0]
        cells[first], cells[second] = 1, 0
        moves = robots("....", cells, [EAST, EAST])
        for _ in range(3):
            assert did(moves, F, F) == [F, F]
        assert sorted(moves.cells.tolist()) == [1, 2]


def test_who_follows_one_that_stays_waits():
    assert did(robots("....", [0, 1], [EAST, EAST]), F, W) == [W, W]
    assert did(robots("....", [0, 1], [EAST, EAST]), F, R) == [W, R]


def test_round_a_corner_the_cell_must_be_empty_first():
    moves = robots("... ...", [0, 1], [EAST, SOUTH])
    assert [did(moves, F, F) for _ in range(4)] == [[W, F], [W, F], [W, F], [F, W]]


def test_robots_do_not_swap_even_in_one_tick():
    for ticks in (1, 3):
        assert did(robots("..", [0, 1], [EAST, WEST], ticks), F, F) == [W, W]


def test_a_ring_cannot_turn():
    moves = robots(".. ..", [0, 1, 3, 2], [EAST, SOUTH, WEST, NORTH])
    assert did(moves, F, F, F, F) == [W, W, W, W]


def test_two_that_make_for_one_cell_go_until_they_touch():
    moves = robots("...", [2, 0], [WEST, EAST])
    assert [did(moves, F, F) for _ in range(3)] == [[F, F], [F, W], [W, W]]
    assert where(moves) == [(2, WEST, 2), (0, EAST, 1)]


def test_a_line_behind_a_wall_waits_as_a_whole():
    assert did(robots("...#", [0, 1, 2], [EAST] * 3), F, F, F) == [W, W, W]


@pytest.mark.parametrize(("heading", "ticks_until_refused"), [(EAST, 1), (SOUTH, 1), (WEST, 0), (NORTH, 0)])
def test_a_small_robot_may_go_on_until_it_touches_the_wall(heading, ticks_until_refused):
    moves = robots(".", [0], [heading], size=0.5)
    assert [did(moves, F)[0] for _ in range(3)] == [F] * ticks_until_refused + [W] * (3 - ticks_until_refused)


def test_smaller_robots_may_follow_round_a_corner_sooner():
    moves = robots("... ...", [0, 1], [EAST, SOUTH], size=0.5)
    assert [did(moves, F, F) for _ in range(3)] == [[F, F]] * 3
    moves = robots("... ...", [0, 1], [EAST, SOUTH], size=0.8)
    assert [did(moves, F, F) for _ in range(5)] == [[W, F], [W, F], [F, F], [F, W], [F, W]]


def test_a_turn_begun_on_the_way_brings_a_robot_back_if_there_is_room():
    moves = robots("...", [0], [EAST])
    did(moves, F)
    assert did(moves, R) == [R]
    assert (where(moves), moves.progress.tolist()) == ([(0, 0, 0)], [2])
    crowded = robots("....", [1, 0], [EAST, EAST])
    did(crowded, F, F)
    assert did(crowded, R, W) == [W, W]
