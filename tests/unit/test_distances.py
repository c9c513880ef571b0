"""Distance fields: right on every map, and right within a bound of memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.grid.distances import UNREACHABLE, DistanceFields
from fleet.grid.guidance import Guidance
from fleet.grid.layout import NO_CELL
from tests.floors import closures, drawn, edge_flags, flags, floors, places, shut
from tests.oracles.distances import least_cost, steps_to

# Corridors that do not meet: large enough for a bound of one megabyte to matter, quick to search.
CORRIDORS = drawn("\n".join(["." * 130, "#" * 130] * 100))
FIELDS_IN_A_MEGABYTE = 2**20 // (4 * 130 * 100)


def cells(*indices):
    return np.array(indices, dtype=np.int32)


def every_state(layout):
    here = np.repeat(layout.free_cells, 4)
    return here, np.tile(np.arange(4, dtype=np.int8), len(layout.free_cells))


def along_the_corridor(cell, goal):
    """Steps for a robot that faces east, on CORRIDORS."""
    (row, column), (goal_row, goal_column) = divmod(cell, 130), divmod(goal, 130)
    if row != goal_row:
        return UNREACHABLE
    return goal_column - column if goal_column >= column else column - goal_column + 2


@given(st.data())
def test_fields_hold_the_fewest_steps_with_turns_counted(data):
    layout = data.draw(floors())
    goal = data.draw(st.sampled_from(layout.free_cells.tolist()))
    here, headings = every_state(layout)
    found = DistanceFields(layout).travel(cells(goal), here, headings)
    assert found.dtype == np.uint16
    for steps, cell, heading in zip(found[0].tolist(), here.tolist(), headings.tolist(), strict=True):
        expected = steps_to(places(layout), (*divmod(cell, layout.width), heading), divmod(goal, layout.width))
        assert steps == (UNREACHABLE if expected is None else expected)


@settings(max_examples=60)
@given(st.data())
def test_ways_keep_off_what_is_closed_however_often_that_changes(data):
    layout = data.draw(floors(side=5))
    here, headings = every_state(layout)
    weighted = data.draw(st.booleans())
    weights = np.random.default_rng(data.draw(st.integers(0, 99))).integers(1, 30, (layout.cells, 4)).astype(np.uint8)
    guidance = Guidance(weights, turn=3, unit=1) if weighted else None
    forward = {
        (*divmod(cell, layout.width), heading): int(weights[cell, heading])
        for cell, heading in np.ndindex(weights.shape)
    }
    distances = DistanceFields(layout, guidance=guidance)
    for _ in range(3):
        closed = data.draw(closures(layout))
        distances.close(*closed)
        goal = data.draw(st.sampled_from(layout.free_cells.tolist()))
        found = distances.travel(cells(goal), here, headings)[0].tolist()
        for steps, cell, heading in zip(found, here.tolist(), headings.tolist(), strict=True):
            robot, place = (*divmod(cell, layout.width), heading), divmod(goal, layout.width)
            if weighted:
                expected = least_cost(places(layout), forward, 3, robot, place, shut(layout, *closed))
            else:
                expected = steps_to(places(layout), robot, place, shut(layout, *closed))
            assert steps == (UNREACHABLE if expected is None else expected)


def steps_between(distances, start, heading, goal):
    return int(distances.travel(cells(goal), cells(start), np.array([heading], dtype=np.int8))[0, 0])


def test_a_closed_cell_is_left_but_not_entered():
    layout = drawn(".....")
    distances = DistanceFields(layout)
    distances.close(flags(layout, 2))
    assert steps_between(distances, 0, 0, 4) == UNREACHABLE
    assert steps_between(distances, 1, 0, 2) == UNREACHABLE
    assert steps_between(distances, 2, 0, 2) == 0
    assert steps_between(distances, 2, 0, 4) == 2
    assert steps_between(distances, 2, 0, 0) == 4


def test_a_closed_edge_is_closed_one_way():
    layout = drawn(".....")
    distances = DistanceFields(layout)
    distances.close(flags(layout), edge_flags(layout, (1, 0)))
    assert steps_between(distances, 0, 0, 4) == UNREACHABLE
    assert steps_between(distances, 4, 2, 0) == 4
    assert distances.neighbours[:, 0].tolist() == [1, NO_CELL, 3, 4, NO_CELL]
    assert distances.neighbours[:, 2].tolist() == [NO_CELL, 0, 1, 2, 3]


def test_a_change_of_closures_makes_fields_out_of_date_and_counts():
    layout = drawn("... ...")
    distances = DistanceFields(layout)
    distances.slots(cells(0, 2))
    assert distances.version == 0
    assert not distances.close(flags(layout))
    assert not distances.close(flags(layout), edge_flags(layout))
    assert distances.holds(cells(0, 2)).all()
    for version, closed in enumerate([(flags(layout, 1),), (flags(layout), edge_flags(layout, (0, 0)))], start=1):
        assert distances.close(*closed)
        assert distances.version == version
        assert distances.held == distances.memory_bytes == 0
        assert not distances.holds(cells(0, 2)).any()
        assert steps_between(distances, 0, 0, 2) == 7
        assert not distances.close(*closed)
        assert distances.holds(cells(2)).all()
    assert distances.close(flags(layout))
    assert (distances.version, distances.computed) == (3, 4)
    assert steps_between(distances, 0, 0, 2) == 2


def test_closures_in_force_are_known_and_are_not_the_callers():
    layout = drawn("...")
    distances = DistanceFields(layout)
    closed, edges = flags(layout, 1), edge_flags(layout, (2, 2))
    distances.close(closed, edges)
    closed[:], edges[:] = False, False
    assert distances.closed_cells.tolist() == [False, True, False]
    assert np.argwhere(distances.closed_edges).tolist() == [[2, 2]]
    with pytest.raises(ValueError, match="read-only"):
        distances.closed_cells[0] = True
    with pytest.raises(ValueError, match="read-only"):
        distances.closed_edges[0] = True


def test_fields_come_and_go_within_the_bound_after_a_closure_too():
    distances = DistanceFields(CORRIDORS, memory_mb=1)
    full = CORRIDORS.free_cells[: distances.capacity]
    distances.slots(full)
    distances.close(flags(CORRIDORS, 129))
    distances.slots(full[3:])
    assert distances.held == distances.capacity - 3
    distances.slots(full[:3])
    distances.slots(CORRIDORS.free_cells[500:502])
    assert distances.held == distances.capacity
    assert distances.holds(full).tolist() == [True] * 3 + [False] * 2 + [True] * 15


@pytest.mark.parametrize(
    ("closed", "problem"),
    [
        ((np.zeros(2, dtype=np.bool_),), r"closed cells are bool \(2,\), not bool \(3,\)"),
        ((np.zeros(3, dtype=np.uint8),), r"closed cells are uint8 \(3,\), not bool \(3,\)"),
        (
            (np.zeros(3, dtype=np.bool_), np.zeros(3, dtype=np.bool_)),
            r"closed edges are bool \(3,\), not bool \(3, 4\)",
        ),
    ],
)
def test_closures_for_another_floor_are_refused(closed, problem):
    distances = DistanceFields(drawn("..."))
    with pytest.raises(ValueError, match=f"^{problem}$"):
        distances.close(*closed)
    assert distances.version == 0


def test_travel_answers_each_goal_in_a_row_and_each_robot_in_a_column():
    distances = DistanceFields(drawn("...."))
    east_and_west = np.array([0, 2, 0], dtype=np.int8)
    found = distances.travel(cells(3, 0), cells(0, 1, 2), east_and_west)
    assert found.tolist() == [[3, 4, 1], [0, 1, 4]]


@given(st.data())
def test_legs_are_the_ways_from_the_worst_heading_of_each_cell_within_any_bound(data):
    layout = data.draw(floors())
    weighted = data.draw(st.booleans())
    weights = np.random.default_rng(data.draw(st.integers(0, 99))).integers(1, 30, (layout.cells, 4)).astype(np.uint8)
    distances = DistanceFields(layout, guidance=Guidance(weights, turn=3, unit=4) if weighted else None)
    # As if memory were short: goals are worked through in parts.
    distances.capacity = data.draw(st.integers(1, distances.capacity))
    distances.close(*data.draw(closures(layout)))
    free = st.sampled_from(layout.free_cells.tolist())
    legs = data.draw(st.lists(st.tuples(st.one_of(free, st.just(NO_CELL)), free), max_size=12))
    goals, starts = cells(*(goal for goal, _ in legs)), cells(*(start for _, start in legs))
    found = distances.legs(goals, starts)
    assert found.dtype == np.uint16
    for steps, goal, start in zip(found.tolist(), goals, starts, strict=True):
        assert steps == distances.travel(cells(goal), np.repeat(start, 4), np.arange(4, dtype=np.int8)).max()


def test_fields_are_read_by_slot_and_compact_state():
    layout = drawn(".#. ...")
    distances = DistanceFields(layout)
    assert distances.compact.tolist() == [0, -1, 1, 2, 3, 4]
    slots = distances.slots(cells(2, NO_CELL, 0, 2))
    assert slots.dtype == np.int32
    assert slots[1] == -1
    assert slots[0] == slots[3] != slots[2]
    # From cell 0 facing south: forward, counter-clockwise, forward twice, counter-clockwise, forward.
    word = int(distances.fields[slots[0], distances.compact[0]])
    assert (word & 0xFFFF) + (word >> 20 & 15) == 6
    assert distances.at(slots[:1], cells(0), np.array([1], dtype=np.int8)).tolist() == [6]


def test_no_goals_take_no_fields():
    distances = DistanceFields(drawn("..."))
    assert distances.slots(cells()).tolist() == []
    assert distances.slots(cells(NO_CELL, NO_CELL)).tolist() == [-1, -1]
    assert distances.travel(cells(), cells(0), np.zeros(1, dtype=np.int8)).shape == (0, 1)
    assert distances.held == distances.memory_bytes == 0


def test_travel_to_no_cell_is_unreachable():
    distances = DistanceFields(drawn("..."))
    distances.slots(cells(0, 1, 2))
    here, east = cells(0, 1), np.zeros(2, dtype=np.int8)
    assert distances.travel(cells(NO_CELL, 2), here, east).tolist() == [[UNREACHABLE, UNREACHABLE], [2, 1]]


def test_a_map_may_be_a_single_cell():
    distances = DistanceFields(drawn("#.#"))
    assert distances.travel(cells(1), cells(1), np.zeros(1, dtype=np.int8)).tolist() == [[0]]


@pytest.mark.parametrize("goals", [(0, 1), (1,), (NO_CELL, 0, 1)])
def test_goal_on_an_obstacle_is_refused_and_spoils_nothing(goals):
    distances = DistanceFields(drawn(".#."))
    with pytest.raises(ValueError, match="goal cell 1 is an obstacle"):
        distances.slots(cells(*goals))
    assert distances.held == 0
    assert distances.travel(cells(2), cells(0), np.zeros(1, dtype=np.int8)).tolist() == [[UNREACHABLE]]


def test_map_without_a_passable_cell_is_refused():
    with pytest.raises(SettingError, match="has no passable cell"):
        DistanceFields(drawn("## ##"))


def test_memory_for_less_than_two_fields_is_refused():
    with pytest.raises(SettingError, match="0 MB cannot hold two distance fields"):
        DistanceFields(drawn("..."), memory_mb=0)


def test_a_field_is_found_once_and_kept():
    distances = DistanceFields(drawn("..."))
    assert distances.holds(cells(0, 1, NO_CELL)).tolist() == [False, False, False]
    first = distances.slots(cells(0, 1, 0))
    assert distances.computed == distances.held == 2
    assert distances.memory_bytes == 2 * 3 * 4
    assert distances.slots(cells(1, 0)).tolist() == [first[1], first[0]]
    assert distances.slots(cells(1, NO_CELL)).tolist() == [first[1], -1]
    assert distances.computed == 2
    assert distances.holds(cells(0, 1, 2, NO_CELL)).tolist() == [True, True, False, False]


def test_memory_bound_fixes_how_many_fields_are_held():
    distances = DistanceFields(CORRIDORS, memory_mb=1)
    assert distances.capacity == FIELDS_IN_A_MEGABYTE == 20
    for first in range(0, 60, 7):
        distances.slots(CORRIDORS.free_cells[first : first + 7])
        assert distances.held <= distances.capacity
        assert distances.memory_bytes <= 2**20
    assert distances.held == distances.capacity


@pytest.mark.slow
def test_answers_stay_right_while_fields_come_and_go():
    distances = DistanceFields(CORRIDORS, memory_mb=1)
    rng = np.random.default_rng(3)
    goals_in_turn = rng.choice(CORRIDORS.free_cells, size=40, replace=False)
    here = rng.choice(CORRIDORS.free_cells[:390], size=30)
    east = np.zeros(30, dtype=np.int8)
    for _ in range(30):
        goals = rng.choice(goals_in_turn, size=rng.integers(1, 21))
        slots = distances.slots(goals)
        for goal, slot in zip(goals.tolist(), slots.tolist(), strict=True):
            expected = [along_the_corridor(cell, goal) for cell in here.tolist()]
            assert distances.at(np.int32(slot), here, np.int8(0)).tolist() == expected
        assert distances.travel(goals, here, east)[0].tolist() == [
            along_the_corridor(cell, int(goals[0])) for cell in here.tolist()
        ]
    assert distances.computed > 40


def test_the_field_that_has_gone_unused_the_longest_goes_first():
    distances = DistanceFields(CORRIDORS, memory_mb=1)
    full = CORRIDORS.free_cells[: distances.capacity]
    for goal in full:
        distances.slots(cells(goal))
    distances.slots(full[:1])
    distances.slots(cells(full[1], full[1]))
    newcomers = CORRIDORS.free_cells[500:503]
    distances.slots(newcomers)
    assert distances.holds(full).tolist() == [True, True, False, False, False] + [True] * 15
    assert distances.holds(newcomers).all()
    distances.slots(CORRIDORS.free_cells[503:505])
    assert distances.holds(full).tolist() == [True, True] + [False] * 5 + [True] * 13
    assert distances.holds(newcomers).all()


def test_fields_wanted_together_do_not_push_each_other_out():
    distances = DistanceFields(CORRIDORS, memory_mb=1)
    full = CORRIDORS.free_cells[: distances.capacity]
    distances.slots(full)
    # The longest unused of all is wanted again, together with as many new ones as then fit.
    for goal in full[1:]:
        distances.slots(cells(goal))
    together = np.concatenate([CORRIDORS.free_cells[500:519], full[:1]])
    slots = distances.slots(together)
    assert len(set(slots.tolist())) == 20
    assert distances.holds(together).all()
    assert distances.computed == 20 + 19


def test_more_goals_at_once_than_fields_fit_is_a_setting_to_change():
    distances = DistanceFields(CORRIDORS, memory_mb=1)
    goals = CORRIDORS.free_cells[:21]
    with pytest.raises(SettingError, match="21 different goals are wanted at once, but only 20 distance fields fit"):
        distances.slots(goals)
    assert len(distances.slots(np.repeat(goals[:20], 2))) == 40


@pytest.mark.slow
def test_travel_works_through_any_number_of_goals():
    distances = DistanceFields(CORRIDORS, memory_mb=1)
    goals = CORRIDORS.free_cells[100:165]
    here = CORRIDORS.free_cells[90:200:10]
    found = distances.travel(goals, here, np.zeros(11, dtype=np.int8))
    assert found.tolist() == [[along_the_corridor(c, g) for c in here.tolist()] for g in goals.tolist()]


def test_warmup_leaves_answers_as_they_are():
    distances = DistanceFields(drawn("..."))
    distances.warmup()
    assert distances.travel(cells(2), cells(0), np.zeros(1, dtype=np.int8)).tolist() == [[2]]


@pytest.mark.jit
def test_ways_longer_than_a_field_can_say_read_as_the_longest_it_can():
    corridor = drawn("." * 70_000)
    here = cells(69_999, 69_999 - 65_533, 69_999 - 65_534, 69_999 - 65_535, 0)
    found = DistanceFields(corridor).travel(cells(69_999), here, np.zeros(5, dtype=np.int8))
    assert found.tolist() == [[0, 65_533, 65_534, 65_534, 65_534]]
