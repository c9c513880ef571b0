"""Calibration: what it finds in logs of robots of which everything is known, simulated by others."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, LeftOutError, Options, Report, Table
from fleet.grid.layout import Layout
from robots.model import RobotModel
from twin.bullet.host import BulletHost
from twin.calibration.drive_log import DriveLog, read_drive_log
from twin.calibration.excitation import excitation
from twin.calibration.fit import Calibration, calibrate
from twin.calibration.rehearsal import rehearse
from twin.calibration.rolling import Rolling
from twin.calibration.stepped_drive import STEP_S, new_body, stepped_drive
from twin.physics.body_model import BodyModel

_ROBOT, _BODY = RobotModel(), BodyModel()
# What is to be found; calibration begins with the shipped model.
_TRUTH: Final = replace(
    _BODY, reaction_s=6 * STEP_S, motor_lag_s=0.05, drag=0.02, traction=0.45, creep_mps=0.015, motor_force_n=120.0
)
_LEFT, _RIGHT = 1.004, 0.997
_SIDE: Final = 30  # metres of free floor
_FIRMWARE: Final = Path(__file__).parents[1] / "firmware_stubs" / "c"
# The body of the C firmware's simulated host: WHEEL_ACCELERATION in host/body.c, and what `body` of drive_base sets.
_HOST_ACCELERATION, _HOST_LAG_S = 12.0, 0.04
_HOST_SCALES: Final = {"left_scale": 1.004, "right_scale": 0.998, "track_scale": 1.02}
_HOST_PERIOD_S: Final = 0.01

_COLUMNS: Final = ("log of", "parameter", "true", "found", "off %", "low", "high", "true in interval", "or why not")
_ERRORS: Final = ("log of", "seconds driven", "fit s", "what", "before", "fitted", "held out")
_NOTES: Final = (
    "one robot, one calibration run (twin/calibration/excitation.py) with noise of encoders, gyro and reference",
    "intervals are 95 %; errors are root mean squares; before: the shipped model, with which calibration begins",
    "C firmware's host: its wheels' acceleration limit is a motor force on half of the robot's mass",
)


@dataclass(frozen=True, slots=True)
class _Case:
    """A log, what is true of its robot, and the model that calibration begins with."""

    name: str
    log: DriveLog
    truth: Mapping[str, float]
    begin: BodyModel


def run(options: Options) -> Report:
    """Calibrate by the model's own log, by Bullet's wheels, and by the simulated host of the C firmware."""
    rows: list[tuple[Cell, ...]] = []
    errors: list[tuple[Cell, ...]] = []
    for make in (_rehearsed, _bullet, _c_host):
        case = make()
        options.say(f"{case.name}: {case.log.rows} rows")
        started = perf_counter()
        found = calibrate([case.log], case.begin)
        seconds = perf_counter() - started
        rows += _estimates(case, found)
        driven = float(case.log.t[-1] - case.log.t[0])
        for what in found.errors.held_out:
            kinds = (found.errors.before, found.errors.fitted, found.errors.held_out)
            errors.append((case.name, driven, seconds, what, *(kind[what] for kind in kinds)))
    return Report((Table("Parameters", _COLUMNS, tuple(rows)), Table("Errors", _ERRORS, tuple(errors))), _NOTES)


def _estimates(case: _Case, found: Calibration) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for one in found.estimates:
        truth = case.truth.get(one.name)
        if truth is None:
            continue
        off = 100.0 * (one.value / truth - 1.0) if one.identified and truth else None
        inside = "yes" if one.low <= truth <= one.high else "no"
        high = one.high if np.isfinite(one.high) else None
        rows.append((case.name, one.name, truth, one.value, off, one.low, high, inside, one.why))
    return rows


def _truth_of(body: BodyModel) -> dict[str, float]:
    names = ("reaction_s", "motor_lag_s", "drag", "traction", "creep_mps", "motor_force_n", "gyro_noise_radps")
    table = {
        name: float(getattr(body, name)) for name in (*names, "gyro_bias_radps", "marker_noise_m", "marker_noise_rad")
    }
    return table | {"left_scale": _LEFT, "right_scale": _RIGHT, "track_scale": 1.0}


def _rehearsed() -> _Case:
    rolling = replace(Rolling.of(_TRUTH), left_scale=_LEFT, right_scale=_RIGHT)
    log = rehearse(excitation(_ROBOT, _BODY), rolling, _TRUTH, np.random.default_rng(1))
    return _Case("the fitted model", log, _truth_of(_TRUTH), _BODY)


def _bullet() -> _Case:
    bodies = new_body(_SIDE / 2, _SIDE / 2, _LEFT, _RIGHT)
    floor = Layout(_SIDE, _SIDE, np.ones((_SIDE, _SIDE), dtype=np.bool_))
    host = BulletHost(1, _ROBOT, _TRUTH, floor, 1.0, dt=STEP_S)
    try:
        host.take(0, bodies[0])
        bodies["elsewhere"] = True
        log = stepped_drive(host.step, bodies, excitation(_ROBOT, _BODY), _TRUTH, np.random.default_rng(1))
    finally:
        host.close()
    return _Case("Bullet's wheels", log, _truth_of(_TRUTH), _BODY)


def _c_host() -> _Case:
    """Told by the firmware's checks program; it cannot coast."""
    if not (shutil.which("gcc") and shutil.which("make")):
        raise LeftOutError("the C firmware cannot be built here: install gcc, make, libzmq3-dev and libmsgpack-dev")
    begin = replace(_BODY, inertia_kgm2=_BODY.mass_kg * _BODY.track_m**2 / 4, drag=0.0)
    with tempfile.TemporaryDirectory(prefix="futurepark-calibration-") as folder:
        out, path = Path(folder), Path(folder) / "host.csv"
        subprocess.run(["make", "-s", "-C", str(_FIRMWARE), f"OUT={out}", f"{out}/drive_base"], check=True)
        scales = " ".join(str(scale) for scale in _HOST_SCALES.values())
        lines = [f"log {path}", f"body {scales} {_HOST_LAG_S}", "at 2.5,2.5,0 0.72"]
        driven = [one for one in excitation(_ROBOT, begin) if not one.label.startswith("coasting")]
        counts = []
        for manoeuvre in driven:
            told = manoeuvre.told(_HOST_PERIOD_S)
            counts.append(len(told))
            for (left, right), ticks in groupby(told.tolist()):
                lines.append(f"wheels {left:.6f} {right:.6f} {len(list(ticks))}")
        subprocess.run([str(out / "drive_base")], input="\n".join(lines) + "\n", text=True, check=True)
        log = read_drive_log(path)
    segment = np.repeat(np.arange(len(counts)), counts)
    log = replace(log, segment=segment, labels=tuple(one.label for one in driven))
    force = _HOST_ACCELERATION * begin.mass_kg / 2
    truth = {"motor_lag_s": _HOST_LAG_S, "motor_force_n": force, **_HOST_SCALES}
    return _Case("the C firmware's host", log, truth, begin)


BENCHMARK = Benchmark("calibration", "robot parameters from logs: true, found, interval", run)
