"""Facts about instant actions: pauses, limits, positions (rules 5, 8 and 10)."""

from __future__ import annotations

import time

from tests.gateway_kit.rig import PLACE_M, Rig, at_rest, distance, doing

START, STOP = {"type": "startPause"}, {"type": "stopPause"}


def a_pause_stops_a_robot_at_speed_and_it_goes_on_with_its_base(rig: Rig) -> None:
    state = rig.meet(cells=8)
    rig.base.drive(8)
    rig.go()
    seen = rig.under_way(metres=1.2)
    rig.accepted(rig.instant(START))
    stood = rig.state_where("pause", lambda state: state["paused"] and at_rest(state), since=0)
    assert distance(stood["pose"], seen["pose"]) < 3.5, "it did not brake at once"
    assert stood["last_seq"] < rig.base.end["seq"]
    rig.assert_stands(2.0)
    assert rig.state["upd"] * 2 == rig.base.end["seq"]
    assert rig.state["epoch"] == state["epoch"]
    rig.accepted(rig.instant(STOP))
    rig.arrive()
    assert not rig.state["paused"]


def a_paused_robot_takes_orders_and_carries_them_out_afterwards(rig: Rig) -> None:
    rig.meet(cells=2)
    rig.accepted(rig.instant(START))
    rig.state_where("pause", lambda state: state["paused"], since=0)
    rig.base.drive(2)
    rig.go()
    rig.assert_stands()
    assert rig.state["upd"] * 2 == rig.base.end["seq"]
    rig.accepted(rig.instant(STOP))
    rig.arrive()


def a_pause_stops_the_clock_of_a_service(rig: Rig) -> None:
    rig.meet()
    rig.base.serve(2.0)
    action = rig.base.end["actions"][0]["id"]
    rig.go()
    begun = rig.state_where("service under way", lambda state: doing(state, action, "RUNNING"), since=0)
    rig.accepted(rig.instant(START))
    rig.state_where("pause", lambda state: state["paused"], since=0)
    paused = time.time_ns()
    rig.controller.listen(3.0)
    assert rig.state["last_seq"] == begun["last_seq"]
    resumed = time.time_ns()
    rig.accepted(rig.instant(STOP))
    over = rig.arrive()
    assert (over["t"] - begun["t"] - (resumed - paused)) / 1e9 >= 1.3  # reports may be a little old


def an_instant_that_was_carried_out_is_a_duplicate_and_changes_nothing(rig: Rig) -> None:
    rig.meet(cells=2)
    start, stop = START | {"id": "pause-7"}, STOP | {"id": "resume-7"}
    rig.accepted(rig.instant(start))
    rig.accepted(rig.instant(stop))
    assert rig.answer(rig.instant(start)) == ("duplicate", "")
    rig.base.drive(2)
    rig.go()
    rig.arrive()
    rig.accepted(rig.instant(START | {"id": "pause-8"}))
    assert rig.answer(rig.instant(stop)) == ("duplicate", "")
    rig.assert_stands()
    assert rig.state["paused"]


def changes_are_told_at_once(rig: Rig) -> None:
    rig.meet()
    start = time.monotonic()
    for turn in range(12):
        rig.instant(STOP if turn % 2 else START)
        rig.state_where("pause or its end", lambda state, turn=turn: state["paused"] == (turn % 2 == 0))
    # One that only tells its state every second takes 11 s.
    assert time.monotonic() - start < 8.0


def a_speed_limit_holds_until_the_next(rig: Rig) -> None:
    rig.meet(cells=9)
    rig.accepted(rig.instant({"type": "speedLimit", "params": {"mps": 0.4}}))
    mark = rig.mark
    rig.base.drive(2)
    rig.go()
    rig.arrive()
    assert 0.3 < _top_speed(rig, mark) <= 0.42
    rig.accepted(rig.instant({"type": "speedLimit"}))
    mark = rig.mark
    rig.base.drive(4)
    rig.go()
    rig.under_way(metres=2 * rig.program.cell_m + 0.8)
    rig.accepted(rig.instant({"type": "speedLimit", "params": {"mps": 0.4}}))
    rig.controller.listen(1.0)
    assert _top_speed(rig, mark) > 0.6
    mark = rig.mark
    rig.arrive()
    assert _top_speed(rig, mark) <= 0.42


def _top_speed(rig: Rig, mark: int) -> float:
    return max([message["vel"]["v"] for message in rig.said("pose", mark) + rig.said("state", mark)], default=0.0)


def an_unknown_instant_is_rejected(rig: Rig) -> None:
    rig.meet(cells=1)
    result, error = rig.answer(rig.instant({"type": "makeCoffee"}))
    assert (result, error) == ("rejected", "unknown_action")
    rig.base.drive()
    rig.go()
    rig.arrive()


def a_robot_with_nothing_to_do_accepts_a_position(rig: Rig) -> None:
    state = rig.meet(cells=1)
    end = rig.base.end
    base = rig.base
    base.nodes = [{**end, "seq": state["last_seq"] + 40, "id": "n-init"}]
    rig.accepted(rig.instant(_position(base.end)))
    told = rig.state_where("position", lambda told: told["last_seq"] == base.end["seq"], since=0)
    assert told["upd"] * 2 == base.end["seq"]
    assert distance(told["pose"], end) < PLACE_M
    base.drive()
    rig.go()
    rig.arrive()


def a_robot_at_work_refuses_a_position(rig: Rig) -> None:
    rig.meet(cells=5)
    start = rig.base.end
    rig.base.drive(5)
    rig.go()
    rig.under_way()
    result, error = rig.answer(rig.instant(_position({**start, "seq": start["seq"] + 100})))
    assert result == "rejected"
    assert error
    rig.arrive()


def _position(node):
    place = {key: node[key] for key in ("x", "y", "theta", "map")}
    return {"type": "initPosition", "params": {**place, "last_seq": node["seq"]}}


FACTS = (
    a_pause_stops_a_robot_at_speed_and_it_goes_on_with_its_base,
    a_paused_robot_takes_orders_and_carries_them_out_afterwards,
    a_pause_stops_the_clock_of_a_service,
    an_instant_that_was_carried_out_is_a_duplicate_and_changes_nothing,
    changes_are_told_at_once,
    a_speed_limit_holds_until_the_next,
    an_unknown_instant_is_rejected,
    a_robot_with_nothing_to_do_accepts_a_position,
    a_robot_at_work_refuses_a_position,
)
