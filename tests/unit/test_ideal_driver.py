from __future__ import annotations

import numpy as np
import pytest

from fleet.grid.layout import Layout
from robots.conformance import CW, FORWARD, WAIT, commands
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import FleetState
from twin.ideal import IdealGridDriver

MODEL = RobotModel(battery_wh=100.0, idle_w=36.0, drive_w=180.0, turn_w=90.0, service_w=72.0, charge_w=360.0)


def driver(cells, headings=None, *, charge=50.0, step_s=1.0, width=6, height=2, chargers=(), model=MODEL):
    layout = Layout(height, width, np.ones(width * height, dtype=np.bool_))
    start = FleetState.at(np.array(cells), headings, charge)
    made = IdealGridDriver(layout, model, 0.5, start=start, chargers=np.array(chargers, dtype=np.int32), step_s=step_s)
    return made, made.open()


def step(made, *, n, **what):
    made.submit(commands(n, **what))
    return made.poll()


def test_energy_of_each_activity_is_power_times_time():
    made, _ = driver([0, 6, 10], chargers=[10], charge=50.0)
    state = step(made, n=3, action={0: FORWARD, 1: CW}, charge=(2,))
    # Half a second of driving at 180 W, then half a second at 36 W: 0.03 Wh of 100 Wh.
    assert 50 - state.charge_percent[0] == pytest.approx((180 * 0.5 + 36 * 0.5) / 3600, rel=1e-4)
    quarter_turn_s = 1.5707963 / 3.0 + 3.0 / 8.0
    turning = (90 * quarter_turn_s + 36 * (1 - quarter_turn_s)) / 3600
    assert 50 - state.charge_percent[1] == pytest.approx(turning, rel=1e-3)
    assert state.charge_percent[2] - 50 == pytest.approx(360 / 3600, rel=1e-4)


def test_energy_adds_up_over_steps_that_float32_could_not_resolve():
    made, _ = driver([0], charge=100.0, model=RobotModel(battery_wh=1e6))
    for _ in range(200):
        state = step(made, n=1)
    assert made.charge_wh_used == pytest.approx(200 * 35 / 3600, rel=1e-9)
    assert state.charge_percent[0] == np.float32(100 - 100 * 200 * 35 / 3600 / 1e6)


@pytest.mark.parametrize(
    ("service_s", "step_s", "steps"), [(2.1, 1.05, 2), (3.0, 1.0, 3), (0.1, 1.0, 1), (9.1, 1.3, 7), (9.11, 1.3, 8)]
)
def test_service_takes_its_time_in_steps_rounded_up(service_s, step_s, steps):
    made, state = driver([0], step_s=step_s)
    state = step(made, n=1, service_s={0: service_s})
    taken = 1
    while state.service_left_s[0] > 0:
        state = step(made, n=1)
        taken += 1
    assert taken == steps


def test_clock_is_steps_times_step_length_without_drift():
    made, state = driver([0], step_s=1.1)
    for _ in range(1000):
        state = step(made, n=1)
    assert state.time_s == 1000 * 1.1


def test_a_ring_of_robots_may_turn_over():
    made, _ = driver([0, 1, 7, 6], np.array([0, 1, 2, 3]))
    state = step(made, n=4, action=dict.fromkeys(range(4), FORWARD))
    assert state.cell.tolist() == [1, 7, 6, 0]


def test_who_would_run_into_a_robot_with_an_empty_battery_is_refused():
    made, _ = driver([0, 1], charge=np.array([50.0, 0.0], dtype=np.float32))
    with pytest.raises(DriverError, match=r"robot 0 in cell 0 would be in cell 1 together with robot 1"):
        made.submit(commands(2, action={0: FORWARD, 1: FORWARD}))


def test_an_empty_robot_charges_and_drives_on():
    made, _ = driver([3], chargers=[3], charge=0.0)
    assert step(made, n=1, action={0: FORWARD}).cell[0] == 3
    assert step(made, n=1, charge=(0,)).charge_percent[0] > 0
    assert step(made, n=1, action={0: FORWARD}).cell[0] == 4


def test_refusals_name_both_robots_and_the_cell():
    made, _ = driver([0, 1], np.array([0, 2]))
    with pytest.raises(DriverError, match=r"robot 0 in cell 0 would swap cells with robot 1 in cell 1"):
        made.submit(commands(2, action={0: FORWARD, 1: FORWARD}))
    with pytest.raises(DriverError, match=r"robot 0 in cell 0 would be in cell 1 together with robot 1"):
        made.submit(commands(2, action={0: FORWARD, 1: WAIT}))


def test_a_step_under_way_is_dropped_by_stop():
    made, _ = driver([0])
    made.submit(commands(1, action={0: FORWARD}))
    made.stop()
    assert made.open().cell[0] == 0
    assert step(made, n=1).cell[0] == 0


def test_energy_counts_from_the_last_open():
    made, _ = driver([0])
    step(made, n=1, action={0: FORWARD})
    made.stop()
    made.open()
    assert made.charge_wh_used == 0.0


def test_a_closed_driver_cannot_be_opened():
    made, _ = driver([0])
    made.close()
    with pytest.raises(DriverError, match="is closed"):
        made.open()


def test_changing_a_report_does_not_move_robots():
    made, state = driver([0])
    state.cell[0] = 5
    assert step(made, n=1).cell[0] == 0


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
        ({"service_left_s": [0.0, -1.0]}, "robot 1 starts with an impossible service time"),
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
