"""Services, chargers and batteries."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from robots.conformance.rig import CHARGE, CW, FORWARD, MODEL, DriverFactory, commands, service
from robots.conformance.trial import Trial, require

# As much power as the fleet of the rig can draw, W: with the age of reports, what these may not show yet.
_MOST_W = 4 * max(MODEL.drive_w, MODEL.turn_w, MODEL.service_w)


def counts_service_down(make_driver: DriverFactory) -> None:
    """A service keeps the robot where it is for its seconds and counts down; it is confirmed when it is done."""
    trial = Trial(make_driver)
    trial.give(0, service(2.5), FORWARD)
    began = trial.state.time_s
    trial.until("a service begins", lambda: bool(trial.state.service_left_s[0] > 0))
    left = [2.5]

    def over() -> bool:
        left.append(float(trial.state.service_left_s[0]))
        return left[-1] == 0.0

    while not over():
        require(int(trial.state.received[0]) >= 1, "a robot is in service and says that it has received nothing")
        require(int(trial.state.confirmed[0]) == 0, f"a service with {left[-1]} s left is confirmed")
        trial.require_in_place([0])
        require(trial.state.time_s - began < 10.0, f"of 2.5 s of service {left[-1]} s are left after 10 s")
        trial.tick()
    require(all(a >= b for a, b in pairwise(left)) and left[1] > left[-2], f"seconds left were {left}")
    took = trial.state.time_s - began
    require(took > 2.49, f"2.5 s of service took {took} s")
    trial.until("a service is confirmed when it is done", lambda: int(trial.state.confirmed[0]) > 0)
    state = trial.finish()
    require(int(state.cell[0]) == 11 and not state.service_left_s.any(), "a robot did not drive on after its service")
    trial.driver.close()


def charges_at_chargers(make_driver: DriverFactory) -> None:
    """Charge rises up to 100 % and no further, from when CHARGE is confirmed until the robot begins another entry."""
    trial = Trial(make_driver, charge_percent=80.0)
    trial.give(2, CHARGE)
    trial.until("charging begins", lambda: int(trial.state.confirmed[2]) == 1)
    before = float(trial.state.charge_percent[2])
    trial.wait(2.0)
    for _ in range(2):
        state = trial.state
        require(bool(state.charging[2]) and not state.charging[[0, 1, 3]].any(), f"charging is {state.charging}")
        after = float(state.charge_percent[2])
        require(after > before or after == 100.0, f"2 s on the charger took the charge from {before} to {after} %")
        trial.give(2, CHARGE)
        trial.finish()
    trial.until("a battery is full", lambda: float(trial.state.charge_percent[2]) == 100.0)
    trial.wait(2.0)
    require(float(trial.state.charge_percent[2]) == 100.0, "a full battery on a charger did not stay full")
    trial.give(2, FORWARD)
    state = trial.finish()
    require(not state.charging[2] and int(state.cell[2]) == 21, "a robot did not leave its charger")
    trial.driver.close()


def drains_by_activity(make_driver: DriverFactory) -> None:
    """Driving, turning and service draw more than waiting; what batteries lose is what is counted as used."""
    trial = Trial(make_driver)
    require(trial.driver.charge_wh_used == 0.0, f"{trial.driver.charge_wh_used} Wh used before anything was done")
    full = trial.state.charge_percent.astype(np.float64)
    trial.give(0, FORWARD, FORWARD)
    trial.give(1, CW, CW)
    trial.give(3, service(3.0))
    lost = full - trial.finish().charge_percent
    drive, turn, wait, serve = lost.tolist()
    drawn = f"drive {drive}, turn {turn}, wait {wait}, service {serve} %"
    require(min(drive, turn, serve) > wait > 0, drawn)
    _require_used(trial, float(lost.sum()))

    trial.give(2, CHARGE)
    trial.until("charging begins", lambda: bool(trial.state.charging[2]))
    used, before = trial.driver.charge_wh_used, trial.state.charge_percent.astype(np.float64)
    trial.wait(3.0)
    lost = (before - trial.state.charge_percent)[[0, 1, 3]]
    require(bool((lost > 0).all()), f"robots at rest drew {lost.tolist()} %")
    _require_used(trial, float(lost.sum()), since=used)
    trial.driver.close()


def keeps_empty_robots_where_they_are(make_driver: DriverFactory) -> None:
    """A robot with an empty battery has what it was given and cannot do it; charge never goes below 0 %."""
    trial = Trial(make_driver, charge_percent=0.0)
    trial.give(0, FORWARD)
    trial.give(3, CW)
    trial.wait(6.0)
    state = trial.state
    require(not state.confirmed.any(), f"robots with empty batteries confirmed {state.confirmed.tolist()} entries")
    trial.require_in_place()
    require(trial.driver.charge_wh_used == 0.0, f"{trial.driver.charge_wh_used} Wh came from empty batteries")
    trial.driver.close()


def runs_out_of_charge(make_driver: DriverFactory) -> None:
    """Who runs out of charge on its way stops, and has drawn no more than there was."""
    trial = Trial(make_driver, charge_percent=0.25)
    trial.give(0, FORWARD, FORWARD, FORWARD, FORWARD)
    trial.wait(12.0)
    state = trial.state
    require(float(state.charge_percent[0]) == 0.0, f"{state.charge_percent[0]} % left after 12 s on 0.25 %")
    require(int(state.confirmed[0]) < 4, "a robot drove 4 cells on a charge for less than two")
    stands = (float(state.x_m[0]), float(state.y_m[0]))
    trial.wait(3.0)
    moved = max(abs(float(trial.state.x_m[0]) - stands[0]), abs(float(trial.state.y_m[0]) - stands[1]))
    require(moved < 0.05, f"a robot without charge drove on by {moved} m")
    most = 4 * 0.0025 * MODEL.battery_wh
    require(trial.driver.charge_wh_used <= most + 1e-6, f"{trial.driver.charge_wh_used} Wh used of {most}")
    trial.driver.close()


def charges_an_empty_robot(make_driver: DriverFactory) -> None:
    """A robot that has run out of charge on a charger can charge and drive on."""
    trial = Trial(make_driver, charge_percent=0.0)
    trial.give(2, CHARGE)
    trial.until("an empty battery charges", lambda: bool(trial.state.charge_percent[2] > 5.0))
    trial.give(2, FORWARD)
    trial.until("a robot drives on", lambda: int(trial.state.confirmed[2]) == 2)
    trial.tick(commands(index=trial.state.confirmed, room=trial.ahead))
    trial.driver.close()


def _require_used(trial: Trial, lost_percent: float, since: float = 0.0) -> None:
    used, lost = trial.driver.charge_wh_used - since, 0.01 * MODEL.battery_wh * lost_percent
    age_s = float(np.max(trial.state.time_s - trial.state.heard_s))
    slack = 1e-4 + 2 * age_s * _MOST_W / 3600.0
    require(abs(used - lost) <= slack, f"{used} Wh used, but charges fell by {lost} Wh")
