"""Facts about restarts: what a robot remembers when its program is killed (rule 6)."""

from __future__ import annotations

from tests.gateway_kit.rig import Rig, at_rest, distance, doing
from tests.gateway_kit.wire import Table


def _restart(rig: Rig) -> Table:
    """Kill the program and start it again; returns the first state, in which all is as it was, but for the boot."""
    rig.kill()
    rig.controller.listen(0.1)
    before, mark = rig.state, rig.mark
    rig.start()
    boot = rig.hello(since=mark)["boot"]
    assert boot != before["boot"]
    state = rig.state_where("state after the restart", lambda state: state["boot"] == boot, since=mark)
    assert state["seq"] == 1
    assert state["epoch"] == before["epoch"]
    assert state["last_seq"] >= before["last_seq"]
    return state


def killed_in_a_drive_it_finishes_its_base(rig: Rig) -> None:
    state = rig.meet(cells=5)
    epoch = state["epoch"] + 3
    rig.accepted(rig.instant({"type": "stateRequest"}, epoch=epoch))
    rig.state_where("state of the new epoch", lambda state: state["epoch"] == epoch, since=0)
    rig.base.drive(5)
    rig.go()
    seen = rig.under_way(metres=1.5)
    back = _restart(rig)
    assert back["upd"] * 2 == rig.base.end["seq"]
    assert back["order"] == f"order-{epoch}"
    start = rig.base.nodes[0]
    assert distance(back["pose"], start) >= distance(seen["pose"], start) - 0.1, "its pose is from before"
    rig.arrive()


def what_was_acknowledged_is_there_after_a_kill(rig: Rig) -> None:
    rig.meet(cells=4)
    for _ in range(3):
        rig.base.drive()
        rig.go()
        back = _restart(rig)
        assert back["upd"] * 2 == rig.base.end["seq"]
    rig.arrive()


def killed_in_a_service_it_serves_once(rig: Rig) -> None:
    state = rig.meet()
    rig.base.serve(0.4)
    first = rig.base.end["actions"][0]["id"]
    rig.base.serve(2.0)
    second = rig.base.end["actions"][0]["id"]
    rig.base.turn(1)
    part = rig.base.part(state["last_seq"])
    rig.accepted(rig.order(part))
    rig.state_where("second service under way", lambda state: doing(state, second, "RUNNING"), since=0)
    mark = rig.mark
    back = _restart(rig)
    assert back["last_seq"] >= state["last_seq"] + 2
    assert back["upd"] * 2 == rig.base.end["seq"]
    rig.answer(rig.order(part))
    rig.arrive()
    states = rig.said("state", mark)
    assert not any(doing(heard, first, "RUNNING") for heard in states)
    assert any(doing(heard, second, "FINISHED") for heard in states)


def killed_at_rest_it_stands_where_it_stood(rig: Rig) -> None:
    rig.meet(cells=3)
    rig.base.drive(1).turn(1)
    rig.go()
    rig.arrive()
    back = _restart(rig)
    assert back["last_seq"] == rig.base.end["seq"]
    assert at_rest(back)
    rig.assert_at(rig.base.end)
    rig.base.turn(-1).drive(1)
    rig.go()
    rig.arrive()


def the_greatest_epoch_of_a_controller_outlives_a_kill(rig: Rig) -> None:
    state = rig.meet()
    rig.kill()
    rig.controller.epoch -= 1
    mark = rig.mark
    rig.start()
    rig.hello()
    rig.controller.expect("bye", lambda message: message["msg"] == "bye", since=mark)
    rig.controller.listen(1.5)
    assert not rig.said("state", mark)
    rig.controller.epoch += 2
    mark = rig.mark
    assert rig.state_where("state", lambda _state: True, since=mark)["last_seq"] == state["last_seq"]


FACTS = (
    killed_in_a_drive_it_finishes_its_base,
    what_was_acknowledged_is_there_after_a_kill,
    killed_in_a_service_it_serves_once,
    killed_at_rest_it_stands_where_it_stood,
    the_greatest_epoch_of_a_controller_outlives_a_kill,
)
