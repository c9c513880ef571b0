"""What a gateway makes of orders and instants: the rules for robots in docs/protocol.md, one after the other."""

from __future__ import annotations

from math import pi

import pytest

from robots.messages import Ack, Action, Edge, Params, PoseReport, Resync, State
from tests.gateway_rig import EAST, SOUTH, TICK_S, Rig, instant, node, order, position
from twin.faults import Fault, FaultKind

ACCEPTED, DUPLICATE = ("accepted", ""), ("duplicate", "")
START = (22, EAST)  # row 2, column 2


def rejected(error):
    return ("rejected", error)


@pytest.fixture
def rig():
    return Rig(22, 44)


# Rule 1: grow.


def test_a_base_is_carried_out_in_order_and_confirmed(rig):
    assert rig.ack(order(START, ["F", "F", "R", "F", 0.5])) == [ACCEPTED]
    state = rig.state(ticks=120)
    assert (state.upd, state.last_seq, state.last_node) == (5, 10, "n5")
    assert (state.nodes, state.edges, state.order) == ((), (), "epoch-0")
    assert (state.pose.x, state.pose.y) == pytest.approx((4.5, 3.5), abs=0.02)
    assert rig.effects == [(0, 4)]
    assert [(action.id, action.status) for action in state.actions] == [("a4", "FINISHED")]


def test_nodes_that_it_has_are_passed_over_and_those_that_follow_are_appended(rig):
    rig.ack(order(START, ["F", "F"]))
    assert rig.ack(order(START, ["F", "F", "F", "R"], seq=2)) == [ACCEPTED]
    assert rig.state(ticks=2).upd == 4


def test_an_order_all_of_which_it_has_is_a_duplicate_before_and_after_it_is_done(rig):
    whole = order(START, ["F", "F"])
    assert rig.ack(whole, whole) == [ACCEPTED, DUPLICATE]
    rig.tick(60)
    assert rig.ack(whole) == [DUPLICATE]
    assert rig.state().upd == 2


def test_each_copy_is_answered_by_one_ack_that_names_it(rig):
    rig.take()
    rig.give(order(START, ["F"], seq=7), order(START, ["F"], seq=7), instant("startPause", seq=8))
    rig.tick()
    assert [ack.re for ack in rig.take(Ack)] == [7, 7, 8]


def test_an_order_beyond_what_it_has_is_a_gap(rig):
    assert rig.ack(order((23, EAST), ["F"], number=1)) == [rejected("gap")]
    assert rig.state().upd == 0


@pytest.mark.parametrize(
    "changed",
    [
        order(START, ["F", "R", "F"]),
        order(START, ["F", "F", 2.0]),
        order(START, ["F", "F", "C"]),
        order(START, ["F", "F", "F"]),
        order((23, EAST), ["F", "F", 1.0]),
        order((22, SOUTH), ["F", "F", 1.0]),
    ],
)
def test_other_nodes_than_it_has_are_refused_and_change_nothing(rig, changed):
    rig.ack(instant("startPause"), order(START, ["F", "F", 1.0]))
    assert rig.ack(changed) == [rejected("changed")]
    assert rig.state(ticks=2).upd == 3


def test_the_same_service_under_another_action_is_changed(rig):
    rig.ack(instant("startPause"), order(START, [1.0]))
    other = node(1, START, actions=(Action("other", "service", params=Params(seconds=1.0)),))
    same = order(START, [1.0])
    assert rig.ack(type(same)(**{**_fields(same), "nodes": (same.nodes[0], other)})) == [rejected("changed")]


def test_nodes_may_go_by_other_names(rig):
    rig.ack(instant("startPause"), order(START, ["F"]))
    same = order(START, ["F"], seq=2)
    renamed = type(same)(**{**_fields(same), "nodes": tuple(node(k, (22 + k, EAST), id="other") for k in (0, 1))})
    assert rig.ack(renamed) == [DUPLICATE]


def test_what_is_not_released_is_no_part_of_the_base(rig):
    assert rig.ack(order(START, ["F", "F", "F"], released=2)) == [ACCEPTED]
    state = rig.state(ticks=60)
    assert (state.upd, state.last_seq) == (2, 4)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (order((0, 3), ["R", "R", "R", "F"]), "changed"),
        (order(START, [1.0, 2.0, "C"]), "impossible"),  # no charger here
        (order(START, [1e-9]), "impossible"),
    ],
)
def test_what_no_robot_can_do_is_refused(rig, bad, error):
    assert rig.ack(bad) == [rejected(error)]
    assert rig.state().upd == 0


@pytest.mark.parametrize(
    ("nodes", "error"),
    [
        ([node(0, START), node(1, (24, EAST))], "impossible"),  # two cells ahead
        ([node(0, START), node(1, (32, EAST))], "impossible"),  # sideways
        ([node(0, START), node(1, (22, 2))], "impossible"),  # a half turn
        ([node(0, START), node(1, START)], "impossible"),  # nothing to do
        ([node(0, START), node(1, (23, EAST), x=3.9)], "impossible"),  # between two cells
        ([node(0, START), node(1, (23, EAST), x=-1e6)], "impossible"),
        ([node(0, START), node(1, (23, EAST), map="other")], "impossible"),
        ([node(0, START), node(1, (23, EAST), theta=0.7)], "impossible"),
        ([node(0, START), node(2, (23, EAST))], "malformed"),
        ([node(0, START), node(1, START, actions=(Action("a", "dance"),))], "unknown_action"),
        ([node(0, START), node(1, START, actions=(Action("a", "service"),))], "impossible"),
        ([node(0, START), node(1, START, actions=(Action("a", "service"), Action("b", "service")))], "unknown_action"),
    ],
)
def test_a_node_to_which_no_entry_leads_is_refused(rig, nodes, error):
    like = order(START, ["F"])
    assert rig.ack(type(like)(**{**_fields(like), "nodes": tuple(nodes)})) == [rejected(error)]


def test_edges_have_to_fit_to_nodes_and_carry_no_actions(rig):
    like = order(START, ["F"])
    for edges, error in (
        ((), "malformed"),
        ((Edge("e", 3, True, "a", "b"),), "malformed"),
        ((Edge("e", 1, True, "a", "b", actions=(Action("a", "beep"),)),), "unknown_action"),
    ):
        assert rig.ack(type(like)(**{**_fields(like), "edges": edges})) == [rejected(error)]


def test_a_node_without_theta_is_reached_as_the_robot_faces(rig):
    like = order(START, ["F"])
    nodes = tuple(node(k, (22 + k, EAST), theta=None) for k in (0, 1))
    assert rig.ack(type(like)(**{**_fields(like), "nodes": nodes})) == [ACCEPTED]


def test_an_order_that_leads_off_the_map_is_refused(rig):
    rig.ack(order(START, ["F"] * 7))
    rig.tick(150)
    there = order((29, EAST), ["R"], number=7, seq=2)
    assert rig.ack(there) == [ACCEPTED]
    beyond = type(there)(
        **{**_fields(there), "seq": 3, "nodes": (node(7, (29, EAST)), node(8, (30, EAST)))}
    )  # the cell that follows in the array is at the other end of the next row
    assert rig.ack(beyond) == [rejected("changed")]


def test_a_base_has_room_for_48_entries_and_is_longer_than_a_driver_can_take(rig):
    for k in range(3):
        assert rig.ack(order(START, ["R", "L"] * 8, number=16 * k, seq=k)) == [ACCEPTED]
    assert rig.ack(order(START, ["R", "L"] * 16, number=48, seq=9)) == [rejected("too_long")]
    assert rig.state(ticks=600).last_seq == 96


def test_an_order_for_a_robot_of_somebody_else_is_refused(rig):
    assert rig.ack(order(START, ["F"], robot="amr-777")) == [rejected("unknown_robot")]


# Rules 2 and 3: epochs.


def test_an_older_epoch_changes_nothing(rig):
    rig.ack(order(START, [], epoch=5))
    assert rig.ack(order(START, ["F"], epoch=4), instant("startPause", epoch=4)) == [rejected("old_epoch")] * 2
    state = rig.state()
    assert (state.epoch, state.upd, state.paused) == (5, 0, False)


def test_a_new_epoch_drops_what_has_not_begun_and_passes_over_its_entries(rig):
    rig.ack(order(START, ["F"] * 6))
    rig.tick(10)
    assert rig.ack(order(START, ["F"] * 7, epoch=1, seq=2)) == [ACCEPTED]
    state = rig.state(ticks=60)
    assert state.epoch == 1
    assert 1 <= state.upd <= 3
    assert state.last_seq == 2 * state.upd
    assert rig.ack(order(START, ["F"] * 7, epoch=1, seq=2)) == [DUPLICATE]  # the copy comes late
    assert rig.state().upd == state.upd


def test_a_service_under_way_is_finished_under_a_new_epoch(rig):
    rig.ack(order(START, [1.0, 1.0]))
    rig.tick(5)
    rig.ack(order(START, [], epoch=1, seq=2))
    assert rig.state(ticks=30).last_seq == 2
    assert rig.effects == [(0, 0)]


def test_an_instant_raises_the_epoch_too_and_is_obeyed(rig):
    rig.ack(order(START, [1.0, "F"]))
    assert rig.ack(instant("startPause", epoch=1)) == [ACCEPTED]
    state = rig.state()
    assert (state.epoch, state.paused) == (1, True)


def test_entries_right_behind_a_raise_wait_until_it_is_known_what_was_kept(rig):
    assert rig.ack(order(START, [], epoch=1, seq=1), order(START, ["F"], epoch=1, seq=2)) == [ACCEPTED, ACCEPTED]
    assert rig.state(ticks=60).last_seq == 2


# Rule 4: confirm.


def test_confirmed_never_falls_and_a_robot_never_leaves_its_base(rig):
    rig.ack(order(START, ["F", "F", "F", 0.3, "R"]))
    seen = [rig.state().last_seq for _ in range(80)]
    assert seen == sorted(seen)
    assert seen[-1] == 10


def test_charging_is_confirmed_when_it_has_begun():
    rig = Rig(0)
    rig.ack(order((0, EAST), ["C"]))
    state = rig.state()
    assert (state.last_seq, state.charging) == (2, True)


# Rule 5: pause.


def test_a_pause_stands_keeps_the_base_and_stops_a_service_clock(rig):
    rig.ack(order(START, [1.0, "F"]))
    rig.tick(3)
    rig.ack(instant("startPause", seq=2))
    left = rig.state().actions[0].left
    state = rig.state(ticks=20)
    assert state.paused
    assert state.actions[0].left == left
    assert (state.upd, state.last_seq) == (2, 0)
    rig.ack(instant("stopPause", seq=3))
    assert rig.state(ticks=60).last_seq == 4


def test_a_speed_limit_holds_until_the_next_one(rig):
    limit = Action("l1", "speedLimit", params=Params(mps=0.2))
    rig.ack(instant(limit), order(START, ["F"] * 6))
    rig.tick(20)
    assert max(pose.vel.v for pose in rig.take(PoseReport)) == pytest.approx(0.2)
    rig.ack(instant("speedLimit", seq=2))
    rig.tick(20)
    assert max(pose.vel.v for pose in rig.take(PoseReport)) > 0.9


def test_a_limit_on_an_edge_is_kept(rig):
    rig.ack(order(START, ["F", "F"], vmax=0.3))
    rig.tick(40)
    assert max(pose.vel.v for pose in rig.take(PoseReport)) == pytest.approx(0.3)


def test_an_action_that_was_carried_out_is_a_duplicate_and_changes_nothing(rig):
    pause = instant("startPause", seq=1)
    assert rig.ack(pause, instant("stopPause", seq=2), pause) == [ACCEPTED, ACCEPTED, DUPLICATE]
    assert not rig.state().paused


def test_an_unknown_action_refuses_the_whole_instant(rig):
    assert rig.ack(instant("startPause", "dance")) == [rejected("unknown_action")]
    assert not rig.state().paused


def test_a_state_tells_of_instant_actions_once(rig):
    rig.ack(instant("startPause", seq=9))
    rig.take()
    rig.give(instant("stateRequest", seq=10))
    told = rig.state(ticks=1).actions
    assert [(action.id, action.status) for action in told] == [("stateRequest-10-0", "FINISHED")]
    assert rig.state().actions == ()


# Rule 6: remember.


def test_a_restart_knows_base_epoch_levels_and_place(rig):
    rig.ack(order(START, ["F"] * 5, epoch=0))
    rig.tick(12)
    rig.ack(order(START, [], epoch=3, seq=2), instant("startPause", epoch=3, seq=3))
    before = rig.state(ticks=30)
    again = Rig(*rig.cells, kept=rig.kept, boot=b"c" * 16)
    after = again.state()
    for name in ("epoch", "upd", "last_seq", "last_node", "order", "nodes", "paused"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.boot == b"c" * 16
    assert (after.pose.x, after.pose.y) == pytest.approx((before.pose.x, before.pose.y), abs=0.02)
    assert again.ack(instant("startPause", epoch=3, seq=3)) == [DUPLICATE]


# Rule 7: report.


def test_poses_come_ten_times_a_second_while_it_moves_and_states_every_second(rig):
    rig.ack(order(START, ["F"] * 6))
    rig.tick(9)
    rig.take()
    rig.tick(30)
    sent = [message for message in rig.take() if getattr(message, "robot", "") == "amr-000"]
    assert sum(isinstance(message, PoseReport | State) for message in sent) == 30
    assert any(isinstance(message, PoseReport) for message in sent)
    assert all(message.vel.v > 0 for message in sent)


def test_a_robot_at_rest_sends_a_state_a_second_and_no_pose(rig):
    rig.tick(20)
    rig.take()
    rig.tick(50)
    sent = rig.take((State, PoseReport))
    assert len(sent) == 2 * 5
    assert all(isinstance(message, State) for message in sent)


def test_numbers_of_states_and_poses_count_up_by_one_from_1(rig):
    rig.give(order(START, ["F"] * 3))
    rig.tick(50)
    sent = [message for message in rig.take((State, PoseReport)) if message.robot == "amr-000"]
    assert [message.seq for message in sent] == list(range(1, len(sent) + 1))


def test_what_changes_is_reported_at_once(rig):
    rig.ack(instant("startPause"))
    rig.tick(20)
    rig.take()
    rig.give(order(START, ["F"]))
    rig.tick()
    assert [state.upd for state in rig.take(State) if state.robot == "amr-000"] == [1]


def test_a_resync_asks_for_the_states_of_all_or_of_some(rig):
    rig.tick(3)
    rig.take()
    rig.give(Resync(1, 1, 0, ("amr-001", "amr-777")))
    rig.tick()
    assert {state.robot for state in rig.take(State)} >= {"amr-001"}
    rig.give(Resync(1, 1, 0))
    rig.tick()
    assert {state.robot for state in rig.take(State)} == {"amr-000", "amr-001"}


def test_energy_counts_from_the_start_of_the_program(rig):
    assert rig.state(ticks=100).energy == pytest.approx(35.0 * 10 / 3600, rel=0.2)


def test_a_turn_is_reported_clockwise(rig):
    rig.ack(order(START, ["R"]))
    rig.take()
    rig.tick(3)
    assert rig.take((PoseReport, State))[-1].vel.w > 0
    assert rig.state(ticks=20).pose.theta == pytest.approx(pi / 2)


# Rule 9: what robots say of themselves.


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(at_s=1.0, kind=FaultKind.OBSTACLE, cell=25), "blocked"),
        (Fault(at_s=1.0, kind=FaultKind.STUCK, robot=0), "failed"),
        (Fault(at_s=1.0, kind=FaultKind.DISPLACED, robot=0, value=0.3), "lost"),
    ],
)
def test_what_is_wrong_is_an_error(fault, kind):
    rig = Rig(22, faults=(fault,))
    rig.ack(order(START, ["F"] * 5))
    state = rig.state(ticks=60)
    assert [error.type for error in state.errors] == [kind]
    assert state.pose.ok == (kind != "lost")


def test_a_robot_that_hears_nothing_says_nothing_and_acknowledges_nothing():
    rig = Rig(22, 44, faults=(Fault(at_s=1.0, kind=FaultKind.MUTE, robot=0, seconds=5.0),))
    rig.tick(20)
    assert rig.ack(order(START, ["F"]), order((44, EAST), ["F"], robot="amr-001")) == [ACCEPTED]
    rig.tick(20)
    assert {state.robot for state in rig.take(State)} == {"amr-001"}
    rig.tick(40)
    assert rig.ack(order(START, ["F"])) == [ACCEPTED]


def test_a_reboot_of_the_robot_loses_nothing_of_its_base():
    rig = Rig(22, faults=(Fault(at_s=2.0, kind=FaultKind.REBOOT, robot=0, seconds=1.0),))
    rig.ack(order(START, ["F"] * 5))
    assert rig.state(ticks=150).last_seq == 10


# Rule 10: position.


def test_a_lost_robot_goes_on_from_where_it_is_told_that_it_is():
    rig = Rig(22, faults=(Fault(at_s=2.0, kind=FaultKind.DISPLACED, robot=0, value=0.3),))
    rig.ack(order(START, ["F"] * 5))
    assert rig.state(ticks=40).errors
    assert rig.ack(instant(position((42, SOUTH), last_seq=40))) == [ACCEPTED]
    state = rig.state()
    assert (state.errors, state.upd, state.last_seq) == ((), 20, 40)
    assert (state.pose.x, state.pose.y, state.pose.theta) == pytest.approx((2.5, 4.5, pi / 2), abs=0.02)
    assert rig.ack(order((42, SOUTH), ["F", 0.2], number=20, seq=5)) == [ACCEPTED]
    assert rig.state(ticks=60).last_seq == 44


def test_a_robot_with_something_to_do_knows_where_it_is(rig):
    rig.ack(order(START, ["F"] * 5))
    assert rig.ack(instant(position((42, SOUTH)))) == [rejected("busy")]
    rig.tick(120)
    assert rig.ack(instant(position((42, SOUTH)), seq=2)) == [ACCEPTED]
    assert rig.state().last_seq == 10


@pytest.mark.parametrize(
    ("params", "error"),
    [
        (Params(x=2.5, y=2.5), "malformed"),
        (Params(x=2.5, y=2.5, theta=0.0, last_seq=3), "malformed"),
        (Params(x=2.5, y=2.5, theta=0.7), "impossible"),
        (Params(x=-2.5, y=2.5, theta=0.0), "impossible"),
        (Params(x=2.5, y=2.5, theta=0.0, map="other"), "impossible"),
    ],
)
def test_a_position_that_is_none_is_refused(rig, params, error):
    rig.take()
    rig.give(instant(Action("p", "initPosition", params=params)))
    rig.tick()
    ack, state = (message for message in rig.take((Ack, State)) if message.robot == "amr-000")
    assert (ack.result, ack.error) == rejected(error)
    assert [action.status for action in state.actions] == ["FAILED"]


# Rule 11: cancel.


def test_cancel_drops_a_service_under_way_and_is_acknowledged_when_that_is_done(rig):
    rig.ack(order(START, [5.0, "F"]))
    rig.tick(10)
    rig.take()
    rig.give(instant("cancelOrder"))
    assert rig.take(Ack) == []
    rig.tick()
    sent = [message for message in rig.take((Ack, State)) if message.robot == "amr-000"]
    assert [type(message) for message in sent] == [Ack, State]
    assert sent[0].result == "accepted"
    assert (sent[1].upd, sent[1].epoch) == (0, 0)
    rig.tick(60)
    assert rig.effects == []
    assert rig.ack(order(START, ["F"], seq=5)) == [ACCEPTED]
    assert rig.state(ticks=40).last_seq == 2


def test_cancel_ends_charging():
    rig = Rig(0)
    rig.ack(order((0, EAST), ["C"]))
    assert rig.state().charging
    rig.ack(instant("cancelOrder"))
    assert not rig.state().charging


def test_a_copy_of_a_cancel_that_comes_before_it_is_carried_out_is_a_duplicate(rig):
    rig.ack(order(START, ["F"] * 4))
    rig.tick(5)
    cancel = instant("cancelOrder")
    assert rig.ack(cancel, cancel) == [ACCEPTED, DUPLICATE]


def _fields(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_a_cancel_that_the_robot_has_not_answered_is_not_acknowledged():
    rig = Rig(22, faults=(Fault(at_s=1.0, kind=FaultKind.MUTE, robot=0, seconds=2.0),))
    rig.ack(order(START, ["F"] * 4))
    rig.tick(round((1.0 - rig.now) / TICK_S))
    assert rig.ack(instant("cancelOrder")) == []
    rig.tick(15)
    assert rig.take((Ack, State)) == []
    rig.tick(10)
    first, *rest = rig.take((Ack, State))
    assert (first.result, rest[0].upd < 4) == ("accepted", True)
