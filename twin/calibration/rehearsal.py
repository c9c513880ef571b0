"""The log that a robot of a known model would record on a calibration run: to try a run before it is driven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import cos, sin
from typing import Final

import numpy as np

from robots.arrays import Float64
from twin.calibration.drive_log import DriveLog
from twin.calibration.excitation import Manoeuvre
from twin.calibration.rolling import Course, Rolling
from twin.physics.body_model import BodyModel

PERIOD_S: Final = 0.01


def told_log(manoeuvres: Sequence[Manoeuvre], name: str, period_s: float = PERIOD_S) -> DriveLog:
    """Return the log of a calibration run before it is driven: what is measured is NaN."""
    told = [manoeuvre.told(period_s) for manoeuvre in manoeuvres]
    rows = [len(part) for part in told]
    n = sum(rows)
    return DriveLog(
        name=name,
        t=np.arange(n, dtype=np.float64) * period_s,
        told=np.concatenate(told),
        wheels=np.full((n, 2), np.nan),
        gyro=np.full(n, np.nan),
        pose=np.full((n, 3), np.nan),
        load=np.repeat([manoeuvre.load_kg for manoeuvre in manoeuvres], rows),
        segment=np.repeat(np.arange(len(rows)), rows),
        labels=tuple(manoeuvre.label for manoeuvre in manoeuvres),
    )


def rehearse(
    manoeuvres: Sequence[Manoeuvre], rolling: Rolling, body: BodyModel, random: np.random.Generator,
    *, encoder_noise_mps: float = 0.002, name: str = "rehearsal", period_s: float = PERIOD_S,
) -> DriveLog:  # fmt: skip
    """Return the log of a robot that rolls like this and measures with the body's noises, its pose in every row."""
    log = told_log(manoeuvres, name, period_s)
    pose = np.zeros(3)
    for number in range(len(manoeuvres)):
        rows = np.flatnonzero(log.segment == number)
        # Each begins at rest; the row after it is the next one's first.
        rolled = Course(log, int(rows[0]), int(min(rows[-1] + 1, log.rows - 1)), body).roll(rolling)
        way = _moved(pose, rolled.pose)
        pose = way[-1]
        log.wheels[rows[1:]] = rolled.wheels[1 : len(rows)]
        log.wheels[rows[0]] = 0.0
        log.gyro[rows] = rolled.turning[: len(rows)]
        log.pose[rows] = way[: len(rows)]
    return noisy(log, body, random, encoder_noise_mps)


def noisy(log: DriveLog, body: BodyModel, random: np.random.Generator, encoder_noise_mps: float) -> DriveLog:
    """Return a log of what really happened as a robot's senses would have written it."""
    place = body.marker_noise_m * random.standard_normal((log.rows, 2))
    heading = body.marker_noise_rad * random.standard_normal((log.rows, 1))
    return replace(
        log,
        wheels=log.wheels + encoder_noise_mps * random.standard_normal(log.wheels.shape),
        gyro=log.gyro + body.gyro_bias_radps + body.gyro_noise_radps * random.standard_normal(log.rows),
        pose=log.pose + np.hstack([place, heading]),
    )


def _moved(pose: Float64, way: Float64) -> Float64:
    """A way from the origin, begun at a pose instead."""
    rotation = np.array([[cos(pose[2]), -sin(pose[2])], [sin(pose[2]), cos(pose[2])]])
    return np.column_stack([way[:, :2] @ rotation.T + pose[:2], way[:, 2] + pose[2]])
