"""Facts about sessions: hello, welcome, heartbeats, leases, epochs of the controller."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

from tests.gateway_kit.program import GATEWAY
from tests.gateway_kit.rig import Rig, at_rest


def a_hello_comes_first_and_says_who_speaks(rig: Rig) -> None:
    rig.start()
    hello = rig.hello(since=0)
    assert rig.controller.heard[0] is hello
    assert hello["proto"][0] == 1
    assert hello["gw"] == GATEWAY
    assert hello["robots"]
    for robot in hello["robots"]:
        assert all(robot["factsheet"][key] > 0 for key in ("length", "width", "vmax"))


def nothing_is_said_before_the_welcome(rig: Rig) -> None:
    rig.controller.welcomes = False
    rig.start()
    boot = rig.hello(since=0)["boot"]
    heard = rig.controller.listen(2.5)  # the watch refuses states, acks and heartbeats
    assert all(message["boot"] == boot for message in heard if message["msg"] == "hello")


def states_of_all_robots_follow_the_welcome(rig: Rig) -> None:
    rig.start()
    rig.hello(since=0)
    heard = rig.controller.listen(2.5)
    hellos = [message for message in rig.controller.heard if message["msg"] == "hello"]
    robots = {robot["serial"] for hello in hellos for robot in hello["robots"]}
    firsts = {message["robot"]: message for message in reversed(heard) if message["msg"] == "state"}
    assert firsts.keys() == robots
    for state in firsts.values():
        assert state["seq"] == 1
        assert (state["last_seq"], state["upd"], state["epoch"]) == (0, 0, 0)
        assert state["boot"] == hellos[0]["boot"]
        assert state["pose"]["ok"]
        assert at_rest(state)


def heartbeats_are_of_the_session_and_the_controllers_epoch(rig: Rig) -> None:
    rig.controller.hb_ms = 300
    rig.meet()
    beats = [message for message in rig.controller.listen(4.0) if message["msg"] == "hb"]
    assert len(beats) >= 4
    assert {(beat["session"], beat["epoch"]) for beat in beats} == {(rig.controller.session, rig.controller.epoch)}


def a_robot_at_rest_tells_its_state_every_second(rig: Rig) -> None:
    rig.meet()
    states = [message for message in rig.controller.listen(6.5) if message["msg"] == "state"]
    times = [state["t"] / 1e9 for state in states if state["robot"] == rig.robot]
    assert len(times) >= 4
    assert max(b - a for a, b in pairwise(times)) < 2.0
    assert abs(times[-1] - time.time()) < 5.0


def a_resync_brings_a_state_at_once(rig: Rig) -> None:
    rig.meet()
    resync = {"msg": "resync", **rig.controller.about(rig.controller.session)}
    _assert_prompt(rig, lambda turn: rig.controller.send(resync | ({"robots": [rig.robot]} if turn % 2 else {})))


def a_state_request_brings_a_state_at_once(rig: Rig) -> None:
    rig.meet()
    _assert_prompt(rig, lambda _turn: rig.instant({"type": "stateRequest"}))


def _assert_prompt(rig: Rig, ask: Callable[[int], object]) -> None:
    start = time.monotonic()
    for turn in range(12):
        mark = rig.mark
        ask(turn)
        rig.state_where("state", lambda _state: True, since=mark)
    # One that only tells its state every second takes 11 s.
    assert time.monotonic() - start < 8.0


def a_robot_whose_lease_ends_finishes_its_base_holds_and_says_hello_again(rig: Rig) -> None:
    controller = rig.controller
    controller.lease_ms, controller.hb_ms = 1500, 300
    first = rig.meet(cells=5)
    rig.base.drive(5)
    rig.go()
    rig.under_way()
    controller.beats = controller.welcomes = False
    mark = rig.mark
    assert rig.hello()["boot"] == first["boot"]
    controller.listen(7.0)
    assert not [message for message in controller.heard[mark:] if message["msg"] == "bye"]
    controller.forget()
    controller.beats = controller.welcomes = True
    rig.hello()
    mark = rig.mark
    state = rig.state_where("state in the new session", lambda _state: True, since=mark)
    assert state["boot"] == first["boot"]
    assert state["last_seq"] == rig.base.end["seq"]
    assert at_rest(state)
    rig.assert_at(rig.base.end)


def a_session_lives_by_heartbeats_alone(rig: Rig) -> None:
    rig.controller.lease_ms, rig.controller.hb_ms = 2000, 400
    rig.meet()
    mark = rig.mark
    rig.controller.listen(5.0)
    assert not [message for message in rig.controller.heard[mark:] if message["msg"] in {"hello", "bye"}]


def a_bye_ends_the_session_and_a_hello_of_the_same_boot_follows(rig: Rig) -> None:
    first = rig.meet()
    rig.controller.send({"msg": "bye", **rig.controller.about(rig.controller.session), "reason": "a test"})
    rig.controller.forget()
    assert rig.hello()["boot"] == first["boot"]
    mark = rig.mark
    assert rig.state_where("state", lambda _state: True, since=mark)["boot"] == first["boot"]


def a_controller_that_comes_back_is_told_the_same_base(rig: Rig) -> None:
    rig.meet(cells=4)
    rig.base.drive(4)
    rig.go()
    rig.under_way()
    rig.controller.close()
    rig.controller.epoch += 1
    rig.controller.bind()
    mark = rig.mark
    rig.hello()
    state = rig.state_where("state", lambda _state: True, since=mark)
    assert state["upd"] * 2 == rig.base.end["seq"]
    rig.arrive()
    rig.base.turn(1)
    rig.go()
    rig.arrive()


def a_controller_of_a_smaller_epoch_gets_a_bye_and_is_not_obeyed(rig: Rig) -> None:
    state = rig.meet(cells=1)
    controller = rig.controller
    controller.send({"msg": "bye", **controller.about(controller.session), "reason": "a test"})
    controller.forget()
    controller.epoch -= 1
    mark = rig.mark
    rig.hello()
    controller.expect("bye", lambda message: message["msg"] == "bye", since=mark)
    rig.base.drive()
    number = rig.order(rig.base.part(state["last_seq"]), state["epoch"])
    heard = controller.listen(2.0)
    assert not [message for message in heard if message["msg"] == "ack" and message["re"] == number]
    controller.epoch += 2
    mark = rig.mark
    back = rig.state_where("state for a newer controller", lambda _state: True, since=mark)
    assert back["upd"] == state["upd"]


def a_heartbeat_of_a_smaller_epoch_gets_a_bye(rig: Rig) -> None:
    rig.meet()
    controller = rig.controller
    mark = rig.mark
    controller.send({"msg": "hb", **controller.about(controller.session), "epoch": controller.epoch - 1})
    controller.expect("bye", lambda message: message["msg"] == "bye", since=mark)


def an_epoch_learned_from_a_heartbeat_counts(rig: Rig) -> None:
    rig.meet()
    controller = rig.controller
    controller.epoch += 3
    controller.expect(
        "heartbeat of the greater epoch",
        lambda message: message["msg"] == "hb" and message["epoch"] == controller.epoch,
    )
    controller.send({"msg": "bye", **controller.about(controller.session), "reason": "a test"})
    controller.forget()
    controller.epoch -= 1
    mark = rig.mark
    rig.hello()
    controller.expect("bye", lambda message: message["msg"] == "bye", since=mark)


def heartbeats_of_another_session_do_not_keep_the_lease(rig: Rig) -> None:
    controller = rig.controller
    controller.lease_ms, controller.hb_ms = 1200, 300
    rig.meet()
    session = controller.session
    controller.beats = False
    mark, until = rig.mark, time.monotonic() + 10.0
    while not any(message["msg"] == "hello" for message in controller.heard[mark:]):
        assert time.monotonic() < until, "the session goes on"
        controller.send({"msg": "hb", **controller.about(session + 77)})
        controller.listen(0.3)


def unknown_keys_are_passed_over(rig: Rig) -> None:
    rig.meet(cells=1)
    rig.base.drive()
    part = rig.base.part(rig.state["last_seq"])
    part["nodes"][-1]["colour"] = {"of": ["the", "floor"]}
    part["edges"][-1]["mood"] = None
    rig.accepted(rig.order(part, weather=[1, 2.5, True, b"x"]))
    rig.arrive()


def a_dead_endpoint_is_left_for_the_next_one(rig: Rig) -> None:
    rig.start(before="tcp://127.0.0.1:9,")  # the discard port: nobody listens there
    rig.hello(since=0)


FACTS = (
    a_hello_comes_first_and_says_who_speaks,
    nothing_is_said_before_the_welcome,
    states_of_all_robots_follow_the_welcome,
    heartbeats_are_of_the_session_and_the_controllers_epoch,
    a_robot_at_rest_tells_its_state_every_second,
    a_resync_brings_a_state_at_once,
    a_state_request_brings_a_state_at_once,
    a_robot_whose_lease_ends_finishes_its_base_holds_and_says_hello_again,
    a_session_lives_by_heartbeats_alone,
    a_bye_ends_the_session_and_a_hello_of_the_same_boot_follows,
    a_controller_that_comes_back_is_told_the_same_base,
    a_controller_of_a_smaller_epoch_gets_a_bye_and_is_not_obeyed,
    a_heartbeat_of_a_smaller_epoch_gets_a_bye,
    an_epoch_learned_from_a_heartbeat_counts,
    heartbeats_of_another_session_do_not_keep_the_lease,
    unknown_keys_are_passed_over,
    a_dead_endpoint_is_left_for_the_next_one,
)
