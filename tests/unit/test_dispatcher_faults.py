"""What becomes of tasks, chargers and parking places when robots drop out and floors are closed."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.runtime.recovery import TAKEOVER_S
from tests.hall import AT, Hall


def loaded(at="aQ", skus="a", **kwargs):
    """A hall in which robot 0 has done the first errand of task 0, at a, and is to go on."""
    hall = Hall(at, **kwargs)
    hall.order("A", skus)
    for _ in range(4):
        hall.dispatch()
    assert hall.roster.task.tolist()[:2] == [0, NO_TASK]
    assert hall.pool.errand_index.tolist() == [1]
    return hall


def stranded(**kwargs):
    """The same hall once robot 0 is lost: robot 1 goes to take its load over, one cell east of a."""
    hall = loaded(**kwargs)
    hall.silence(0, lost=True)
    hall.dispatch()
    assert hall.roster.task.tolist()[:2] == [NO_TASK, 0]
    return hall


def steps(hall, n):
    for _ in range(n):
        hall.step()


# Nothing is wrong


def test_where_nothing_is_wrong_it_decides_as_if_it_had_not_been_told():
    halls = Hall("abcd", charge=[30.0, 60.0, 24.0, 100.0]), Hall("abcd", charge=[30.0, 60.0, 24.0, 100.0])
    halls[1].faults()
    for hall in halls:
        for number in range(9):
            hall.order(f"{number}", "abcd"[number % 4] + "ca"[number % 2], priority=number % 3)
    for at in range(80):
        seen = []
        for hall in halls:
            if at == 40:
                hall.order("island", "x", destination="y")
            duties = hall.step()
            seen.append((hall.goals, duties.hold.tolist(), duties.charge.tolist(), duties.start_s.tolist()))
        assert seen[0] == seen[1]
    assert halls[0].events == halls[1].events
    orders = halls[0].pool.counts()["orders"]
    assert orders == {"accepted": 10, "done": 9, "open": 1, "rejected": 0, "cancelled": 0}
    assert set(halls[1].dispatcher.recoveries().values()) == {0}


# Robots out of action


def test_a_robot_out_of_action_holds_and_is_given_nothing():
    hall = Hall("aP", charge=[20.0, 100.0])
    hall.silence(0)
    hall.order("A", "a")
    duties = hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0]
    assert (hall.goals[0], duties.hold.tolist()) == ("-", [True, False])
    assert hall.said("charger_reserved") == []
    hall.silence()
    assert not hall.dispatch().hold[0]
    assert hall.goals[0] == "C"


def test_a_robot_out_of_action_keeps_its_task_its_charger_and_its_place():
    hall = Hall("aPQ", charge=[100.0, 20.0, 100.0])
    hall.order("A", "b")
    hall.dispatch()
    assert hall.goals == "bCQ"
    hall.move("bPc")
    hall.silence(0, 1, 2)
    hall.state.charge_percent[1] = 95.0
    duties = hall.dispatch()
    assert (hall.goals, hall.roster.task.tolist()) == ("bCQ", [0, NO_TASK, NO_TASK])
    assert not duties.start_s.any()
    assert duties.hold.all()
    hall.silence()
    assert hall.dispatch().start_s[0] > 0


def test_a_robot_out_of_action_does_not_count_as_charging():
    hall = Hall("C", charge=20.0)
    assert hall.dispatch().charge[0]
    hall.silence(0)
    assert not hall.dispatch().charge[0]
    hall.silence()
    assert hall.dispatch().charge[0]


def test_a_robot_out_of_action_gives_no_charger_back_to_one_that_is_low():
    hall = Hall("CP", charge=[20.0, 100.0])
    hall.dispatch()
    hall.state.charge_percent[:] = 70.0, 15.0
    hall.silence(0)
    hall.dispatch()
    assert hall.goals == "CP"
    hall.silence()
    hall.dispatch()
    assert hall.goals[1] == "C"


def test_a_lost_robot_gives_its_charger_back():
    hall = Hall("aP", charge=[20.0, 15.0])
    hall.dispatch()
    assert hall.goals == "PC"
    hall.silence(1, lost=True)
    hall.dispatch()
    assert hall.goals[0] == "C"
    assert [event["robot"] for event in hall.said("charger_left")] == [1]


# Tasks of lost robots


def test_a_task_that_its_lost_robot_has_no_load_of_goes_to_another_at_once():
    hall = Hall("aQ")
    hall.order("A", "b")
    hall.dispatch()
    assert hall.roster.task.tolist() == [0, NO_TASK]
    hall.silence(0)
    hall.dispatch()
    assert hall.roster.task.tolist() == [0, NO_TASK]
    hall.silence(0, lost=True)
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0]
    assert hall.roster.next_cell.tolist() == [NO_CELL, AT["D"]]
    assert hall.said("task_released") == [{"t": 2.0, "event": "task_released", "task": 0, "robot": 0}]
    assert hall.dispatcher.recoveries()["released"] == 1
    hall.silence()
    hall.order("B", "a")
    hall.dispatch()
    assert hall.roster.task.tolist() == [1, 0]


def test_a_robot_that_is_lost_in_service_keeps_its_task_until_it_is_known_what_took_effect():
    hall = Hall("aQ")
    hall.order("A", "a")
    hall.dispatch()
    hall.state.service_left_s[0] = 100.0
    hall.silence(0, lost=True)
    steps(hall, 5)
    assert (hall.roster.task.tolist(), hall.roster.serving[0]) == ([0, NO_TASK], True)
    assert hall.said("task_released") == hall.said("task_stranded") == []
    hall.state.service_left_s[0] = 0.0
    hall.dispatch()
    assert hall.pool.errand_index.tolist() == [1]
    assert hall.roster.task.tolist() == [NO_TASK, 0]
    assert hall.said("task_stranded")[0]["robot"] == 0


def test_a_service_that_was_dropped_is_started_anew():
    hall = Hall("aQ")
    hall.order("A", "a")
    assert hall.dispatch().start_s[0] == 3.0
    assert hall.dispatch().start_s[0] == 0.0
    hall.dispatcher.services_dropped(np.array([True, False]))
    hall.state.service_left_s[0] = 0.0
    assert hall.dispatch().start_s[0] == 3.0
    assert hall.said("errand_done") == []


def test_a_lost_robot_whose_service_was_dropped_loses_its_task():
    hall = Hall("aQ")
    hall.order("A", "a")
    hall.dispatch()
    hall.silence(0, lost=True)
    hall.dispatcher.services_dropped(np.array([True, False]))
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0]
    assert len(hall.said("task_released")) == 1


def test_a_load_is_taken_over_beside_the_lost_robot_and_brought_home():
    hall = stranded()
    beside = AT["a"] + 1
    assert hall.said("task_stranded") == [{"t": 4.0, "event": "task_stranded", "task": 0, "robot": 0, "cell": beside}]
    assert (hall.roster.goal[1], hall.roster.next_cell[1]) == (beside, AT["D"])
    assert hall.roster.retired.tolist() == [True, False]
    hall.step()
    assert hall.dispatch().start_s.tolist() == [0.0, TAKEOVER_S]
    steps(hall, int(TAKEOVER_S))
    assert hall.said("task_taken_over")[0] | {"t": 0} == {
        "t": 0, "event": "task_taken_over", "task": 0, "robot": 1, "from_robot": 0, "cell": beside,
    }  # fmt: skip
    assert hall.goals[1] == "D"
    hall.dispatch()
    assert not hall.roster.retired.any()
    steps(hall, 4)
    assert [(event["kind"], event["robot"]) for event in hall.said("errand_done")] == [("pick", 0), ("drop", 1)]
    assert hall.pool.counts()["orders"]["done"] == 1
    assert hall.pool.counts()["units"] == {"ordered": 1, "picked": 1, "dropped": 1, "cancelled": 0}
    assert hall.dispatcher.recoveries() == {
        "released": 0, "stranded": 1, "taken_over": 1, "reclaimed": 0, "chargers_failed": 0,
    }  # fmt: skip
    hall.pool.check()


def test_a_robot_that_speaks_again_before_anybody_was_sent_has_its_task_back():
    hall = loaded()
    hall.silence(0, 1, lost=True)
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, NO_TASK]
    assert hall.roster.retired.tolist() == [True, False]
    hall.fitness.lost[0] = False  # out of action still
    hall.dispatch()
    assert hall.said("task_reclaimed") == []
    hall.silence(1, lost=True)
    duties = hall.dispatch()
    assert (hall.goals[0], hall.roster.task.tolist()) == ("D", [0, NO_TASK])
    assert not hall.roster.retired.any()
    assert not duties.hold[0]
    assert len(hall.said("task_reclaimed")) == 1
    steps(hall, 4)
    assert hall.pool.counts()["orders"]["done"] == 1


def test_a_robot_that_speaks_again_stays_out_of_service_while_another_comes_for_its_load():
    hall = stranded()
    hall.order("B", "b")
    hall.state.charge_percent[0] = 20.0
    hall.silence()
    for _ in range(6):
        duties = hall.dispatch()
        assert (duties.hold[0], hall.roster.task[0], hall.roster.retired[0]) == (True, NO_TASK, True)
        assert hall.goals[0] == "-"
    hall.state.charge_percent[0] = 100.0
    hall.step()
    steps(hall, int(TAKEOVER_S) + 2)
    assert not hall.roster.retired.any()
    assert hall.roster.task.tolist() == [1, 0]


def test_the_next_robot_may_be_lost_before_the_takeover():
    hall = stranded(at="aQd")
    hall.silence(0, 1, lost=True)
    hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, NO_TASK, 0]
    assert hall.roster.goal[2] == AT["a"] + 1
    assert hall.roster.retired.tolist() == [True, False, False]
    assert (len(hall.said("task_stranded")), len(hall.said("task_released"))) == (1, 1)


def test_the_next_robot_may_be_lost_after_the_takeover():
    hall = stranded(at="aQd")
    hall.step()
    steps(hall, int(TAKEOVER_S) + 1)
    assert hall.goals[1] == "D"
    hall.state.cell[1] = AT["c"]
    hall.silence(0, 1, lost=True)
    hall.dispatch()
    assert hall.roster.retired.tolist() == [False, True, False]
    assert (hall.roster.task[2], hall.roster.goal[2]) == (0, AT["c"] + 1)
    assert hall.dispatcher.recoveries()["stranded"] == 2


def test_a_takeover_robot_that_is_lost_in_service_keeps_the_task():
    hall = stranded(at="aQd")
    hall.step()
    hall.dispatch()
    hall.state.service_left_s[1] = 100.0
    hall.silence(0, 1, lost=True)
    steps(hall, 4)
    assert hall.roster.task.tolist() == [NO_TASK, 0, NO_TASK]


def test_a_load_waits_on_its_robot_while_there_is_no_cell_to_take_it_over():
    hall = loaded()
    everything = range(hall.layout.cells)
    hall.close(*everything)
    hall.silence(0, lost=True)
    hall.dispatch()
    assert (hall.said("task_stranded"), hall.roster.task[0]) == ([], 0)
    hall.close(AT["a"] + 1)
    hall.dispatch()
    assert hall.said("task_stranded")[0]["cell"] == AT["a"] + hall.layout.width


def test_where_nobody_knows_a_cell_to_take_it_over_a_load_stays_where_it_is():
    hall = loaded(takeovers=False)
    hall.silence(0, lost=True)
    steps(hall, 5)
    assert (hall.said("task_stranded"), hall.roster.task[0]) == ([], 0)
    hall.silence()
    steps(hall, 4)
    assert hall.pool.counts()["orders"]["done"] == 1


def test_a_takeover_moves_when_its_cell_is_closed():
    hall = stranded()
    hall.close(AT["a"] + 1)
    hall.dispatch()
    below = AT["a"] + hall.layout.width
    assert hall.said("takeover_moved") == [{"t": 5.0, "event": "takeover_moved", "task": 0, "robot": 0, "cell": below}]
    assert (hall.roster.task[1], hall.roster.goal[1]) == (0, below)
    hall.dispatch()
    hall.silence(0, 1, lost=True)
    hall.dispatch()
    hall.close(below)
    hall.dispatch()
    assert [event["cell"] for event in hall.said("takeover_moved")] == [below, AT["a"] + 1]
    assert hall.roster.task.tolist() == [NO_TASK, NO_TASK]


def test_a_takeover_that_is_under_way_does_not_move():
    hall = stranded()
    hall.step()
    hall.dispatch()
    hall.close(AT["a"] + 1)
    steps(hall, 3)
    assert hall.said("takeover_moved") == []
    assert hall.roster.serving[1]


def test_tasks_are_exchanged_neither_with_robots_out_of_action_nor_with_a_takeover():
    hall = Hall("PQ")
    hall.order("A", "b")
    hall.dispatch()
    had = int(hall.roster.task.argmax())
    near, far = ("bP" if had == 1 else "Pb"), 1 - had
    hall.move(near)
    hall.state.cell[far] = AT["b"] - 1
    hall.silence(had)
    for _ in range(8):
        hall.dispatch()
    assert hall.roster.task[had] == 0
    hall = stranded(at="aQd")
    hall.move("aQd")
    hall.state.cell[2] = AT["a"] + 2
    for _ in range(8):
        hall.dispatch()
    assert hall.roster.task.tolist() == [NO_TASK, 0, NO_TASK]


# Closed floors


def test_a_task_that_no_robot_can_reach_waits_while_the_floor_is_not_whole():
    hall = Hall("ab")
    hall.close("d")
    hall.order("A", "d")
    steps(hall, 8)
    assert [event["reason"] for event in hall.said("task_refused")] == ["unreachable"]
    assert hall.pool.counts()["tasks"]["failed"] == 0
    hall.close("d", "c")
    steps(hall, 8)
    assert dict(hall.dispatcher.refusals) == {"unreachable": 2}
    hall.close()
    steps(hall, 6)
    assert hall.roster.task.max() == 0
    assert hall.pool.counts()["tasks"]["failed"] == 0


def test_a_task_that_no_robot_can_reach_is_given_up_once_the_floor_is_whole():
    hall = Hall("ab")
    hall.close("d")
    hall.order("A", "x", destination="y")
    steps(hall, 8)
    assert hall.pool.counts()["tasks"]["failed"] == 0
    hall.close()
    steps(hall, 6)
    assert hall.pool.failures() == {"unreachable": 1}


@pytest.mark.parametrize("known", [True, False], ids=["known before", "ordered meanwhile"])
def test_a_task_with_a_closed_place_in_it_is_given_to_nobody_until_it_is_open_again(known):
    hall = Hall("ab")
    hall.silence(0, 1)
    if known:
        hall.order("A", "ac")
    hall.order("B", "a")
    hall.silence()
    hall.dispatcher._task_energy.percent()
    hall.close("c")
    if not known:
        hall.order("A", "ac")
    of_a = int(not known)
    steps(hall, 15)
    assert (hall.pool.status.tolist()[of_a], hall.pool.status.tolist()[1 - of_a]) == (0, 2)
    assert [(event["task"], event["reason"]) for event in hall.said("task_refused")] == [(of_a, "unreachable")]
    hall.close()
    steps(hall, 20)
    assert hall.pool.counts()["orders"]["done"] == 2
    assert hall.pool.counts()["tasks"]["failed"] == 0


def test_many_changes_of_the_floor_are_acted_on_every_five_seconds():
    hall = Hall("ab")
    hall.order("A", "d")
    for at in range(12):
        hall.close("d", AT["c"] + at % 2)
        hall.dispatch()
    assert [event["t"] for event in hall.said("task_refused")] == [0.0, 5.0, 10.0]


def test_a_task_fails_for_want_of_charge_only_with_all_chargers_in_order():
    hall = Hall("ab")
    hall.faults()
    hall.dispatcher._watch._retry_s[:] = 50.0
    hall.dispatcher._watch.usable[:] = False
    hall.order("A", "ax")
    steps(hall, 40)
    assert hall.pool.counts()["tasks"]["failed"] == 0
    steps(hall, 20)
    assert hall.pool.failures() == {"too_long": 1}


# Chargers


def test_a_charger_that_is_closed_is_given_to_nobody_and_its_robot_goes_to_another():
    hall = Hall("ac", charge=[20.0, 100.0], chargers="Cb")
    hall.dispatch()
    assert hall.goals[0] == "b"
    hall.close("b")
    hall.dispatch()
    assert hall.goals[0] == "C"
    hall.close("b", "C")
    hall.dispatch()
    assert hall.goals[0] == "P"
    hall.close()
    hall.dispatch()
    assert hall.goals[0] == "b"


def test_a_charger_that_gives_nothing_is_reported_and_tried_again_later():
    hall = Hall("C", charge=20.0, chargers="Cb")
    hall.faults()
    hall.dispatch()

    def dead_charger(seconds):
        for _ in range(seconds):
            hall.state.charge_percent[:] = 20.0
            hall.dispatch()

    dead_charger(29)
    assert hall.said("charger_failed") == []
    dead_charger(1)
    assert hall.said("charger_failed") == [{"t": 30.0, "event": "charger_failed", "robot": 0, "cell": AT["C"]}]
    dead_charger(1)
    assert hall.goals == "b"
    hall.close("b")
    dead_charger(290)
    assert hall.goals in "PQ"
    dead_charger(12)
    assert hall.goals == "C"
    assert hall.dispatcher.recoveries()["chargers_failed"] == 1


def test_a_charger_that_a_person_has_cleared_is_used_again():
    hall = Hall("C", charge=20.0)
    hall.faults()
    for _ in range(32):
        hall.state.charge_percent[:] = 20.0
        hall.dispatch()
    assert hall.goals == "P"
    hall.dispatcher.charger_cleared(AT["C"])
    steps(hall, 6)
    assert hall.goals == "C"


def test_a_robot_cut_off_from_chargers_gives_its_task_up_parks_and_takes_no_other():
    hall = Hall("aQ", charge=[40.0, 24.0])
    hall.order("A", "b")
    hall.dispatch()
    assert hall.roster.task.tolist() == [0, NO_TASK]
    hall.state.charge_percent[0] = 24.0
    hall.close("C")
    steps(hall, 6)
    assert hall.roster.task.tolist() == [NO_TASK, NO_TASK]
    assert hall.goals == "PQ"
    assert hall.dispatcher.recoveries()["released"] == 1
    hall.close()
    steps(hall, 6)
    assert "C" in hall.goals


def test_a_robot_cut_off_from_chargers_brings_its_load_home():
    hall = loaded()
    hall.state.charge_percent[0] = 24.0
    hall.close("C")
    steps(hall, 3)
    assert (hall.roster.task[0], hall.goals[0]) == (0, "D")
    steps(hall, 3)
    assert hall.pool.counts()["orders"]["done"] == 1


# Parking


def test_parking_places_that_are_closed_are_left():
    hall = Hall("PQ", parking="PQd")
    hall.dispatch()
    assert hall.goals == "PQ"
    hall.close("P")
    hall.dispatch()
    assert hall.goals == "dQ"
    hall.silence(1)
    hall.close("Q", "P")
    hall.dispatch()
    assert hall.goals == "dQ"


# Alarms


def test_an_alarm_sends_robots_to_muster_and_lets_them_go_on_afterwards():
    hall = loaded(at="aQd", charge=[100.0, 20.0, 100.0])
    hall.order("B", "c")
    hall.faults()
    muster = np.array([AT["b"], AT["b"] + 1, NO_CELL], dtype=np.int32)
    hall.fitness.muster = muster
    duties = hall.dispatch()
    assert hall.roster.goal.tolist() == [*muster.tolist()[:2], AT["c"]]
    assert hall.roster.task.tolist() == [0, NO_TASK, 1]
    assert not duties.hold.any()
    hall.state.cell[:] = AT["D"], AT["C"], AT["c"]
    duties = hall.dispatch()
    assert duties.start_s.tolist() == [0.0, 0.0, 3.0]
    assert not duties.charge.any()
    hall.fitness.muster = None
    duties = hall.dispatch()
    assert (duties.start_s[0], duties.charge[1]) == (2.0, True)


def test_a_robot_in_service_is_served_before_it_musters():
    hall = Hall("a")
    hall.order("A", "a")
    hall.dispatch()
    hall.faults().muster = np.array([AT["Q"]], dtype=np.int32)
    goals = []
    for _ in range(3):
        hall.dispatch()
        goals.append(hall.goals)
    assert goals == ["a", "a", "Q"]
    assert len(hall.said("errand_done")) == 1


def test_a_robot_that_is_withdrawn_finishes_its_task_and_is_given_no_other():
    hall = Hall("aPQ")
    hall.order("A", "a")
    hall.dispatch()
    assert hall.roster.task.tolist() == [0, NO_TASK, NO_TASK]
    hall.faults().withdrawn = np.array([True, True, False])
    hall.order("B", "b")
    steps(hall, 20)
    assert [event["robot"] for event in hall.said("task_assigned")] == [0, 2]
    assert hall.pool.counts()["tasks"]["done"] == 2
    assert hall.goals[1] == "P"
    hall.fitness.withdrawn[:] = False
    hall.order("C", "a")
    hall.dispatch()
    assert hall.said("task_assigned")[-1]["task"] == 2


def test_a_robot_that_is_withdrawn_charges_like_any_other():
    hall = Hall("aP", charge=[100.0, 20.0])
    hall.faults().withdrawn = np.array([False, True])
    hall.dispatch()
    assert hall.goals[1] == "C"


def test_a_robot_that_is_withdrawn_is_given_no_task_in_exchange():
    halls = Hall("Pc"), Hall("Pc")
    for hall, withdrawn in zip(halls, (False, True), strict=True):
        hall.order("A", "d")
        hall.order("B", "a")
        hall.dispatch()
        hall.faults().withdrawn = np.array([withdrawn, False])
        # Where they are now, each is nearer to the other one's errand.
        hall.move("da"[:: 1 if hall.goals[:2] == "ad" else -1])
        for _ in range(4):
            hall.dispatch()
    assert halls[0].said("task_released")
    assert not halls[1].said("task_released")


def test_a_robot_that_is_called_to_muster_is_given_no_task_in_exchange():
    hall = Hall("PQ")
    hall.order("A", "b")
    hall.dispatch()
    had = int(hall.roster.task.argmax())
    hall.state.cell[1 - had] = AT["b"] - 1
    hall.faults().muster = np.full(2, NO_CELL, dtype=np.int32)
    hall.fitness.muster[1 - had] = AT["Q"]
    for _ in range(8):
        hall.dispatch()
    assert hall.roster.task[had] == 0


def test_a_stranded_task_takes_charge_for_its_takeover_and_for_what_is_left():
    hall = loaded(skus="ab")
    energy = hall.dispatcher._task_energy
    before = energy.percent()[0]
    hall.silence(0, 1, lost=True)
    hall.dispatch()
    cells, service_s, offsets = hall.pool.errands_left(np.zeros(1, dtype=np.int32))
    assert (cells.tolist(), service_s[0]) == ([AT["a"] + 1, AT["b"], AT["D"]], TAKEOVER_S)
    assert energy.percent().tolist() == hall.dispatcher._energy.task_percent(cells, service_s, offsets).tolist()
    assert energy.percent()[0] != before


def test_idle_robots_charge_while_all_tasks_are_behind_a_closure():
    hall = Hall("a", charge=50.0)
    hall.close("d")
    hall.order("A", "d")
    hall.dispatch()
    hall.dispatch()
    assert hall.goals == "C"


def test_a_robot_without_a_way_to_a_parking_place_goes_there_when_it_opens():
    hall = Hall("a", parking="P")
    hall.close(AT["P"] + 1, AT["P"] + hall.layout.width)
    hall.dispatch()
    assert hall.goals == "-"
    hall.close()
    steps(hall, 6)
    assert hall.goals == "P"
