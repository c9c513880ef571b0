"""A driver under trial: the bases that its robots were given, where these lead, and what must hold after every poll."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, pi, remainder
from typing import Final

import numpy as np

from robots.conformance.rig import CCW, CW, FORWARD, ROBOTS, DriverFactory, Item, commands, rig
from robots.driver import Commands
from robots.errors import DriverError
from robots.state import FleetState

# Seconds on the driver's clock: none of what the kit asks for takes nearly as long.
_PATIENCE_S: Final = 60.0
# What is reported of a robot at rest may be off by this much.
_PLACE_M: Final = 0.05
_ANGLE_RAD: Final = 0.1
_REST_MPS: Final = 0.02
# No need to hand over more at once, whatever the driver takes.
_MOST_AHEAD: Final = 16

_COLUMNS: Final = (
    *("cell", "heading", "charge_percent", "service_left_s", "charging", "epoch", "received", "confirmed"),
    *("x_m", "y_m", "theta_rad", "speed_mps", "flags", "heard_s"),
)


class Trial:
    """A driver, opened on a new rig, and a controller that does its part: it says the same until it is confirmed.

    rig, driver, epoch; state: the last that was heard. `bases` has what each robot was given and did not drop.
    """

    def __init__(self, make_driver: DriverFactory, charge_percent: float = 50.0) -> None:
        self.rig = rig(charge_percent)
        self.driver = make_driver(self.rig)
        self.state = self.driver.open()
        self.epoch = 0
        self.bases: list[list[Item]] = [[] for _ in range(ROBOTS)]
        start = self.rig.start
        # Cell and heading of each robot after none, one, two, ... entries of its base.
        self.ways = [[(int(start.cell[robot]), int(start.heading[robot]))] for robot in range(ROBOTS)]
        self._before = [(0, 0, 0)] * ROBOTS
        self._may_drop = False
        self._check()

    @property
    def ahead(self) -> int:
        """How many entries a row has room for: as many as the driver takes."""
        return min(self.driver.entries_ahead, _MOST_AHEAD)

    def give(self, robot: int, *items: Item) -> None:
        """Add to the base of a robot; `tick` hands it over."""
        for item in items:
            self.bases[robot].append(item)
            self.ways[robot].append(self._after(self.ways[robot][-1], item))

    def rows(self, halt: Sequence[int] = (), speed_limit_mps: float = inf) -> Commands:
        """For each robot what follows on what it has confirmed, as far as the driver takes it."""
        done = self.state.confirmed
        entries = {robot: base[done[robot] : done[robot] + self.ahead] for robot, base in enumerate(self.bases)}
        return commands(
            entries, index=done, epoch=self.epoch, halt=halt, speed_limit_mps=speed_limit_mps, room=self.ahead
        )

    def quiet_rows(self) -> Commands:
        """Rows that add nothing, for the time in which robots drop parts of their bases."""
        return commands(epoch=self.epoch, index=self.state.confirmed, room=self.ahead)

    def tick(self, batch: Commands | None = None) -> FleetState:
        """Hand over the rows given, or else those that are due, and take in what is heard."""
        self.driver.submit(self.rows() if batch is None else batch)
        before_s = self.state.time_s
        self.state = self.driver.poll()
        require(self.state.time_s > before_s, f"the clock did not advance from {before_s} s")
        self._check()
        return self.state

    def until(self, what: str, holds: Callable[[], bool], rows: Callable[[], Commands] | None = None) -> None:
        """Tick, at least once, until something holds; AssertionError if it never does."""
        limit = self.state.time_s + _PATIENCE_S
        while True:
            self.tick(rows() if rows else None)
            if holds():
                return
            require(self.state.time_s < limit, f"{what}: not after {_PATIENCE_S:.0f} s")

    def wait(self, seconds: float, rows: Callable[[], Commands] | None = None) -> None:
        """Tick for so many seconds on the driver's clock."""
        end = self.state.time_s + seconds
        self.until(f"{seconds} s later", lambda: self.state.time_s >= end, rows)

    def finish(self, rows: Callable[[], Commands] | None = None) -> FleetState:
        """Tick until everything given is confirmed and all robots are at rest, in the middle of their cells."""
        given = np.array([len(base) for base in self.bases])
        what = f"robots were given {given.tolist()} entries and are to confirm all"
        self.until(what, lambda: np.array_equal(self.state.confirmed, given) and self._at_rest(), rows)
        self.require_in_place()
        return self.state

    def raise_epoch(self, first: Commands | None = None) -> FleetState:
        """Raise the epoch, by these rows and then by rows that add nothing, until robots obey it and are at rest.

        What they dropped is no longer in `bases`.
        """
        self.epoch += 1
        self.tick(self.quiet_rows() if first is None else first)
        everywhere = lambda: bool((self.state.epoch == self.epoch).all())  # noqa: E731
        self.until(f"robots obey epoch {self.epoch}", everywhere, self.quiet_rows)
        self.until("robots come to rest after a new epoch", self._nothing_left, self.quiet_rows)
        self.require_in_place()
        return self.state

    def reopen(self) -> FleetState:
        """Open the driver after `stop`, and let robots come to rest; what they dropped is no longer in `bases`."""
        self._may_drop = True
        self.state = self.driver.open()
        self._check()
        self.until("robots come to rest after stop", self._nothing_left, self.quiet_rows)
        self._may_drop = False
        self.require_in_place()
        return self.state

    def require_in_place(self, robots: Sequence[int] = range(ROBOTS)) -> None:
        """AssertionError unless these robots stand in the middle of the cells and face as they report."""
        state, width, side = self.state, self.rig.width, self.rig.cell_m
        for robot in robots:
            row, column = divmod(int(state.cell[robot]), width)
            at, want = (state.x_m[robot], state.y_m[robot]), ((column + 0.5) * side, (row + 0.5) * side)
            off = max(abs(float(at[0]) - want[0]), abs(float(at[1]) - want[1]))
            require(off <= _PLACE_M, f"robot {robot} rests at {at} m, not in the middle of its cell, at {want}")
            turned = remainder(float(state.theta_rad[robot]) - float(state.heading[robot]) * pi / 2, 2 * pi)
            require(abs(turned) <= _ANGLE_RAD, f"robot {robot} faces {turned} rad off its heading")

    def _at_rest(self) -> bool:
        return bool((np.abs(self.state.speed_mps) < _REST_MPS).all())

    def _nothing_left(self) -> bool:
        return bool((self.state.received == self.state.confirmed).all()) and self._at_rest()

    def _after(self, place: tuple[int, int], item: Item) -> tuple[int, int]:
        cell, heading = place
        if item == FORWARD:
            return cell + (1, self.rig.width, -1, -self.rig.width)[heading], heading
        turn = {CW: 1, CCW: 3}.get(item, 0) if isinstance(item, int) else 0
        return cell, (heading + turn) % 4

    def _forget_dropped(self, robot: int) -> None:
        received = int(self.state.received[robot])
        del self.bases[robot][received:], self.ways[robot][received + 1 :]

    def _check(self) -> None:
        """What holds after every poll, whatever is going on."""
        state = self.state
        for robot, (epoch, confirmed, received) in enumerate(self._before):
            now = (int(state.epoch[robot]), int(state.confirmed[robot]), int(state.received[robot]))
            require(now[0] >= epoch, f"robot {robot} went back from epoch {epoch} to {now[0]}")
            require(now[0] <= self.epoch, f"robot {robot} obeys epoch {now[0]}, and {self.epoch} is the newest")
            if now[0] > epoch or self._may_drop:
                self._forget_dropped(robot)
            else:
                require(now[2] >= received, f"robot {robot} forgot entries: received fell to {now[2]}")
            require(now[1] >= confirmed, f"robot {robot} confirmed {now[1]} entries after {confirmed}")
            require(now[1] <= now[2], f"robot {robot} confirmed {now[1]} entries and received {now[2]}")
            have = len(self.bases[robot])
            require(now[2] <= have, f"robot {robot} received {now[2]} entries of {have} that it was to take")
            require(now[2] - now[1] <= self.driver.entries_ahead, f"robot {robot} has {now[2] - now[1]} entries ahead")
            at = (int(state.cell[robot]), int(state.heading[robot]))
            due = self.ways[robot][now[1]]
            require(at == due, f"robot {robot} confirmed {now[1]} entries and is at {at} (cell, heading), not {due}")
            self._before[robot] = now
        require(bool((state.heard_s <= state.time_s + 1e-9).all()), f"reports at {state.time_s} s are from the future")
        low, high = float(state.charge_percent.min()), float(state.charge_percent.max())
        require(0.0 <= low <= high <= 100.0, f"charges are from {low} to {high} %")


def columns(state: FleetState) -> tuple[object, ...]:
    """Everything in a state, to compare it bit for bit later."""
    return (state.time_s, *(getattr(state, name).tobytes() for name in _COLUMNS))


def refused(call: Callable[[], object], what: str, robot: int | None = None) -> None:
    """AssertionError unless the call raises a DriverError that names the robot."""
    try:
        call()
    except DriverError as refusal:
        named = robot is None or f"robot {robot}" in str(refusal)
        require(named, f"{what}: the refusal does not name robot {robot}: {refusal}")
        return
    raise AssertionError(f"{what} was not refused with DriverError")


def require(holds: bool, otherwise: str) -> None:
    """AssertionError with this explanation unless it holds."""
    if not holds:
        raise AssertionError(otherwise)
