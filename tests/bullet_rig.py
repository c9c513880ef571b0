"""Robots in Bullet without a fleet: a floor, body records, and wheels that are told how fast to be."""

from __future__ import annotations

import numpy as np

from robots.model import RobotModel
from tests.floors import drawn
from twin.bullet.host import BulletHost
from twin.physics.body_model import BodyModel
from twin.physics.body_records import BODY

DT = 1 / 240
EAST, SOUTH = 0.0, np.pi / 2
OPEN = drawn("\n".join(["." * 12] * 8))


class BulletRig:
    """Robots at these places (x, y, theta), all of them in Bullet unless `hosted` says which."""

    def __init__(self, *places, layout=OPEN, body=None, hosted=None):
        self.body = BodyModel(motor_lag_s=0.0) if body is None else body
        self.size = RobotModel()
        self.layout = layout
        self.bodies = np.zeros(len(places), dtype=BODY)
        for name in ("left_scale", "right_scale", "track_scale"):
            self.bodies[name] = 1.0
        for side in ("left", "right"):
            self.bodies[f"stall_{side}_until"] = -np.inf
        for body_record, (x, y, theta) in zip(self.bodies, places, strict=True):
            body_record["x"], body_record["y"], body_record["theta"] = x, y, theta
        self.host = self.new_host()
        for row in range(len(places)) if hosted is None else hosted:
            self.host.take(row, self.bodies[row])
            self.bodies[row]["elsewhere"] = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.host.close()

    def new_host(self):
        return BulletHost(len(self.bodies), self.size, self.body, self.layout, 1.0)

    def tell(self, left, right, row=0):
        self.bodies[row]["heard_left"], self.bodies[row]["heard_right"] = left, right

    def step(self, steps=1, now_s=np.inf):
        for _ in range(steps):
            self.host.step(self.bodies, DT, now_s)
        return self.bodies[0]

    def speed_up(self, left, right, seconds, row=0):
        """Bring the wheels of a robot evenly to these speeds."""
        begin = float(self.bodies[row]["heard_left"]), float(self.bodies[row]["heard_right"])
        steps = round(seconds / DT)
        for step in range(1, steps + 1):
            share = step / steps
            self.tell(begin[0] + share * (left - begin[0]), begin[1] + share * (right - begin[1]), row)
            self.step()
        return self.bodies[row]

    def energy_j(self, row=0):
        """Kinetic energy of a robot, wheels without their turning."""
        body = self.bodies[row]
        mass = self.body.mass_kg + body["load_kg"]
        inertia = self.body.inertia_kgm2 * mass / self.body.mass_kg
        return 0.5 * mass * (body["forward"] ** 2 + body["sideways"] ** 2) + 0.5 * inertia * body["turning"] ** 2
