from __future__ import annotations

import numpy as np
import pytest

from fleet.grid.layout import Layout
from robots.conformance.rig import CHARGE, CW, FORWARD, WAIT, commands, service
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import Flag, FleetState
from twin.ideal import IdealGridDriver

MODEL = RobotModel(battery_wh=100.0, idle_w=36.0, drive_w=180.0, turn_w=90.0, service_w=72.0, charge_w=360.0)


def driver(cells, headings=None, *, charge=50.0, step_s=1.0, width=6, height=2, chargers=(), model=MODEL):
    layout = Layout(height, width, np.ones(width * height, dtype=np.bool_))
    start = FleetState.at(np.array(cells), headings, charge)
    made = IdealGridDriver(layout, model, 0.5, start=start, chargers=np.array(chargers, dtype=np.int32), step_s=step_s)
    return made, made.open()


class Fleet:
    """A driver whose robots are given one entry a step."""

    def __init__(self, cells, headings=None, **settings):
        self.driver, self.state = driver(cells, headings, **settings)
        self.n = len(cells)

    def rows(self, entries=None, **levels):
        one = {robot: [item] for robot, item in (entries or {}).items()}
        return commands(one, n=self.n, **{"index": self.state.received} | levels)

    def step(self, entries=None, **levels):
        self.driver.submit(self.rows(entries, **levels))
        self.state = self.driver.poll()
        return self.state


def test_energy_of_each_activity_is_power_times_time():
    state = Fleet([0, 6, 10, 3], chargers=[10], charge=50.0).step({0: FORWARD, 1: CW, 2: CHARGE, 3: service(1.0)})
    # Half a second of driving at 180 W, then half a second at 36 W: 0.03 Wh of 100 Wh.
    assert 50 - state.charge_percent[0] == pytest.approx((180 * 0.5 + 36 * 0.5) / 3600, rel=1e-4)
    quarter_turn_s = 1.5707963 / 3.0 + 3.0 / 8.0
    turning = (90 * quarter_turn_s + 36 * (1 - quarter_turn_s)) / 3600
    assert 50 - state.charge_percent[1] == pytest.approx(turning, rel=1e-3)
    assert state.charge_percent[2] - 50 == pytest.approx(360 / 3600, rel=1e-4)
    assert 50 - state.charge_percent[3] == pytest.approx(72 / 3600, rel=1e-3)


def test_energy_adds_up_over_steps_that_float32_could_not_resolve():
    fleet = Fleet([0], charge=100.0, model=RobotModel(battery_wh=1e6))
    for _ in range(200):
        fleet.step()
    assert fleet.driver.charge_wh_used == pytest.approx(200 * 35 / 3600, rel=1e-9)
    assert fleet.state.charge_percent[0] == np.float32(100 - 100 * 200 * 35 / 3600 / 1e6)


@pytest.mark.parametrize(
    ("service_s", "step_s", "steps"), [(2.1, 1.05, 2), (3.0, 1.0, 3), (0.1, 1.0, 1), (9.1, 1.3, 7), (9.11, 1.3, 8)]
)
def test_service_takes_its_time_in_steps_rounded_up(service_s, step_s, steps):
    fleet = Fleet([0], step_s=step_s)
    fleet.step({0: service(service_s)})
    taken = 1
    while fleet.state.service_left_s[0] > 0 and taken < 10:
        assert fleet.state.confirmed[0] == 0
        fleet.step()
        taken += 1
    assert (taken, fleet.state.confirmed[0]) == (steps, 1)


def test_clock_is_steps_times_step_length_without_drift():
    fleet = Fleet([0], step_s=1.1)
    for _ in range(1000):
        fleet.step()
    assert fleet.state.time_s == fleet.state.heard_s[0] == 1000 * 1.1


def test_poses_are_the_middles_of_cells_in_metres():
    state = Fleet([2, 9], np.array([0, 3])).step({0: FORWARD, 1: CW})
    assert state.x_m.tolist() == [1.75, 1.75]
    assert state.y_m.tolist() == [0.25, 0.75]
    assert state.theta_rad.tolist() == [0.0, 0.0]
    assert Fleet([0], np.array([3])).step().theta_rad[0] == pytest.approx(3 * np.pi / 2)


def test_a_ring_of_robots_may_turn_over():
    state = Fleet([0, 1, 7, 6], np.array([0, 1, 2, 3])).step(dict.fromkeys(range(4), FORWARD))
    assert state.cell.tolist() == [1, 7, 6, 0]


def test_who_would_run_into_a_robot_with_an_empty_battery_is_refused():
    fleet = Fleet([0, 1], charge=np.array([50.0, 0.0], dtype=np.float32))
    with pytest.raises(DriverError, match=r"robot 0 in cell 0 would be in cell 1 together with robot 1"):
        fleet.step({0: FORWARD, 1: FORWARD})


def test_an_empty_robot_keeps_its_entry_until_a_newer_epoch_and_then_charges_and_drives_on():
    fleet = Fleet([3], chargers=[3], charge=0.0)
    state = fleet.step({0: FORWARD})
    assert (state.cell[0], state.received[0], state.confirmed[0]) == (3, 1, 0)
    with pytest.raises(DriverError, match="robot 0 in cell 3 has an entry that it could not do yet"):
        fleet.step({0: CHARGE})
    assert fleet.step(epoch=1).received[0] == 0
    assert fleet.step({0: CHARGE}, epoch=1).charge_percent[0] > 0
    assert fleet.step({0: FORWARD}, epoch=1).cell[0] == 4


def test_a_robot_that_ran_empty_goes_on_when_it_has_charge_again():
    fleet = Fleet([3], chargers=[3], charge=0.0)
    fleet.step({0: CHARGE})
    fleet.driver._charge[:] = 0.0
    state = fleet.step({0: FORWARD})
    assert (state.cell[0], state.charging[0], state.charge_percent[0] > 0) == (3, True, True)
    state = fleet.step()
    assert (state.cell[0], state.charging[0], state.confirmed[0]) == (4, False, 2)


def test_a_service_does_not_go_on_while_its_robot_is_halted():
    fleet = Fleet([0])
    fleet.step({0: service(3.0)}, halt=[0])
    assert (fleet.state.service_left_s[0], fleet.state.received[0]) == (0.0, 1)
    fleet.step()
    for _ in range(3):
        state = fleet.step(halt=[0])
        assert (state.service_left_s[0], state.flags[0]) == (2.0, Flag.HALTED)
    fleet.step()
    assert fleet.step().confirmed[0] == 1


def test_energy_flows_to_a_halted_robot_on_its_charger():
    fleet = Fleet([3], chargers=[3])
    before = fleet.step({0: CHARGE}).charge_percent[0]
    state = fleet.step({0: FORWARD}, halt=[0])
    assert state.charge_percent[0] > before
    assert state.charging[0]


def test_an_older_row_leaves_a_robot_halted():
    fleet = Fleet([0, 3])
    fleet.step(epoch=2, halt=[0])
    assert fleet.step(epoch=1).flags.tolist() == [Flag.HALTED, 0]
    assert fleet.step(epoch=2).flags.tolist() == [0, 0]


def test_an_epoch_is_raised_for_the_robots_whose_rows_say_so():
    fleet = Fleet([0, 6])
    state = fleet.step({0: FORWARD, 1: FORWARD}, epoch=np.array([0, 1], dtype=np.int32))
    assert state.epoch.tolist() == [0, 1]
    assert state.cell.tolist() == [1, 6]


def test_a_row_may_begin_with_what_the_robot_has_done():
    fleet = Fleet([0])
    fleet.driver.submit(commands({0: [FORWARD, WAIT, WAIT]}, n=1))
    fleet.driver.poll()
    fleet.driver.submit(commands({0: [FORWARD, FORWARD, WAIT]}, n=1))
    assert fleet.driver.poll().cell[0] == 2
    with pytest.raises(DriverError, match="two entries"):
        fleet.driver.submit(commands({0: [FORWARD, FORWARD, FORWARD, FORWARD]}, n=1))


def test_refusals_name_both_robots_and_the_cell():
    fleet = Fleet([0, 1], np.array([0, 2]))
    with pytest.raises(DriverError, match=r"robot 0 in cell 0 would swap cells with robot 1 in cell 1"):
        fleet.step({0: FORWARD, 1: FORWARD})
    with pytest.raises(DriverError, match=r"robot 0 in cell 0 would be in cell 1 together with robot 1"):
        fleet.step({0: FORWARD})


def test_a_swap_is_found_after_a_refused_step_into_the_same_cells():
    fleet = Fleet([0, 1, 6, 7], np.array([0, 2, 3, 3]))
    with pytest.raises(DriverError, match="together"):
        fleet.step({2: FORWARD, 3: FORWARD})
    with pytest.raises(DriverError, match="would swap cells"):
        fleet.step({0: FORWARD, 1: FORWARD})


def test_a_row_that_raises_the_epoch_may_have_more_than_a_robot_takes():
    fleet = Fleet([0])
    fleet.driver.submit(commands({0: [CW, CW]}, n=1, epoch=1))
    assert fleet.driver.poll().received[0] == 0


def test_a_service_under_way_is_dropped_by_stop():
    fleet = Fleet([0])
    assert fleet.step({0: service(5.0)}).received[0] == 1
    fleet.driver.stop()
    state = fleet.driver.open()
    assert (state.received[0], state.confirmed[0], state.service_left_s[0]) == (0, 0, 0.0)


def test_a_step_under_way_is_dropped_by_stop():
    fleet = Fleet([0, 3], chargers=[3])
    fleet.step({1: CHARGE})
    fleet.driver.submit(fleet.rows({0: FORWARD}))
    fleet.driver.stop()
    fleet.state = fleet.driver.open()
    assert (fleet.state.cell[0], fleet.state.charging[1]) == (0, False)
    assert fleet.step().cell[0] == 0
    assert fleet.state.received.tolist() == [0, 1]


def test_energy_counts_from_the_last_open():
    fleet = Fleet([0])
    fleet.step({0: FORWARD})
    fleet.driver.stop()
    fleet.driver.open()
    assert fleet.driver.charge_wh_used == 0.0


def test_a_closed_driver_cannot_be_opened():
    made, _ = driver([0])
    made.close()
    with pytest.raises(DriverError, match="is closed"):
        made.open()


def test_changing_a_report_does_not_move_robots():
    fleet = Fleet([0])
    fleet.state.cell[0] = 5
    assert fleet.step().cell[0] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cell": [0, 12]}, "robot 1 starts outside the map"),
        ({"cell": [-1, 0]}, "robot 0 starts outside the map"),
        ({"cell": [0, 5]}, "robot 1 starts on an obstacle"),
        ({"cell": [3, 3]}, r"robots \[0, 1\] all start in cell 3"),
        ({"heading": [0, 4]}, "robot 1 starts with a heading"),
        ({"charge_percent": [101.0, 1.0]}, "robot 0 starts with a charge"),
        ({"charge_percent": [1.0, float("nan")]}, "robot 1 starts with a charge"),
        ({"heading": [0]}, "start.heading has 1 rows, not 2"),
        ({"chargers": [5]}, "chargers"),
        ({"chargers": [12]}, "chargers"),
        ({"step_s": 0.5}, "too short"),
        ({"robots": 0}, "no robots"),
    ],
)
def test_impossible_starts_are_refused(change, words):
    passable = np.ones(12, dtype=np.bool_)
    passable[5] = False
    start = FleetState.at(np.array([0, 1][: change.pop("robots", 2)], dtype=np.int32))
    chargers = np.array(change.pop("chargers", [0]), dtype=np.int32)
    step_s = change.pop("step_s", 1.0)
    for name, values in change.items():
        setattr(start, name, np.array(values, dtype=getattr(start, name).dtype))
    with pytest.raises(DriverError, match=words):
        IdealGridDriver(Layout(2, 6, passable), MODEL, 0.5, start=start, chargers=chargers, step_s=step_s)
