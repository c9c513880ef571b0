"""Facts about what befalls a robot by itself: rule 9. The program must take lines on its standard input."""

from __future__ import annotations

from tests.gateway_kit.rig import Rig, at_rest, distance


def faults(state):
    return {error["type"] for error in state["errors"]}


def with_its_emergency_stop_pushed_it_stands_until_a_person_releases_it(rig: Rig) -> None:
    rig.meet(cells=6)
    rig.base.drive(6)
    rig.go()
    rig.under_way(metres=1.0)
    rig.say("estop")
    stood = rig.state_where("emergency stop", lambda state: state["estop"] != "NONE" and at_rest(state))
    assert stood["last_seq"] < rig.base.end["seq"]
    rig.accepted(rig.instant({"type": "stopPause"}))
    rig.assert_stands()
    assert rig.state["upd"] * 2 == rig.base.end["seq"]
    rig.say("release")
    rig.state_where("release", lambda state: state["estop"] == "NONE")
    rig.arrive()


def an_emergency_stop_stops_the_clock_of_a_service(rig: Rig) -> None:
    state = rig.meet()
    rig.say("estop")
    rig.state_where("emergency stop", lambda state: state["estop"] != "NONE")
    rig.base.serve(0.3)
    rig.go()
    rig.controller.listen(1.5)
    assert rig.state["last_seq"] == state["last_seq"]
    rig.say("release")
    rig.arrive()


def before_an_obstacle_it_stands_and_goes_on_when_it_is_gone(rig: Rig) -> None:
    rig.meet(cells=6)
    rig.base.drive(6)
    rig.go()
    rig.under_way(metres=1.0)
    rig.say("block")
    stood = rig.state_where("obstacle", lambda state: "blocked" in faults(state) and at_rest(state))
    assert stood["last_seq"] < rig.base.end["seq"]
    rig.assert_stands()
    rig.say("clear")
    rig.state_where("free way", lambda state: "blocked" not in faults(state))
    rig.arrive()


def a_lost_robot_stands_until_it_is_told_where_it_is(rig: Rig) -> None:
    rig.meet(cells=6)
    rig.base.drive(6)
    rig.go()
    rig.under_way(metres=1.0)
    rig.say("lost")
    lost = rig.state_where("loss", lambda state: "lost" in faults(state) and at_rest(state))
    assert not lost["pose"]["ok"]
    rig.assert_stands()
    rig.base.cut(lost["last_seq"])
    node = rig.base.end
    params = {**{key: node[key] for key in ("x", "y", "theta", "map")}, "last_seq": node["seq"]}
    rig.accepted(rig.instant({"type": "initPosition", "params": params}))
    found = rig.state_where("position", lambda state: "lost" not in faults(state))
    assert found["pose"]["ok"]
    assert (found["last_seq"], found["upd"]) == (node["seq"], node["seq"] // 2)
    assert distance(found["pose"], node) < 0.01
    rig.base.drive()
    rig.go()
    rig.arrive()


FACTS = (
    with_its_emergency_stop_pushed_it_stands_until_a_person_releases_it,
    an_emergency_stop_stops_the_clock_of_a_service,
    before_an_obstacle_it_stands_and_goes_on_when_it_is_gone,
    a_lost_robot_stands_until_it_is_told_where_it_is,
)
