"""Robots that Bullet simulates instead of the fleet kernel, with wheels on joints: a `twin.physics.host.BodyHost`."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from fleet.grid.layout import Layout
from robots.arrays import Bool, Float64
from robots.model import RobotModel
from twin.bullet.client import BulletClient, quiet
from twin.bullet.floor_bodies import add_obstacles
from twin.bullet.frames import Motion
from twin.bullet.neighbours import Neighbours
from twin.bullet.robot_body import STATE, RobotBody, new_robot_body, prepare, set_creep, upright
from twin.fleet_records import Record, Records
from twin.physics.body_model import BodyModel

_WRITTEN: Final = ("x", "y", "theta", "forward", "sideways", "turning", "left", "right")
_STILL: Final = 0.001  # m/s: slower than that, a robot whose wheels are told to stand stands
_STILL_TURNING: Final = 0.002  # rad/s


class BulletHost:
    """A world of Bullet with a floor, its obstacles, the robots that were taken, and those near them as moving boxes.

    robots   how many the fleet has
    size, model  of every robot
    layout, cell_m  the floor; what is not passable is a box
    dt       seconds of a step

    What goes on inside Bullet is in `columns`, and each step begins with it: it depends on body records, columns and
    nothing else. So a run that resumes both goes on bit for bit, unless a robot bumps into something: contacts have a
    past.
    Where a record is not as the host left it, somebody has set the robot down there: it goes on from the record.

    Raises BulletError if PyBullet is not installed. Time of a step grows linearly with robots that were taken.
    """

    def __init__(
        self, robots: int, size: RobotModel, model: BodyModel, layout: Layout, cell_m: float, *, dt: float = 1 / 240
    ) -> None:
        self._size = size
        self._model = model
        self._cell_m = cell_m
        self._width, self._height = layout.width, layout.height
        self._dt = dt
        self._follow = 1.0 - exp(-dt / model.motor_lag_s) if model.motor_lag_s > 0 else 1.0
        self._grip: Float64 = np.ones(layout.cells)
        self._hosted: dict[int, RobotBody] = {}
        self._mean_kg = 0.0
        self._inside = np.full((robots, STATE + len(_WRITTEN)), np.nan)  # states, and what records were left with
        self._client = BulletClient()
        with quiet():
            prepare(self._client, model, dt)
            passable: Bool = layout.passable.reshape(layout.height, layout.width)
            add_obstacles(self._client, passable, cell_m)
            self._neighbours = Neighbours(self._client, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stand_on(self, grip: Float64) -> None:
        """Read from now on in every step how much of its traction a wheel has on each cell, float64 (cells,)."""
        self._grip = grip

    def take(self, row: int, body: Record) -> None:
        """Go on with a robot from the state that its body has now, and from `columns` if they are of that state."""
        if row not in self._hosted:
            with quiet():
                self._hosted[row] = new_robot_body(self._client, self._size, self._model, self._dt)
        written = _written(body)
        if tuple(self._inside[row, STATE:]) != written:
            self._inside[row] = *upright(self._model, Motion(*written[:6]), written[6:], self._dt), *written

    def let_go(self, row: int) -> None:
        """Hand a robot back, if it is here: its record has the state from which the kernel goes on."""
        if row in self._hosted:
            self._hosted.pop(row).remove()
            self._inside[row] = np.nan

    def step(self, bodies: Records, dt: float, now_s: float = inf) -> None:
        """Let `dt` seconds pass for the robots that were taken. The others are where their records say.

        now_s: until when faults count that have an end; at inf they are over. Raises ValueError for another `dt` than
        the host was made for.
        """
        if abs(dt - self._dt) > 1e-12:
            raise ValueError(f"a step is {self._dt} s long, not {dt} s")
        for row in [row for row in self._hosted if not bodies[row]["elsewhere"]]:
            self.let_go(row)
        self._neighbours.follow(bodies, tuple(self._hosted))
        for row in sorted(self._hosted):
            self.take(row, bodies[row])
            self._order(row, bodies[row], now_s)
        self._creep()
        self._client.stepSimulation()
        for row, robot in self._hosted.items():
            body = bodies[row]
            self._write(robot, body)
            self._inside[row] = *robot.state(), *_written(body)

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """All that goes on in Bullet besides the body records, as arrays that keep their places: for checkpoints."""
        return (self._inside.reshape(-1),)

    def close(self) -> None:
        """Let go of Bullet. May be called twice."""
        self._hosted.clear()
        self._client.close()

    def _order(self, row: int, body: Record, now_s: float) -> None:
        """Put a robot into its state, and tell it everything of the record that Bullet has to know."""
        robot = self._hosted[row]
        robot.restore(self._inside[row, :STATE].tolist())
        robot.theta = float(body["theta"])
        if body["load_kg"] != robot.load_kg:
            robot.set_load(float(body["load_kg"]))
        robot.set_grip(self._grip_below(body))
        speeds, forces = [], []
        for side in ("left", "right"):
            heard = float(body[f"heard_{side}"] * body[f"{side}_scale"])
            speeds.append(float(body[side]) + self._follow * (heard - float(body[side])))
            forces.append(0.0 if body[f"stall_{side}_until"] > now_s else self._model.motor_force_n)
        robot.drive(speeds[0], speeds[1], forces[0], forces[1])

    def _creep(self) -> None:
        mean_kg = sum(self._hosted[row].load_kg for row in sorted(self._hosted)) / max(len(self._hosted), 1)
        if mean_kg != self._mean_kg:
            self._mean_kg = mean_kg
            set_creep(self._client, self._model, mean_kg)

    def _grip_below(self, body: Record) -> float:
        """Of the cell that the robot's middle is in; a robot may have been pushed off the map."""
        column = min(max(int(body["x"] / self._cell_m), 0), self._width - 1)
        row = min(max(int(body["y"] / self._cell_m), 0), self._height - 1)
        return float(self._grip[row * self._width + column])

    def _write(self, robot: RobotBody, body: Record) -> None:
        """Write a robot's motion into its record. A robot that stands, stands: its odometry rests too."""
        motion = robot.seen()
        left, right, force_left, force_right = robot.wheels()
        body["x"], body["y"], body["theta"] = motion.x, motion.y, motion.theta
        fastest = max(abs(left), abs(right), abs(motion.forward), abs(motion.sideways))
        told = body["heard_left"] != 0 or body["heard_right"] != 0
        if not told and fastest <= _STILL and abs(motion.turning) <= _STILL_TURNING:
            motion = motion._replace(forward=0.0, sideways=0.0, turning=0.0)
            left = right = 0.0
        body["forward"], body["sideways"], body["turning"] = motion.forward, motion.sideways, motion.turning
        body["left"], body["right"] = left, right
        body["work_j"] += (max(force_left * left, 0.0) + max(force_right * right, 0.0)) * self._dt
        arm = self._model.track_m / 2 * motion.turning
        slip = max(abs(left - motion.forward - arm), abs(right - motion.forward + arm))
        body["slipping"] = slip >= self._model.creep_mps * self._grip_below(body)


def _written(body: Record) -> tuple[float, ...]:
    return tuple(float(body[name]) for name in _WRITTEN)
