"""Facts about cancelling (rule 11)."""

from __future__ import annotations

from tests.gateway_kit.rig import Rig, at_rest, doing
from tests.gateway_kit.wire import Table


def _cancel(rig: Rig) -> Table:
    """Cancel what the robot has; returns the first state after the acknowledgement."""
    number = rig.instant({"type": "cancelOrder"})
    rig.accepted(number)
    mark = next(place for place, heard in enumerate(rig.controller.heard) if heard.get("re") == number)
    return rig.state_where("state after the cancel", lambda _state: True, since=mark)


def in_a_drive_a_cancel_ends_the_base_in_the_next_cell_where_it_can(rig: Rig) -> None:
    state = rig.meet(cells=9)
    rig.base.drive(8).serve(1.0)
    rig.go()
    rig.under_way(metres=1.5)
    after = _cancel(rig)
    assert after["epoch"] == state["epoch"]
    assert after["upd"] * 2 <= after["last_seq"] + 4
    rig.base.cut(2 * after["upd"])
    rig.state_where("rest", lambda state: at_rest(state) and state["last_seq"] == 2 * after["upd"], since=0)
    rig.assert_stands()
    rig.base.drive()
    rig.go()
    rig.arrive()


def in_a_service_a_cancel_drops_it_unconfirmed(rig: Rig) -> None:
    state = rig.meet()
    rig.base.turn(1).serve(3.0)
    action = rig.base.end["actions"][0]["id"]
    rig.go()
    rig.state_where("service under way", lambda state: doing(state, action, "RUNNING"), since=0)
    after = _cancel(rig)
    assert (after["last_seq"], after["upd"] * 2) == (state["last_seq"] + 2, state["last_seq"] + 2)
    rig.base.cut(after["last_seq"])
    rig.controller.listen(3.0)
    assert rig.state["last_seq"] == after["last_seq"]
    assert not any(doing(heard, action, "FINISHED") for heard in rig.said("state"))
    rig.base.turn(-1).serve(0.2)
    rig.go()
    rig.arrive()


def a_cancel_ends_charging(rig: Rig) -> None:
    rig.meet()
    rig.base.charge()
    rig.go()
    rig.arrive()
    assert rig.state["charging"]
    after = _cancel(rig)
    assert not after["charging"]
    assert after["last_seq"] == rig.base.end["seq"]


FACTS = (
    in_a_drive_a_cancel_ends_the_base_in_the_next_cell_where_it_can,
    in_a_service_a_cancel_drops_it_unconfirmed,
    a_cancel_ends_charging,
)
