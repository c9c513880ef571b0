"""What faults do to kinematic robots, and that they go on when it is over."""

from __future__ import annotations

from math import inf, pi

import numpy as np
import pytest

from robots.errors import DriverError
from robots.state import Flag
from tests.driven_fleet import CHARGE, CW, FORWARD, WIDTH, DrivenFleet, service
from twin.faults import Fault, FaultKind
from twin.link import LinkParams

BRINK = 0.5 - 0.36  # from the middle of a cell, with its front at the border


def running(*faults, base=(FORWARD,) * 6, **more):
    return DrivenFleet([8], list(base), faults=faults, **more)


@pytest.mark.parametrize("kind", [FaultKind.DEAD, FaultKind.REBOOT])
def test_a_dead_robot_brakes_and_is_silent_and_goes_on_afterwards(kind):
    fleet = running(Fault(2.0, kind, robot=0, seconds=3.0))
    fleet.wait(2.2)
    heard = float(fleet.state.heard_s[0])
    assert heard <= 2.0
    fleet.wait(2.0)
    stands = fleet.truth.x_m[0]
    delivered = len(fleet.delivered)
    fleet.raise_epoch()
    fleet.wait(0.7)
    assert fleet.truth.epoch[0] == 0
    assert (fleet.truth.x_m[0], fleet.state.heard_s[0], len(fleet.delivered)) == (stands, heard, delivered)
    assert stands < 0.5 + 1.5 + 0.5 + 0.1
    fleet.until(fleet.done)
    fleet.bases[0] += [FORWARD] * (6 - len(fleet.bases[0]))
    fleet.until(fleet.done)
    assert fleet.truth.x_m[0] == 6.5


def test_a_robot_that_comes_back_has_forgotten_all_but_the_cell_it_is_half_in():
    fleet = running(Fault(2.3, FaultKind.REBOOT, robot=0, seconds=1.0))
    fleet.wait(3.25)
    assert 2.7 < fleet.truth.x_m[0] < 2.9
    rows = fleet.rows()
    rows.entries[:] = 3
    fleet.wait(0.05)
    for _ in range(3):
        fleet.tick(rows)
    assert fleet.truth.received[0] == fleet.truth.confirmed[0] + 1
    for _ in range(40):
        fleet.tick(rows)
    assert fleet.truth.received[0] == fleet.truth.confirmed[0]
    assert fleet.truth.x_m[0] % 1 == 0.5


def test_a_service_that_a_reboot_cuts_short_starts_anew_and_takes_effect_once():
    fleet = running(Fault(1.0, FaultKind.REBOOT, robot=0, seconds=0.5), base=[service(2.0), CW])
    effect = fleet.until(lambda: bool(fleet.effects))
    assert effect > 1.5 + 2.0
    fleet.until(fleet.done)
    assert fleet.effects == [(0, 0)]


def test_a_mute_robot_drives_on_to_the_end_of_its_base():
    fleet = running(Fault(1.0, FaultKind.MUTE, robot=0, seconds=9.0))
    fleet.wait(1.2)
    fleet.bases[0].append(CW)
    fleet.wait(8.5)
    assert fleet.truth.x_m[0] == 6.5
    assert fleet.state.heard_s[0] <= 1.0
    assert fleet.truth.received[0] == 6
    fleet.until(fleet.done)
    assert fleet.state.heard_s[0] > 10.0


@pytest.mark.parametrize("base", [(FORWARD,) * 6, (CW,) * 6])
def test_a_stuck_robot_stands_and_says_that_it_failed(base):
    fleet = running(Fault(1.0, FaultKind.STUCK, robot=0, seconds=5.0), base=base)
    fleet.wait(3.0)
    pose = (fleet.truth.x_m[0], fleet.truth.theta_rad[0])
    assert fleet.state.flags[0] == Flag.FAILED
    fleet.wait(2.9)
    assert (fleet.truth.x_m[0], fleet.truth.theta_rad[0]) == pose
    fleet.until(fleet.done)
    assert not fleet.state.flags[0]


def test_a_slow_robot_drives_at_its_share_of_the_speed():
    fleet = running(Fault(2.0, FaultKind.SLOW, robot=0, seconds=3.0, value=0.4))
    fleet.until(lambda: fleet.state.time_s > 1.9)
    assert fleet.state.speed_mps[0] == pytest.approx(1.0)
    fleet.wait(1.5)
    assert fleet.state.speed_mps[0] == pytest.approx(0.4)
    fleet.until(lambda: fleet.state.speed_mps[0] > 0.9)
    fleet.until(fleet.done)


@pytest.mark.parametrize(("heading", "left"), [(0, (0.0, -0.3)), (1, (0.3, 0.0)), (2, (0.0, 0.3)), (3, (-0.3, 0.0))])
def test_a_displaced_robot_stands_where_it_was_pushed_until_it_is_put_back(heading, left):
    cell = 3 * WIDTH + 3
    fleet = DrivenFleet([cell], [FORWARD] * 2, headings=[heading], seed=1)
    fleet.until(lambda: fleet.truth.confirmed[0] == 1)
    x, y = fleet.truth.x_m[0], fleet.truth.y_m[0]
    fleet.driver.inject(Fault(0.0, FaultKind.DISPLACED, robot=0, value=0.3))
    fleet.wait(2.0)
    assert fleet.state.flags[0] == Flag.LOST
    assert fleet.truth.displaced[0]
    assert (fleet.truth.x_m[0] - x, fleet.truth.y_m[0] - y) == pytest.approx(left, abs=1e-9)
    assert (fleet.state.x_m[0], fleet.state.y_m[0]) == pytest.approx((x + left[0], y + left[1]), abs=1e-5)
    assert fleet.driver.put_back(0)
    fleet.tick()
    assert not fleet.driver.put_back(0)
    assert not fleet.driver.truth().displaced[0]
    middle = (fleet.way(0, 1)[0] % WIDTH + 0.5, fleet.way(0, 1)[0] // WIDTH + 0.5)
    assert (fleet.truth.x_m[0], fleet.truth.y_m[0]) == pytest.approx(middle, abs=0.06)
    fleet.until(fleet.done)
    assert not fleet.state.flags[0]


def test_a_robot_displaced_in_its_service_does_nothing_and_begins_it_anew():
    fleet = DrivenFleet([8], [service(1.0)], faults=[Fault(0.5, FaultKind.DISPLACED, robot=0, value=1.0)])
    fleet.wait(5.0)
    assert fleet.effects == []
    fleet.driver.put_back(0)
    assert fleet.until(lambda: bool(fleet.effects)) > 6.0
    fleet.until(fleet.done)
    assert fleet.effects == [(0, 0)]


def test_put_back_of_no_robot_is_refused():
    with pytest.raises(DriverError, match="no robot 1"):
        DrivenFleet([8]).driver.put_back(1)


def test_a_robot_stops_before_an_obstacle_and_goes_on_when_it_is_gone():
    fleet = running(Fault(0.0, FaultKind.OBSTACLE, cell=8 + 3, seconds=10.0))
    fleet.wait(6.0)
    assert fleet.truth.x_m[0] == pytest.approx(2.5 + BRINK)
    assert fleet.state.flags[0] == Flag.BLOCKED
    fleet.wait(3.9)
    assert fleet.truth.x_m[0] == pytest.approx(2.5 + BRINK)
    fleet.until(fleet.done)
    assert not fleet.state.flags[0]


def test_a_robot_that_cannot_stop_before_an_obstacle_or_is_in_the_cell_goes_on():
    fleet = running()
    fleet.until(lambda: fleet.truth.x_m[0] > 2.3)  # half a metre to stop, and 0.36 m to its front
    for cell in (8 + 2, 8 + 3):
        fleet.driver.inject(Fault(0.0, FaultKind.OBSTACLE, cell=cell))
    while fleet.truth.x_m[0] < 4.5:
        fleet.tick()
        assert fleet.state.speed_mps[0] == pytest.approx(1.0)
    fleet.until(fleet.done)


def test_a_blocked_robot_backs_up_at_a_new_epoch():
    fleet = running(Fault(0.0, FaultKind.OBSTACLE, cell=8 + 3))
    fleet.until(lambda: bool(fleet.state.flags[0] & Flag.BLOCKED))
    fleet.wait(0.5)
    fleet.raise_epoch()
    fleet.wait(0.2)
    assert (fleet.state.received[0], fleet.state.confirmed[0]) == (2, 2)
    fleet.until(fleet.done)
    assert fleet.truth.x_m[0] == 2.5
    fleet.bases[0] += [CW, FORWARD]
    fleet.until(fleet.done)


def test_a_new_epoch_before_an_obstacle_keeps_only_the_cells_that_are_free():
    fleet = running(Fault(0.0, FaultKind.OBSTACLE, cell=8 + 3))
    fleet.until(lambda: fleet.truth.x_m[0] > 2.2)  # it brakes for the border, past the middle of the cell
    fleet.raise_epoch()
    furthest = 0.0
    for _ in range(60):
        fleet.tick()
        furthest = max(furthest, fleet.truth.x_m[0])
    assert fleet.done()
    assert 2.5 < furthest <= 2.5 + BRINK + 1e-6
    assert fleet.bases[0] == [FORWARD] * 2
    assert fleet.truth.x_m[0] == 2.5


def test_a_charger_that_is_out_gives_nothing():
    fault = Fault(5.0, FaultKind.CHARGER_OUT, cell=8, seconds=5.0)
    fleet = DrivenFleet([8], [CHARGE], chargers=[8], charge=40.0, faults=[fault])
    fleet.wait(5.2)
    charge = float(fleet.state.charge_percent[0])
    assert charge > 40.0
    fleet.wait(4.5)
    assert not fleet.state.charging[0]
    assert fleet.state.charge_percent[0] < charge
    fleet.wait(1.0)
    assert fleet.state.charging[0]


def test_a_drained_battery_falls_and_never_rises():
    fleet = running(
        Fault(1.0, FaultKind.DRAINED, robot=0, value=30.0), Fault(2.0, FaultKind.DRAINED, robot=0, value=60.0), base=[]
    )
    fleet.wait(1.5)
    assert fleet.state.charge_percent[0] == pytest.approx(30.0, abs=0.1)
    fleet.wait(1.5)
    assert fleet.state.charge_percent[0] < 30.0


def test_all_messages_are_lost_while_the_loss_is_total():
    fleet = running(Fault(1.0, FaultKind.LOSS, seconds=3.0, value=1.0))
    fleet.wait(3.9)
    assert fleet.state.heard_s[0] <= 1.0
    fleet.bases[0].append(CW)
    fleet.until(fleet.done)


def test_delay_makes_messages_overtake_each_other():
    fleet = running(Fault(0.0, FaultKind.DELAY, seconds=20.0, value=1.0), link=LinkParams())
    ages = []
    for _ in range(200):
        fleet.tick()
        ages.append(fleet.state.time_s - fleet.state.heard_s[0])
    assert 0.3 < max(ages) < 1.2
    fleet.until(fleet.done)


def test_duplication_brings_messages_twice():
    fleet = running(Fault(0.0, FaultKind.DUPLICATION, value=1.0), base=[FORWARD], link=LinkParams(resend_s=5.0))
    fleet.until(fleet.done)
    fleet.wait(1.0)
    assert fleet.delivered == [(0, 0)] * 2


def test_of_two_faults_of_a_kind_the_one_that_ends_later_counts():
    slow = [
        Fault(0.0, FaultKind.SLOW, robot=0, seconds=10.0, value=0.3),
        Fault(1.0, FaultKind.SLOW, robot=0, seconds=2.0, value=0.9),
    ]
    fleet = running(*slow)
    fleet.wait(4.0)
    assert fleet.state.speed_mps[0] == pytest.approx(0.3)
    dead = [Fault(0.5, FaultKind.DEAD, robot=0, seconds=5.0), Fault(1.0, FaultKind.REBOOT, robot=0, seconds=1.0)]
    fleet = running(*dead)
    fleet.wait(5.4)
    assert fleet.state.heard_s[0] <= 0.5
    loss = [Fault(0.0, FaultKind.LOSS, seconds=3.0, value=1.0), Fault(0.5, FaultKind.LOSS, seconds=1.0, value=0.0)]
    fleet = running(*loss)
    fleet.wait(2.9)
    assert fleet.delivered == []


@pytest.mark.parametrize("kind", [FaultKind.MUTE, FaultKind.STUCK, FaultKind.OBSTACLE])
def test_an_overlapping_fault_does_not_shorten_one(kind):
    cell, robot = (11, -1) if kind is FaultKind.OBSTACLE else (-1, 0)
    faults = [Fault(0.5, kind, robot, cell, seconds) for seconds in (8.0, 1.0)]
    fleet = running(*faults)
    fleet.wait(8.0)
    assert fleet.truth.confirmed[0] < 6 or fleet.state.heard_s[0] <= 0.5
    fleet.until(fleet.done)


def test_faults_of_different_kinds_add_up():
    fleet = running(
        Fault(1.0, FaultKind.STUCK, robot=0, seconds=4.0),
        Fault(2.0, FaultKind.REBOOT, robot=0, seconds=1.0),
        Fault(0.0, FaultKind.OBSTACLE, cell=10, seconds=8.0),
    )
    fleet.wait(4.0)
    assert fleet.state.flags[0] == Flag.FAILED
    fleet.wait(3.0)
    assert fleet.state.flags[0] == Flag.BLOCKED
    fleet.until(fleet.done)


def test_a_fault_begins_with_the_tick_at_its_moment_or_when_it_is_injected():
    fleet = running(Fault(0.3, FaultKind.DRAINED, robot=0, value=10.0), base=[], tick_s=0.1)
    fleet.wait(0.3)
    assert fleet.state.charge_percent[0] > 90
    fleet.wait(0.1)
    assert fleet.state.charge_percent[0] < 11
    fleet.driver.inject(Fault(0.0, FaultKind.STUCK, robot=0, seconds=1.0))
    fleet.wait(0.9)
    assert fleet.state.flags[0] == Flag.FAILED
    fleet.wait(0.3)
    assert not fleet.state.flags[0]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(0.0, FaultKind.DEAD, robot=1),
        Fault(0.0, FaultKind.STUCK),
        Fault(0.0, FaultKind.OBSTACLE, cell=48),
        Fault(0.0, FaultKind.CHARGER_OUT),
        Fault(inf, FaultKind.DEAD, robot=0),
        Fault(0.0, FaultKind.DEAD, robot=0, seconds=0.0),
        Fault(0.0, FaultKind.DISPLACED, robot=0, value=inf),
        Fault(0.0, FaultKind.SLOW, robot=0, value=1.5),
        Fault(0.0, FaultKind.DRAINED, robot=0, value=-1.0),
        Fault(0.0, FaultKind.LOSS, value=1.1),
        Fault(0.0, FaultKind.DELAY, value=-0.1),
        Fault(0.0, FaultKind.DUPLICATION, value=2.0),
    ],
    ids=lambda fault: fault.kind.value,
)
def test_impossible_faults_are_refused(fault):
    with pytest.raises(DriverError, match=fault.kind.value):
        running(fault)
    with pytest.raises(DriverError, match=fault.kind.value):
        running().driver.inject(fault)


def test_a_robot_stops_for_an_obstacle_in_the_middle_of_a_turn_run_only_when_it_gets_there():
    fleet = running(Fault(0.0, FaultKind.OBSTACLE, cell=16), base=[CW, FORWARD])
    fleet.until(lambda: bool(fleet.state.flags[0] & Flag.BLOCKED))
    assert fleet.truth.theta_rad[0] == pi / 2
    assert np.allclose(fleet.truth.y_m[0], 1.5 + BRINK)
