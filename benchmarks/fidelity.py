"""The fleet kernel's wheels against Bullet's: the same robot, firmware and orders, simulated by either."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import inf
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, LeftOutError, Options, Report, Table
from fleet.grid.layout import Layout
from robots.arrays import Float64
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState
from twin.bullet.host import BulletHost
from twin.fleet_records import Floor, Limits, Records
from twin.link import LinkParams
from twin.physics.body_model import BodyModel
from twin.physics.chassis import twin_motion
from twin.physics.wheeled import Wheeled, wheeled
from twin.simulated_fleet import SimulatedFleet

_FLOOR: Final = Layout(8, 14, np.ones(8 * 14, dtype=np.bool_))
_START: Final = _FLOOR.cell(3, 1)
_TICK_S: Final = 0.05
_REST_S: Final = 1.0  # after the last entry, for both to come to rest
_MOST_S: Final = 60.0
_GRIPPY, _SLIPPERY = 1.0, 0.3
_F, _CW, _CCW = Entry.FORWARD, Entry.TURN_CW, Entry.TURN_CCW
_MANOEUVRES: Final = {
    "3 m straight": (_F,) * 3,
    "10 m straight": (_F,) * 10,
    "quarter turn": (_CW,),
    "full turn": (_CCW,) * 4,
    "S-route": (_F, _F, _CW, _F, _F, _CCW, _F, _F, _F, _CCW, _F, _F),
}
_COLUMNS = (
    "manoeuvre",
    "load, kg",
    "at the end, mm",
    "at the end, deg",
    "beside its way, mm",
    "at one time, mm",
    "at one time, deg",
    "later, s",
)
_NOTES = (
    "one robot by its own firmware, trajectory controller and markers; its senses without errors, so that only the "
    "physics differs; poses compared every 0.05 s: greatest distance of Bullet's robot from the way of the kernel's, "
    "and greatest differences of poses at one time, in which being later counts too",
    "Bullet: wheels on revolute joints with motors of limited force, casters, gravity, 240 Hz, direct solver",
    f"slippery: {_SLIPPERY:g} times the traction; later: by how much Bullet's robot is at rest later",
    "goal on grippy floor: 5 mm at the end of 3 m, 0.1 degree at the end of a turn",
)


@dataclass(frozen=True, slots=True)
class Track:
    """Where a robot was, every `_TICK_S` from the start on: poses float64 (n, 3) of x, y and theta; when it rested."""

    poses: Float64
    rested_s: float


def run(options: Options) -> Report:
    """Drive every manoeuvre empty and loaded, on grippy and on slippery floor."""
    if find_spec("pybullet") is None:
        raise LeftOutError("PyBullet is not installed: it has a wheel for Python 3.11")
    tables = []
    for name, grip in (("grippy floor", _GRIPPY), ("slippery floor", _SLIPPERY)):
        rows: list[tuple[Cell, ...]] = []
        for manoeuvre, entries in _MANOEUVRES.items():
            options.say(f"{name}: {manoeuvre}")
            rows += [(manoeuvre, load, *_compared(entries, load, grip)) for load in (0.0, RobotModel().payload_kg)]
        tables.append(Table(f"kernel against Bullet wheels, {name}", _COLUMNS, tuple(rows)))
    return Report(tuple(tables), _NOTES)


def _compared(entries: tuple[Entry, ...], load_kg: float, grip: float) -> tuple[float, ...]:
    """Differences in place and heading at the end and on the way, and in time."""
    ours = drive(entries, load_kg, grip, hosted=False)
    theirs = drive(entries, load_kg, grip, hosted=True)
    both = max(len(ours.poses), len(theirs.poses))
    off = _until(theirs.poses, both) - _until(ours.poses, both)
    away, turned = 1000 * np.hypot(off[:, 0], off[:, 1]), np.degrees(np.abs(off[:, 2]))
    beside = 1000 * max(_from_way(pose[:2], ours.poses[:, :2]) for pose in theirs.poses)
    figures = (away[-1], turned[-1], beside, away.max(), turned.max(), theirs.rested_s - ours.rested_s)
    return tuple(round(float(figure), 3) for figure in figures)


def drive(entries: tuple[Entry, ...], load_kg: float, grip: float, *, hosted: bool) -> Track:
    """Let one robot carry out its entries, in the kernel or in Bullet."""
    model, body = RobotModel(), _without_errors(grip)
    host = BulletHost(1, model, body, _FLOOR, 1.0) if hosted else None
    made: list[Wheeled] = []

    def bodies(robots: Records, floor: Floor, limits: Limits) -> Wheeled:
        made.append(wheeled(_FLOOR, model, body, 0, host)(robots, floor, limits))
        return made[0]

    fleet = SimulatedFleet(
        _FLOOR,
        model,
        1.0,
        start=FleetState.at(np.array([_START], dtype=np.int32), width=_FLOOR.width),
        chargers=np.zeros(0, dtype=np.int32),
        tick_s=_TICK_S,
        link=LinkParams(delay_s=(0.0, 0.0)),
        motion=replace(twin_motion(model, body), speed_spread=0.0),
        bodies=bodies,
    )
    state = fleet.open()
    made[0].load(0, load_kg)
    if hosted:
        made[0].hand_over(0)
    rows = Commands.none(1, len(entries))
    rows.entries[0] = entries
    poses, rested_s, last = [], inf, made[0].bodies[0].copy()
    while state.time_s < min(rested_s + _REST_S, _MOST_S):
        fleet.submit(rows)
        state = fleet.poll()
        now = made[0].bodies[0].copy()
        poses.append((now["x"], now["y"], now["theta"]))
        moved = any(abs(now[name] - last[name]) > 1e-6 for name in ("x", "y", "theta"))
        if moved or fleet.truth().confirmed[0] < len(entries):
            rested_s = inf
        elif rested_s == inf:
            rested_s = state.time_s
        last = now
    fleet.close()
    if host is not None:
        host.close()
    return Track(np.array(poses), rested_s)


def _from_way(point: Float64, way: Float64) -> float:
    """Distance of a point from a chain of lines through points (n, 2)."""
    begins, legs = way[:-1], np.diff(way, axis=0)
    lengths = np.maximum((legs**2).sum(axis=1), 1e-18)
    share = np.clip(((point - begins) * legs).sum(axis=1) / lengths, 0.0, 1.0)
    off = begins + share[:, None] * legs - point
    return float(np.hypot(off[:, 0], off[:, 1]).min())


def _until(poses: Float64, length: int) -> Float64:
    """The poses, with the last one again until there are so many."""
    return np.concatenate([poses, np.repeat(poses[-1:], length - len(poses), axis=0)])


def _without_errors(grip: float) -> BodyModel:
    model = BodyModel()
    return replace(
        model,
        traction=model.traction * grip,
        scale_error=0.0,
        track_error=0.0,
        slip_noise=0.0,
        gyro_noise_radps=0.0,
        gyro_bias_radps=0.0,
        marker_noise_m=0.0,
        marker_noise_rad=0.0,
    )


BENCHMARK = Benchmark("fidelity", "The fleet kernel's wheels against Bullet's", run)
