"""Operations: every way through cells and time, once, with the tables that the kernels read."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.planning.operations import WINDOWS, PossibleOperations, operations
from robots.state import Action
from tests.floors import closures, floors, places, shut
from tests.oracles.distances import after_one_step
from tests.oracles.operations import way, ways
from tests.oracles.rules import step

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
        carried_on = tabulated(ops, heading, ops.inherited[0, operation])
        assert carried_on == way((*rest, Action.WAIT), heading)[0]
        # The last step of the window is new: what is inherited waits there.
        assert ops.actions[ops.inherited[0, operation], -1] == Action.WAIT


def carried_out(ops, delay):
    """Operations that can be carried out after a delay."""
    words = ops.within[delay].tolist()
    return [operation for operation in range(ops.count) if words[operation // 64] >> operation % 64 & 1]


@pytest.mark.parametrize("window", WINDOWS)
def test_after_a_delay_there_is_every_way_that_begins_with_waiting(window):
    ops = operations(window)
    assert (ops.delayed[0] == ops.actions).all()
    for delay in range(window + 1):
        found = {tabulated(ops, 0, operation) for operation in carried_out(ops, delay)}
        assert found == {((0, 0),) * delay + rest for rest in ways(window - delay, 0)}


@pytest.mark.parametrize("window", WINDOWS)
def test_delayed_actions_lead_where_the_operation_does(window):
    ops = operations(window)
    for delay in range(window + 1):
        for operation in carried_out(ops, delay):
            actions = ops.delayed[delay, operation].tolist()
            assert actions[:delay] == [Action.WAIT] * delay
            assert way(tuple(actions), 0) == (tabulated(ops, 0, operation), ops.headings[0, operation])


@pytest.mark.parametrize("window", WINDOWS)
def test_the_tail_of_a_delayed_operation_goes_with_a_delay_shorter_by_one(window):
    ops = operations(window)
    for delay in range(1, window + 1):
        for operation in carried_out(ops, delay):
            tail = ops.inherited[delay, operation]
            assert tail in carried_out(ops, delay - 1)
            assert tabulated(ops, 0, tail) == way((*ops.delayed[delay, operation].tolist()[1:], Action.WAIT), 0)[0]


@settings(max_examples=40)
@given(st.data())
def test_possible_operations_follow_what_is_closed_and_opened(data):
    layout, window = data.draw(floors(side=5)), data.draw(st.sampled_from([3, 4]))
    distances, ops = DistanceFields(layout), operations(window)
    if data.draw(st.booleans()):
        distances.close(*data.draw(closures(layout)))
    possible = PossibleOperations(ops, distances)
    for _ in range(3):
        closed = data.draw(closures(layout))
        distances.close(*closed)
        possible.follow()
        assert not possible.follow()
        robots = [(*divmod(cell, layout.width), heading) for cell in layout.free_cells.tolist() for heading in HEADINGS]
        for bits, robot in zip(possible.bits.tolist(), robots, strict=True):
            for operation, actions in enumerate(ops.actions.tolist()):
                allowed = is_allowed(places(layout), robot, actions, shut(layout, *closed))
                assert bits[operation // 64] >> operation % 64 & 1 == allowed


def is_allowed(passable, robot, actions, closed):
    for action in actions:
        following = step(robot, action)
        if action == Action.FORWARD and following not in after_one_step(passable, robot, closed):
            return False
        robot = following
    return True


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
