"""The ZeroMQ driver between what a controller says and what robots say: opening, orders, levels, epochs, sessions."""

from __future__ import annotations

import numpy as np
import pytest

from robots.errors import DriverError, InputError
from robots.gateways.wire_params import WireParams
from robots.gateways.zmq_driver import ZmqDriver
from robots.messages import Ack, ActionState, Bye, Fault, Hb, Instant, Order, Pose, Resync, Velocity, Welcome
from robots.state import Entry, Flag, FleetState
from tests.raw_gateway import BOOT, Served, known_fleet, open_floor, served
from tests.wired_fleet import serials

F, CW, CCW, WAIT, SERVICE, CHARGE = (int(entry) for entry in Entry)


@pytest.fixture
def fleet():
    with served(2) as fleet:
        yield fleet


@pytest.fixture
def gateway(fleet):
    gateway = fleet.gateway(robots=(0, 1))
    gateway.join()
    return gateway


def give(fleet, *entries, robot=0, index=0, epoch=0, seconds=1.0):
    """Set a robot's row."""
    k = max(len(entries), fleet.commands.entries.shape[1])
    n = fleet.n
    rows = np.full((n, k), WAIT, dtype=np.uint8)
    rows[:, : fleet.commands.entries.shape[1]] = fleet.commands.entries
    rows[robot] = WAIT
    rows[robot, : len(entries)] = entries
    fleet.commands.entries = rows
    fleet.commands.service_s = np.where(rows == SERVICE, np.float32(seconds), np.float32(0))
    fleet.commands.index[robot], fleet.commands.epoch[robot] = index, epoch


def orders(gateway, robot="amr-000"):
    return [order for order in gateway.of(Order) if order.robot == robot]


def wait_for(fleet, holds, what="it came"):
    fleet.until(holds, what)


# Opening


def opening(says, robots=1):
    """Open a driver of robots that are not known, whose gateway sends these states; returns what `open` did."""
    fleet = Served(robots)
    said = []

    def tick():
        """Time passes once all that was said has come."""
        if fleet.driver.endpoint and not said:
            gateway = fleet.gateway(robots=range(robots))
            gateway.hello()
            said.extend(says(gateway))
            gateway.send(*said)
        if fleet.driver.record.received > len(said) > 0:
            fleet.now += 0.5
        return fleet.now

    fleet.driver = ZmqDriver(
        "tcp://127.0.0.1:*",
        roster=serials(robots),
        floor=open_floor(),
        clock=tick,
        wall_ns=lambda: fleet.wall,
        context=fleet.context,
        epoch=5,
        params=WireParams(tick_s=0.0, wait_s=2.0, gather_s=0.0),
        on_security=fleet.events.append,
    )
    try:
        return fleet.driver.open()
    finally:
        fleet.close()


def test_open_waits_until_each_robot_has_said_where_it_is():
    state = opening(
        lambda gateway: [
            gateway.state(robot="amr-000", pose=Pose(2.55, 1.45, 4.75, "hall"), last_seq=14, upd=7, epoch=3),
            gateway.state(robot="amr-001"),
        ],
        robots=2,
    )
    assert (state.cell.tolist(), state.heading.tolist()) == ([6, 1], [3, 0])
    assert (state.confirmed.tolist(), state.received.tolist(), state.epoch.tolist()) == ([7, 0], [7, 0], [3, 0])


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        (lambda gateway: [gateway.state(robot="amr-001")], "amr-000 said nothing"),
        (lambda gateway: [gateway.state(pose=Pose(0.9, 0.5, 0.0, "hall"))], "amr-000 is not in the middle of a cell"),
        (lambda gateway: [gateway.state(pose=Pose(0.5, 0.5, 0.5, "hall"))], "amr-000 is not in the middle of a cell"),
        (lambda gateway: [gateway.state(pose=Pose(-0.5, 0.5, 0.0, "hall"))], "amr-000 is not in the middle of a cell"),
        (lambda gateway: [gateway.state(pose=Pose(0.5, 0.5, 0.0, "yard"))], "amr-000 is not in the middle of a cell"),
        (lambda gateway: [gateway.state(upd=2)], "amr-000 still has 2 entries that another controller gave it"),
        (
            lambda gateway: [gateway.state(robot=robot, pose=Pose(0.5, 0.5, 0.0, "hall")) for robot in gateway.robots],
            "amr-000, amr-001 say that they are all in cell 0",
        ),
    ],
)
def test_open_refuses_robots_that_cannot_begin(says, problem):
    with pytest.raises(InputError, match=problem):
        opening(says, robots=2)


def test_robots_that_are_known_need_not_be_heard_to_begin(fleet):
    assert np.isneginf(fleet.state.heard_s).all()
    assert fleet.state.cell.tolist() == [0, 1]


def test_an_address_in_use_is_refused(fleet):
    other = Served(1, listen=fleet.driver.endpoint)
    with pytest.raises(InputError, match="cannot bind"):
        other.driver.open()
    other.close()


@pytest.mark.parametrize("change", [{"lease_s": 0.0}, {"hb_s": 3.0}, {"resend_s": float("nan")}, {"backlog": -1}])
def test_impossible_parameters_are_refused(change):
    with pytest.raises(InputError, match=r"wire\."):
        WireParams(**change)


# Orders


def test_entries_become_one_order_from_where_the_robot_is(fleet, gateway):
    give(fleet, F, CW, SERVICE, seconds=2.5)
    wait_for(fleet, lambda: orders(gateway))
    [order] = orders(gateway)
    assert (order.upd, order.epoch, [node.seq for node in order.nodes]) == (3, 0, [0, 2, 4, 6])
    assert [(node.x, node.y) for node in order.nodes] == [(0.5, 0.5), (1.5, 0.5), (1.5, 0.5), (1.5, 0.5)]
    assert [round(node.theta, 3) for node in order.nodes] == [0.0, 0.0, 1.571, 1.571]
    assert [action.type for action in order.nodes[3].actions] == ["service"]
    assert order.nodes[3].actions[0].params.seconds == 2.5
    assert [edge.seq for edge in order.edges] == [1, 3, 5]


def test_what_is_added_is_sent_alone_and_at_once(fleet, gateway):
    give(fleet, F)
    wait_for(fleet, lambda: orders(gateway))
    give(fleet, F, CW)
    wait_for(fleet, lambda: len(orders(gateway)) == 2)
    assert [node.seq for node in orders(gateway)[1].nodes] == [2, 4]


def test_an_order_is_sent_again_until_it_is_acknowledged_and_reported(fleet, gateway):
    give(fleet, F)
    for times in (1, 2, 3):
        wait_for(fleet, lambda times=times: len(orders(gateway)) == times)
        fleet.pass_time(0.51)
        gateway.send(gateway.state(robot="amr-001"))
    wait_for(fleet, lambda: len(orders(gateway)) == 4)
    gateway.send(Ack("amr-000", orders(gateway)[-1].seq, "accepted"), gateway.state(upd=1))
    wait_for(fleet, lambda: fleet.state.received[0] == 1)
    fleet.pass_time(2.5)
    fleet.poll()
    assert len(orders(gateway)) == 4


def test_a_rejected_order_is_noted_asked_about_and_sent_again_later(fleet, gateway):
    give(fleet, F)
    wait_for(fleet, lambda: orders(gateway))
    gateway.send(Ack("amr-000", orders(gateway)[0].seq, "rejected", "gap"))
    wait_for(fleet, lambda: gateway.of(Resync))
    assert gateway.of(Resync)[0].robots == ("amr-000",)
    assert fleet.record.noted == {"rejected": 1}
    assert fleet.events[-1]["error"] == "gap"
    assert len(orders(gateway)) == 1
    fleet.pass_time(0.6)
    wait_for(fleet, lambda: len(orders(gateway)) == 2)


def test_rows_that_do_not_change_are_not_sent_again(fleet, gateway):
    give(fleet, F)
    wait_for(fleet, lambda: orders(gateway))
    sent = fleet.record.sent
    for _ in range(50):
        fleet.poll()
    assert fleet.record.sent == sent


def test_a_robot_gets_nothing_before_it_was_heard_in_the_session(fleet):
    gateway = fleet.gateway(robots=(0, 1))
    give(fleet, F)
    gateway.hello()
    wait_for(fleet, lambda: gateway.of(Welcome))
    fleet.pass_time(0.6)
    assert not orders(gateway)
    gateway.send(gateway.state())
    wait_for(fleet, lambda: orders(gateway))


def test_a_refused_batch_changes_nothing(fleet, gateway):
    give(fleet, F)
    give(fleet, CHARGE, robot=1)
    with pytest.raises(DriverError, match=r"robot 1 \(amr-001\) cannot charge"):
        fleet.driver.submit(fleet.commands)
    give(fleet, WAIT)
    give(fleet, WAIT, robot=1)
    fleet.pass_time(1.0)
    assert not gateway.of(Order)


def test_a_gateway_may_ask_for_all_again(fleet, gateway):
    give(fleet, F)
    wait_for(fleet, lambda: orders(gateway) and len(gateway.of(Instant)) == 2)
    gateway.send(Resync(gateway.heard[0].session, 5, 1, ("amr-000",)))
    wait_for(fleet, lambda: len(orders(gateway)) == 2 and len(gateway.of(Instant)) == 3)


# Levels and epochs


def levels(gateway, robot="amr-000"):
    return [
        (message.actions[0].type, message.actions[1].params.mps)
        for message in gateway.of(Instant)
        if message.robot == robot
    ]


def test_halt_and_speed_limit_are_sent_when_they_change_and_with_the_first_row(fleet, gateway):
    wait_for(fleet, lambda: levels(gateway) == [("stopPause", None)])
    gateway.send(Ack("amr-000", gateway.of(Instant)[0].seq, "accepted"))
    fleet.commands.halt[0] = True
    fleet.commands.speed_limit_mps[0] = 0.5
    wait_for(fleet, lambda: levels(gateway) == [("stopPause", None), ("startPause", 0.5)])


def test_only_the_newest_level_is_sent_again(fleet, gateway):
    for halt in (True, False, True):
        fleet.commands.halt[0] = halt
        fleet.poll()
    count = len(levels(gateway))
    fleet.pass_time(0.6)
    wait_for(fleet, lambda: len(levels(gateway)) > count)
    assert levels(gateway)[-1] == ("startPause", None)
    mine = [message for message in gateway.of(Instant) if message.robot == "amr-000"]
    ids = [action.id for message in mine for action in message.actions]
    assert len(set(ids)) == len(ids)


def test_an_epoch_is_raised_before_anything_else_and_entries_wait_for_the_report(fleet, gateway):
    give(fleet, F, F)
    wait_for(fleet, lambda: orders(gateway))
    gateway.send(gateway.state(upd=2))
    wait_for(fleet, lambda: fleet.state.received[0] == 2)
    give(fleet, F, CW, epoch=1)
    wait_for(fleet, lambda: len(orders(gateway)) == 2)
    raised = orders(gateway)[1]
    assert (raised.epoch, len(raised.nodes), raised.order != orders(gateway)[0].order) == (1, 1, True)
    fleet.poll()
    assert len(orders(gateway)) == 2
    gateway.send(gateway.state(upd=1, epoch=1))
    wait_for(fleet, lambda: len(orders(gateway)) == 3)
    assert [node.seq for node in orders(gateway)[2].nodes] == [2, 4]
    assert round(orders(gateway)[2].nodes[1].theta, 3) == 1.571


def test_a_known_robot_that_went_on_while_nobody_listened_says_where_it_is():
    known = known_fleet(1, received=3)
    with served(1, known=known) as fleet:
        gateway = fleet.gateway()
        gateway.hello()
        gateway.send(gateway.state(last_seq=4, upd=3, last_node="c2h0", pose=Pose(2.9, 0.5, 0.0, "hall")))
        wait_for(fleet, lambda: fleet.state.confirmed[0] == 2)
        assert (fleet.state.cell[0], fleet.state.heading[0], fleet.state.received[0]) == (2, 0, 3)
        assert fleet.state.flags[0] == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"last_seq": 2, "upd": 1}, "confirmed_fell"),
        ({"last_seq": 4, "upd": 9}, "more_than_given"),
        ({"last_seq": 6, "upd": 4, "last_node": "elsewhere"}, "place_unknown"),
        ({"last_seq": 6, "upd": 4, "last_node": "c15h0"}, "place_unknown"),
    ],
)
def test_a_robot_that_cannot_be_where_its_base_says_is_lost(change, reason):
    known = known_fleet(1, received=4)
    known.confirmed[:] = 2
    with served(1, known=known) as fleet:
        gateway = fleet.gateway()
        gateway.hello()
        gateway.send(gateway.state(**change))
        fleet.noted("astray")
        assert fleet.events[-1]["reason"] == reason
        assert (fleet.state.flags[0], fleet.state.confirmed[0], fleet.state.cell[0]) == (Flag.LOST, 2, 0)
        gateway.send(gateway.state(last_seq=4, upd=4))
        wait_for(fleet, lambda: fleet.state.flags[0] == 0, "it is no longer lost")


# States


@pytest.mark.parametrize(
    ("change", "flags"),
    [
        ({"estop": "MANUAL"}, Flag.FAILED),
        ({"mode": "MANUAL"}, Flag.FAILED),
        ({"errors": (Fault("blocked", "WARNING"),)}, Flag.BLOCKED),
        ({"errors": (Fault("failed", "FATAL"), Fault("tray", "WARNING"))}, Flag.FAILED),
        ({"errors": (Fault("lost", "FATAL"),)}, Flag.LOST),
        ({"pose": Pose(0.5, 0.5, 0.0, "hall", ok=False)}, Flag.LOST),
        ({"paused": True}, Flag.HALTED),
        ({"paused": True, "vel": Velocity(0.5)}, 0),
    ],
)
def test_what_a_robot_says_becomes_its_flags_while_it_lasts(fleet, gateway, change, flags):
    gateway.send(gateway.state(**change, soc=1.0))
    wait_for(fleet, lambda: fleet.state.charge_percent[0] == 1.0)
    assert fleet.state.flags[0] == flags
    gateway.send(gateway.state(soc=2.0))
    wait_for(fleet, lambda: fleet.state.charge_percent[0] == 2.0)
    assert fleet.state.flags[0] == 0


def test_poses_and_states_fill_the_columns_and_say_when_they_came(fleet, gateway):
    fleet.pass_time(0.5)
    left = (ActionState("a", "FINISHED"), ActionState("b", "RUNNING", 2.5), ActionState("c", "WAITING", 9.0))
    gateway.send(gateway.state(actions=left, charging=True), gateway.pose(vel=Velocity(0.75)))
    wait_for(fleet, lambda: fleet.state.speed_mps[0] == 0.75)
    assert (fleet.state.service_left_s[0], bool(fleet.state.charging[0])) == (2.5, True)
    assert fleet.state.heard_s.tolist() == [100.5, 100.0]
    assert fleet.state.time_s == 100.5


def test_a_state_handed_out_stays_as_it_is_until_the_next_poll(fleet, gateway):
    state = fleet.state
    before = state.charge_percent.copy()
    gateway.send(gateway.state(soc=1.0))
    fleet.driver.submit(fleet.commands)
    assert np.array_equal(state.charge_percent, before)
    assert isinstance(fleet.driver.poll(), FleetState)


def test_energy_counts_from_the_opening_and_over_boots(fleet, gateway):
    gateway.send(gateway.state(energy=10.0), gateway.state(energy=12.0, soc=1.0))
    wait_for(fleet, lambda: fleet.state.charge_percent[0] == 1.0)
    assert fleet.driver.charge_wh_used == 12.0  # it said 0 when it joined
    again = fleet.gateway(robots=(0, 1), boot=b"n" * 16)
    again.hello()
    again.send(again.state(energy=3.0, soc=2.0))
    wait_for(fleet, lambda: fleet.state.charge_percent[0] == 2.0)
    assert fleet.driver.charge_wh_used == 15.0


# Sessions


def test_hellos_of_one_boot_belong_to_one_session(fleet):
    gateway = fleet.gateway(robots=(0, 1))
    gateway.hello(robots=["amr-000"])
    gateway.hello(robots=["amr-001"])
    wait_for(fleet, lambda: len(gateway.of(Welcome)) == 2)
    first, second = gateway.of(Welcome)
    assert first.session == second.session
    assert (first.epoch, first.lease_ms, first.hb_ms, first.proto) == (5, 3000, 1000, (1, 0))


def test_a_newer_minor_version_is_answered_with_ours(fleet):
    gateway = fleet.gateway()
    gateway.hello(proto=(1, 9))
    wait_for(fleet, lambda: gateway.of(Welcome))
    assert gateway.of(Welcome)[0].proto == (1, 0)


def test_hearts_beat_both_ways_and_a_lease_ends_without(fleet, gateway):
    number = gateway.heard[0].session
    for _ in range(5):
        fleet.pass_time(1.0)
        accepted = fleet.record.accepted
        gateway.send(Hb(number, 5, 1))
        wait_for(fleet, lambda accepted=accepted: fleet.record.accepted > accepted)
    assert len(gateway.of(Hb)) >= 5
    assert not fleet.record.noted
    fleet.pass_time(3.1)
    assert fleet.record.noted == {"lease": 1}
    gateway.send(Hb(number, 5, 1))
    fleet.refused("no_session")
    wait_for(fleet, lambda: gateway.of(Bye))
    gateway.hello()
    wait_for(fleet, lambda: len(gateway.of(Welcome)) == 2)


def test_a_bye_ends_the_session(fleet, gateway):
    gateway.send(Bye(gateway.heard[0].session, 5, 1, "going home"))
    gateway.send(gateway.state())
    fleet.refused("no_session")


def test_a_robot_has_one_speaker_at_a_time(fleet, gateway):
    other = fleet.gateway("gw-2", (0,), boot=b"o" * 16)
    other.hello()
    fleet.refused("taken")
    wait_for(fleet, lambda: other.of(Bye))
    fleet.pass_time(3.1)
    other.hello()
    wait_for(fleet, lambda: other.of(Welcome), "after the lease another one may speak")


def test_orders_go_on_over_a_new_connection_of_the_same_boot(fleet, gateway):
    give(fleet, F)
    wait_for(fleet, lambda: orders(gateway))
    again = fleet.gateway(robots=(0, 1), boot=BOOT)
    again.seq = gateway.seq
    again.hello()
    again.send(again.state())
    wait_for(fleet, lambda: orders(again))
    assert [node.seq for node in orders(again)[0].nodes] == [0, 2]


def test_a_close_says_bye():
    with served(1, params={"linger_s": 30.0}) as fleet:
        gateway = fleet.gateway()
        gateway.join()
        fleet.driver.close()
        while not gateway.of(Bye):
            assert gateway.socket.poll(60_000)
            gateway.take()
        assert gateway.of(Bye)[0].reason == "controller closed"
