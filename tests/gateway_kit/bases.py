"""Facts about bases: how they grow, how they are carried out, what is confirmed when (rules 1, 4 and 7)."""

from __future__ import annotations

from itertools import pairwise

from tests.gateway_kit.rig import PLACE_M, Rig, distance, doing


def a_base_is_carried_out_in_order_and_confirmed_entry_by_entry(rig: Rig) -> None:
    first = rig.meet(cells=3)
    mark = rig.mark
    rig.base.drive(3).turn(1, -1, -1, -1, -1, 1)
    rig.go()
    last = rig.arrive()
    assert last["last_node"] == rig.base.end["id"]
    assert last["order"] == f"order-{last['epoch']}"
    confirmed = sorted({state["last_seq"] for state in rig.said("state", mark)} | {first["last_seq"]})
    assert confirmed == [node["seq"] for node in rig.base.nodes if node["seq"] >= first["last_seq"]]


def a_drive_is_confirmed_when_nothing_of_the_robot_is_in_the_cell_before(rig: Rig) -> None:
    rig.meet(cells=5)
    robots = next(message for message in rig.controller.heard if message["msg"] == "hello")["robots"]
    length = next(robot for robot in robots if robot["serial"] == rig.robot)["factsheet"]["length"]
    start = rig.base.end["seq"]
    rig.base.drive(5)
    rig.go()
    rig.arrive()
    needed = min(rig.program.cell_m, (rig.program.cell_m + length) / 2)
    in_motion = 0
    for state in rig.said("state"):
        if state["last_seq"] > start:
            before = rig.base.node(state["last_seq"] - 2)
            assert distance(state["pose"], before) >= needed - PLACE_M, f"confirmed too early: {state['pose']}"
            in_motion += state["driving"]
    assert in_motion, "drives are confirmed only at rest"


def a_turn_is_confirmed_when_it_is_over(rig: Rig) -> None:
    rig.meet()
    start = rig.base.end
    rig.base.turn(1, 1, -1)
    rig.go()
    rig.arrive()
    for state in rig.said("state"):
        if state["last_seq"] > start["seq"] and not state["driving"]:
            node = rig.base.node(state["last_seq"])
            assert abs((state["pose"]["theta"] - node["theta"] + 3.2) % 6.283185 - 3.2) < PLACE_M


def an_order_may_begin_at_any_node_that_the_robot_has(rig: Rig) -> None:
    state = rig.meet(cells=4)
    rig.base.drive(2)
    rig.go()
    rig.base.drive(1)
    rig.accepted(rig.order(rig.base.part(state["last_seq"])))
    rig.state_where("first cell behind it", lambda state: state["last_seq"] >= rig.base.nodes[-3]["seq"], since=0)
    rig.base.drive(1)
    rig.accepted(rig.order(rig.base.part(state["last_seq"])))
    rig.arrive()


def an_order_that_the_robot_has_is_a_duplicate_and_every_copy_is_answered(rig: Rig) -> None:
    state = rig.meet(cells=3)
    rig.base.drive(3)
    part = rig.base.part(state["last_seq"])
    number = rig.order(part)
    rig.accepted(number)
    copies = [rig.order(part) for _ in range(5)]
    assert {rig.answer(copy) for copy in copies} == {("duplicate", "")}
    half = rig.order(rig.base.part(state["last_seq"], rig.base.nodes[-2]["seq"]))
    assert rig.answer(half) == ("duplicate", "")
    rig.arrive()
    assert rig.answer(rig.order(part)) == ("duplicate", "")
    rig.assert_stands()
    assert len([ack for ack in rig.said("ack") if ack["re"] in {number, *copies}]) == 6


def the_same_message_again_is_answered_again(rig: Rig) -> None:
    state = rig.meet(cells=1)
    rig.base.drive()
    order = {"robot": rig.robot, "epoch": state["epoch"], "order": "order-again", **rig.base.part(state["last_seq"])}
    for _ in range(4):
        rig.controller.send({"msg": "order", "seq": 777, **order})
    rig.arrive()
    acks = [ack["result"] for ack in rig.said("ack") if ack["re"] == 777]
    assert acks == ["accepted", "duplicate", "duplicate", "duplicate"]


def a_gap_is_rejected_and_changes_nothing(rig: Rig) -> None:
    rig.meet(cells=6)
    rig.base.drive(2)
    rig.go()
    end = rig.base.end["seq"]
    rig.base.drive(4)
    assert rig.answer(rig.order(rig.base.part(end + 2))) == ("rejected", "gap")
    rig.base.cut(end)
    rig.arrive()
    rig.assert_stands()
    assert rig.state["upd"] * 2 == end


def a_changed_base_is_rejected_and_changes_nothing(rig: Rig) -> None:
    state = rig.meet(cells=5)
    rig.base.drive(4)
    rig.go()
    moved = rig.base.part(state["last_seq"])
    moved["nodes"][3]["x"] += 1.0
    assert rig.answer(rig.order(moved)) == ("rejected", "changed")
    served = rig.base.part(state["last_seq"])
    end = rig.base.end
    rig.base.drive()
    longer = rig.base.part(state["last_seq"])
    longer["nodes"][4]["y"] -= 1.0
    assert rig.answer(rig.order(longer)) == ("rejected", "changed")
    assert served["nodes"][-1]["seq"] == end["seq"]
    rig.base.cut(end["seq"])
    rig.arrive()
    rig.assert_stands()


def what_is_not_released_is_not_driven(rig: Rig) -> None:
    state = rig.meet(cells=6)
    start = state["last_seq"]
    rig.base.drive(5)
    rig.accepted(rig.order(rig.base.part(start, horizon=3)))
    released = rig.base.nodes[-4]
    rig.state_where("arrival at the last released node", lambda state: state["last_seq"] == released["seq"], since=0)
    rig.controller.listen(1.5)
    rig.assert_stands()
    rig.assert_at(released)
    assert rig.state["upd"] * 2 == released["seq"]
    rig.accepted(rig.order(rig.base.part(released["seq"])))
    rig.arrive()


def a_service_takes_its_time_and_effect_once(rig: Rig) -> None:
    state = rig.meet()
    rig.base.serve(2.0)
    action = rig.base.end["actions"][0]["id"]
    rig.base.turn(1)
    part = rig.base.part(state["last_seq"])
    rig.accepted(rig.order(part))
    begun = rig.state_where("service under way", lambda state: doing(state, action, "RUNNING"), since=0)
    copies = []
    for _ in range(6):  # the watch sees a clock that starts over
        rig.controller.listen(0.15)
        mark = rig.mark
        rig.instant({"type": "stateRequest"})
        rig.state_where("state", lambda _state: True, since=mark)
        copies.append(rig.order(part))
    over = rig.state_where("service over", lambda state: doing(state, action, "FINISHED"), since=0)
    assert (over["t"] - begun["t"]) / 1e9 >= 1.5  # reports may be a little old
    assert over["last_seq"] >= state["last_seq"] + 2
    for heard in rig.said("state"):
        done = heard["last_seq"] > state["last_seq"]
        assert not doing(heard, action, "RUNNING") or not done, "confirmed while it runs"
        assert not doing(heard, action, "FINISHED") or done, "finished and not confirmed"
    rig.arrive()
    assert {rig.answer(copy)[0] for copy in copies} == {"duplicate"}


def the_first_node_of_an_order_need_not_repeat_what_is_done_there(rig: Rig) -> None:
    rig.meet()
    rig.base.serve(0.2)
    rig.go()
    rig.arrive()
    end = rig.base.end["seq"]
    rig.base.turn(1)
    part = rig.base.part(end)
    del part["nodes"][0]["actions"]
    rig.accepted(rig.order(part))
    rig.arrive()


def charging_is_confirmed_when_it_begins_and_ends_with_the_next_entry(rig: Rig) -> None:
    rig.meet()
    rig.base.charge()
    rig.go()
    state = rig.arrive()
    assert state["charging"]
    rig.controller.listen(1.5)
    assert rig.state["charging"]
    rig.base.turn(1)
    rig.go()
    assert not rig.arrive()["charging"]


def poses_come_while_it_drives_at_most_ten_times_a_second(rig: Rig) -> None:
    rig.meet(cells=6)
    rig.base.drive(6)
    mark = rig.mark
    rig.go()
    rig.arrive()
    poses = rig.said("pose", mark)
    seconds = (poses[-1]["t"] - poses[0]["t"]) / 1e9
    assert len(poses) >= 5
    assert len(poses) <= 10.5 * seconds + 3
    way = [distance(pose["pose"], rig.base.nodes[0]) for pose in poses]
    assert max(a - b for a, b in pairwise(way)) < PLACE_M, "it goes back"
    mark = rig.mark
    rig.controller.listen(2.0)
    assert len(rig.said("pose", mark)) <= 2, "poses at rest"


FACTS = (
    a_base_is_carried_out_in_order_and_confirmed_entry_by_entry,
    a_drive_is_confirmed_when_nothing_of_the_robot_is_in_the_cell_before,
    a_turn_is_confirmed_when_it_is_over,
    an_order_may_begin_at_any_node_that_the_robot_has,
    an_order_that_the_robot_has_is_a_duplicate_and_every_copy_is_answered,
    the_same_message_again_is_answered_again,
    a_gap_is_rejected_and_changes_nothing,
    a_changed_base_is_rejected_and_changes_nothing,
    what_is_not_released_is_not_driven,
    a_service_takes_its_time_and_effect_once,
    the_first_node_of_an_order_need_not_repeat_what_is_done_there,
    charging_is_confirmed_when_it_begins_and_ends_with_the_next_entry,
    poses_come_while_it_drives_at_most_ten_times_a_second,
)
