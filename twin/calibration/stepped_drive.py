"""The log of a simulated robot on a calibration run, whoever simulates it: shows how near that is to what is fitted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from math import inf, isnan
from typing import Final

import numpy as np

from robots.arrays import Float64
from twin.calibration.drive_log import DriveLog
from twin.calibration.excitation import Manoeuvre
from twin.calibration.rehearsal import noisy, told_log
from twin.fleet_records import Records
from twin.physics.body_model import BodyModel
from twin.physics.body_records import BODY

STEP_S: Final = 1 / 240
_STEPS_A_ROW: Final = 3
# Lets the only robot of these bodies move for so many seconds at a time, as `twin.physics.host.BodyHost.step` does.
Step = Callable[[Records, float, float], None]


def new_body(x: float, y: float, left_scale: float = 1.0, right_scale: float = 1.0) -> Records:
    """Return a robot at rest that faces east, as `body_records.BODY` (1,)."""
    bodies = np.zeros(1, dtype=BODY)
    bodies["x"], bodies["y"] = x, y
    bodies["left_scale"], bodies["right_scale"], bodies["track_scale"] = left_scale, right_scale, 1.0
    for name in ("drift_until", "blind_until", "stall_left_until", "stall_right_until"):
        bodies[name] = -inf
    return bodies


def stepped_drive(
    step: Step, bodies: Records, manoeuvres: Sequence[Manoeuvre], model: BodyModel, random: np.random.Generator,
    *, encoder_noise_mps: float = 0.002, name: str = "simulated",
) -> DriveLog:  # fmt: skip
    """Return the log of the robot in `bodies` on a calibration run.

    It hears what it is told `model.reaction_s` later, in whole steps, and measures with the noises of `model`.
    """
    log = told_log(manoeuvres, name, _STEPS_A_ROW * STEP_S)
    body = bodies[0]
    late: deque[tuple[float, float]] = deque([(0.0, 0.0)] * round(model.reaction_s / STEP_S))
    speeds: Float64 = np.zeros(2)
    way, before = np.zeros(2), np.zeros(2)
    for row, (left, right) in enumerate(log.told.tolist()):
        log.wheels[row] = (way - before) / (_STEPS_A_ROW * STEP_S)
        before = way.copy()
        log.gyro[row] = body["turning"]
        log.pose[row] = body["x"], body["y"], body["theta"]
        body["load_kg"] = log.load[row]
        for substep in range(_STEPS_A_ROW):
            late.append((left, right))
            heard = late.popleft()
            off = isnan(heard[0])
            body["heard_left"], body["heard_right"] = (0.0, 0.0) if off else heard
            body["stall_left_until"] = body["stall_right_until"] = inf if off else -inf
            step(bodies, STEP_S, float(log.t[row]) + substep * STEP_S)
            after = np.array([body["left"] / body["left_scale"], body["right"] / body["right_scale"]])
            way += 0.5 * (speeds + after) * STEP_S
            speeds = after
    return noisy(log, model, random, encoder_noise_mps)
