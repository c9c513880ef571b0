"""PIBT with headings: one step, by priority inheritance and backtracking, turning first."""

from __future__ import annotations

import pytest

from fleet.grid.layout import NO_CELL
from tests.fleets import Fleet
from tests.floors import drawn, edge_flags, flags, marked

E, S, W, N = range(4)
F, CW, CCW, WAIT = range(4)


def first_actions(art, headings, **columns):
    """Actions of one step, checked, for the robots a, b, c, ... of a drawing; goals are named by their letters."""
    mark = marked(art)
    cells = [mark[letter] for letter in "abcdef" if letter in mark]
    columns["goals"] = [mark[goal] if goal else NO_CELL for goal in columns["goals"]]
    fleet = Fleet(drawn(art), "pibt", cells, headings)
    return fleet.step(**columns)[0].tolist()


def test_the_window_is_one_step():
    assert Fleet(drawn("..."), "pibt", [0]).plan(goals=[2]).shape == (1, 1)


@pytest.mark.parametrize(("heading", "action"), [(E, F), (S, CCW), (W, CW), (N, CW)])
def test_a_robot_turns_the_short_way_and_then_goes(heading, action):
    assert first_actions("a.G", [heading], goals=["G"]) == [action]


def test_a_follower_waits_until_the_robot_ahead_has_turned():
    assert first_actions("#.# ab. #G#", [E, E], goals=["G", "G"], priorities=[0, 1]) == [WAIT, CW]


def test_a_train_goes_when_its_head_goes():
    assert first_actions("abc.G", [E, E, E], goals=["G", "G", "G"], priorities=[2, 1, 0]) == [F, F, F]


def test_a_train_waits_when_its_head_turns():
    assert first_actions("abc.G", [E, E, S], goals=["G", "G", "G"]) == [WAIT, WAIT, CCW]


@pytest.mark.parametrize(("head", "actions"), [(E, [F, F, F, F]), (S, [WAIT, WAIT, CCW, WAIT])])
def test_who_joins_a_train_does_as_the_train_does(head, actions):
    # Robot d is looked at last, when what a, b and c do is known.
    assert first_actions("dabc.G", [E, E, head, E], goals=["G", "G", "G", "G"]) == actions


def test_who_is_pushed_goes_where_it_is_free():
    # Robot b wants nothing: of the two ways out it takes the one that it faces.
    assert first_actions("#.# abG #.#", [E, S], goals=["G", ""], priorities=[1, 0]) == [F, F]


def test_who_is_pushed_does_not_turn_to_a_way_that_is_closed():
    fleet = Fleet(drawn("#.# abG #.#"), "pibt", [3, 4], [E, S])
    fleet.distances.close(flags(fleet.layout), edge_flags(fleet.layout, (4, S)))
    assert fleet.step(goals=[5, NO_CELL], priorities=[1, 0])[0].tolist() == [WAIT, CCW]


def test_pushes_go_on_from_robot_to_robot():
    assert first_actions("abc. ###G", [E, E, E], goals=["G", "", ""], priorities=[1, 0, 0]) == [F, F, F]


def test_who_can_not_be_pushed_away_stays_and_the_pusher_looks_elsewhere():
    # Robots b and c fill a dead end. Robot a, which wants to go there, stays as well: elsewhere is no nearer.
    assert first_actions(".abc", [E, E, E], goals=["c", "", ""], priorities=[1, 0, 0]) == [WAIT, WAIT, WAIT]


def test_a_robot_goes_round_a_shut_cell_rather_than_stay():
    assert first_actions("ab .G", [E, E], goals=["G", ""], hold=[False, True]) == [CW, WAIT]
    assert first_actions("ab .G", [E, E], goals=["G", ""], hold=[False, False], priorities=[0, 1]) == [CW, WAIT]


def test_a_decided_robot_is_not_pushed_again():
    # Robots a and b both want the cell of c, which c leaves to the first of them.
    assert first_actions("acb #.# #G#", [E, W, S], goals=["c", "c", "G"], priorities=[2, 1, 0]) == [F, WAIT, F]


def test_the_lower_priority_of_two_that_would_swap_is_pushed_back():
    assert first_actions("GabH", [W, E], goals=["H", "G"], priorities=[1, 0]) == [CW, F]
