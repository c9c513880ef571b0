"""Improvement of a plan: nothing gets worse, nothing is left behind, and threads make no difference."""

from __future__ import annotations

import inspect
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.planning import _epibt, _improvement, epibt, improvement
from fleet.planning.epibt import EPIBT, EPIBTParams
from fleet.planning.improvement import ImprovementParams, Improver
from fleet.planning.registry import make_planner
from tests.fleets import Fleet, after, check_window, request
from tests.floors import drawn, floors, marked

E, S, W, N = range(4)
UNREACHABLE = 65535


@pytest.fixture(autouse=True)
def small_floors_are_cut(monkeypatch):
    monkeypatch.setattr(improvement, "_WINDOWS_TO_CUT", 1)


class Watched(Improver):
    """Keeps the objective before and after each improvement, by the rules of the improvement in plain words."""

    def improve(self, request, slots, choice, time_left):
        keys, chosen = choice.keys.copy(), choice.chosen.copy()
        counts = super().improve(request, slots, choice, time_left)
        moving = np.flatnonzero(~request.hold)

        def cost(robot, operation):
            if operation or slots[robot] < 0:
                return int(keys[robot, operation])
            headings = self._distances.at(slots[robot], request.cells[robot], np.arange(4))
            met = keys[robot, 0] < 256 * 4096
            if met or headings.min() == UNREACHABLE:
                return int(keys[robot, 0])
            return 256 * (4096 + int(headings.min()) + 8 * self._distances.unit)

        n = request.robots
        weight = {robot: max(int(1000 * (1 - request.rank[robot] / (n + 1)) ** 2), 1) for robot in moving}
        self.before = sum(weight[robot] * cost(robot, chosen[robot]) for robot in moving)
        self.after = sum(weight[robot] * cost(robot, choice.chosen[robot]) for robot in moving)
        self.moved_first = n > 0 and cost(*first_of(request, chosen)) < cost(*first_of(request, choice.chosen))
        self.counts = dict(zip(improvement.COUNTS, counts.tolist(), strict=True))
        return counts


def first_of(request, chosen):
    """The robot of the highest priority, and its operation."""
    return request.order[0], chosen[request.order[0]]


class Backwards(Improver):
    """Works on the second part first."""

    def _improve_parts(self, request, choice, parts, attempts, seeds):
        return super()._improve_parts(request, choice, dict(reversed(parts.items())), attempts, seeds)


def improved_planner(layout, improver=Watched, now=None, window=4, budget_s=None, **params):
    """EPIBT with an improver under observation."""
    distances, settings = DistanceFields(layout), ImprovementParams(**params)
    planner = EPIBT(distances, EPIBTParams(window=window, budget_s=budget_s, improvement=settings), now)
    planner._improver = improver(distances, settings)
    return planner


@st.composite
def crowds(draw, side=6):
    """A floor full of robots that want something, most of them: layout, columns of a request."""
    layout = draw(st.one_of(floors(side=side), st.just(drawn("\n".join(["." * 14] * 3)))))
    free = layout.free_cells.tolist()
    n = draw(st.integers(max(len(free) // 2, 1), len(free)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return layout, {
        "cells": rng.permutation(free)[:n].tolist(),
        "headings": rng.integers(0, 4, n).tolist(),
        "goals": np.where(rng.random(n) < 0.8, rng.choice(free, n), NO_CELL).tolist(),
        "priorities": rng.integers(0, 3, n).tolist(),
        "hold": (rng.random(n) < draw(st.sampled_from([0, 0.2]))).tolist(),
    }


def carried_out(planner, layout, columns, plans=3):
    """Plan, check, carry out the first step, and again; the windows."""
    columns, windows = dict(columns), []
    for _ in range(plans):
        asked = request(layout, **columns)
        windows.append(planner.plan(asked).actions.copy())
        check_window(layout, asked, windows[-1])
        columns["cells"], columns["headings"] = after(layout, columns["cells"], columns["headings"], windows[-1][:1])
    return windows


@pytest.mark.parametrize(
    ("setting", "remedy"),
    [
        ({"attempts": 0}, "improvement attempts: is 0; use 1 or more"),
        ({"max_tries": 0}, "improvement max_tries: is 0; use 1 or more"),
        ({"max_depth": 0}, "improvement max_depth: is 0; use 1 or more"),
        ({"threads": 3}, "improvement threads: is 3; use 1 or 2"),
        ({"seed": -1}, "improvement seed: is -1; use 0 or more"),
    ],
)
def test_a_setting_out_of_range_is_refused(setting, remedy):
    with pytest.raises(SettingError, match=remedy):
        ImprovementParams(**setting)


@pytest.mark.parametrize("name", ["_collider", "_place", "_lift"])
def test_kernels_that_both_files_need_are_the_same_in_both(name):
    assert inspect.getsource(getattr(_improvement, name)) == inspect.getsource(getattr(_epibt, name))


def test_both_files_give_the_same_meaning_to_keys():
    for name in ("NOBODY", "MANY", "NEVER", "KEY_STEP", "COST_OFFSET"):
        assert getattr(_improvement, name) == getattr(_epibt, name)


@given(crowd=crowds(), data=st.data())
def test_the_objective_falls_with_every_improvement_and_never_rises(crowd, data):
    layout, columns = crowd
    planner = improved_planner(
        layout, window=data.draw(st.sampled_from([3, 4])), attempts=data.draw(st.sampled_from([1, 7, 60])),
        max_tries=data.draw(st.sampled_from([1, 3, 200])), max_depth=data.draw(st.sampled_from([1, 2, 100])),
        seed=data.draw(st.integers(0, 9)),
    )  # fmt: skip
    for window in carried_out(planner, layout, columns):
        assert len(window) == planner.params.window
        watched = planner._improver
        if watched.counts["improved"]:
            assert watched.after < watched.before
        else:
            assert watched.after == watched.before


@given(crowd=crowds(), data=st.data())
def test_what_is_reserved_is_what_the_plan_says_whatever_was_tried(crowd, data):
    layout, columns = crowd
    planner = improved_planner(layout, attempts=data.draw(st.sampled_from([1, 40])), seed=data.draw(st.integers(0, 9)))
    cells, headings = columns["cells"], columns["headings"]
    (actions,) = carried_out(planner, layout, columns, plans=1)
    reserved = {(cell, 0): robot for robot, cell in enumerate(cells)}
    for step in range(len(actions)):
        cells, headings = after(layout, cells, headings, actions[step : step + 1])
        reserved |= {(cell, step + 1): robot for robot, cell in enumerate(cells)}
    table = planner._reserved
    assert {(c, t): table[c, t] for c, t in zip(*np.nonzero(table >= 0), strict=True)} == reserved


@given(crowd=crowds())
def test_the_first_in_priority_loses_nothing(crowd):
    layout, columns = crowd
    planner = improved_planner(layout, attempts=60)
    carried_out(planner, layout, columns, plans=1)
    if not columns["hold"][planner._request.order[0]]:
        assert not planner._improver.moved_first


@given(crowd=crowds())
def test_one_thread_and_two_make_the_same_plans(crowd):
    layout, columns = crowd
    one, two = (carried_out(improved_planner(layout, attempts=60, threads=n), layout, columns) for n in (1, 2))
    assert [window.tolist() for window in one] == [window.tolist() for window in two]


@pytest.mark.slow
@given(crowd=crowds())
def test_which_part_is_worked_on_first_makes_no_difference(crowd):
    layout, columns = crowd
    one, other = (
        carried_out(improved_planner(layout, improver, attempts=60), layout, columns)
        for improver in (Watched, Backwards)
    )
    assert [window.tolist() for window in one] == [window.tolist() for window in other]


def busy_floor(threads=1, attempts=200, **params):
    """A planner after one plan for a crowd on a long floor."""
    layout = drawn("\n".join(["." * 40] * 4))
    rng = np.random.default_rng(1)
    cells, goals = rng.permutation(160)[:120], rng.integers(0, 160, 120)
    planner = improved_planner(layout, attempts=attempts, threads=threads, **params)
    planner.warmup()
    planner.plan(request(layout, cells, goals=goals, headings=rng.integers(0, 4, 120)))
    return planner


def test_a_long_floor_is_cut_in_two_and_something_is_gained():
    watched = busy_floor()._improver
    assert set(watched._part_of.tolist()) == {-1, 0, 1}
    assert watched.counts["attempts"] == 200
    assert watched.counts["improved"] > 0


def test_a_floor_that_is_short_for_the_window_is_not_cut(monkeypatch):
    monkeypatch.setattr(improvement, "_WINDOWS_TO_CUT", 11)
    assert set(busy_floor()._improver._part_of.tolist()) == {1}


def test_a_high_floor_is_cut_between_rows():
    layout = drawn("\n".join(["...."] * 40))
    rng = np.random.default_rng(1)
    planner = improved_planner(layout, attempts=50)
    cells = rng.permutation(160)[:120]
    planner.plan(request(layout, cells, goals=rng.integers(0, 160, 120)))
    part_of = planner._improver._part_of
    assert set(part_of.tolist()) == {-1, 0, 1}
    assert cells[part_of == 0].max() + 4 * layout.width < cells[part_of == 1].min()


@pytest.mark.slow
def test_other_seeds_make_other_plans():
    assert len({busy_floor(seed=seed)._actions.tobytes() for seed in range(3)}) > 1


def test_attempts_end_when_nothing_is_gained_any_more():
    # Robot a can't get past b, which is held: time without end changes nothing about it.
    layout = drawn("ab.G")
    planner = improved_planner(layout, now=lambda: 0.0, budget_s=1.0)
    counts = planner.plan(request(layout, [0, 1], goals=[3, NO_CELL], hold=[False, True])).counts
    assert (counts["attempts"], counts["improved"]) == (20, 0)


def test_a_robot_that_has_what_it_wants_needs_no_attempt():
    layout = drawn("a...G")
    assert improved_planner(layout).plan(request(layout, [0], goals=[4])).counts["attempts"] == 0


def test_with_everybody_on_hold_there_is_nothing_to_improve():
    layout = drawn("ab..")
    planner = improved_planner(layout)
    assert planner.plan(request(layout, [0, 1], goals=[3, 2], hold=[True, True])).counts["attempts"] == 0


def test_a_robot_that_cannot_but_run_through_its_new_goal_does():
    # Robot b is given the cell ahead to dwell in; a, of higher rank, follows closely, so b can't stop.
    layout = drawn("abc.........")
    planner = improved_planner(layout)
    planner.plan(request(layout, [0, 1, 2], goals=[9, 10, 11], priorities=[2, 1, 0]))
    asked = request(layout, [1, 2, 3], goals=[9, 3, 11], priorities=[2, 0, 1], dwell=[False, True, False])
    window = planner.plan(asked)
    check_window(layout, asked, window.actions)
    assert window.actions[:3].tolist() == [[0, 0, 0]] * 3


def test_one_robot_gives_way_for_the_greater_good():
    # Robot a, first in order, needs b out of its way; c, which wants nothing, holds the place that b would like.
    art = "Gab.. ##c.."
    mark = marked(art)
    fleet = Fleet(drawn(art), "epibt+lns", [mark[letter] for letter in "abc"], [E, E, E])
    there = fleet.steps_until_there([mark["G"] + 4, mark["G"] + 3, NO_CELL], limit=12, priorities=[2, 1, 0])
    assert there is not None


@given(crowd=crowds(), looks=st.integers(0, 12), at_once=st.integers(1, 4), data=st.data())
def test_a_plan_is_valid_at_whatever_look_at_the_clock_time_is_up(crowd, looks, at_once, data):
    layout, columns = crowd
    clock = count()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epibt, "_SEARCHES_AT_ONCE", at_once)
        patch.setattr(improvement, "_ATTEMPTS_AT_ONCE", 5)
        planner = improved_planner(layout, now=lambda: next(clock), threads=data.draw(st.sampled_from([1, 2])))
        asked = request(layout, **columns)
        planner.plan(asked)
        for budget in (looks, 3):
            window = planner.plan(asked, budget_s=budget + 0.5)
            check_window(layout, asked, window.actions)


@pytest.mark.slow
@given(crowd=crowds(), at_once=st.integers(1, 4))
def test_time_enough_makes_the_same_plan_as_no_bound_on_it(crowd, at_once):
    layout, columns = crowd
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(epibt, "_SEARCHES_AT_ONCE", at_once)
        bounded = EPIBT(DistanceFields(layout), EPIBTParams(budget_s=1.0), now=lambda: 0.0)
        ample = EPIBT(DistanceFields(layout))
        one, other = (carried_out(planner, layout, columns) for planner in (bounded, ample))
    assert [window.tolist() for window in one] == [window.tolist() for window in other]
    # What has been ranked in one slice is not forgotten in the next.
    assert bounded._best_key.tolist() == ample._best_key.tolist()


def test_without_time_everybody_goes_on_as_planned():
    layout = drawn("a.....G")
    clock = count()
    planner = EPIBT(DistanceFields(layout), EPIBTParams(budget_s=100.0), now=lambda: next(clock))
    assert planner.plan(request(layout, [0], goals=[6])).actions[:, 0].tolist() == [0, 0, 0, 0]
    late = planner.plan(request(layout, [1], goals=[6]), budget_s=0.5)
    assert late.actions[:, 0].tolist() == [0, 0, 0, 3]
    assert late.counts["searches"] == 0


def test_a_time_budget_needs_a_clock():
    distances = DistanceFields(drawn("..."))
    with pytest.raises(ValueError, match="a time budget needs a clock"):
        EPIBT(distances, EPIBTParams(budget_s=1.0))
    with pytest.raises(ValueError, match="a time budget needs a clock"):
        EPIBT(distances).plan(request(distances.layout, [0]), budget_s=1.0)


@pytest.mark.parametrize("budget_s", [0, -1, float("nan")])
def test_a_budget_that_is_not_positive_is_refused(budget_s):
    with pytest.raises(SettingError, match=r"planner budget_s: is .*; use more than zero"):
        EPIBTParams(budget_s=budget_s)


def test_the_registry_hands_settings_on():
    layout = drawn("\n".join(["." * 8] * 3))
    rng = np.random.default_rng(1)
    asked = request(layout, rng.permutation(24)[:18], goals=rng.integers(0, 24, 18))
    settings = {"improvement": ImprovementParams(attempts=3), "budget_s": 1.0, "now": lambda: 0.0}
    counted = make_planner("epibt+lns", DistanceFields(layout), improvement=settings["improvement"])
    assert counted.plan(asked).counts["attempts"] in {3, 4}
    assert make_planner("epibt+lns", DistanceFields(layout), **settings).plan(asked).counts["attempts"] > 4
    assert "attempts" not in make_planner("epibt", DistanceFields(layout), **settings).plan(asked).counts
    assert make_planner("epibt5+lns", DistanceFields(layout)).params.window == 5
