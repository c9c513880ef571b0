"""Logs of calibration runs from robots of which everything is known: the rehearsed one, and the C firmware's host."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

import numpy as np

from robots.model import RobotModel
from tests.firmware_c import built
from twin.calibration.drive_log import DriveLog, read_drive_log
from twin.calibration.excitation import Manoeuvre, excitation
from twin.calibration.rehearsal import rehearse
from twin.calibration.rolling import Rolling
from twin.physics.body_model import BodyModel

ROBOT, BODY = RobotModel(), BodyModel()
SENSES = {name: getattr(BODY, name) for name in asdict(BODY) if "noise" in name or "bias" in name}
TRUTH = replace(
    Rolling.of(BODY),
    reaction_s=0.035,
    motor_lag_s=0.05,
    drag=0.02,
    traction=0.42,
    give=0.03,
    motor_force_n=110.0,
    left_scale=1.004,
    right_scale=0.997,
    track_scale=1.01,
)


def rehearsed(seed: int = 1, rolling: Rolling = TRUTH, labels: Sequence[str] | None = None) -> DriveLog:
    """The log of a robot that rolls like that; `labels`: only manoeuvres whose label begins with one of them."""
    manoeuvres = [one for one in excitation(ROBOT, BODY) if labels is None or one.label.startswith(tuple(labels))]
    return rehearse(manoeuvres, rolling, BODY, np.random.default_rng(seed))


def true_values(rolling: Rolling) -> dict[str, float]:
    """What calibration should find, by the names of its estimates."""
    return asdict(rolling) | {"creep_mps": rolling.give * rolling.traction, **SENSES}


@dataclass(frozen=True)
class HostBody:
    """What the body of the C firmware's simulated host is like; WHEEL_ACCELERATION of firmware_stubs/c/host/body.c."""

    left: float = 1.004
    right: float = 0.998
    track: float = 1.02
    lag_s: float = 0.04
    acceleration_mps2: float = 12.0


# Its wheels have limits of acceleration, as if half of the robot's mass stood on each; it rolls without resistance.
HOST_MODEL = replace(BODY, inertia_kgm2=BODY.mass_kg * BODY.track_m**2 / 4, drag=0.0)


def host_log(folder: Path, host: HostBody, manoeuvres: Sequence[Manoeuvre] | None = None) -> DriveLog:
    """The log of the C firmware's host, whose wheels are told what a calibration run tells them, but never to coast."""
    path = folder / "host.csv"
    lines = [f"log {path}", f"body {host.left} {host.right} {host.track} {host.lag_s}", "at 2.5,2.5,0 0.72"]
    driven = [one for one in manoeuvres or excitation(ROBOT, HOST_MODEL) if "coasting" not in one.label]
    for manoeuvre in driven:
        for (left, right), ticks in groupby(manoeuvre.told(0.01).tolist()):
            lines.append(f"wheels {left:.6f} {right:.6f} {len(list(ticks))}")
    script = "\n".join(lines) + "\n"
    done = subprocess.run(
        [built() / "drive_base"], input=script, text=True, check=False, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    log = read_drive_log(path)
    counts = [len(one.told(0.01)) for one in driven]
    assert sum(counts) == log.rows
    return replace(log, segment=np.repeat(np.arange(len(driven)), counts), labels=tuple(one.label for one in driven))
