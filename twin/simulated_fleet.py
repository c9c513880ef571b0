"""Simulated fleets: robots with firmware of their own, over a link that loses and delays, behind the driver seam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Final

import numpy as np

from fleet.grid.layout import Layout
from robots.arrays import Float64, Int32, Int64
from robots.driver import COMMAND_COLUMNS, Commands
from robots.errors import DriverError
from robots.life_cycle import LifeCycle
from robots.model import RobotModel
from robots.state import Entry, FleetState
from robots.truth import FloorTruth
from twin import _firmware, _fleet_link
from twin.bodies import Bodies
from twin.fault_schedule import FaultSchedule
from twin.faults import Fault, FaultKind
from twin.fleet_checkpoint import ClockThen, FleetParts, pack, unpack
from twin.fleet_records import (
    COMMAND,
    ENTRIES_AHEAD,
    GIVEN,
    IN_FLIGHT,
    REPORT,
    Air,
    Floor,
    Heard,
    Limits,
    Record,
    Records,
    Rows,
    new_contacts,
    new_happened,
    new_limits,
    new_robots,
)
from twin.link import LinkParams
from twin.motion import MotionParams
from twin.rails import Rails
from twin.start_check import charger_mask, check_start, refuse_robots

_REASONS: Final = {
    _fleet_link.BAD_NUMBER: "has an epoch or an index below 0 in its row",
    _fleet_link.BAD_ENTRY: "was given an entry that is none of 0 to 5",
    _fleet_link.BAD_ORDER: "was given entries after a WAIT: WAIT only fills up a row",
    _fleet_link.BAD_SERVICE: "was given a SERVICE whose service_s is not a number > 0",
    _fleet_link.BAD_SECONDS: "was given service_s for an entry that is no SERVICE",
    _fleet_link.BAD_LIMIT: "was given a speed_limit_mps that is not > 0",
    _fleet_link.TOO_MANY: f"would have more than {ENTRIES_AHEAD} entries that are not confirmed",
    _fleet_link.NO_WAY: "would leave the map or drive into an obstacle",
    _fleet_link.NO_CHARGER: "cannot charge: there is no charger where its base leads",
}


class SimulatedFleet:
    """A FleetDriver of robots that drive, turn, serve and charge continuously, each by its own firmware and clock.

    layout    the floor; start cells, chargers and bases are checked against it
    model     size, speeds, accelerations, powers and battery of every robot
    cell_m    side of a cell, metres; at least the robot's length and twice the margin of its position
    start     where the robots stand, at rest and with empty bases, how they face and what charge they have; copied
    chargers  int32, cells on which a robot can charge
    tick_s    seconds from one `poll` to the next; within, firmware runs in periods of at most 0.05 s
    seed      of noise, delays, losses and of the differences between robots; the same seed gives the same run
    link, motion, faults  see LinkParams, MotionParams and twin.faults
    bodies    makes what carries the robots, see twin.bodies; on rails unless said

    A base is checked as it is given: a row is refused if it leads off the map, into an obstacle of the layout, to
    charging where there is no charger, or too far ahead. Nothing keeps two robots apart: that is the controller's work.
    A stop or a lost message never makes a robot leave the way from its confirmed cell to the end of its base; on
    rails only the fault DISPLACED does. Where a cell is smaller than the diagonal of the robot, its corners leave the
    cell in a turn.

    Time of `submit` and `poll` grows linearly with robots, memory with robots and cells.
    """

    def __init__(
        self,
        layout: Layout,
        model: RobotModel,
        cell_m: float,
        *,
        start: FleetState,
        chargers: Int32,
        tick_s: float = 0.1,
        seed: int = 0,
        link: LinkParams = LinkParams(),  # noqa: B008 (it is frozen)
        motion: MotionParams = MotionParams(),  # noqa: B008
        faults: Sequence[Fault] = (),
        bodies: Callable[[Records, Floor, Limits], Bodies] = Rails,
    ) -> None:
        check_start(layout, start)
        refuse_robots(
            (start.service_left_s != 0, "starts in the middle of a service"),
            ((start.received != 0) | (start.confirmed != 0), "starts with entries in its base"),
            (start.epoch < 0, "starts with an epoch below 0"),
        )
        if not (tick_s > 0 and isfinite(tick_s)):
            raise DriverError(f"a tick of {tick_s} s is impossible")
        if not model.length_m + 2 * (motion.position_noise_m + motion.margin_m) <= cell_m:
            raise DriverError(f"{model.name} is {model.length_m} m long: that does not fit in cells of {cell_m} m")
        n = start.robots
        self._n = n
        self._tick_s = float(tick_s)
        self._passable = layout.passable
        self._battery_wh = float(model.battery_wh)
        self._link = link
        self._motion = motion
        self._limits = new_limits(layout.width, model, cell_m, self._tick_s, motion)
        self._floor = Floor(
            neighbours=layout.neighbours,
            charger=charger_mask(layout, chargers),
            obstacle_until=np.full(layout.cells, -np.inf),
            charger_out_until=np.full(layout.cells, -np.inf),
        )
        self._robots = new_robots(start, model, seed, motion.speed_spread, link.report_s)
        self._bodies = bodies(self._robots, self._floor, self._limits)
        self._commands = np.zeros((n, IN_FLIGHT), dtype=COMMAND)
        self._reports = np.zeros((n, IN_FLIGHT + 1), dtype=REPORT)  # the last is scratch
        self._contacts = new_contacts(start)
        self._state = FleetState.at(start.cell)
        self._heard = Heard(*(getattr(self._state, name) for name in Heard._fields))
        self._happened = new_happened(n, self._limits.periods)
        self._faults = FaultSchedule(self._robots, self._floor, self._bodies, faults)

        self._life = LifeCycle()
        self._start_s = float(start.time_s)
        self._now = self._start_s
        self._ticks = 0
        self._rows = 0
        self._used_percent = 0.0

    @property
    def entries_ahead(self) -> int:
        """How many entries a robot may have that are not confirmed yet."""
        return ENTRIES_AHEAD

    @property
    def charge_wh_used(self) -> float:
        """Energy that the fleet has drawn from its batteries since `open`, in Wh; what chargers put in is not in it."""
        return self._used_percent * self._battery_wh / 100.0

    @property
    def bodies(self) -> Bodies:
        """What carries the robots."""
        return self._bodies

    def contacts(self) -> Int64:
        """How often robots have begun to touch so far, int64 (3,): each other, racks and walls, people."""
        return self._bodies.contacts()

    @property
    def messages_dropped(self) -> int:
        """Messages that were lost because too many were on their way to or from one robot."""
        return int(self._happened.counts[2] + self._happened.counts[3])

    def open(self) -> FleetState:
        """Return where the robots are, as exactly as they know. Raises DriverError if it is not due."""
        self._life.open()
        self._used_percent = 0.0
        _firmware.greet(self._robots, self._reports, self._now)
        return self._hear()

    def resume(self, checkpoint: bytes) -> FleetState:
        """Go on where another driver was, instead of `open`; return what had been heard there.

        The driver is to be made with the same arguments, but for faults: those of the checkpoint count. From here on
        both do the same, bit for bit. Raises CheckpointError if it is not of such a driver, and DriverError if it is
        not due.
        """
        self._life.open()
        faults, clock = unpack(checkpoint, self._parts())
        self._faults.restore(faults)
        self._start_s, self._now, self._ticks = clock.start_s, clock.now_s, clock.ticks
        self._rows, self._used_percent = clock.rows, clock.used_percent
        self._state.time_s = self._now
        return self._state

    def checkpoint(self) -> bytes:
        """All there is to know of the fleet between two ticks, for `resume`. Raises DriverError if it is not due."""
        self._life.checkpoint()
        clock = ClockThen(self._start_s, self._now, self._ticks, self._rows, self._used_percent)
        return pack(self._parts(), self._faults.as_data(), clock)

    def submit(self, commands: Commands) -> None:
        """Take one row for every robot; raises DriverError, naming robot and reason, and then takes none."""
        self._life.submit()
        rows = self._columns(commands)
        self._faults.begin(self._now)
        robot, reason = _fleet_link.submit(
            self._robots,
            self._commands,
            self._contacts,
            self._floor.neighbours,
            self._floor.charger,
            rows,
            self._air(),
            self._rows + 1,
            self._now,
            self._happened.counts,
        )
        if reason != _fleet_link.FINE:
            raise DriverError(f"robot {robot} in cell {self._state.cell[robot]} {_REASONS[reason]}")
        self._rows += 1
        self._life.taken()

    def poll(self) -> FleetState:
        """Let one tick pass and return what has been heard; the columns are overwritten by the next poll."""
        self._life.poll()
        start_s = self._now
        self._faults.begin(start_s)
        self._ticks += 1
        self._now = self._start_s + self._ticks * self._tick_s
        self._happened.counts[:2] = 0
        air, watch = self._air(), self._faults.obstacles(start_s)
        for period in range(self._limits.periods):
            self._used_percent += self._live(start_s + period * self._limits.dt, air, watch)
        return self._hear()

    def stop(self) -> None:
        """Have every robot drop its base and stop; messages on their way are void, rows are refused until `open`.

        No time passes until then: a robot that drives comes to rest in the first ticks after that, in the middle of
        the next cell where it can.
        """
        self._life.stop()
        _firmware.stop(self._robots, self._floor, self._limits, self._now)
        self._contacts["awaited"] = True  # what is left of the bases, reports will say

    def close(self) -> None:
        """Let go of the robots. May be called twice."""
        self._life.close()

    def truth(self) -> FloorTruth:
        """What really happened in the last tick. The columns belong to the driver and are valid until the next poll."""
        robots, happened = self._robots, self._happened
        delivered, effects = int(happened.counts[0]), int(happened.counts[1])
        return FloorTruth(
            time_s=self._now,
            x_m=robots["x"].copy(),
            y_m=robots["y"].copy(),
            theta_rad=robots["theta"].copy(),
            displaced=robots["lost"].copy(),
            epoch=robots["epoch"].astype(np.int32),
            received=robots["received"].astype(np.int32),
            confirmed=robots["confirmed"].astype(np.int32),
            delivered_robot=happened.delivered_robot[:delivered],
            delivered_epoch=happened.delivered_epoch[:delivered],
            effect_robot=happened.effect_robot[:effects],
            effect_entry=happened.effect_entry[:effects],
        )

    def write_poses(self, poses: Float64) -> None:
        """Write where robots really are, as `truth` has it, to poses, float64 (3, n): x_m, y_m and theta_rad."""
        robots = self._robots
        poses[0], poses[1], poses[2] = robots["x"], robots["y"], robots["theta"]

    def inject(self, fault: Fault) -> None:
        """Let a fault happen at its `at_s`, or with the next tick if that is over. Raises DriverError if impossible."""
        self._faults.add(fault)

    def put_back(self, robot: int) -> bool:
        """Set a displaced robot at rest in the middle of its confirmed cell; its base ends there.

        Returns whether it was displaced; nothing is done to a robot that was not. Raises DriverError if there is no
        such robot.
        """
        if not 0 <= robot < self._n:
            raise DriverError(f"put_back: there is no robot {robot}")
        if not self._robots[robot]["lost"]:
            return False
        _set_at_rest(self._robots[robot])
        self._bodies.set_down(robot)
        return True

    def cancel(self, robot: int) -> None:
        """Have one robot drop its base, a service under way and charging too; until it is heard it gets no entries.

        A robot that drives comes to rest in the middle of the next cell where it can. Raises DriverError if the driver
        is not open, or there is no such robot.
        """
        self._life.checkpoint()
        if not 0 <= robot < self._n:
            raise DriverError(f"cancel: there is no robot {robot}")
        _firmware.stop(self._robots[robot : robot + 1], self._floor, self._limits, self._now)
        self._contacts[robot]["awaited"] = True

    def place(self, robot: int, cell: int, heading: int) -> bool:
        """Carry a robot to the middle of a cell; what it was given of its base is void, and numbers count on.

        Returns whether it was possible: the robot is displaced, or at rest with nothing left to do, and the cell is
        passable. Raises DriverError if there is no such robot, cell or heading.
        """
        if not (0 <= robot < self._n and 0 <= cell < self._passable.size and 0 <= heading <= 3):
            raise DriverError(f"place: there is no robot {robot}, cell {cell} or heading {heading}")
        body, contact = self._robots[robot], self._contacts[robot]
        idle = body["doing"] == Entry.WAIT and body["received"] == body["confirmed"]
        if not (body["lost"] or idle) or not self._passable[cell]:
            return False
        _set_at_rest(body)
        body["connected"] = False
        body["commands"] = body["reports"] = 0
        body["cell"], body["heading"] = cell, heading
        self._bodies.set_down(robot)
        number = body["confirmed"]
        contact["end"] = contact["heard_received"] = contact["heard_confirmed"] = number
        contact["cells"][number % GIVEN], contact["headings"][number % GIVEN] = cell, heading
        return True

    def recharge(self, robot: int, percent: float) -> None:
        """Bring a robot energy, as a person does: it has at least `percent` of a full battery from now on.

        Raises DriverError if there is no such robot, or for a charge not in 0 to 100 %.
        """
        if not (0 <= robot < self._n and 0 <= percent <= 100):
            raise DriverError(f"recharge: robot {robot} cannot be charged to {percent} %")
        self._robots[robot]["percent"] = max(self._robots[robot]["percent"], percent)

    def serving(self) -> tuple[Int32, Int32]:
        """Return robots with a service under way, ascending, and the cells where they are; int32 (k,) both."""
        rows = np.flatnonzero(self._robots["doing"] == Entry.SERVICE)
        return rows.astype(np.int32), self._robots["cell"][rows].astype(np.int32)

    def hold(self, robot: int, *, held: bool) -> None:
        """Let the service under way of a robot last until it is held no more; then it is over, however long it was.

        A service that is dropped is not held any more. Raises DriverError for a robot that is not in service.
        """
        if not (0 <= robot < self._n and self._robots[robot]["doing"] == Entry.SERVICE):
            raise DriverError(f"hold: robot {robot} is not in service")
        body = self._robots[robot]
        if body["held"] and not held:
            body["service_left"] = 0.0
        body["held"] = held

    def _parts(self) -> FleetParts:
        return FleetParts(
            self._robots,
            self._commands,
            self._reports,
            self._contacts,
            self._heard,
            self._happened,
            self._floor,
            self._bodies.columns(),
        )

    def _live(self, now: float, air: Air, watch: bool) -> float:
        """Let a period of the firmware pass; return the percent of a battery that robots used together."""
        robots, floor, happened, limits = self._robots, self._floor, self._happened, self._limits
        _firmware.decide(robots, self._commands, floor, happened, limits, now, watch)
        self._bodies.drive(now)
        return float(_firmware.conclude(robots, self._reports, floor, happened, limits, air, now))

    def _hear(self) -> FleetState:
        _fleet_link.hear(self._robots, self._reports, self._contacts, self._heard, self._now)
        self._state.time_s = self._now
        return self._state

    def _columns(self, commands: Commands) -> Rows:
        commands.check_columns(self._n)
        return Rows(*(np.ascontiguousarray(getattr(commands, name)) for name in COMMAND_COLUMNS))

    def _air(self) -> Air:
        """What becomes of messages now, faults included."""
        now, link, of_link = self._now, self._link, self._faults.of_link
        least, most = link.delay_s
        return Air(
            loss=max(link.loss, of_link(FaultKind.LOSS, now)),
            duplication=max(link.duplication, of_link(FaultKind.DUPLICATION, now)),
            least_s=float(least),
            spread_s=float(most - least),
            later_s=of_link(FaultKind.DELAY, now),
            resend_s=link.resend_s,
            report_s=link.report_s,
            actuation_s=self._motion.actuation_s,
            noise_m=self._motion.position_noise_m,
        )


def _set_at_rest(body: Record) -> None:
    """End a robot's base where it is confirmed, in the middle of that cell."""
    for name in ("lost", "along", "speed", "service_left"):
        body[name] = 0
    body["doing"] = Entry.WAIT
    body["received"] = body["confirmed"]
