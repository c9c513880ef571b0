"""The ideal grid: robots that do exactly what they are told, in synchronous steps, behind the FleetDriver seam."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

import numpy as np

from fleet.grid.layout import Layout
from robots.arrays import Bool, Float32, Float64, Int32, Int64, UInt8
from robots.battery import step_percent
from robots.driver import Commands
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import Action, FleetState

# Quarter turns by action: forward, clockwise, counter-clockwise, wait.
_QUARTER_TURNS: Final = np.array([0, 1, -1, 0], dtype=np.int8)
# What is left of a service below this part of a step is rounding, not work.
_DONE: Final = 1e-3


class _Phase(Enum):
    NEW = auto()
    OPEN = auto()
    STOPPED = auto()
    CLOSED = auto()


class IdealGridDriver:
    """A FleetDriver of perfect robots: every accepted command is carried out within its step.

    layout    the floor; start cells, chargers and moves are checked against it
    model     powers and battery of every robot
    cell_m    side of a cell, metres
    start     where the robots stand, how they face and what charge they have; copied
    chargers  int32, cells on which a robot can charge
    step_s    seconds of a step, at least `kinematics.step_time(model, cell_m)`

    The floor is a physical place, so the driver holds its rules: no robot leaves the map, enters an obstacle, shares a
    cell or swaps cells with another. A cell may be entered while its robot leaves it.

    A service of s seconds is over after s / step_s steps, rounded up, the step of its command included. A robot charges
    in the steps whose command says so and can leave at any step. Stations and chargers bring their own power: services
    and charging go on with an empty battery, but a robot at 0 % does not move. Its forward and turn commands are
    accepted and change nothing, as with a real robot, and whoever would run into it is refused.

    Time of `submit` and `poll` grows linearly with robots and not with the map; memory with both.
    """

    def __init__(
        self, layout: Layout, model: RobotModel, cell_m: float, *, start: FleetState, chargers: Int32, step_s: float
    ) -> None:
        _check_start(layout, start)
        chargers = np.asarray(chargers, dtype=np.int32)
        outside = chargers[(chargers < 0) | (chargers >= layout.cells)]
        if len(outside) or not layout.passable[chargers].all():
            raise DriverError(f"chargers {chargers.tolist()} are not all passable cells of the map")
        try:
            percent = step_percent(model, cell_m, step_s)
        except ValueError as short:
            raise DriverError(str(short)) from short
        n = start.robots
        self._n = n
        self._step_s = float(step_s)
        self._battery_wh = float(model.battery_wh)
        self._drain_of: Float64 = np.array([percent.forward, percent.turn, percent.turn, percent.wait])
        self._service_drain = percent.service
        self._charge_gain = percent.charge
        # numpy indexes fastest with its own integer, so cells are int64 in here and int32 in the report.
        self._ahead = layout.neighbours.reshape(-1).astype(np.int64)
        self._has_charger: Bool = np.zeros(layout.cells, dtype=np.bool_)
        self._has_charger[chargers] = True
        self._robots = np.arange(n)
        self._last_in: Int64 = np.zeros(layout.cells, dtype=np.int64)  # by cell; may be out of date, so always checked

        self._phase = _Phase.NEW
        self._submitted = False
        self._start_s = float(start.time_s)
        self._steps = 0
        self._used_percent = 0.0
        self._cell = start.cell.astype(np.int64)
        self._heading = start.heading.astype(np.int8)
        # Charge and service are kept in double precision: a step draws less than float32 resolves over an hour.
        self._charge = start.charge_percent.astype(np.float64)
        self._service_left = start.service_left_s.astype(np.float64)
        self._charging = start.charging.astype(np.bool_)
        self._action: UInt8 = np.full(n, Action.WAIT, dtype=np.uint8)
        self._target = self._cell
        self._service_next = self._service_left
        self._report = FleetState.at(start.cell)

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh; what chargers put in is not in it."""
        return self._used_percent * self._battery_wh / 100.0

    def open(self) -> FleetState:
        """Return where the robots are; after `stop` they go on from where they stand. Raises DriverError if not due."""
        if self._phase is _Phase.OPEN:
            raise DriverError("the driver is already open")
        if self._phase is _Phase.CLOSED:
            raise DriverError("the driver is closed: make a new one")
        self._phase = _Phase.OPEN
        self._used_percent = 0.0
        return self._fill_report()

    def submit(self, commands: Commands) -> None:
        """Take the commands of the next step; raises DriverError, naming robot and reason, and then takes none."""
        self._require_open("submit")
        if self._submitted:
            raise DriverError("submit was called twice: poll the step that is under way first")
        self._check_columns(commands)
        action = commands.action
        acting = action != Action.WAIT
        service = self._service_left
        if commands.service_s.any():
            service = self._service_with(commands.service_s)
        engaged = service > 0
        self._refuse(acting & engaged, "is in service: its action must be WAIT until that is done")
        if commands.charge.any():
            self._check_charge(commands.charge, acting, engaged)

        ahead = self._ahead[self._cell * 4 + self._heading]
        forward = action == Action.FORWARD
        self._refuse(forward & (ahead < 0), "would leave the map or drive into an obstacle")
        moving = acting & (self._charge > 0)
        target = np.where(forward & moving, ahead, self._cell)
        self._check_floor(target)

        self._target = target
        self._action = np.where(moving, action, np.uint8(Action.WAIT))
        self._service_next = service
        self._charging = commands.charge.copy()
        self._submitted = True

    def poll(self) -> FleetState:
        """Carry out the submitted step and return the states after it; the columns are overwritten by the next poll."""
        self._require_open("poll")
        if not self._submitted:
            raise DriverError("poll was called without a submitted step")
        self._submitted = False
        self._steps += 1
        self._cell = self._target
        self._heading = (self._heading + _QUARTER_TURNS[self._action]) & np.int8(3)

        drain = self._drain_of[self._action]
        left = self._service_next
        if left.any():
            drain[left > 0] = self._service_drain
            left = left - self._step_s
            left[left < _DONE * self._step_s] = 0.0
        self._service_left = left
        charging = self._charging
        if charging.any():
            drain[charging] = 0.0
            self._charge[charging] += self._charge_gain
            np.minimum(self._charge, 100.0, out=self._charge)
        np.minimum(drain, self._charge, out=drain)
        self._charge -= drain
        self._used_percent += float(drain.sum())
        return self._fill_report()

    def stop(self) -> None:
        """Stop every robot where it stands: a submitted step is dropped, later ones are refused until `open`."""
        self._require_open("stop")
        self._submitted = False
        self._charging = np.zeros(self._n, dtype=np.bool_)
        self._phase = _Phase.STOPPED

    def close(self) -> None:
        """Let go of the robots. May be called twice."""
        self._submitted = False
        self._phase = _Phase.CLOSED

    def _require_open(self, call: str) -> None:
        if self._phase is not _Phase.OPEN:
            raise DriverError(f"{call} needs an open driver, and this one is {self._phase.name.lower()}")

    def _refuse(self, wrong: Bool, reason: str) -> None:
        if wrong.any():
            robot = int(np.argmax(wrong))
            raise DriverError(f"robot {robot} in cell {self._cell[robot]} {reason}")

    def _check_columns(self, commands: Commands) -> None:
        for name, column, dtype in (
            ("action", commands.action, np.uint8),
            ("service_s", commands.service_s, np.float32),
            ("charge", commands.charge, np.bool_),
        ):
            if column.shape != (self._n,) or column.dtype != dtype:
                raise DriverError(f"{name} is {column.dtype} {column.shape}, not {np.dtype(dtype)} ({self._n},)")
        if commands.action.max() > Action.WAIT:
            self._refuse(commands.action > Action.WAIT, "was given an action that is none of 0 to 3")

    def _service_with(self, asked_s: Float32) -> Float64:
        """Seconds of service left with those that these commands start; checks that they can start."""
        self._refuse(~((asked_s >= 0) & (asked_s < np.inf)), "was given a service time that is not a number >= 0")
        starts = asked_s > 0
        self._refuse(starts & (self._service_left > 0), "is in service and cannot start another")
        return np.where(starts, asked_s.astype(np.float64), self._service_left)

    def _check_charge(self, charge: Bool, acting: Bool, engaged: Bool) -> None:
        self._refuse(charge & ~self._has_charger[self._cell], "cannot charge: there is no charger here")
        self._refuse(charge & acting, "cannot move while it charges: its action must be WAIT")
        self._refuse(charge & engaged, "cannot charge during its service")

    def _check_floor(self, target: Int64) -> None:
        """Raise DriverError if two robots would end in one cell or swap cells."""
        self._last_in[self._cell] = self._robots
        other = self._last_in[target]
        swap = (self._cell[other] == target) & (target[other] == self._cell) & (other != self._robots)
        if swap.any():
            robot = int(np.argmax(swap))
            self._refuse(swap, f"would swap cells with robot {other[robot]} in cell {target[robot]}")
        self._last_in[target] = self._robots
        other = self._last_in[target]
        shared = other != self._robots
        if shared.any():
            robot = int(np.argmax(shared))
            self._refuse(shared, f"would be in cell {target[robot]} together with robot {other[robot]}")

    def _fill_report(self) -> FleetState:
        report = self._report
        report.time_s = self._start_s + self._steps * self._step_s
        report.cell[:] = self._cell
        report.heading[:] = self._heading
        report.charge_percent[:] = self._charge
        report.service_left_s[:] = self._service_left
        report.charging[:] = self._charging
        return report


def _check_start(layout: Layout, start: FleetState) -> None:
    n = start.robots
    if n == 0:
        raise DriverError("there are no robots")
    for name in ("heading", "charge_percent", "service_left_s", "charging"):
        if len(getattr(start, name)) != n:
            raise DriverError(f"start.{name} has {len(getattr(start, name))} rows, not {n}")
    for wrong, reason in (
        ((start.cell < 0) | (start.cell >= layout.cells), "starts outside the map"),
        (~layout.passable[start.cell.clip(0, layout.cells - 1)], "starts on an obstacle"),
        ((start.heading < 0) | (start.heading > 3), "starts with a heading that is none of 0 to 3"),
        (~((start.charge_percent >= 0) & (start.charge_percent <= 100)), "starts with a charge not in 0 to 100 %"),
        (~((start.service_left_s >= 0) & (start.service_left_s < np.inf)), "starts with an impossible service time"),
    ):
        if wrong.any():
            raise DriverError(f"robot {int(np.argmax(wrong))} {reason}")
    cells, counts = np.unique(start.cell, return_counts=True)
    if len(cells) < n:
        cell = int(cells[np.argmax(counts)])
        raise DriverError(f"robots {np.flatnonzero(start.cell == cell).tolist()} all start in cell {cell}")
