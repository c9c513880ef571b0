"""Kinematic robots: how they drive, what they make of their rows, and how messages fare."""

from __future__ import annotations

from itertools import pairwise
from math import inf, pi

import numpy as np
import pytest

from robots.battery import percent_of_battery
from robots.driver import Commands
from robots.errors import DriverError, InputError
from robots.kinematics import run_time, turn_time
from robots.model import RobotModel
from robots.state import Flag, FleetState
from tests.driven_fleet import CCW, CHARGE, CW, FORWARD, SERVICE, DrivenFleet, service
from tests.oracles import kinematics
from twin import _rails
from twin.faults import Fault, FaultKind
from twin.link import LinkParams
from twin.motion import MotionParams
from twin.simulated_fleet import SimulatedFleet

SUBSTEP = 0.05
MODELS = {
    "sorter": RobotModel(),
    "quick": RobotModel(max_speed_mps=2.0, max_acceleration_mps2=0.7, max_turn_acceleration_radps2=3.0),
    "odd": RobotModel(max_speed_mps=0.83, max_acceleration_mps2=1.3, max_turn_rate_radps=1.1),
}


def seconds_of(fleet):
    """Seconds from the first motion to the end of the last, by what really happened."""
    begun = None
    before = fleet.truth
    while True:
        fleet.tick()
        pose, last = fleet.truth, before
        moved = (pose.x_m[0], pose.y_m[0], pose.theta_rad[0]) != (last.x_m[0], last.y_m[0], last.theta_rad[0])
        if moved and begun is None:
            begun = last.time_s
        if begun is not None and not moved:
            return last.time_s - begun
        before = pose


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
@pytest.mark.parametrize("cells", [1, 2, 6])
def test_a_straight_run_takes_as_long_as_its_trapezoid(model, cells):
    took = seconds_of(DrivenFleet([8], [FORWARD] * cells, model=model))
    assert took == pytest.approx(run_time(model, cells), abs=2 * SUBSTEP)
    assert took == pytest.approx(
        kinematics.seconds(cells, model.max_speed_mps, model.max_acceleration_mps2), abs=2 * SUBSTEP
    )


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
@pytest.mark.parametrize(("turns", "angle"), [([CW], pi / 2), ([CCW], pi / 2), ([CW, CW], pi), ([CCW] * 3, 1.5 * pi)])
def test_quarter_turns_in_a_row_are_one_turn(model, turns, angle):
    fleet = DrivenFleet([8], turns, model=model)
    assert seconds_of(fleet) == pytest.approx(turn_time(model, angle), abs=2 * SUBSTEP)
    assert fleet.truth.theta_rad[0] == pytest.approx((angle if turns[0] == CW else -angle) % (2 * pi))


def test_a_run_goes_like_its_fine_integration_all_along():
    model = MODELS["odd"]
    fleet = DrivenFleet([8], [FORWARD] * 4, model=model)
    where = []
    while not fleet.done():
        fleet.tick()
        where.append(fleet.truth.x_m[0] - 0.5)
    begun = next(place for place, way in enumerate(where) if way > 0)
    for way, want in zip(where[begun:], kinematics.places(4.0, 0.83, 1.3)[1:], strict=False):
        assert way == pytest.approx(want, abs=0.83 * SUBSTEP)
    assert where[-1] == 4.0


@pytest.mark.parametrize("target", [0.3, 0.999, 4.0, 11.7])
@pytest.mark.parametrize("top", [0.2, 1.0, 3.0])
def test_a_drive_never_overshoots_nor_brakes_harder_than_it_can(target, top):
    along, speed, before = 0.0, 0.0, 0.0
    for _ in range(2000):
        along, speed = _rails.driven(along, speed, target, top, 0.9, SUBSTEP)
        assert along <= target
        assert speed <= top
        assert abs(speed - before) <= 0.9 * SUBSTEP + 1e-9
        before = speed
    assert (along, speed) == (target, 0.0)


def test_a_robot_that_drives_away_from_its_target_brakes_and_comes_back():
    along, speed, furthest = 0.2, 0.5, 0.0
    for _ in range(100):
        along, speed = _rails.driven(along, speed, 0.0, 1.0, 1.0, SUBSTEP)
        furthest = max(furthest, along)
    assert furthest == pytest.approx(0.2 + 0.5**2 / 2)
    assert (along, speed) == (0.0, 0.0)


def test_a_base_that_grows_in_time_is_driven_without_a_stop():
    fleet = DrivenFleet([8], [FORWARD] * 2)
    slowest = inf
    while not fleet.done():
        fleet.tick()
        if 1.5 < fleet.truth.x_m[0] < 5.5:
            slowest = min(slowest, float(fleet.state.speed_mps[0]))
        if len(fleet.bases[0]) < 6 and fleet.truth.confirmed[0] >= len(fleet.bases[0]) - 1:
            fleet.bases[0].append(FORWARD)
    assert slowest > 0.4
    assert fleet.truth.x_m[0] == 6.5


def test_a_cell_is_confirmed_when_the_rear_has_left_the_one_before():
    fleet = DrivenFleet([8], [FORWARD] * 3, motion=MotionParams(position_noise_m=0.02, speed_spread=0.0))
    rear_of = {}
    while not fleet.done():
        fleet.tick()
        rear = fleet.truth.x_m[0] - fleet.model.length_m / 2
        rear_of.setdefault(int(fleet.truth.confirmed[0]), rear)
        assert rear <= fleet.truth.confirmed[0] + 1 + 0.02 + 0.051  # one substep later at most
    assert all(rear_of[cell] >= cell + 0.02 for cell in (1, 2, 3))


def test_a_turn_is_confirmed_when_it_is_done():
    fleet = DrivenFleet([8], [CW])
    while fleet.truth.confirmed[0] == 0:
        before = fleet.truth.theta_rad[0]
        fleet.tick()
    assert before < pi / 2 - 1e-8
    assert fleet.truth.theta_rad[0] == pytest.approx(pi / 2, abs=1e-8)


def test_a_speed_limit_is_kept_and_braked_down_to():
    fleet = DrivenFleet([8], [FORWARD] * 6)
    fleet.until(lambda: fleet.state.speed_mps[0] == 1.0)
    fleet.limit = 0.3
    speeds = [1.0]
    while not fleet.done():
        fleet.tick()
        speeds.append(float(fleet.state.speed_mps[0]))
    down = next(place for place, speed in enumerate(speeds) if speed <= 0.3 + 1e-6)
    assert max(speeds[down:]) <= 0.3 + 1e-6
    assert max(a - b for a, b in pairwise(speeds)) <= 1.0 * SUBSTEP + 1e-6
    assert (down - 1) * SUBSTEP <= 0.7 + 3 * SUBSTEP


def test_a_halt_stops_between_cells_and_the_base_is_kept():
    fleet = DrivenFleet([8], [FORWARD] * 6)
    fleet.until(lambda: fleet.truth.x_m[0] > 2.2)
    fleet.halt[0] = True
    fleet.until(lambda: bool(fleet.state.flags[0] & Flag.HALTED))
    stands = fleet.truth.x_m[0]
    assert 2.69 < stands < 2.7 + 0.15
    fleet.wait(2.0)
    assert fleet.truth.x_m[0] == stands
    assert fleet.truth.received[0] == 6
    fleet.halt[0] = False
    fleet.until(fleet.done)
    assert fleet.truth.x_m[0] == 6.5
    assert not fleet.state.flags[0]


def test_a_halt_holds_up_a_service():
    fleet = DrivenFleet([8], [service(1.0)])
    fleet.until(lambda: fleet.state.service_left_s[0] > 0)
    fleet.halt[0] = True
    fleet.wait(3.0)
    assert fleet.effects == []
    assert fleet.state.flags[0] == Flag.HALTED
    fleet.halt[0] = False
    fleet.until(fleet.done)
    assert fleet.effects == [(0, 0)]


def test_a_new_epoch_ends_the_base_at_the_first_cell_where_the_robot_can_stop():
    fleet = DrivenFleet([8], [FORWARD] * 6)
    fleet.until(lambda: fleet.truth.x_m[0] >= 2.2)  # at 1 m/s it needs half a metre: too late for the cell at 2.5
    fleet.raise_epoch()
    fleet.until(lambda: fleet.state.epoch[0] == 1)
    assert fleet.state.received[0] == 3
    fleet.until(fleet.done)
    assert fleet.truth.x_m[0] == 3.5
    fleet.bases[0] += [CW, FORWARD]
    fleet.until(fleet.done)
    assert (fleet.state.cell[0], fleet.state.confirmed[0]) == (8 + 3 + 8, 5)


def test_a_new_epoch_lets_a_service_and_a_turn_go_on_to_their_end():
    fleet = DrivenFleet([8, 16], [service(1.0), CW], [CW, FORWARD])
    fleet.wait(0.3)
    fleet.raise_epoch()
    fleet.until(fleet.done)
    assert fleet.bases == [[service(1.0)], [CW]]
    assert fleet.effects == [(0, 0)]
    assert fleet.truth.theta_rad[1] == pi / 2


def test_a_turn_that_is_too_fast_to_stop_takes_the_next_quarter_with_it():
    fleet = DrivenFleet([8], [CW] * 3)
    fleet.until(lambda: fleet.truth.theta_rad[0] > pi / 2 - 0.3)
    fleet.raise_epoch()
    fleet.until(fleet.done)
    assert fleet.bases == [[CW, CW]]


def test_what_comes_with_a_new_epoch_is_passed_over_and_older_epochs_change_nothing():
    fleet = DrivenFleet([8])
    fleet.tick()
    rows = Commands.none(1, 1)
    rows.epoch[:], rows.entries[:] = 1, FORWARD
    fleet.driver.submit(rows)
    fleet.driver.poll()
    fleet.epoch = 1
    fleet.wait(1.0)
    assert fleet.truth.received[0] == 0
    stale = Commands.none(1, 1)
    stale.entries[:], stale.halt[:] = FORWARD, True
    fleet.delivered.clear()
    for _ in range(20):
        fleet.tick(stale)
    assert (0, 0) in fleet.delivered
    assert (fleet.truth.received[0], fleet.state.flags[0]) == (0, 0)


def test_a_service_takes_effect_once_at_its_end():
    fleet = DrivenFleet([8], [FORWARD, service(0.5), service(0.02), CW])
    fleet.until(lambda: fleet.state.service_left_s[0] > 0)
    begun = fleet.state.time_s
    fleet.until(lambda: bool(fleet.effects))
    assert fleet.state.time_s - begun == pytest.approx(0.5, abs=2 * SUBSTEP)
    fleet.until(fleet.done)
    assert fleet.effects == [(0, 1), (0, 2)]


def test_charging_begins_at_once_and_ends_with_the_next_entry():
    fleet = DrivenFleet([8], [CHARGE], chargers=[8], charge=40.0)
    fleet.until(fleet.done)
    fleet.wait(60.0)
    assert fleet.state.charging[0]
    model = fleet.model
    gained = percent_of_battery(model, model.charge_w, 60.0)
    assert fleet.state.charge_percent[0] == pytest.approx(40.0 + gained, abs=0.05)
    assert fleet.driver.charge_wh_used < 0.01
    fleet.bases[0].append(CW)
    fleet.until(fleet.done)
    assert not fleet.state.charging[0]


def test_a_full_battery_stays_full():
    fleet = DrivenFleet([8], [CHARGE], chargers=[8], charge=99.99)
    fleet.wait(5.0)
    assert fleet.state.charge_percent[0] == 100.0


def test_energy_is_power_times_time_by_activity():
    fleet = DrivenFleet([8], [FORWARD] * 3 + [CW, service(2.0)])
    fleet.until(fleet.done)
    fleet.wait(1.0)
    model = fleet.model
    drive, turn = run_time(model, 3), turn_time(model, pi / 2)
    idle = fleet.state.time_s - drive - turn - 2.0
    joules = model.drive_w * drive + model.turn_w * turn + model.service_w * 2.0 + model.idle_w * idle
    assert fleet.driver.charge_wh_used == pytest.approx(joules / 3600, rel=0.03)
    left = 100.0 - 100.0 * fleet.driver.charge_wh_used / model.battery_wh
    assert fleet.state.charge_percent[0] == pytest.approx(left, abs=1e-3)


def test_an_empty_battery_stops_the_robot_but_it_talks_and_serves():
    fleet = DrivenFleet([8], [FORWARD] * 6, model=RobotModel(battery_wh=0.1))
    fleet.until(lambda: fleet.state.charge_percent[0] == 0.0)
    fleet.wait(3.0)
    stands = fleet.truth.x_m[0]
    fleet.wait(3.0)
    assert fleet.truth.x_m[0] == stands < 6
    assert fleet.state.heard_s[0] > fleet.state.time_s - 0.2
    empty = DrivenFleet([8], [service(0.5), CW], charge=0.0)
    empty.wait(3.0)
    assert (empty.effects, empty.truth.confirmed[0]) == ([(0, 0)], 1)


@pytest.mark.parametrize(
    ("robot", "entries", "seconds", "says"),
    [
        (0, [FORWARD] * 8, (), "leave the map"),
        (1, [FORWARD, FORWARD], (), "into an obstacle"),
        (1, [CW, FORWARD, CHARGE], (), "no charger"),
        (1, [6], (), "none of 0 to 5"),
        (1, [3, CW], (), "after a WAIT"),
        (0, [SERVICE], [0.0], "service_s is not a number > 0"),
        (0, [SERVICE], [float("nan")], "service_s is not a number > 0"),
        (0, [SERVICE], [inf], "service_s is not a number > 0"),
        (0, [CW], [1.0], "no SERVICE"),
        (1, [CW] * 17, (), "more than 16"),
    ],
)
def test_impossible_rows_are_refused_and_nothing_of_the_batch_is_done(robot, entries, seconds, says):
    passable = np.ones(48, bool)
    passable[18] = False
    fleet = DrivenFleet([8, 16], passable=passable, chargers=[8])
    rows = Commands.none(2, 20)
    rows.entries[1 - robot, 0] = CW
    rows.entries[robot, : len(entries)] = entries
    rows.service_s[robot, : len(seconds)] = seconds
    with pytest.raises(DriverError, match=f"robot {robot} .*{says}"):
        fleet.driver.submit(rows)
    fleet.wait(1.0)
    assert not fleet.truth.received.any()
    assert not fleet.delivered


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("epoch", -1, "below 0"),
        ("index", -1, "below 0"),
        ("speed_limit_mps", 0.0, "limit"),
        ("speed_limit_mps", float("nan"), "limit"),
    ],
)
def test_impossible_levels_are_refused(column, value, says):
    fleet = DrivenFleet([8, 16])
    rows = Commands.none(2)
    getattr(rows, column)[1] = value
    with pytest.raises(DriverError, match=f"robot 1 .*{says}"):
        fleet.driver.submit(rows)


def test_a_base_is_checked_from_where_it_led_before():
    fleet = DrivenFleet([8], [FORWARD] * 6)
    fleet.tick()
    rows = Commands.none(1, 2)
    rows.index[:], rows.entries[:] = 6, FORWARD
    with pytest.raises(DriverError, match="leave the map"):
        fleet.driver.submit(rows)
    rows.entries[0, 1] = CW
    fleet.driver.submit(rows)


def test_rows_may_begin_far_behind():
    fleet = DrivenFleet([8], [CW] * 14)
    fleet.until(fleet.done)
    fleet.bases[0] += [CCW] * 10
    while not fleet.done():
        rows = Commands.none(1, 24)
        count = min(24, int(fleet.state.confirmed[0]) + 16)
        rows.entries[0, :count] = fleet.bases[0][:count]
        fleet.tick(rows)
    assert fleet.truth.confirmed[0] == 24
    fleet.wait(1.0)


def test_a_gap_is_passed_over():
    fleet = DrivenFleet([8])
    rows = Commands.none(1)
    rows.index[:], rows.entries[:] = 3, CW
    for _ in range(10):
        fleet.tick(rows)
    assert fleet.truth.received[0] == 0


def test_rows_that_say_nothing_new_are_not_sent():
    fleet = DrivenFleet([8, 16], [FORWARD, CW], link=LinkParams())
    fleet.until(fleet.done)
    sent = len(fleet.delivered)
    assert {robot for robot, _ in fleet.delivered} == {0}
    fleet.wait(5.0)
    assert len(fleet.delivered) == sent


def test_a_lost_row_is_sent_again():
    loss = [Fault(0.0, FaultKind.LOSS, seconds=1.0, value=1.0)]
    fleet = DrivenFleet([8], [FORWARD, CW], faults=loss, link=LinkParams())
    fleet.wait(1.0)
    assert fleet.delivered == []
    fleet.until(fleet.done, 10.0)


def test_a_row_on_its_way_is_not_sent_again_before_its_time():
    fleet = DrivenFleet([8], [FORWARD] * 4, link=LinkParams(delay_s=(1.0, 1.0), resend_s=0.5, report_s=0.1))
    fleet.wait(1.5)
    assert len(fleet.delivered) == 1
    fleet.wait(0.45)
    assert len(fleet.delivered) == 2


def test_older_levels_never_overrule_newer_ones():
    fleet = DrivenFleet([8], link=LinkParams(delay_s=(0.0, 0.9), duplication=0.5, resend_s=5.0), seed=3)
    for halt in [True, False] * 20 + [True]:
        fleet.halt[0] = halt
        fleet.tick()
    fleet.until(lambda: bool(fleet.state.flags[0] & Flag.HALTED))
    fleet.wait(1.0)
    assert fleet.state.flags[0] & Flag.HALTED
    assert len(fleet.delivered) > 41


def test_late_reports_never_replace_newer_ones():
    fleet = DrivenFleet([8], [FORWARD] * 6, link=LinkParams(delay_s=(0.0, 0.9), duplication=0.3))
    before, ages = -1.0, []
    while not fleet.done():
        fleet.tick()
        heard = float(fleet.state.heard_s[0])
        assert heard >= before
        before = heard
        ages.append(fleet.state.time_s - heard)
    assert max(ages) > 0.2
    assert min(ages) >= -1e-9


def test_messages_that_find_no_room_push_the_oldest_out():
    fleet = DrivenFleet([8], link=LinkParams(delay_s=(4.0, 4.0), report_s=0.1))
    for tick in range(70):
        fleet.halt[0] = tick % 2 == 0
        fleet.tick()
    assert fleet.driver.messages_dropped == 70 - 64
    fleet.halt[0] = True
    fleet.until(lambda: bool(fleet.state.flags[0] & Flag.HALTED), 30.0)
    fleet.wait(5.0)
    assert fleet.state.flags[0] & Flag.HALTED
    talks = DrivenFleet([8], link=LinkParams(delay_s=(4.0, 4.0), report_s=0.05, duplication=1.0))
    for _ in range(35):
        talks.tick()
    assert talks.driver.messages_dropped == 70 - 64


def test_messages_take_as_long_as_the_link_says_and_robots_obey_later():
    fleet = DrivenFleet(
        [8], [CW], link=LinkParams(delay_s=(0.2, 0.2), report_s=0.05), motion=MotionParams(actuation_s=0.15)
    )
    assert fleet.until(lambda: bool(fleet.delivered)) == pytest.approx(0.4)  # the substep from 0.35 on
    assert fleet.until(lambda: fleet.state.received[0] == 1) - 0.4 == pytest.approx(0.2, abs=SUBSTEP + 1e-9)


def test_reported_poses_are_off_by_less_than_the_noise_and_robots_by_less_than_the_spread():
    motion = MotionParams(position_noise_m=0.01, speed_spread=0.1)
    fleet = DrivenFleet(range(24), motion=motion, link=LinkParams(delay_s=(0.0, 0.0), report_s=0.05))
    off = []
    for _ in range(20):
        fleet.tick()
        off.append(np.abs(np.stack([fleet.state.x_m - fleet.truth.x_m, fleet.state.y_m - fleet.truth.y_m])))
    assert 0.007 < np.max(off) <= 0.01 + 1e-6
    assert len(np.unique(np.array(off)[-1])) > 20
    run = DrivenFleet([0, 8, 16, 24, 32], *[[FORWARD] * 7] * 5, motion=motion)
    fastest = np.zeros(5)
    while not run.done():
        run.tick()
        fastest = np.maximum(fastest, run.state.speed_mps)
    assert fastest.min() >= 0.9
    assert fastest.max() <= 1.0
    assert len(set(fastest.tolist())) == 5


def test_what_a_robot_does_does_not_depend_on_who_else_there_is():
    link = LinkParams(loss=0.3, duplication=0.3)
    few = DrivenFleet([8, 16], [FORWARD, CW], [FORWARD] * 3, link=link, seed=5, motion=MotionParams())
    many = DrivenFleet(
        [8, 16, 24], [FORWARD, CW], [FORWARD] * 3, [FORWARD] * 5, link=link, seed=5, motion=MotionParams()
    )
    for _ in range(60):
        few.tick()
        many.tick()
        assert few.truth.x_m.tolist() == many.truth.x_m[:2].tolist()
        assert few.state.x_m.tolist() == many.state.x_m[:2].tolist()


def test_another_seed_is_another_run():
    def poses(seed):
        fleet = DrivenFleet([8], [FORWARD], seed=seed, motion=MotionParams(), link=LinkParams())
        fleet.wait(1.0)
        return fleet.state.x_m.tolist()

    assert poses(1) == poses(1) != poses(2)


def test_ticks_are_cut_into_substeps_of_at_most_a_twentieth_second():
    coarse = DrivenFleet([8], [FORWARD] * 3, tick_s=0.5)
    fine = DrivenFleet([8], [FORWARD] * 3, tick_s=0.05)
    coarse.wait(2.0)
    fine.wait(2.0)
    assert coarse.truth.x_m[0] == pytest.approx(fine.truth.x_m[0], abs=1e-9)


def test_truth_is_what_robots_have_before_anybody_hears_of_it():
    fleet = DrivenFleet([8], [FORWARD] * 2, link=LinkParams(delay_s=(0.3, 0.3)))
    fleet.until(lambda: fleet.truth.received[0] == 2)
    assert fleet.state.received[0] == 0
    assert fleet.truth.delivered_robot.tolist() == [0]
    assert fleet.truth.delivered_epoch.tolist() == [0]
    assert fleet.truth.time_s == fleet.state.time_s


def test_stop_makes_robots_drop_their_bases_and_rest_in_a_cell():
    fleet = DrivenFleet([8, 16], [FORWARD] * 6, [service(3.0)])
    fleet.wait(1.5)
    fleet.driver.stop()
    with pytest.raises(DriverError, match="stopped"):
        fleet.driver.submit(fleet.rows())
    fleet.state = fleet.driver.open()
    fleet.bases = [base[: int(received)] for base, received in zip(fleet.bases, fleet.state.received, strict=True)]
    fleet.until(fleet.done)
    assert fleet.truth.x_m[0] % 1 == 0.5
    assert fleet.truth.x_m[0] < 4
    assert fleet.effects == []
    fleet.bases[0] += [FORWARD, CW]
    fleet.bases[1] += [CCW]
    fleet.until(fleet.done)


def start(**columns):
    state = FleetState.at(np.array([8, 9], np.int32), width=8)
    for name, value in columns.items():
        getattr(state, name)[1] = value
    return state


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"start": start(cell=48)}, "robot 1 starts outside"),
        ({"start": start(cell=0)}, "robot 1 starts on an obstacle"),
        ({"start": start(cell=8)}, r"robots \[0, 1\] all start in cell 8"),
        ({"start": start(heading=4)}, "robot 1 starts with a heading"),
        ({"start": start(charge_percent=101)}, "robot 1 starts with a charge"),
        ({"start": start(service_left_s=1)}, "robot 1 starts in the middle of a service"),
        ({"start": start(received=1)}, "robot 1 starts with entries"),
        ({"start": start(epoch=-1)}, "robot 1 starts with an epoch"),
        ({"start": FleetState.at(np.array([], np.int32))}, "no robots"),
        ({"chargers": np.array([0], np.int32)}, "chargers"),
        ({"chargers": np.array([48], np.int32)}, "chargers"),
        ({"tick_s": 0.0}, "tick"),
        ({"cell_m": 0.7}, "does not fit"),
    ],
)
def test_an_impossible_fleet_is_refused(wrong, says):
    passable = np.ones(48, bool)
    passable[0] = False
    layout = DrivenFleet([8], passable=passable).layout
    right = {"start": start(), "chargers": np.array([8], np.int32), "cell_m": 1.0}
    with pytest.raises(DriverError, match=says):
        SimulatedFleet(layout, RobotModel(), **{**right, **wrong})


def test_columns_of_the_wrong_length_or_type_are_refused():
    fleet = DrivenFleet([8, 16])
    rows = Commands.none(2)
    rows.epoch = np.zeros(3, np.int32)
    with pytest.raises(DriverError, match="epoch"):
        fleet.driver.submit(rows)
    rows = Commands.none(2)
    rows.service_s = rows.service_s.astype(np.float64)
    with pytest.raises(DriverError, match="service_s is float64"):
        fleet.driver.submit(rows)
    uneven = FleetState.at(np.array([8, 9], np.int32))
    uneven.heading = uneven.heading[:1]
    with pytest.raises(DriverError, match="heading has 1 rows"):
        SimulatedFleet(fleet.layout, RobotModel(), 1.0, start=uneven, chargers=np.array([], np.int32))


@pytest.mark.parametrize(
    ("params", "values", "says"),
    [
        (LinkParams, {"delay_s": (0.2, 0.1)}, "delay_s"),
        (LinkParams, {"delay_s": (0.0, inf)}, "delay_s"),
        (LinkParams, {"loss": 1.5}, "loss"),
        (LinkParams, {"duplication": -0.1}, "duplication"),
        (LinkParams, {"resend_s": 0.0}, "resend_s"),
        (LinkParams, {"report_s": float("nan")}, "report_s"),
        (MotionParams, {"position_noise_m": -1.0}, "position_noise_m"),
        (MotionParams, {"actuation_s": inf}, "actuation_s"),
        (MotionParams, {"speed_spread": 1.0}, "speed_spread"),
    ],
)
def test_impossible_parameters_are_refused(params, values, says):
    with pytest.raises(InputError, match=says):
        params(**values)


def test_angles_are_reported_from_0_to_a_full_turn():
    fleet = DrivenFleet([8, 16], [CW], [CCW], headings=[3, 0])
    seen = []
    while not fleet.done():
        fleet.tick()
        seen += [*fleet.truth.theta_rad, *fleet.state.theta_rad]
    assert min(seen) >= 0
    assert max(seen) < 2 * pi + 1e-6  # rounded to single precision
    assert fleet.truth.theta_rad.tolist() == pytest.approx([0.0, 1.5 * pi])


def test_a_closed_driver_stays_closed():
    fleet = DrivenFleet([8])
    fleet.driver.close()
    with pytest.raises(DriverError, match="closed"):
        fleet.driver.open()


def arrives(fleet, number, *, epoch=0, halt=False, entries=()):
    """A row comes to robot 0 that the driver itself would not have sent."""
    driver = fleet.driver
    command = driver._commands[0, driver._robots["commands"][0]]
    command["number"], command["epoch"], command["halt"], command["limit"] = number, epoch, halt, inf
    command["due"], command["first"], command["end"] = fleet.state.time_s, 0, len(entries)
    command["entries"][: len(entries)] = entries
    driver._robots["commands"][0] += 1
    fleet.tick()


def test_robots_themselves_pass_over_what_comes_with_a_new_epoch():
    fleet = DrivenFleet([8])
    arrives(fleet, 1, epoch=1, entries=[CW, CW])
    assert (fleet.truth.epoch[0], fleet.truth.received[0]) == (1, 0)
    arrives(fleet, 2, epoch=1, entries=[CW, CW])
    assert fleet.truth.received[0] == 2
    arrives(fleet, 3, epoch=0, halt=True)
    assert not fleet.driver._robots["halt"][0]


def test_robots_themselves_keep_the_levels_of_the_newest_row():
    fleet = DrivenFleet([8], link=LinkParams(delay_s=(5.0, 5.0)))
    arrives(fleet, 7, halt=True)
    arrives(fleet, 6, halt=False)
    assert fleet.driver._robots["halt"][0]
    arrives(fleet, 8, halt=False)
    assert not fleet.driver._robots["halt"][0]
