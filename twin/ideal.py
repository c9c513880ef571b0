"""The ideal grid: robots that do exactly what they are told, in synchronous steps, behind the FleetDriver seam."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.grid.layout import Layout
from robots.arrays import Bool, Float32, Float64, Int32, Int64, UInt8
from robots.battery import step_percent
from robots.driver import Commands
from robots.errors import DriverError
from robots.life_cycle import LifeCycle
from robots.model import RobotModel
from robots.state import Entry, Flag, FleetState
from twin import _ideal
from twin.start_check import charger_mask, check_start

# Quarter turns by entry: forward, clockwise, counter-clockwise, none, service, charge.
_QUARTER_TURNS: Final = np.array([0, 1, -1, 0, 0, 0], dtype=np.int8)
# numpy reckons fastest with a number of a column's own type.
_NONE, _SERVICE, _CHARGE = map(np.uint8, (Entry.WAIT, Entry.SERVICE, Entry.CHARGE))
_HALTED: Final = np.uint8(Flag.HALTED)
# What is left of a service below this part of a step is rounding, not work.
_DONE: Final = 1e-3


class IdealGridDriver:
    """A FleetDriver of perfect robots: what they are given in `submit` they carry out in the step of the next `poll`.

    layout    the floor; start cells, chargers and moves are checked against it
    model     powers and battery of every robot
    cell_m    side of a cell, metres
    start     where the robots stand, how they face, what charge they have and what time it is; nothing else is read
    chargers  int32, cells on which a robot can charge
    step_s    seconds of a step, at least `kinematics.step_time(model, cell_m)`

    The floor is a physical place, so the driver holds its rules: no robot leaves the map, enters an obstacle, shares a
    cell or swaps cells with another. A cell may be entered while its robot leaves it. A batch that would break a rule
    in the step to come is refused, whether by a new entry or by one that its robot has been waiting with.

    A robot has one entry at a time: while one is not confirmed, a further one is refused. It is confirmed after one
    step, but for these. A service of s seconds is over after s / step_s steps, rounded up. A robot that is told to halt
    does nothing, nor does its service go on, and its entry waits; energy from a charger flows all the same. A robot at
    0 % cannot move: a forward or turn entry waits until there is charge again, or until a newer epoch drops it, and
    whoever would run into the robot is refused. Stations and chargers bring their own power, so services and charging
    go on with an empty battery. Charging goes on until the robot begins another entry.

    A step has one length and one speed, so `speed_limit_mps` changes nothing here: what slow zones cost shows only with
    continuous robots. At the end of a step robots are in the middle of cells and are reported at rest. `stop` drops
    whatever is not confirmed, a service under way too, which then never took effect.

    Time of `submit` and `poll` grows linearly with robots and not with the map; memory with both.
    """

    def __init__(
        self, layout: Layout, model: RobotModel, cell_m: float, *, start: FleetState, chargers: Int32, step_s: float
    ) -> None:
        check_start(layout, start)
        try:
            percent = step_percent(model, cell_m, step_s)
        except ValueError as short:
            raise DriverError(str(short)) from short
        n = start.robots
        self._n = n
        self._step_s = float(step_s)
        self._battery_wh = float(model.battery_wh)
        self._drain_of: Float64 = np.array([percent.forward, percent.turn, percent.turn, percent.wait, 0.0, 0.0])
        self._drain_of[Entry.SERVICE] = percent.service
        self._charge_gain = percent.charge
        self._neighbours = layout.neighbours
        self._has_charger = charger_mask(layout, chargers)
        self._robots = np.arange(n)
        self._last_in: Int64 = np.zeros(layout.cells, dtype=np.int64)

        self._life = LifeCycle()
        self._start_s = float(start.time_s)
        self._steps = 0
        self._used_percent = 0.0
        # numpy indexes fastest with its own integer, so cells are int64 in here and int32 in the report.
        self._cell = start.cell.astype(np.int64)
        self._heading = start.heading.astype(np.int8)
        # Charge and service are kept in double precision: a step draws less than float32 resolves over an hour.
        self._charge = start.charge_percent.astype(np.float64)
        self._charging: Bool = np.zeros(n, dtype=np.bool_)
        self._epoch: Int32 = np.zeros(n, dtype=np.int32)
        self._halt: Bool = np.zeros(n, dtype=np.bool_)
        self._confirmed: Int32 = np.zeros(n, dtype=np.int32)
        self._received: Int32 = np.zeros(n, dtype=np.int32)
        # The entry that each robot has and has not confirmed, none being WAIT; and the part of it in the step to come.
        self._entry: UInt8 = np.full(n, _NONE, dtype=np.uint8)
        self._doing = self._entry
        self._target = self._cell
        # Of a service: all its seconds while it has not begun, and what is left of it from then on.
        self._service_s: Float64 = np.zeros(n, dtype=np.float64)
        self._service_left: Float64 = np.zeros(n, dtype=np.float64)
        middles = FleetState.at(np.arange(layout.cells, dtype=np.int32), width=layout.width, cell_m=cell_m)
        self._x_in, self._y_in = middles.x_m, middles.y_m
        self._theta_of = FleetState.at(np.zeros(4, dtype=np.int32), np.arange(4, dtype=np.int8)).theta_rad
        self._report = FleetState.at(start.cell)
        self._checked_target(self._entry, self._entry)  # compiles the kernels before the first step

    @property
    def entries_ahead(self) -> int:
        """1: robots act in step."""
        return 1

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh; what chargers put in is not in it."""
        return self._used_percent * self._battery_wh / 100.0

    def open(self) -> FleetState:
        """Return where the robots are; after `stop` they go on from where they stand. Raises DriverError if not due."""
        self._life.open()
        self._used_percent = 0.0
        return self._fill_report()

    def submit(self, commands: Commands) -> None:
        """Take the commands of the next step; raises DriverError, naming robot and reason, and then takes none."""
        self._life.submit()
        only_moves = self._check_columns(commands)
        epoch, halt, entry, service_s = self._epoch, commands.halt, self._entry, self._service_s
        new, new_s = self._new_entries(commands)
        if not _same(commands.epoch, epoch):
            self._refuse(commands.epoch < 0, "was given an epoch below 0")
            obeyed, newer = commands.epoch == epoch, commands.epoch > epoch
            epoch, halt = np.where(newer, commands.epoch, epoch), np.where(obeyed | newer, halt, self._halt)
            new = np.where(obeyed, new, _NONE)
            entry = np.where(newer & (self._service_left == 0), _NONE, entry)
        unconfirmed = entry != _NONE
        early = unconfirmed & (new != _NONE)
        if early.any():
            self._refuse(early & (self._service_left > 0), "is in service and cannot take another entry yet")
            self._refuse(early, "has an entry that it could not do yet and cannot take another")
        entry = np.where(unconfirmed, entry, new)
        if not only_moves:
            self._refuse((new == _CHARGE) & ~self._has_charger[self._cell], "cannot charge: there is no charger here")
            service_s = np.where(new == _SERVICE, new_s, service_s)
        doing = self._doable(entry, halt)
        self._target = self._checked_target(new, doing)

        self._epoch, self._halt = epoch, halt.copy()
        self._entry, self._doing, self._service_s = entry, doing, service_s
        self._life.taken()

    def poll(self) -> FleetState:
        """Carry out the submitted step and return the states after it; the columns are overwritten by the next poll."""
        self._life.poll()
        self._steps += 1
        doing = self._doing
        self._cell = self._target
        self._heading = (self._heading + _QUARTER_TURNS.take(doing)) & np.int8(3)
        done = doing != _NONE
        drain = self._drain_of.take(doing)
        if doing.max() > _NONE:
            done &= ~self._serve(doing == _SERVICE)
            self._charging |= doing == _CHARGE
        if self._charging.any():
            self._take_energy(doing, drain)
        np.minimum(drain, self._charge, out=drain)
        self._charge -= drain
        self._used_percent += float(drain.sum())
        self._entry = np.where(done, _NONE, self._entry)
        self._confirmed += done
        self._received = self._confirmed + (self._entry != _NONE)
        return self._fill_report()

    def stop(self) -> None:
        """Stop every robot where it stands: what is not confirmed is dropped, and more is refused until `open`."""
        self._life.stop()
        self._entry = np.full(self._n, _NONE, dtype=np.uint8)
        self._service_left[:] = 0.0
        self._charging[:] = False
        self._received = self._confirmed.copy()

    def close(self) -> None:
        """Let go of the robots. May be called twice."""
        self._life.close()

    def _refuse(self, wrong: Bool, reason: str) -> None:
        if wrong.any():
            robot = int(np.argmax(wrong))
            raise DriverError(f"robot {robot} in cell {self._cell[robot]} {reason}")

    def _check_columns(self, commands: Commands) -> bool:
        """Check what can be checked row by row; return whether there are only moves, no SERVICE and no CHARGE."""
        commands.check_columns(self._n)
        entries = commands.entries
        only_moves = bool(entries.max() <= _NONE)
        if not only_moves or commands.service_s.any():
            self._refuse(np.any(entries > _CHARGE, axis=1), "was given an entry that is none of 0 to 5")
            seconds, serves = commands.service_s, entries == _SERVICE
            wrong = np.where(serves, ~((seconds > 0) & (seconds < np.inf)), seconds != 0)
            self._refuse(np.any(wrong, axis=1), "was given a service time that does not go with its entry")
        if entries.shape[1] > 1:
            gap = (entries[:, :-1] == _NONE) & (entries[:, 1:] != _NONE)
            self._refuse(np.any(gap, axis=1), "was given entries after the end of its row")
        if not commands.speed_limit_mps.min() > 0:
            self._refuse(~(commands.speed_limit_mps > 0), "was given a speed limit that is not more than 0")
        return only_moves

    def _new_entries(self, commands: Commands) -> tuple[UInt8, Float32]:
        """What each row adds to the base of its robot, if it obeys the row's epoch, and the seconds of services."""
        entries, seconds = commands.entries, commands.service_s
        if entries.shape[1] == 1 and _same(commands.index, self._received):
            return entries[:, 0], seconds[:, 0]
        self._refuse(commands.index < 0, "was given an index below 0")
        room = entries.shape[1]
        offset = self._received - commands.index
        reaches = (offset >= 0) & (offset < room)
        offset = np.where(reaches, offset, 0)
        following = np.minimum(offset + 1, room - 1)
        further = reaches & (following > offset) & (entries[self._robots, following] != _NONE)
        self._refuse(further & (commands.epoch == self._epoch), "was given two entries, and can have one at a time")
        new = np.where(reaches, entries[self._robots, offset], _NONE)
        return new, seconds[self._robots, offset]

    def _doable(self, entry: UInt8, halt: Bool) -> UInt8:
        """What of the entries robots can do in the step to come: nothing if halted, no moves if empty."""
        if halt.any():
            entry = np.where(halt, _NONE, entry)
        if self._charge.min() <= 0:
            entry = np.where((self._charge <= 0) & (entry < _NONE), _NONE, entry)
        return entry

    def _checked_target(self, new: UInt8, doing: UInt8) -> Int64:
        """Return the cells that the step ends in; checks new entries against the map, the step against the floor."""
        target: Int64 = np.empty(self._n, dtype=np.int64)
        robot = _ideal.find_targets(self._neighbours, self._cell, self._heading, new, doing, target)
        if robot != _ideal.NOBODY:
            self._refuse(self._robots == robot, "would leave the map or drive into an obstacle")
        self._check_floor(target)
        return target

    def _check_floor(self, target: Int64) -> None:
        """Raise DriverError if two robots would end in one cell or swap cells."""
        robot = _ideal.first_swap(self._cell, target, self._last_in)
        if robot != _ideal.NOBODY:
            other = self._last_in[target[robot]]
            self._refuse(self._robots == robot, f"would swap cells with robot {other} in cell {target[robot]}")
        robot = _ideal.first_meeting(target, self._last_in)
        if robot != _ideal.NOBODY:
            other = self._last_in[target[robot]]
            self._refuse(self._robots == robot, f"would be in cell {target[robot]} together with robot {other}")

    def _serve(self, serving: Bool) -> Bool:
        """Go on with services for a step; return whose are not over after it."""
        left = self._service_left
        left = np.where(serving, np.where(left > 0, left, self._service_s) - self._step_s, left)
        left[left < _DONE * self._step_s] = 0.0
        self._service_left = left
        unfinished: Bool = left > 0
        return unfinished

    def _take_energy(self, doing: UInt8, drain: Float64) -> None:
        """End charging of those who do something else, and charge the others for a step; these draw nothing."""
        charging = self._charging & ((doing == _NONE) | (doing == _CHARGE))
        drain[charging] = 0.0
        self._charge[charging] += self._charge_gain
        np.minimum(self._charge, 100.0, out=self._charge)
        self._charging = charging

    def _fill_report(self) -> FleetState:
        report = self._report
        report.time_s = self._start_s + self._steps * self._step_s
        report.heard_s[:] = report.time_s
        report.cell[:] = self._cell
        report.heading[:] = self._heading
        report.charge_percent[:] = self._charge
        report.service_left_s[:] = self._service_left
        report.charging[:] = self._charging
        report.epoch[:] = self._epoch
        report.received[:] = self._received
        report.confirmed[:] = self._confirmed
        report.flags[:] = self._halt.view(np.uint8) * _HALTED
        report.x_m[:] = self._x_in.take(self._cell)
        report.y_m[:] = self._y_in.take(self._cell)
        report.theta_rad[:] = self._theta_of.take(self._heading)
        return report


def _same(one: Int32, other: Int32) -> bool:
    """Whether two columns hold the same; comparing bytes takes a fifth of the time that comparing numbers takes."""
    return one.tobytes() == other.tobytes()
