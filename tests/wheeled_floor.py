"""Small floors with robots on wheels, and somebody who gives them bases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import pi, remainder

import numpy as np

from fleet.grid.layout import Layout
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, FleetState
from twin.faults import Fault
from twin.link import LinkParams
from twin.physics.body_model import BodyModel
from twin.physics.chassis import twin_motion
from twin.physics.host import BodyHost
from twin.physics.wheeled import Wheeled, wheeled
from twin.simulated_fleet import SimulatedFleet

FORWARD, CW, CCW, WAIT, SERVICE, CHARGE = (int(entry) for entry in Entry)
PERFECT = BodyModel(
    scale_error=0.0,
    track_error=0.0,
    slip_noise=0.0,
    gyro_noise_radps=0.0,
    gyro_bias_radps=0.0,
    marker_noise_m=0.0,
    marker_noise_rad=0.0,
)
AT_ONCE = LinkParams(delay_s=(0.0, 0.0))


class WheeledFloor:
    """Robots that stand in `cells` of a floor of 1 m cells, in ticks of one period of the firmware, 0.05 s.

    `robots` and `bodies` are the driver's records. Robots are as fast as their model unless motion says otherwise.
    """

    def __init__(
        self,
        cells: Sequence[int],
        *,
        headings: Sequence[int] | None = None,
        height: int = 3,
        width: int = 8,
        racks: Sequence[int] = (),
        body: BodyModel = PERFECT,
        model: RobotModel = RobotModel(),  # noqa: B008 - frozen
        seed: int = 1,
        faults: Sequence[Fault] = (),
        host: BodyHost | None = None,
        drop_cells: Sequence[int] = (),
    ) -> None:
        passable = np.ones(height * width, dtype=np.bool_)
        passable[list(racks)] = False
        self.layout = Layout(height, width, passable)
        start = FleetState.at(np.array(cells, dtype=np.int32), width=width)
        if headings is not None:
            start.heading[:] = headings
        drops = np.array(drop_cells, dtype=np.int32)
        make = wheeled(self.layout, model, body, seed, host=host, drop_cells=drops)
        made: list[Wheeled] = []

        def bodies(*parts):
            made.append(make(*parts))
            return made[0]

        self.driver = SimulatedFleet(
            self.layout,
            model,
            1.0,
            start=start,
            chargers=start.cell[:1].copy(),
            tick_s=0.05,
            seed=seed,
            link=AT_ONCE,
            motion=replace(twin_motion(model, body), actuation_s=0.0, speed_spread=0.0),
            faults=faults,
            bodies=bodies,
        )
        self.wheels = made[0]
        self.bodies = self.wheels.bodies
        self.robots = self.driver._robots
        self.state = self.driver.open()
        self.n = len(cells)

    def give(self, bases: Mapping[int, Sequence[int]], service_s: float = 0.3, halt: bool = False) -> None:
        """Append entries to bases, and let one tick pass."""
        rows = Commands.none(self.n, 16)
        rows.halt[:] = halt
        rows.index[:] = self.robots["received"]
        for robot, base in bases.items():
            for place, entry in enumerate(base):
                rows.entries[robot, place] = entry
                rows.service_s[robot, place] = service_s if entry == SERVICE else 0.0
        self.driver.submit(rows)
        self.state = self.driver.poll()

    def run(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / 0.05)):
            self.give({})

    def finish(self, bases: Mapping[int, Sequence[int]], within_s: float = 60.0) -> float:
        """Give bases and let time pass until all robots have done all they were given; returns the seconds it took."""
        started = self.state.time_s
        self.give(bases)
        while not self.idle():
            assert self.state.time_s - started < within_s, f"not done: {self.robots[['confirmed', 'received', 'lost']]}"
            self.give({})
        return self.state.time_s - started

    def idle(self) -> bool:
        """Whether all robots stand, with nothing left to do."""
        done = self.robots["received"] == self.robots["confirmed"]
        return bool((done & (self.robots["doing"] == WAIT)).all())

    def place(self, robot: int) -> tuple[float, float, float]:
        """Where a robot really is, and how far its heading is from the quarter turn that it should have, radians."""
        body = self.bodies[robot]
        off = remainder(float(body["theta"]) - float(self.robots["heading"][robot]) * pi / 2, 2 * pi)
        return float(body["x"]), float(body["y"]), off

    def put(self, robot: int, x: float, y: float, theta: float = 0.0) -> None:
        """Carry a robot somewhere, at rest."""
        body = self.bodies[robot]
        body["x"], body["y"], body["theta"], body["bearing"] = x, y, theta, theta
        body["marker"] = -1
