"""Operations: every way through cells and time, once, with the tables that the kernels read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from fleet.errors import SettingError
from fleet.planning.operations import WINDOWS, operations
from robots.state import Action
from tests.oracles.operations import way, ways

HEADINGS = range(4)
# One cell on, by heading: east, south, west, north.
MOVES = [(0, 1), (1, 0), (0, -1), (-1, 0)]


def tabulated(ops, heading, operation):
    rows, columns = ops.rows[heading, operation].tolist(), ops.columns[heading, operation].tolist()
    return tuple(zip(rows, columns, strict=True))


@pytest.mark.parametrize(("window", "count"), [(3, 17), (4, 48), (5, 136)])
def test_there_are_as_many_operations_as_the_paper_counts(window, count):
    assert operations(window).count == count
    assert operations(window).actions.shape == (count, window)


@pytest.mark.parametrize("window", WINDOWS)
def test_every_way_is_one_operation(window):
    ops = operations(window)
    for heading in HEADINGS:
        found = [tabulated(ops, heading, operation) for operation in range(ops.count)]
        assert len(set(found)) == ops.count
        assert set(found) == ways(window, heading)


@pytest.mark.parametrize("window", WINDOWS)
def test_tables_say_where_the_actions_lead(window):
    ops = operations(window)
    for heading in HEADINGS:
        for operation, actions in enumerate(ops.actions.tolist()):
            cells, end_heading = way(tuple(actions), heading)
            assert tabulated(ops, heading, operation) == cells
            assert ops.headings[heading, operation] == end_heading
    assert ops.moves.tolist() == (ops.actions == Action.FORWARD).sum(axis=1).tolist()


@pytest.mark.parametrize("window", WINDOWS)
def test_operation_0_is_to_wait(window):
    assert operations(window).actions[0].tolist() == [Action.WAIT] * window


@pytest.mark.parametrize("window", WINDOWS)
def test_every_tail_is_inherited(window):
    ops = operations(window)
    for operation, actions in enumerate(ops.actions.tolist()):
        first_action, *rest = actions
        _, heading = way((first_action,), 0)
        carried_on = tabulated(ops, heading, ops.inherited[operation])
        assert carried_on == way((*rest, Action.WAIT), heading)[0]
        # The last step of the window is new: what is inherited waits there.
        assert ops.actions[ops.inherited[operation], -1] == Action.WAIT


@pytest.mark.parametrize("window", WINDOWS)
def test_no_operation_turns_for_nothing(window):
    ops = operations(window)
    for actions in ops.actions.tolist():
        cells, _ = way(tuple(actions), 0)
        turns = sum(action in {Action.TURN_CW, Action.TURN_CCW} for action in actions)
        assert turns == fewest_turns(cells)


def fewest_turns(cells):
    """Quarter turns on a way that starts facing east: each move is in the direction in which it leads."""
    turns, heading, here = 0, 0, (0, 0)
    for there in cells:
        if there != here:
            turn = (MOVES.index((there[0] - here[0], there[1] - here[1])) - heading) % 4
            turns += min(turn, 4 - turn)
            heading = (heading + turn) % 4
        here = there
    return turns


@pytest.mark.parametrize("window", WINDOWS)
def test_turns_come_as_early_as_they_can(window):
    for actions in operations(window).actions.tolist():
        for before, after in pairwise(actions):
            assert not (before == Action.WAIT and after in {Action.TURN_CW, Action.TURN_CCW})


@pytest.mark.parametrize("window", WINDOWS)
def test_waits_at_the_end_are_counted(window):
    ops = operations(window)
    for actions, trailing in zip(ops.actions.tolist(), ops.trailing.tolist(), strict=True):
        assert actions[window - trailing :] == [Action.WAIT] * trailing
        assert trailing == window or actions[window - trailing - 1] != Action.WAIT


@pytest.mark.parametrize("window", WINDOWS)
def test_among_operations_many_moves_come_first_and_early_ones_before_late_ones(window):
    ops = operations(window)
    assert (np.diff(ops.moves[1:]) <= 0).all()
    straight = [(steps == Action.FORWARD).tolist() for steps in ops.actions[1:]]
    for one, following in pairwise(straight):
        assert sum(one) > sum(following) or one >= following


@pytest.mark.parametrize("window", [0, 2, 6])
def test_other_windows_are_refused(window):
    with pytest.raises(SettingError, match=f"planner window: is {window}; use one of 3, 4, 5"):
        operations(window)
