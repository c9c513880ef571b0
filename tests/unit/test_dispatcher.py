"""Who does what, step by step, on a hall small enough to know the answers by heart."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.assignment.assigner import Assignment
from fleet.grid.layout import NO_CELL, NO_TASK
from tests.hall import AT, DROP_S, PICK_S, Hall


def test_a_task_goes_to_the_free_robot_that_is_nearest():
    hall = Hall("PbQ")
    hall.order("A", "d")
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0, NO_TASK]
    assert hall.said("task_assigned") == [{"t": 0.0, "event": "task_assigned", "task": 0, "robot": 1}]
    assert hall.goals[1] == "d"


def test_each_task_has_a_robot_and_each_robot_a_task_so_that_ways_are_short():
    hall = Hall("cb")
    hall.order("A", "d")
    hall.order("B", "a")
    hall.dispatch()
    assert hall.roster.task.tolist() == [1, 0]
    assert hall.goals == "ad"


def passed(steps, hall):
    """Tasks of the robots after each of the next steps, in which nobody moves."""
    return [hall.roster.task.tolist() for _ in range(steps) if hall.dispatch()]


def test_robots_on_their_way_exchange_tasks_every_four_steps_if_that_makes_ways_shorter():
    hall = Hall("cb")
    hall.order("A", "d")
    hall.order("B", "a")
    hall.dispatch()
    hall.move("bc")
    assert passed(4, hall) == [[1, 0], [1, 0], [1, 0], [1, 0]]
    hall.move("Da")
    assert passed(4, hall) == [[1, 0], [1, 0], [1, 0], [0, 1]]
    assert hall.goals == "da"
    assert hall.roster.next_cell.tolist() == [AT["D"], AT["D"]]
    assert hall.said("task_released") == [
        {"t": 8.0, "event": "task_released", "task": 1, "robot": 0},
        {"t": 8.0, "event": "task_released", "task": 0, "robot": 1},
    ]
    assert hall.events[-2:] == [
        {"t": 8.0, "event": "task_assigned", "task": 1, "robot": 1},
        {"t": 8.0, "event": "task_assigned", "task": 0, "robot": 0},
    ]
    hall.pool.check()


def test_a_free_robot_takes_over_and_the_one_that_had_the_task_goes_to_park():
    hall = Hall("PQ")
    hall.order("A", "b")
    hall.dispatch()
    had = int(hall.roster.task.argmax())
    hall.move("Pb" if had == 0 else "bP")
    hall.state.cell[1 - had] = AT["b"] - 1
    assert passed(4, hall)[-1][1 - had] == 0
    assert hall.roster.task[had] == NO_TASK
    assert hall.goals[had] in "PQ"
    assert hall.roster.next_cell[had] == NO_CELL
    assert hall.pool.robot.tolist() == [1 - had]
    hall.pool.check()


def test_without_exchange_a_task_stays_with_its_robot():
    hall = Hall("PD", exchange=False)
    hall.order("A", "b")
    hall.dispatch()
    had = hall.roster.task.tolist()
    hall.move("bP" if had[1] == 0 else "Pb")
    assert passed(8, hall) == [had] * 8
    assert hall.said("task_released") == []


def test_a_task_whose_first_errand_is_done_stays_with_its_robot():
    hall = Hall("aQ")
    hall.order("A", "ab")
    for _ in range(4):
        hall.dispatch()
    assert hall.goals[0] == "b"
    hall.move("Pb")
    assert passed(8, hall) == [[0, NO_TASK]] * 8


def test_a_task_whose_first_errand_is_under_way_stays_with_its_robot():
    hall = Hall("bQ")
    hall.order("A", "b")
    hall.dispatch()
    hall.state.service_left_s[0] = 100.0
    hall.move("Qb")  # as if it had been pushed aside
    assert passed(8, hall) == [[0, NO_TASK]] * 8


def test_a_robot_that_charges_before_its_task_keeps_it():
    hall = Hall("aQ")
    hall.order("A", "b")
    hall.dispatch()
    hall.move("PQ")
    hall.state.charge_percent[0] = 11.0
    hall.dispatch()
    assert hall.goals[0] == "C"
    hall.state.cell[1] = AT["b"] - 1
    assert passed(3, hall) == [[0, NO_TASK]] * 3


def test_robots_that_were_given_tasks_just_now_are_not_taken_for_free_ones():
    hall = Hall("bP")
    hall.order("A", "d")
    hall.order("B", "d")
    hall.dispatch()
    assert sorted(hall.roster.task.tolist()) == [0, 1]
    assert hall.said("task_released") == []


def test_a_robot_that_must_go_on_charging_takes_nothing_over():
    hall = Hall("aC", charge=[100.0, 1.0])
    hall.order("A", "b")
    hall.dispatch()
    hall.move("QC")
    passed(3, hall)
    hall.state.charge_percent[1] = 40.0
    assert passed(1, hall) == [[0, NO_TASK]]


def test_a_charging_robot_that_takes_a_task_over_leaves_its_charger():
    hall = Hall("aC", charge=[100.0, 1.0])
    hall.dispatch()
    assert hall.goals[1] == "C"
    hall.order("A", "b")
    hall.move("QC")
    hall.dispatch()
    assert hall.roster.task.tolist() == [0, NO_TASK]
    assert passed(3, hall)[-1] == [NO_TASK, 0]
    assert hall.goals[1] == "b"
    hall.state.charge_percent[0] = 15.0
    hall.dispatch()
    assert hall.goals[0] == "C"


def test_a_robot_with_a_task_is_given_no_other_until_it_is_done():
    hall = Hall("a")
    for name in "AB":
        hall.order(name, "a")
    given = []
    for _ in range(14):
        hall.step()
        given.append(int(hall.roster.task[0]))
    # 3 s of picking, the last of them with the jump, 2 s of dropping, a jump back: task 1 follows on task 0 at once.
    assert given == [0] * 6 + [1] * 7 + [NO_TASK]
    assert hall.pool.counts()["orders"]["done"] == 2


def test_service_begins_on_arrival_and_holds_the_robot_as_long_as_it_lasts():
    hall = Hall("b")
    hall.order("A", "a")
    duties = hall.step()
    assert (duties.start_s[0], duties.hold[0], hall.roster.serving[0]) == (0.0, False, False)
    starts, holds, serving = [], [], []
    for _ in range(5):
        duties = hall.step()
        starts.append(float(duties.start_s[0]))
        holds.append(bool(duties.hold[0]))
        serving.append(bool(hall.roster.serving[0]))
    assert starts == [PICK_S, 0.0, 0.0, 0.0, DROP_S]
    assert holds == serving == [True, True, True, False, True]


def test_a_robot_that_passes_its_goal_by_a_cell_does_not_begin():
    hall = Hall("b")
    hall.order("A", "a")
    hall.dispatch()
    hall.state.cell[0] = AT["a"] + 1
    duties = hall.dispatch()
    assert not duties.start_s.any()
    assert not duties.hold.any()


def test_errands_are_done_in_the_order_of_the_task_and_the_next_one_is_known():
    hall = Hall("P")
    hall.order("A", "ab")
    ways = []
    for _ in range(13):
        hall.step()
        ways.append((hall.goals, int(hall.roster.next_cell[0])))
    # Nearest to the chute comes last.
    assert [way for at, way in enumerate(ways) if way != ways[at - 1]] == [
        ("a", AT["b"]),
        ("b", AT["D"]),
        ("D", NO_CELL),
        ("Q", NO_CELL),
    ]
    assert [(event["kind"], event["cell"]) for event in hall.said("errand_done")] == [
        ("pick", AT["a"]),
        ("pick", AT["b"]),
        ("drop", AT["D"]),
    ]


def test_every_errand_is_closed_one_service_time_after_it_began():
    hall = Hall("a")
    hall.order("A", "a")
    for _ in range(8):
        hall.step()
    assert [event["t"] for event in hall.said("errand_done")] == [3.0, 6.0]


def test_an_errand_is_counted_as_soon_as_its_service_is_known_to_have_taken_effect():
    hall = Hall("ab")
    hall.order("A", "a")
    hall.order("B", "d")
    hall.dispatch()
    hall.dispatcher.services_took_effect(np.array([True, True]), 0.5)
    hall.dispatcher.services_took_effect(np.array([True, True]), 0.7)
    assert [(event["t"], event["robot"]) for event in hall.said("errand_done")] == [(0.5, 0)]
    assert (hall.roster.errand_cell[0], hall.roster.serving[0]) == (AT["D"], False)
    hall.state.service_left_s[:] = 0.0
    hall.dispatch()
    assert hall.goals == "Dd"
    assert len(hall.said("errand_done")) == 1


def test_robots_without_anything_to_do_go_to_parking_places_of_their_own():
    hall = Hall("ac")
    hall.dispatch()
    assert hall.goals == "PQ"


def test_a_robot_that_finds_no_parking_place_stays_where_it_is():
    hall = Hall("acd")
    hall.dispatch()
    assert sorted(hall.goals) == ["-", "P", "Q"]


def test_a_parked_robot_is_called_to_work_and_comes_back():
    hall = Hall("P")
    hall.dispatch()
    assert hall.goals == "P"
    hall.order("A", "b")
    goals = "".join(hall.goals for _ in range(9) if hall.step() is not None)
    assert goals == "bbbbDDDQQ"


def test_a_robot_out_of_energy_holds_where_it_is_but_is_served():
    hall = Hall("ab", charge=[0.0, 50.0])
    hall.roster.task[:] = NO_TASK
    duties = hall.dispatch()
    assert duties.hold.tolist() == [True, False]
    hall = Hall("a")
    hall.order("A", "a")
    hall.dispatch()
    hall.state.charge_percent[:] = 0.0
    for _ in range(3):
        assert hall.dispatch().hold[0]
    assert len(hall.said("errand_done")) == 1
    assert hall.goals != "a"
    assert hall.dispatch().hold[0]


def test_a_robot_without_charge_for_it_is_given_no_task():
    hall = Hall("aP", charge=[20.0, 100.0])
    hall.order("A", "a")
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0]
    assert hall.goals == "Ca"


def test_a_critical_robot_charges_first_and_then_goes_on_with_its_task():
    hall = Hall("P", charge=60.0)
    hall.order("A", "ab")
    for _ in range(5):
        hall.step()
    assert hall.goals == "b"
    hall.state.cell[:] = AT["c"]
    hall.state.charge_percent[:] = 12.0
    hall.dispatch()
    assert (hall.goals, hall.roster.task[0]) == ("C", 0)
    assert hall.said("charger_reserved") == [
        {"t": 5.0, "event": "charger_reserved", "robot": 0, "charge_percent": 12.0}
    ]
    hall.state.cell[:] = AT["C"]
    charges = [hall.step() for _ in range(4)]
    assert all(duties.charge[0] and duties.hold[0] for duties in charges)
    assert hall.state.charge_percent[0] == 92.0
    duties = hall.dispatch()
    assert not (duties.charge[0])
    assert not (duties.hold[0])
    assert (hall.goals, hall.roster.task[0]) == ("b", 0)
    assert [event["charge_percent"] for event in hall.said("charger_left")] == [92.0]
    assert hall.said("task_released") == []


def test_a_robot_that_gets_critical_in_service_is_served_first():
    hall = Hall("a")
    hall.order("A", "a")
    hall.dispatch()
    hall.state.charge_percent[:] = 11.0
    goals = []
    for _ in range(3):
        duties = hall.dispatch()
        goals.append((hall.goals, bool(duties.hold[0]), bool(duties.charge[0])))
    assert goals == [("a", True, False), ("a", True, False), ("C", False, False)]
    assert len(hall.said("errand_done")) == 1


def test_a_critical_robot_does_not_begin_where_it_comes_by_its_errand_on_the_way_to_charge():
    hall = Hall("b")
    hall.order("A", "a")
    hall.step()
    hall.state.charge_percent[:] = 15.0
    duties = hall.dispatch()
    assert (hall.state.cell[0], hall.goals) == (AT["a"], "C")
    assert not duties.start_s.any()
    assert not duties.hold.any()


def test_a_robot_that_is_served_on_the_cell_of_its_charger_charges_after_that():
    hall = Hall("b", chargers="a")
    hall.order("A", "a")
    hall.step()
    hall.step()
    hall.state.charge_percent[:] = 9.0
    assert [bool(hall.step().charge[0]) for _ in range(3)] == [False, False, True]


def test_a_robot_that_charges_takes_no_parking_place():
    hall = Hall("ac", charge=[20.0, 100.0], parking="P")
    hall.dispatch()
    assert hall.goals == "CP"


def test_a_robot_stays_on_its_charger_until_it_has_charge_enough_to_be_called():
    hall = Hall("C", charge=21.0)
    hall.dispatch()
    hall.order("A", "b")
    seen = []
    for _ in range(2):
        percent = float(hall.state.charge_percent[0])
        hall.dispatch()
        seen.append((percent, hall.goals))
    assert seen == [(41.0, "C"), (61.0, "b")]


def test_a_charging_robot_that_is_called_to_work_leaves_its_charger_to_another():
    hall = Hall("CP", charge=[20.0, 100.0])
    for _ in range(3):
        hall.step()
    assert hall.goals[0] == "C"
    assert hall.state.charge_percent[0] == 80.0
    hall.order("A", "b")
    duties = hall.dispatch()
    assert hall.goals[0] == "b"
    assert not duties.charge.any()
    hall.state.charge_percent[1] = 15.0
    hall.dispatch()
    assert hall.goals == "bC"


def test_a_task_on_the_island_is_reported_once_with_its_reason_and_failed():
    hall = Hall("ab")
    hall.order("A", "x", destination="y")
    hall.order("B", "d")
    for _ in range(3):
        hall.step()
    assert hall.said("task_refused") == [{"t": 0.0, "event": "task_refused", "task": 0, "reason": "unreachable"}]
    assert [(event["task"], event["reason"]) for event in hall.said("task_failed")] == [(0, "unreachable")]
    assert dict(hall.dispatcher.refusals) == {"unreachable": 1}
    assert hall.pool.counts()["tasks"] == {"created": 2, "done": 0, "open": 1, "failed": 1, "cancelled": 0}
    assert hall.pool.counts()["orders"]["open"] == 2
    hall.pool.check()


def test_a_task_without_a_way_between_its_errands_is_failed_as_too_long():
    hall = Hall("ab")
    hall.order("A", "ax")
    hall.dispatch()
    assert hall.pool.failures() == {"too_long": 1}
    assert hall.roster.task.tolist() == [NO_TASK, NO_TASK]


def test_a_task_that_wants_more_charge_than_anybody_has_is_reported_once_and_taken_after_charging():
    hall = Hall("ab", charge=[26.0, 27.0])
    hall.order("A", "abcd")
    hall.dispatch()
    assert [event["reason"] for event in hall.said("task_refused")] == ["low_charge"]
    assert hall.pool.counts()["tasks"]["failed"] == 0
    for _ in range(6):
        hall.step()
    assert dict(hall.dispatcher.refusals) == {"low_charge": 1}
    assert len(hall.said("task_assigned")) == 1
    assert len(hall.said("task_refused")) == 1


class RefusesEverything:
    """An assigner that gives nobody anything and names a reason for the first task."""

    def __init__(self):
        self.reason = 0

    def assign(self, _robots, _tasks, _now_s):
        none = np.zeros(0, dtype=np.int32)
        return Assignment(none, none, np.zeros(1, dtype=np.int32), np.array([self.reason], dtype=np.int8))


@pytest.mark.parametrize(
    ("code", "reason", "failed"), [(0, "unreachable", 1), (1, "low_charge", 0), (2, "too_long", 1)]
)
def test_each_reason_is_counted_and_only_final_ones_give_the_task_up(code, reason, failed):
    assigner = RefusesEverything()
    assigner.reason = code
    hall = Hall("a", assigner=assigner)
    hall.order("A", "a")
    for _ in range(3):
        hall.dispatch()
    assert dict(hall.dispatcher.refusals) == {reason: 1}
    assert hall.pool.counts()["tasks"]["failed"] == failed
    assert [event["reason"] for event in hall.said("task_refused")] == [reason]


def test_a_second_reason_for_the_same_task_is_counted_as_well():
    assigner = RefusesEverything()
    assigner.reason = 1
    hall = Hall("a", assigner=assigner)
    hall.order("A", "a")
    hall.dispatch()
    assigner.reason = 0
    hall.dispatch()
    assert dict(hall.dispatcher.refusals) == {"low_charge": 1, "unreachable": 1}


def test_idle_robots_use_chargers_while_all_tasks_are_beyond_their_charge():
    hall = Hall("ab", charge=[27.0, 26.0])
    hall.order("A", "abcd")
    hall.dispatch()
    assert (hall.said("charger_reserved"), hall.goals) == ([], "PQ")
    hall.dispatch()
    assert len(hall.said("charger_reserved")) == 1
    assert sorted(hall.goals) in (["C", "P"], ["C", "Q"])


def test_without_tasks_robots_and_places_nothing_is_decided():
    hall = Hall("a", parking="")
    duties = hall.dispatch()
    assert hall.goals == "-"
    assert not (duties.start_s.any())
    assert not (duties.charge.any())
    assert not (duties.hold.any())
    assert hall.events == []
