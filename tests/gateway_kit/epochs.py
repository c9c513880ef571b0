"""Facts about the epochs of a robot (rules 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable

from tests.gateway_kit.rig import Rig, at_rest, doing
from tests.gateway_kit.wire import Table


def what_is_of_an_old_epoch_changes_nothing(rig: Rig) -> None:
    state = rig.meet(cells=2)
    epoch = state["epoch"] + 4
    rig.accepted(rig.instant({"type": "stateRequest"}, epoch=epoch))
    rig.state_where("state of the new epoch", lambda state: state["epoch"] == epoch, since=0)
    rig.base.drive()
    part = rig.base.part(state["last_seq"])
    for old in (epoch - 1, state["epoch"]):
        assert rig.answer(rig.order(part, old)) == ("rejected", "old_epoch")
        assert rig.answer(rig.instant({"type": "startPause"}, epoch=old)) == ("rejected", "old_epoch")
    rig.assert_stands()
    assert rig.state["upd"] == state["upd"]
    rig.accepted(rig.order(part, epoch))
    rig.arrive()


def at_rest_a_new_epoch_passes_over_the_entries_that_came_with_it(rig: Rig) -> None:
    state = rig.meet(cells=2)
    rig.base.drive(2)
    part = rig.base.part(state["last_seq"])
    rig.accepted(rig.order(part, state["epoch"] + 1))
    new = rig.state_where("state of the new epoch", lambda new: new["epoch"] == state["epoch"] + 1, since=0)
    assert new["upd"] == state["upd"]
    rig.assert_stands()
    rig.accepted(rig.order(part, state["epoch"] + 1))
    rig.arrive()


def in_a_drive_a_new_epoch_ends_the_base_in_the_next_cell_where_it_can(rig: Rig) -> None:
    _drop_in_a_drive(rig, lambda epoch: rig.order(rig.base.part(rig.base.nodes[0]["seq"]), epoch))


def an_instant_of_a_new_epoch_drops_the_rest_of_the_base_too(rig: Rig) -> None:
    _drop_in_a_drive(rig, lambda epoch: rig.instant({"type": "stateRequest"}, epoch=epoch))


def _drop_in_a_drive(rig: Rig, say: Callable[[int], int]) -> None:
    state = rig.meet(cells=9)
    rig.base.drive(9)
    rig.go()
    rig.under_way(metres=1.5)
    epoch = state["epoch"] + 1
    rig.accepted(say(epoch))
    new = rig.state_where("state of the new epoch", lambda new: new["epoch"] == epoch, since=0)
    _assert_dropped(rig, new)
    rig.base.drive(1)
    rig.accepted(rig.order(rig.base.part(2 * new["upd"]), epoch))
    rig.arrive()


def _assert_dropped(rig: Rig, new: Table) -> None:
    """After the first state of a new epoch the robot comes to rest where that says, and what followed is gone."""
    full = rig.base.end["seq"]
    assert new["upd"] * 2 < full, "nothing was dropped"
    assert new["upd"] * 2 <= new["last_seq"] + 4, "more is kept than the way to the next cell where it can stand"
    rig.base.cut(2 * new["upd"])
    done = rig.state_where("rest", lambda state: at_rest(state) and state["last_seq"] == 2 * new["upd"], since=0)
    assert done["epoch"] == new["epoch"]
    rig.arrive()
    rig.assert_stands()


def in_a_turn_a_new_epoch_lets_the_turn_end(rig: Rig) -> None:
    state = rig.meet()
    rig.base.turn(1, 1, 1, 1, -1, -1, -1, -1, -1, -1)
    rig.go()
    rig.state_where("turn", lambda state: not at_rest(state))
    epoch = state["epoch"] + 1
    rig.instant({"type": "stateRequest"}, epoch=epoch)
    _assert_dropped(rig, rig.state_where("state of the new epoch", lambda new: new["epoch"] == epoch, since=0))


def in_a_service_a_new_epoch_lets_the_service_end(rig: Rig) -> None:
    state = rig.meet()
    first, second = (rig.base.serve(2.5).end["actions"][0]["id"] for _ in range(2))
    rig.go()
    begun = rig.state_where("service under way", lambda state: doing(state, first, "RUNNING"), since=0)
    epoch = state["epoch"] + 1
    rig.accepted(rig.instant({"type": "stateRequest"}, epoch=epoch))
    new = rig.state_where("state of the new epoch", lambda new: new["epoch"] == epoch, since=0)
    _assert_dropped(rig, new)
    over = rig.state_where("service over", lambda state: doing(state, first, "FINISHED"), since=0)
    assert (over["t"] - begun["t"]) / 1e9 >= 2.0  # reports may be a little old
    assert over["last_seq"] == state["last_seq"] + 2
    assert not any(doing(heard, second, "RUNNING") for heard in rig.said("state"))


def a_service_that_has_not_begun_is_dropped(rig: Rig) -> None:
    state = rig.meet(cells=5)
    rig.base.drive(5).serve(0.5)
    rig.go()
    rig.under_way(metres=0.4)
    epoch = state["epoch"] + 1
    rig.accepted(rig.instant({"type": "stateRequest"}, epoch=epoch))
    _assert_dropped(rig, rig.state_where("state of the new epoch", lambda new: new["epoch"] == epoch, since=0))


def charging_goes_on_in_a_new_epoch(rig: Rig) -> None:
    state = rig.meet()
    rig.base.charge()
    rig.go()
    rig.arrive()
    epoch = state["epoch"] + 1
    rig.accepted(rig.instant({"type": "stateRequest"}, epoch=epoch))
    rig.controller.listen(2.0)
    assert rig.state["epoch"] == epoch
    assert rig.state["charging"]


FACTS = (
    what_is_of_an_old_epoch_changes_nothing,
    at_rest_a_new_epoch_passes_over_the_entries_that_came_with_it,
    in_a_drive_a_new_epoch_ends_the_base_in_the_next_cell_where_it_can,
    an_instant_of_a_new_epoch_drops_the_rest_of_the_base_too,
    in_a_turn_a_new_epoch_lets_the_turn_end,
    in_a_service_a_new_epoch_lets_the_service_end,
    a_service_that_has_not_begun_is_dropped,
    charging_goes_on_in_a_new_epoch,
)
