"""Every planner of the registry keeps the planner protocol."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import PlanError, SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning.registry import DEFAULT_PLANNER, PLANNERS, make_planner
from tests.fleets import Fleet, every_planner, multi_action, planner, request
from tests.floors import drawn, edge_flags, flags, marked

E, S, W, N = range(4)
F, CW, CCW, WAIT = range(4)

JUNCTION = "aXb #.# #G#"
RACKS = drawn("""
    ................
    ................
    ..####.##.####..
    ................
    ................
    ..####.##.####..
    ................
    ................
    ..####.##.####..
    ................
    ................
    ................
""")


def crowd(layout, robots, seed):
    """Robots all over the floor: cells, headings, goals."""
    rng = np.random.default_rng(seed)
    cells = rng.permutation(layout.free_cells)[:robots]
    return cells.tolist(), rng.integers(0, 4, robots).tolist(), rng.choice(layout.free_cells, robots).tolist()


def test_the_default_planner_is_one_of_the_registry():
    assert DEFAULT_PLANNER in PLANNERS


@pytest.mark.parametrize(("name", "hint"), [("epitb", "did you mean epibt?"), ("", "use one of pibt, epibt")])
def test_unknown_planner_is_refused_with_a_hint(name, hint):
    with pytest.raises(SettingError) as refused:
        planner(name, RACKS)
    assert repr(name) in refused.value.problem
    assert refused.value.remedy.startswith(hint)


@every_planner
@pytest.mark.parametrize("robots", [1, 2, 30])
def test_a_window_has_a_row_a_step_and_a_column_a_robot(name, robots):
    cells, headings, goals = crowd(RACKS, robots, seed=1)
    actions = planner(name, RACKS).plan(request(RACKS, cells, headings=headings, goals=goals)).actions
    assert actions.dtype == np.uint8
    assert actions.shape[1] == robots
    assert actions.max() <= WAIT


@every_planner
def test_counts_are_named_whole_numbers(name):
    cells, headings, goals = crowd(RACKS, 60, seed=1)
    counts = planner(name, RACKS).plan(request(RACKS, cells, headings=headings, goals=goals)).counts
    assert all(isinstance(count, int) and count >= 0 for count in counts.values())


@every_planner
def test_planning_leaves_the_request_as_it_was(name):
    cells, headings, goals = crowd(RACKS, 60, seed=1)
    columns = {"headings": headings, "goals": goals, "next_goals": goals[::-1], "hold": [True, False] * 30}
    asked, same = (request(RACKS, cells, closed=[0, 1], **columns) for _ in range(2))
    for column in (asked.cells, asked.goals, asked.blocked):
        column.setflags(write=False)
    planner(name, RACKS).plan(asked)
    for column in same.__slots__:
        np.testing.assert_array_equal(getattr(asked, column), getattr(same, column))


@every_planner
def test_a_robot_that_wants_nothing_and_is_in_nobodys_way_stays(name):
    cells, headings, _ = crowd(RACKS, 30, seed=2)
    fleet = Fleet(RACKS, name, cells, headings)
    for _ in range(3):
        assert (fleet.step() == WAIT).all()


@every_planner
def test_a_robot_at_its_goal_stays(name):
    cells, headings, _ = crowd(RACKS, 30, seed=2)
    fleet = Fleet(RACKS, name, cells, headings)
    for _ in range(3):
        assert (fleet.step(goals=cells) == WAIT).all()


@every_planner
def test_a_robot_whose_goal_is_out_of_reach_stays(name):
    fleet = Fleet(drawn(".... #### ...."), name, [0, 8], [E, N])
    for _ in range(3):
        assert (fleet.step(goals=[8, 0], next_goals=[1, 9]) == WAIT).all()


@every_planner
@pytest.mark.parametrize(("priorities", "first"), [([1, 0], 0), ([0, 1], 1), ([5, 5], 0), ([-2, -1], 1)])
def test_the_higher_priority_takes_a_contested_cell_and_the_lower_number_among_equals(name, priorities, first):
    mark = marked(JUNCTION)
    fleet = Fleet(drawn(JUNCTION), name, [mark["a"], mark["b"]], [E, W])
    actions = fleet.plan(goals=[mark["G"]] * 2, priorities=priorities)[0].tolist()
    assert actions[first] == F
    assert actions[1 - first] != F


@every_planner
def test_a_full_ring_turns(name):
    fleet = Fleet(drawn("... .#. ..."), name, [0, 1, 2, 5, 8, 7, 6, 3], [E, E, S, S, W, W, N, N])
    assert fleet.step(goals=[1, 2, 5, 8, 7, 6, 3, 0])[0].tolist() == [F] * 8


@every_planner
def test_robots_follow_each_other_without_a_gap(name):
    fleet = Fleet(drawn("............"), name, [0, 1, 2, 3], E)
    assert fleet.step(goals=[8, 9, 10, 11])[0].tolist() == [F] * 4


@every_planner
def test_robots_that_face_each_other_do_not_swap(name):
    fleet = Fleet(drawn("...."), name, [1, 2], [E, W])
    for _ in range(20):
        fleet.step(goals=[3, 0])
    assert fleet.cells[0] < fleet.cells[1]


@every_planner
def test_a_robot_that_wants_nothing_makes_way(name):
    art = "a.b.G ####."
    mark = marked(art)
    fleet = Fleet(drawn(art), name, [mark["a"], mark["b"]], E)
    assert fleet.steps_until_there([mark["G"], NO_CELL], limit=8) is not None


@every_planner
def test_a_robot_makes_way_for_a_higher_priority_only(name):
    fleet = Fleet(drawn("...."), name, [0, 1], E)
    for _ in range(5):
        assert (fleet.step(goals=[3, NO_CELL], priorities=[0, 1])[:, 1] == WAIT).all()


@every_planner
def test_a_robot_on_hold_neither_moves_nor_turns_nor_is_pushed(name):
    fleet = Fleet(drawn("..... ....."), name, [0, 2, 4], [E, N, W])
    for _ in range(12):
        actions = fleet.step(goals=[2, 7, 2], priorities=[5, 0, 4], hold=[False, True, False])
        assert (actions[:, 1] == WAIT).all()
    assert 2 not in (fleet.cells[0], fleet.cells[2])


@every_planner
def test_a_robot_goes_on_when_its_hold_ends(name):
    fleet = Fleet(drawn("....."), name, [0], E)
    fleet.step(goals=[4])
    assert (fleet.step(goals=[4], hold=[True]) == WAIT).all()
    assert fleet.steps_until_there([4], limit=3) == 3


@every_planner
def test_blocked_cells_are_not_entered_until_they_are_open_again(name):
    fleet = Fleet(drawn("......"), name, [0], E)
    for _ in range(8):
        fleet.step(goals=[5], closed=[3])
        assert fleet.cells[0] < 3
    assert fleet.steps_until_there([5], limit=8) is not None


@every_planner
def test_a_cell_may_be_blocked_at_any_moment(name):
    fleet = Fleet(drawn("......"), name, [0], E)
    fleet.step(goals=[5])
    fleet.step(goals=[5], closed=[2])
    assert fleet.cells == [1]


@every_planner
def test_a_robot_may_leave_a_blocked_cell(name):
    fleet = Fleet(drawn("......"), name, [2], E)
    fleet.step(goals=[5], closed=[2])
    assert fleet.cells == [3]


CROSSING = drawn("..#.. ..... ..#..")


@every_planner
@pytest.mark.parametrize("closed", [("cell", 3), ("edge", (2, E))])
def test_what_is_closed_is_kept_off_from_the_next_plan_on_and_until_it_is_open_again(name, closed):
    fleet = Fleet(drawn("......"), name, [0], E)
    kind, place = closed
    cells = flags(fleet.layout, place) if kind == "cell" else flags(fleet.layout)
    edges = edge_flags(fleet.layout, place) if kind == "edge" else None
    fleet.step(goals=[5])
    fleet.step(goals=[5])
    fleet.distances.close(cells, edges)
    for _ in range(5):
        assert (fleet.step(goals=[5]) == WAIT).all()
    assert fleet.cells == [2]
    fleet.distances.close(flags(fleet.layout))
    assert fleet.steps_until_there([5], limit=3) == 3


@every_planner
def test_an_edge_closed_one_way_is_used_the_other_way(name):
    fleet = Fleet(drawn("......"), name, [5], W)
    fleet.distances.close(flags(fleet.layout), edge_flags(fleet.layout, (2, E)))
    assert fleet.steps_until_there([0], limit=5) == 5
    for _ in range(4):
        fleet.step(goals=[5])
    assert fleet.cells == [0]


@every_planner
def test_a_planner_made_after_a_closure_knows_it_and_knows_when_it_ends(name):
    fleet = Fleet(drawn("......"), name, [0], E)
    fleet.distances.close(flags(fleet.layout, 3))
    fleet.planner = make_planner(name, fleet.distances)
    assert (fleet.step(goals=[5]) == WAIT).all()
    fleet.distances.close(flags(fleet.layout))
    assert fleet.steps_until_there([5], limit=5) == 5


@every_planner
def test_ways_lead_around_what_is_closed(name):
    fleet = Fleet(drawn("..... .###. ....."), name, [0], E)
    fleet.step(goals=[4])
    fleet.distances.close(flags(fleet.layout, 3))
    # Back by one, turned round, and around the block.
    assert fleet.steps_until_there([4], limit=15) == 14


@every_planner
def test_a_robot_leaves_a_closed_cell_and_makes_way_in_it(name):
    fleet = Fleet(CROSSING, name, [7], E)
    fleet.distances.close(flags(CROSSING, 7))
    assert fleet.steps_until_there([9], limit=2) == 2
    assert (fleet.plan(goals=[7]) == WAIT).all()


@every_planner
def test_a_robot_at_its_goal_that_has_been_closed_stays(name):
    fleet = Fleet(CROSSING, name, [7], E)
    fleet.distances.close(flags(CROSSING, 7))
    for _ in range(3):
        assert (fleet.step(goals=[7]) == WAIT).all()


@every_planner
def test_nobody_is_pushed_over_a_closed_edge(name):
    art = "a.b.G ##.##"
    mark = marked(art)
    fleet = Fleet(drawn(art), name, [mark["a"], mark["b"]], [E, S])
    fleet.distances.close(flags(fleet.layout), edge_flags(fleet.layout, (2, S), (3, E)))
    for _ in range(8):
        fleet.step(goals=[mark["G"], NO_CELL])
    assert 7 not in fleet.cells
    assert fleet.cells[1] <= 3


@every_planner
def test_a_robot_that_is_not_there_yet_waits_and_then_goes_on(name):
    fleet = Fleet(drawn("......"), name, [1], E)
    for delay in (3, 2, 1):
        assert (fleet.step(goals=[5], delays=[delay])[:delay] == WAIT).all()
    assert fleet.steps_until_there([5], limit=4) == 4


@every_planner
def test_a_robot_that_is_not_there_yet_is_not_run_into(name):
    fleet = Fleet(drawn("......"), name, [0, 2], E)
    for delay in (2, 1, 0, 0):
        fleet.step(goals=[4, 5], delays=[0, delay])
    assert fleet.cells[0] < fleet.cells[1]


@every_planner
def test_a_robot_far_behind_its_start_waits_for_all_of_the_window(name):
    fleet = Fleet(drawn("......"), name, [0], E)
    assert (fleet.plan(goals=[5], delays=[255]) == WAIT).all()


@multi_action
def test_a_robot_makes_way_as_soon_as_it_is_there(name):
    # Robot b, pushed by a, turns into the bay after its delay, within one window.
    art = "a.b.G ##.##"
    mark = marked(art)
    fleet = Fleet(drawn(art), name, [mark["a"], mark["b"]], [E, S])
    actions = fleet.plan(goals=[mark["G"], NO_CELL], delays=[0, 1])
    assert actions[:2, 1].tolist() == [WAIT, F]
    assert actions[:3, 0].tolist() == [F] * 3


@multi_action
def test_turns_come_after_the_delay_as_well(name):
    fleet = Fleet(drawn("a.. ..."), name, [0], E)
    assert fleet.plan(goals=[3], delays=[1])[:3, 0].tolist() == [WAIT, CW, F]
    # Facing the wrong way at the end of a corridor: there is time to turn in a window.
    other = Fleet(drawn("ab.G"), name, [0, 1], [N, E])
    actions = other.plan(goals=[3, NO_CELL], delays=[2, 0], hold=[False, True])
    assert actions[:3, 0].tolist() == [WAIT, WAIT, CW]


@every_planner
def test_no_delay_is_the_same_as_none(name):
    cells, headings, goals = crowd(RACKS, 40, seed=4)
    one, other = (Fleet(RACKS, name, cells, headings) for _ in range(2))
    for _ in range(3):
        assert one.step(goals=goals, delays=[0] * 40).tolist() == other.step(goals=goals).tolist()


@every_planner
def test_forgetting_makes_the_planner_as_new(name):
    cells, headings, goals = crowd(RACKS, 40, seed=4)
    fleet = Fleet(RACKS, name, cells, headings)
    for _ in range(5):
        fleet.step(goals=goals)
    fleet.planner.forget()
    again = Fleet(RACKS, name, fleet.cells, fleet.headings)
    assert fleet.plan(goals=goals).tolist() == again.plan(goals=goals).tolist()


@every_planner
def test_warming_up_changes_no_plan(name):
    cells, headings, goals = crowd(RACKS, 40, seed=4)
    fleet, warm = (Fleet(RACKS, name, cells, headings) for _ in range(2))
    warm.planner.warmup()
    assert fleet.plan(goals=goals).tolist() == warm.plan(goals=goals).tolist()


@every_planner
@pytest.mark.parametrize(
    "wrong",
    [
        {"cells": np.array([0, 0], dtype=np.int32)},
        {"cells": np.array([0, 1], dtype=np.int64)},
        {"cells": np.array([0, 2 * 16 + 2], dtype=np.int32)},
        {"headings": np.array([0, 4], dtype=np.int8)},
        {"goals": np.array([0, 192], dtype=np.int32)},
        {"next_goals": np.array([-2, 0], dtype=np.int32)},
        {"priorities": np.zeros(2)},
        {"dwell": np.zeros(3, dtype=np.bool_)},
        {"hold": np.zeros(2, dtype=np.uint8)},
        {"blocked": np.zeros(2, dtype=np.bool_)},
        {"delays": np.zeros(3, dtype=np.uint8)},
        {"delays": np.zeros(2, dtype=np.int32)},
    ],
    ids="-".join,
)
def test_an_impossible_request_is_refused_and_changes_nothing(name, wrong):
    fleet, undisturbed = (Fleet(RACKS, name, [0, 3], [S, W]) for _ in range(2))
    for each in (fleet, undisturbed):
        each.step(goals=[100, 0])
    asked = request(RACKS, fleet.cells, headings=fleet.headings, goals=[100, 0])
    for column, values in wrong.items():
        setattr(asked, column, values)
    with pytest.raises(PlanError):
        fleet.planner.plan(asked)
    assert fleet.plan(goals=[100, 0]).tolist() == undisturbed.plan(goals=[100, 0]).tolist()


@every_planner
def test_no_robots_are_refused(name):
    with pytest.raises(PlanError, match="there are no robots"):
        planner(name, RACKS).plan(request(RACKS, []))


@pytest.mark.slow
@every_planner
def test_a_tight_bound_on_distance_memory_changes_no_plan(name):
    cells, headings, _ = crowd(RACKS, 20, seed=5)
    tight = DistanceFields(RACKS)
    tight.capacity = 40
    ample, bound = (Fleet(RACKS, name, cells, headings) for _ in range(2))
    bound.planner = make_planner(name, tight)
    for seed in range(12):
        _, _, goals = crowd(RACKS, 20, seed)
        _, _, next_goals = crowd(RACKS, 20, seed + 1)
        one, other = (fleet.step(goals=goals, next_goals=next_goals) for fleet in (ample, bound))
        assert one.tolist() == other.tolist()
    assert tight.held <= 40 < tight.computed


@every_planner
def test_goals_beyond_the_distance_memory_are_a_setting_to_change(name):
    tight = DistanceFields(RACKS)
    tight.capacity = 4
    with pytest.raises(SettingError, match="5 different goals are wanted at once"):
        make_planner(name, tight).plan(request(RACKS, range(5), goals=range(5)))


def tasks_done(name, robots=30, steps=200):
    """Goals reached by a fleet whose every robot draws a new goal on arrival; every window is checked."""
    rng = np.random.default_rng(2)
    fleet = Fleet(RACKS, name, *crowd(RACKS, robots, seed=2)[:2])
    goals, next_goals = rng.choice(RACKS.free_cells, (2, robots))
    waited, done = np.zeros(robots), 0
    for _ in range(steps):
        fleet.step(goals=goals, next_goals=next_goals, priorities=waited)
        there = fleet.cells == goals
        done += int(there.sum())
        waited = np.where(there, 0, waited + 1)
        goals = np.where(there, next_goals, goals)
        next_goals = np.where(there, rng.choice(RACKS.free_cells, robots), next_goals)
    return done


@every_planner
def test_a_fleet_works_through_goal_after_goal_without_a_violation(name):
    assert tasks_done(name) >= (280 if name == "pibt" else 330)


@pytest.mark.jit
@multi_action
def test_planning_several_actions_ahead_does_more_than_one(name):
    assert tasks_done(name) >= 1.05 * tasks_done("pibt")


@pytest.mark.jit
def test_improvement_does_more_on_a_crowded_floor():
    assert tasks_done("epibt+lns", robots=70) >= 1.1 * tasks_done("epibt", robots=70)


@multi_action
@pytest.mark.parametrize("bay", [".......  ####.##", ".......  #####.#"])
def test_robots_head_on_in_a_corridor_pass_each_other_at_a_bay(name, bay):
    fleet = Fleet(drawn(bay), name, [0, 6], [E, W])
    assert fleet.steps_until_there([6, 0], limit=12, priorities=[1, 0]) is not None


@multi_action
def test_a_robot_is_pushed_into_a_bay_several_actions_away(name):
    art = "a.b.G ##.##"
    mark = marked(art)
    fleet = Fleet(drawn(art), name, [mark["a"], mark["b"]], E)
    assert fleet.steps_until_there([mark["G"], NO_CELL], limit=4) == 4
