"""Bodies on wheels: the whole fleet's physics at 240 Hz, behind the seam that firmware drives through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fleet.grid.layout import Layout
from robots.arrays import Bool, Int32, Int64
from robots.errors import DriverError
from robots.model import RobotModel
from twin.faults import Fault, FaultKind
from twin.fleet_records import Floor, Limits, Record, Records
from twin.physics import _orders, _wheels
from twin.physics.body_model import BodyModel
from twin.physics.body_records import BODY, NO_MARKER, PATCH, PATCHES
from twin.physics.chassis import new_chassis, reaction_steps, substeps
from twin.physics.contacts import Contacts
from twin.physics.host import BodyHost

_EPS: Final = 1e-9  # seconds: rounding
_QUARTER: Final = np.pi / 2
_RIGHT: Final = 0.5  # value of a STALL, and more: the right wheel


class Wheeled:
    """Bodies (see twin.bodies) with mass, wheels and senses. Time of `drive` grows linearly with robots that move.

    layout      the floor: what is not passable is as solid as its border
    model, body of every robot; each has errors of its own, drawn from seed
    drop_cells  int32, cells where a service takes a robot's load off; elsewhere it adds a parcel
    host        simulates the bodies that are handed over to it
    """

    faults: Final = frozenset(
        {
            FaultKind.DISPLACED,
            FaultKind.STALL,
            FaultKind.DRIFT,
            FaultKind.BLIND,
            FaultKind.SLIP,
            FaultKind.DROPPED_LOAD,
            FaultKind.PERSON,
        }
    )

    def __init__(
        self,
        robots: Records,
        floor: Floor,
        limits: Limits,
        *,
        layout: Layout,
        model: RobotModel,
        body: BodyModel,
        seed: int,
        drop_cells: Int32 | None = None,
        host: BodyHost | None = None,
    ) -> None:
        n = len(robots)
        self._robots = robots
        self._floor = floor
        self._limits = limits
        self._chassis = new_chassis(model, body, limits)
        self._steps = substeps(limits)
        self._host = host
        self._hosted: set[int] = set()
        self._bodies = _new_bodies(n, body, seed)
        # What wheels were told in the last substeps: they hear it late.
        self._bus = np.zeros((n, reaction_steps(body, self._chassis.dt) + 1, 2))
        self._beat = np.zeros(1, dtype=np.int64)  # substeps so far
        self._contacts = Contacts(self._bodies, floor, limits, layout, model, body, self._chassis.dt)
        self._patches = np.zeros(PATCHES, dtype=PATCH)
        self._patches["until"] = -np.inf
        self._grip = np.ones(layout.cells)  # between periods
        if host is not None:
            host.stand_on(self._grip)
        self._drops: Bool = np.zeros(layout.cells, dtype=np.bool_)
        if drop_cells is not None:
            self._drops[drop_cells] = True
        self._awake: Bool = np.ones(n, dtype=np.bool_)
        for row in range(n):
            self.set_down(row)

    @property
    def bodies(self) -> Records:
        """The bodies, `body_records.BODY` (n,): to be looked at."""
        return self._bodies

    @property
    def people(self) -> Records:
        """People on the floor, `body_records.PERSON`: to be looked at."""
        return self._contacts.people

    def drive(self, start_s: float) -> None:
        """Let one period of the firmware pass, from `start_s` on."""
        robots, bodies, chassis, limits, awake = self._robots, self._bodies, self._chassis, self._limits, self._awake
        bus, grip, beat = self._bus, self._grip, int(self._beat[0])
        _orders.begin(robots, bodies, bus.shape[1], self._drops, awake, chassis, limits)
        slippery = self._patches[self._patches["until"] > start_s + _EPS]
        np.minimum.at(grip, slippery["cell"], slippery["grip"])
        hosted = self._shared_with_host()
        crowd = self._contacts.look(awake, start_s) | bodies["elsewhere"]
        alone = np.flatnonzero(awake & ~crowd)
        _wheels.drive(alone, robots, bodies, bus, grip, beat, self._steps, start_s, chassis, limits)
        together = np.flatnonzero(crowd)
        awake |= crowd
        for step in range(self._steps if len(together) > 0 else 0):
            _wheels.force(together, robots, bodies, bus, grip, beat + step, start_s, chassis, limits)
            self._contacts.press(together, step)
            if hosted is not None:
                hosted.step(bodies, chassis.dt, start_s)
            _wheels.move(together, robots, bodies, start_s, chassis, limits)
        self._contacts.remember()
        grip[slippery["cell"]] = 1.0
        self._beat[0] += self._steps
        _orders.end(robots, bodies, awake, start_s, chassis, limits)

    def set_down(self, robot: int) -> None:
        """Take a robot as set down in the middle of its confirmed cell; it knows exactly where it is."""
        one, body = self._robots[robot], self._bodies[robot]
        self._hosted.discard(robot)  # the host has to take it from there
        row, column = divmod(int(one["cell"]), self._limits.width)
        x, y = (column + 0.5) * self._limits.cell_m, (row + 0.5) * self._limits.cell_m
        theta = int(one["heading"]) * _QUARTER
        for name in ("x", "guess_x"):
            one[name] = x
        for name in ("y", "guess_y"):
            one[name] = y
        for name in ("theta", "guess_theta"):
            one[name] = theta
        for name in _AT_REST:
            body[name] = 0
        body["x"], body["y"], body["theta"], body["bearing"] = x, y, theta, theta
        body["marker"], body["serving"] = one["cell"], -1
        self._bus[robot] = 0.0

    def hit(self, fault: Fault, until_s: float) -> None:
        """Let a fault of one of `faults` happen, which ends at `until_s`."""
        match fault.kind:
            case FaultKind.SLIP:
                self._spill(fault, until_s)
            case FaultKind.PERSON:
                self._contacts.send_in(fault, until_s)
            case FaultKind.DISPLACED:
                self._push_aside(fault.robot, fault.value)
            case FaultKind.DROPPED_LOAD:
                self._drop_load(fault.robot, until_s)
            case _:
                self._impair(self._bodies[fault.robot], fault, until_s)

    def load(self, robot: int, kg: float) -> None:
        """Have a robot carry `kg` kilograms. Raises DriverError for a robot or a load that is impossible."""
        if not 0 <= robot < len(self._bodies) or not 0 <= kg <= self._chassis.payload:
            raise DriverError(f"load: robot {robot} cannot carry {kg} kg")
        self._bodies[robot]["load_kg"] = kg

    def hand_over(self, row: int) -> None:
        """Have the host simulate a robot's body from the next period on.

        Raises DriverError if there is none, or it has the robot.
        """
        if self._host is None or self._bodies[row]["elsewhere"]:
            raise DriverError(f"hand_over: there is no host, or it has robot {row} already")
        self._bodies[row]["elsewhere"] = True

    def take_back(self, row: int) -> None:
        """Simulate a robot's body here again from the next period on; raises DriverError if no host has it."""
        if not self._bodies[row]["elsewhere"]:
            raise DriverError(f"take_back: no host has robot {row}")
        self._bodies[row]["elsewhere"] = False

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """Bodies, what wheels have yet to hear, the number of substeps, patches, contacts, and what a host keeps."""
        own = (self._bodies, self._bus.reshape(-1), self._beat, self._patches, *self._contacts.columns())
        return own if self._host is None else (*own, *self._host.columns())

    def contacts(self) -> Int64:
        """How often robots have begun to touch so far, int64 (3,): each other, racks and walls, people."""
        return self._contacts.counts.copy()

    def _shared_with_host(self) -> BodyHost | None:
        """Give the host the bodies that are to be elsewhere, and take back the others; None if it has nothing to do.

        After a checkpoint was resumed, these may be any.
        """
        if self._host is None:
            self._bodies["elsewhere"] = False
            return None
        wanted = set(np.flatnonzero(self._bodies["elsewhere"]).tolist())
        for row in sorted(self._hosted - wanted):
            self._host.let_go(row)
        for row in sorted(wanted - self._hosted):
            self._host.take(row, self._bodies[row])
        self._hosted = wanted
        return self._host if wanted else None

    def _spill(self, fault: Fault, until_s: float) -> None:
        """Make a cell slippery; if there are too many, the one that dries first gives way."""
        there = (self._patches["cell"] == fault.cell) & (self._patches["until"] > -np.inf)
        place = int(np.argmax(there)) if there.any() else int(np.argmin(self._patches["until"]))
        if not there.any() or until_s >= self._patches["until"][place]:
            self._patches[place] = fault.cell, fault.value, until_s

    def _drop_load(self, row: int, until_s: float) -> None:
        """Let a robot's load lie in the cell where it is; it may drive off, others stop before it."""
        body = self._bodies[row]
        body["load_kg"] = 0.0
        column, line = int(body["x"] / self._limits.cell_m), int(body["y"] / self._limits.cell_m)
        blocked, cell = self._floor.obstacle_until, line * self._limits.width + column
        blocked[cell] = max(blocked[cell], until_s)

    def _impair(self, body: Record, fault: Fault, until_s: float) -> None:
        """Take a motor's force or a sense from a robot."""
        if fault.kind is FaultKind.STALL:
            side = "stall_right_until" if fault.value >= _RIGHT else "stall_left_until"
            body[side] = max(body[side], until_s)
        elif fault.kind is FaultKind.BLIND:
            body["blind_until"] = max(body["blind_until"], until_s)
        elif until_s >= body["drift_until"]:
            body["drift_until"], body["drift"] = until_s, fault.value

    def _push_aside(self, row: int, metres: float) -> None:
        """Push a robot to its left; it stands there, and does not know where it is."""
        robot, body = self._robots[row], self._bodies[row]
        body["x"] += metres * np.sin(body["theta"])
        body["y"] -= metres * np.cos(body["theta"])
        for name in _AT_REST:
            body[name] = 0
        body["marker"] = NO_MARKER
        self._hosted.discard(row)
        robot["x"], robot["y"] = body["x"], body["y"]
        robot["lost"] = True
        robot["speed"] = 0.0
        robot["connected"] = False
        self._bus[row] = 0.0


_AT_REST: Final = (
    *("forward", "sideways", "turning", "left", "right", "told_left", "told_right", "heard_left", "heard_right"),
    *("duty", "speed_wish", "acceleration_wish", "touches", "slipping", "unfixed_m"),
)


def _new_bodies(n: int, body: BodyModel, seed: int) -> Records:
    """Bodies at rest, each with wheels and a gyro of its own."""
    part = np.random.default_rng([seed, 4]).uniform(-1.0, 1.0, (n, 4))
    bodies = np.zeros(n, dtype=BODY)
    bodies["left_scale"] = 1.0 + body.scale_error * part[:, 0]
    bodies["right_scale"] = 1.0 + body.scale_error * part[:, 1]
    bodies["track_scale"] = 1.0 + body.track_error * part[:, 2]
    bodies["gyro_bias"] = body.gyro_bias_radps * part[:, 3]
    for name in ("drift_until", "blind_until", "stall_left_until", "stall_right_until"):
        bodies[name] = -np.inf
    return bodies


def wheeled(
    layout: Layout,
    model: RobotModel,
    body: BodyModel,
    seed: int,
    host: BodyHost | None = None,
    drop_cells: Int32 | None = None,
) -> Callable[[Records, Floor, Limits], Wheeled]:
    """Return what makes the bodies of a SimulatedFleet, see Wheeled."""

    def make(robots: Records, floor: Floor, limits: Limits) -> Wheeled:
        return Wheeled(
            robots, floor, limits, layout=layout, model=model, body=body, seed=seed, drop_cells=drop_cells, host=host
        )

    return make
