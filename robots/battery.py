"""How much of its battery a robot uses: percent of a full battery, by activity."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

from robots.kinematics import step_time, turn_time
from robots.model import RobotModel


def percent_of_battery(model: RobotModel, power_w: float, seconds: float) -> float:
    """Percent of a full battery that `power_w` watts move in `seconds`."""
    return 100.0 * power_w * seconds / (3600.0 * model.battery_wh)


@dataclass(frozen=True, slots=True)
class StepPercent:
    """Percent of a full battery for one synchronous step of each activity. All positive.

    forward, turn, wait, service  drawn from the battery in a step of that activity
    charge                        taken in during a step on a charger
    """

    forward: float
    turn: float
    wait: float
    service: float
    charge: float

    @property
    def travel(self) -> float:
        """The most that a step on the way to a goal can draw, whatever the robot does in it."""
        return max(self.forward, self.turn, self.wait)


def step_percent(model: RobotModel, cell_m: float, step_s: float) -> StepPercent:
    """What steps of `step_s` seconds on a grid of `cell_m` cells draw from this model's battery.

    A robot that is done with its cell or its quarter turn before the step ends idles for the rest of it. Raises
    ValueError if the step is shorter than the model needs for one cell or one quarter turn (`kinematics.step_time`).
    """
    shortest = step_time(model, cell_m)
    if step_s < shortest * (1 - 1e-9):
        raise ValueError(f"a step of {step_s} s is too short: {model.name} needs {shortest:.3f} s for {cell_m} m cells")

    def draw(power_w: float, seconds: float) -> float:
        return percent_of_battery(model, power_w, seconds) + percent_of_battery(model, model.idle_w, step_s - seconds)

    return StepPercent(
        forward=draw(model.drive_w, min(cell_m / model.max_speed_mps, step_s)),
        turn=draw(model.turn_w, min(turn_time(model, pi / 2), step_s)),
        wait=draw(model.idle_w, step_s),
        service=draw(model.service_w, step_s),
        charge=percent_of_battery(model, model.charge_w, step_s),
    )
