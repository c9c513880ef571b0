"""EPIBT: operations of several actions, pushed through and carried over to the next plan."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning.epibt import EPIBT, EPIBTParams
from tests.fleets import Fleet, after, request
from tests.floors import drawn, flags, floors, marked

E, S, W, N = range(4)
F, CW, CCW, WAIT = range(4)

OPEN = drawn("\n".join(["......"] * 6))


def fleet_on(art, headings, **params):
    """Robots a, b, c, ... of a drawing under EPIBT, and the cell of every letter."""
    mark = marked(art)
    layout = drawn(art)
    fleet = Fleet(layout, "epibt", [mark[letter] for letter in "abcdef" if letter in mark], headings)
    fleet.planner = EPIBT(DistanceFields(layout), EPIBTParams(**params))
    return fleet, mark


def counts_of(fleet, **columns):
    """What the planner counts in a plan for the fleet as it is."""
    return fleet.planner.plan(request(fleet.layout, fleet.cells, headings=fleet.headings, **columns)).counts


@pytest.mark.parametrize(("name", "window"), [("epibt", 4), ("epibt3", 3), ("epibt4", 4), ("epibt5", 5)])
def test_the_name_says_how_many_steps_are_planned(name, window):
    assert Fleet(OPEN, name, [0, 1]).plan(goals=[5, 6]).shape == (window, 2)


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ({"window": 2}, "planner window: is 2; use one of 3, 4, 5"),
        ({"window": 6}, "planner window: is 6; use one of 3, 4, 5"),
        ({"revisits": 0}, "planner revisits: is 0; use 1 or more"),
        ({"max_depth": 0}, "planner max_depth: is 0; use 1 or more"),
        ({"max_tries": -1}, "planner max_tries: is -1; use 1 or more"),
    ],
)
def test_a_setting_out_of_range_is_refused(setting, remedy):
    with pytest.raises(SettingError, match=remedy):
        EPIBTParams(**setting)


@given(data=st.data())
def test_windows_are_valid_and_just_what_is_reserved_whatever_the_settings(data):
    params = EPIBTParams(
        window=data.draw(st.sampled_from([3, 4])),
        revisits=data.draw(st.sampled_from([1, 2, 20])),
        max_depth=data.draw(st.sampled_from([1, 2, 3, 100])),
        max_tries=data.draw(st.sampled_from([1, 2, 5, 30, 1000])),
    )
    layout = data.draw(floors(side=5))
    free = layout.free_cells.tolist()
    n = data.draw(st.integers(1, len(free)))
    headings = data.draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    fleet = Fleet(layout, "epibt", data.draw(st.permutations(free))[:n], headings)
    fleet.planner = EPIBT(DistanceFields(layout), params)
    for _ in range(3):
        cells, headings = fleet.cells, fleet.headings
        actions = fleet.step(goals=data.draw(st.lists(st.sampled_from(free), min_size=n, max_size=n)))
        # Nothing is reserved but what the plan says: searches that failed have left no trace.
        reserved = {(cell, 0): robot for robot, cell in enumerate(cells)}
        for step in range(params.window):
            cells, headings = after(layout, cells, headings, actions[step : step + 1])
            reserved |= {(cell, step + 1): robot for robot, cell in enumerate(cells)}
        table = fleet.planner._reserved
        assert {(c, t): table[c, t] for c, t in zip(*np.nonzero(table >= 0), strict=True)} == reserved


def test_a_robot_passes_its_goal_on_the_way_to_the_next():
    fleet, mark = fleet_on("a.G. .... ..X.", E)
    actions = fleet.plan(goals=[mark["G"]], next_goals=[mark["X"]])
    assert actions[:, 0].tolist() == [F, F, CW, F]


def test_a_robot_that_will_dwell_stops_at_its_goal():
    fleet, mark = fleet_on("a.G. .... ..X.", E)
    actions = fleet.plan(goals=[mark["G"]], next_goals=[mark["X"]], dwell=[True])
    assert actions[:, 0].tolist() == [F, F, WAIT, WAIT]


@pytest.mark.parametrize(
    ("goal", "dwell", "fields"), [("G", [False], 2), ("G", [True], 1), ("H", [False], 1)], ids=["near", "dwell", "far"]
)
def test_only_a_robot_that_may_go_on_within_the_window_asks_for_the_way_to_its_next_goal(goal, dwell, fields):
    fleet, mark = fleet_on("a...G.H.X", E)
    fleet.plan(goals=[mark[goal]], next_goals=[mark["X"]], dwell=dwell)
    assert fleet.planner._distances.computed == fields


def test_a_robot_that_rests_at_its_goal_makes_way_and_comes_back():
    fleet, mark = fleet_on("a.b.G ##.##", E)
    way = {"goals": [mark["G"], mark["b"]], "priorities": [1, 0], "dwell": [False, True]}
    for _ in range(20):
        fleet.step(**way)
    assert list(fleet.cells) == [mark["G"], mark["b"]]


def test_a_robot_that_is_held_at_its_goal_does_not_make_way():
    fleet, mark = fleet_on("a.b.G ##.##", E)
    for _ in range(6):
        actions = fleet.step(goals=[mark["G"], mark["b"]], priorities=[1, 0], hold=[False, True])
        assert (actions[:, 1] == WAIT).all()


def test_a_robot_can_reach_a_place_behind_one_that_rests():
    # As in a double row of parking places: b rests on the only way to G.
    fleet, mark = fleet_on("#...# #a### .bG.# ##...", E)
    for _ in range(20):
        fleet.step(goals=[mark["G"], mark["b"]], priorities=[1, 0], dwell=[True, True])
    assert fleet.cells[0] == mark["G"]


@pytest.mark.parametrize("next_goal", ["the goal itself", "out of reach"])
def test_a_next_goal_that_says_nothing_does_not_hold_the_robot_up(next_goal):
    # Five steps are enough to come to G around the block of four cells; from there one could go on for ever.
    art = "a..# .G.# ...# ###X"
    mark = marked(art)
    fleet = Fleet(drawn(art), "epibt5", [mark["a"]], E)
    following = {"the goal itself": mark["G"], "out of reach": mark["X"]}[next_goal]
    assert fleet.steps_until_there([mark["G"]], limit=3, next_goals=[following]) == 3


def test_waits_at_the_end_are_used_to_turn_towards_the_goal():
    # The way is shut by b: what is left of the window is for turning.
    fleet, mark = fleet_on("G b a", [E, E])
    actions = fleet.plan(goals=[mark["G"], NO_CELL], hold=[False, True])
    assert actions[:, 0].tolist() == [CCW, WAIT, WAIT, WAIT]


def test_a_robot_that_must_wait_round_the_corner_turns_there():
    fleet, mark = fleet_on("a## .bG", [E, E])
    actions = fleet.plan(goals=[mark["G"], NO_CELL], hold=[False, True])
    assert actions[:, 0].tolist() == [CW, F, CCW, WAIT]


def test_a_robot_between_two_that_stay_turns_round_if_that_way_is_shorter():
    # Facing north G is 8 steps away, facing south 7, and 8 across: the first quarter turn gains nothing by itself.
    fleet, mark = fleet_on("b..# a#.G c...", [N, E, E])
    actions = fleet.plan(goals=[mark["G"], NO_CELL, NO_CELL], hold=[False, True, True])
    assert actions[:, 0].tolist() == [CW, CW, WAIT, WAIT]


def test_a_plan_that_is_still_the_best_is_carried_on_without_a_search():
    fleet, mark = fleet_on("a.G", E)
    goal = {"goals": [mark["G"]], "dwell": [True]}
    assert counts_of(fleet, **goal)["searches"] == 1
    fleet.cells = [1]
    assert counts_of(fleet, **goal) == {"searches": 0, "tries": 0, "pushes": 0, "failures": 0, "demoted": 0}


@pytest.mark.parametrize(("cell", "heading"), [(4, E), (1, S), (0, N)])
def test_a_robot_that_did_something_else_is_planned_anew(cell, heading):
    fleet, mark = fleet_on("a.G ...", E)
    goal = {"goals": [mark["G"]], "dwell": [True]}
    counts_of(fleet, **goal)
    fleet.cells, fleet.headings = [cell], [heading]
    assert counts_of(fleet, **goal)["searches"] == 1


def test_a_robot_that_has_not_moved_yet_goes_on_with_its_plan():
    fleet, mark = fleet_on("a.G ...", E)
    goal = {"goals": [mark["G"]], "dwell": [True]}
    actions = fleet.plan(**goal)
    for _ in range(3):
        assert counts_of(fleet, **goal)["searches"] == 0
    assert fleet.plan(**goal).tolist() == actions.tolist()
    assert fleet.steps_until_there([mark["G"]], limit=2, dwell=[True]) == 2


def test_whether_a_wait_is_over_is_told_from_what_others_did():
    # Robot b crosses behind a: it waits until a, which goes first, has passed.
    art = "#.. a.G #b. #H."
    mark = marked(art)
    columns = {"goals": [mark["G"], 1], "priorities": [1, 0], "dwell": [True, True]}
    fleets = []
    for moved in (False, True):
        fleet, _ = fleet_on(art, [E, N])
        planned = fleet.step(**columns) if moved else fleet.plan(**columns)
        assert planned[:, 1].tolist()[:2] == [WAIT, F]
        assert counts_of(fleet, **columns)["demoted"] == 0
        fleet.planner.forget()
        fleets.append(fleet.plan(**columns)[:, 1].tolist()[:2])
    assert fleets == [[WAIT, F], [F, F]]


def test_an_inherited_operation_that_is_closed_now_is_dropped():
    fleet, mark = fleet_on("a......G", E)
    goal = {"goals": [mark["G"]]}
    fleet.step(**goal)
    fleet.distances = fleet.planner._distances
    fleet.distances.close(flags(fleet.layout, 3))
    assert counts_of(fleet, **goal)["demoted"] == 1
    assert (fleet.plan(**goal) == WAIT).all()


def test_an_inherited_operation_that_moves_too_early_is_dropped():
    fleet, mark = fleet_on("a......G", E)
    goal = {"goals": [mark["G"]]}
    fleet.step(**goal)
    assert counts_of(fleet, delays=[2], **goal)["demoted"] == 1


def test_a_delayed_operation_is_carried_on_as_the_delay_goes_by():
    fleet, mark = fleet_on("a.. ... G..", E, window=5)
    goal = {"goals": [mark["G"]], "dwell": [True]}
    assert fleet.plan(delays=[2], **goal)[:, 0].tolist() == [WAIT, WAIT, CW, F, F]
    for delay, rest in ((2, [WAIT, WAIT, CW, F, F]), (1, [WAIT, CW, F, F, WAIT]), (0, [CW, F, F, WAIT, WAIT])):
        assert counts_of(fleet, delays=[delay], **goal)["searches"] == 0
        assert fleet.plan(delays=[delay], **goal)[:, 0].tolist() == rest


def test_who_followed_a_robot_that_stopped_waits_as_well():
    fleet, mark = fleet_on("abc................G", E)
    goals = {"goals": [mark["G"] - 2, mark["G"] - 1, mark["G"]]}
    for _ in range(4):
        fleet.step(**goals)
    assert fleet.cells == [4, 5, 6]
    assert counts_of(fleet, **goals)["demoted"] == 0
    # Robots a and b go on as planned, c is where it should be but has been turned.
    fleet.cells, fleet.headings = [5, 6, 7], [E, E, N]
    assert counts_of(fleet, **goals)["demoted"] == 2


def test_who_planned_to_pass_a_robot_that_stopped_waits_as_well():
    # Robots a and b, whose way has been confirmed already, find that c stops in it.
    fleet, mark = fleet_on("abc................G", E)
    goals = {"goals": [mark["G"] - 2, mark["G"] - 1, mark["G"]], "priorities": [2, 1, 0]}
    for _ in range(4):
        fleet.step(**goals)
    counts_of(fleet, **goals)
    fleet.cells = [cell + 1 for cell in fleet.cells]
    closed = [fleet.cells[2] + 1]
    assert counts_of(fleet, closed=closed, **goals)["demoted"] == 3


def test_a_plan_to_come_back_to_a_cell_that_is_blocked_now_is_dropped():
    # From its cell to G and back: what is left of that plan would enter the cell again.
    fleet, mark = fleet_on("aG", S, window=5)
    way = {"goals": [mark["G"]], "next_goals": [mark["a"]]}
    assert fleet.step(**way)[:, 0].tolist() == [CCW, F, CW, CW, F]
    assert counts_of(fleet, closed=[mark["a"]], **way)["demoted"] == 1


def test_a_chain_of_pushes_has_max_depth_robots_at_most():
    art, headings = "abc... ######", [E, E, E]
    columns = {"goals": [5, NO_CELL, NO_CELL], "priorities": [1, 0, 0]}
    for max_depth, moving in [(1, 0), (2, 0), (3, 3)]:
        fleet, _ = fleet_on(art, headings, max_depth=max_depth)
        assert (fleet.plan(**columns)[0] == F).sum() == moving
    fleet, _ = fleet_on(art, headings, max_depth=1)
    assert counts_of(fleet, **columns)["pushes"] == 0


@pytest.mark.parametrize("revisits", [1, 2, 5])
def test_a_search_pushes_the_same_robot_so_often_at_most(revisits):
    fleet, mark = fleet_on("ab", E, revisits=revisits)
    counts = counts_of(fleet, goals=[mark["b"], NO_CELL], priorities=[1, 0])
    assert (counts["pushes"], counts["failures"]) == (revisits, 1)


def test_a_search_stops_after_max_tries():
    fleet, mark = fleet_on("ab.c.G ......", [E, W, N], max_tries=3)
    counts = counts_of(fleet, goals=[mark["G"], NO_CELL, NO_CELL], priorities=[1, 0, 0])
    assert counts["searches"] == 1
    assert counts["tries"] <= 3


def test_a_search_that_fails_puts_everybody_back():
    # Robot a pushes b, and b pushes c, but the dead end has no room for them.
    fleet, mark = fleet_on("#abc", [E, E, E], window=4)
    columns = {"goals": [mark["c"], NO_CELL, NO_CELL], "priorities": [1, 0, 0]}
    counts = counts_of(fleet, **columns)
    assert counts["pushes"] >= 2
    assert counts["failures"] == 1
    fleet.planner.forget()
    actions = fleet.plan(**columns)
    assert (actions[:, 1:] == WAIT).all()


def test_two_in_the_way_are_not_pushed_at_once():
    # Any way to the goal collides with both b and c within the window: robot a tries, and pushes nobody.
    fleet, mark = fleet_on("abc.G", [E, N, N], window=3)
    counts = counts_of(fleet, goals=[mark["G"], NO_CELL, NO_CELL], hold=[False, False, True], priorities=[1, 0, 0])
    assert counts["failures"] == 1
