"""The gantry of a pallet cell at its work: one box after another, from the pallet onto the head of the belt."""

from __future__ import annotations

from math import hypot
from typing import Final

import msgspec

from twin.bullet.frames import Vector
from twin.cells.cell_world import BoxState, CellWorld, yaw_of
from twin.cells.gantry import Gantry
from twin.cells.grasping import Grasping
from twin.cells.gripper import SuctionCup, covered
from twin.cells.loose_boxes import settle
from twin.cells.pallet_cell_state import Phase, UnloaderState
from twin.cells.pallet_layout import BELT_TOP_M, HEAD_M, HOME
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import parcel_class
from twin.cells.station_cell import STEP_S

_GRIP_STEPS: Final = 72  # until a field of cups has its vacuum: 0.3 s
_RELEASE_STEPS: Final = 24
_FALL_M: Final = 0.003  # that a box is let fall
_AWAY_M: Final = 0.05  # that the cups go up at least, off a box
_OFF_MIDDLE_M: Final = 0.03  # cups that are farther off are lifted again: the box would hang askew
_NEAR_M: Final = 0.03  # boxes that are so near to the one that is taken may be moved by it


class Unloader:
    """A gantry with a field of cups, and eyes. A box that nobody touches, and no neighbour of one, has no mass: it
    costs nothing.
    """

    def __init__(self, world: CellWorld, gantry: Gantry, cups: SuctionCup, grasping: Grasping) -> None:
        self._world: Final = world
        self._gantry: Final = gantry
        self._cups: Final = cups
        self._grasping: Final = grasping
        self._parcel: Parcel | None = None
        self.state = UnloaderState()

    @property
    def resting(self) -> bool:
        """Whether nothing moves: neither the gantry nor a box, unless the belt does."""
        return self.state.phase is Phase.REST and not self._gantry.moving and not self.state.loose

    @property
    def at_home(self) -> bool:
        """Whether the tool is out of the way, or on its way there."""
        return self._gantry.goal == HOME

    @property
    def held(self) -> int | None:
        """Id of the box that hangs at the cups."""
        welded = self._world.welded
        return welded[0] if welded else None

    def start(self, parcel: Parcel, carry_m: float, clear_m: float, now: int) -> None:
        """Set off for a box at step `now`.

        carry_m  height of its lower face on its way to the belt
        clear_m  height above everything, for the tool alone
        """
        state = self.state
        if state.box != parcel.id:
            state.box, state.begun, state.grasps, state.drops = parcel.id, now, 0, 0
        self._parcel = parcel
        state.carry_m, state.clear_m, state.placed = carry_m, clear_m, False
        self._look()

    def go_home(self) -> None:
        """Get out of the way."""
        self._gantry.go(HOME)

    def loosen(self, names: list[int], masses: dict[int, float], now: int) -> None:
        """Let boxes move freely from now on."""
        for name in names:
            self._world.put(name, msgspec.structs.replace(self._world.box(name), mass_kg=masses[name]))
            self.state.loose[name] = now

    def step(self, now: int, masses: dict[int, float]) -> list[int]:
        """Simulate a step; return the boxes that lie still after it and did not before. masses: of all boxes, kg."""
        self._gantry.step()
        self._world.step()
        state = self.state
        self._hold(now)
        still: list[int] = []
        if state.phase not in (Phase.GRIP, Phase.LIFT):
            still = settle(self._world, state.loose, now)
        if state.wait:
            state.wait -= 1
        if not (state.wait or self._gantry.moving or state.phase is Phase.REST):
            self._next(now, masses)
        return still

    def resume(self, state: UnloaderState, parcel: Parcel | None) -> None:
        """Go on from a state; parcel: the one that it names."""
        self.state, self._parcel = state, parcel

    @property
    def _here(self) -> Parcel:
        assert self._parcel is not None, "the gantry is about no box"  # noqa: S101 - for the type checker
        return self._parcel

    def _next(self, now: int, masses: dict[int, float]) -> None:
        """The gantry has done what it was about: what comes next?"""
        state, (x, y, z) = self.state, self._gantry.goal
        match state.phase:
            case Phase.UP:
                self._go(Phase.OVER, (state.seen[0], state.seen[1], state.clear_m))
            case Phase.OVER:
                self._go(Phase.DOWN, state.seen)
            case Phase.DOWN:
                self._wait(Phase.GRIP, _GRIP_STEPS)
            case Phase.GRIP:
                self._grip(now, masses)
            case Phase.LIFT if self.held is not None:
                self._go(Phase.OUT, (x, HOME[1], z))
            case Phase.OUT if self.held is not None:
                self._go(Phase.ALONG, (HEAD_M, y, z))
            case Phase.ALONG if self.held is not None:
                self._go(Phase.LOWER, (x, y, BELT_TOP_M + self._here.size_m[2] + _FALL_M))
            case Phase.LOWER if self.held is not None:
                self._wait(Phase.RELEASE, _RELEASE_STEPS)
            case Phase.RELEASE:
                if self.held is not None:
                    self._world.unweld(self._here.id)
                    state.loose[self._here.id] = now
                    state.placed = True
                self._go(Phase.RETREAT, (x, y, max(z + _AWAY_M, state.clear_m)))
            case Phase.RETREAT:
                state.phase = Phase.REST
            case _:  # it has lost the box
                self._go(Phase.RETREAT, (x, y, max(z + _AWAY_M, state.clear_m)))

    def _go(self, phase: Phase, tip: Vector) -> None:
        self._gantry.go(tip)
        self.state.phase = phase

    def _wait(self, phase: Phase, steps: int) -> None:
        self.state.phase, self.state.wait = phase, steps

    def _look(self) -> None:
        """Look where the box is, and go there from above."""
        state, box = self.state, self._world.box(self._here.id)
        x, y, z = box.position
        state.attempts += 1
        state.grasps += 1
        state.seen, _ = self._grasping.seen(state.attempts, (x, y, z + box.size_m[2] / 2), yaw_of(box.rotation))
        at = self._gantry.goal
        self._go(Phase.UP, (at[0], at[1], max(at[2], state.clear_m)))

    def _grip(self, now: int, masses: dict[int, float]) -> None:
        """Lift the box if the cups hold it in its middle; else look again."""
        parcel, state = self._here, self.state
        box, tip = self._world.box(parcel.id), self._gantry.tip()
        east, north = tip[0] - box.position[0], tip[1] - box.position[1]
        touches = abs(tip[2] - box.position[2] - box.size_m[2] / 2) <= self._cups.give_m
        coverage = covered(self._cups.diameter_m, east, north, box.size_m) if touches else 0.0
        if hypot(east, north) > _OFF_MIDDLE_M:
            coverage = 0.0
        hold = self._grasping.hold(state.attempts, parcel_class(parcel), coverage, self._cups.hold_n)
        state.loses_nps = hold.loses_nps
        if hold.force_n <= 0.0:
            self._look()
            return
        self.loosen(
            [name for name in self._world if name != parcel.id and _near(box, self._world.box(name))], masses, now
        )
        self._world.put(parcel.id, msgspec.structs.replace(box, mass_kg=parcel.mass_kg))
        self._world.weld(parcel.id, self._gantry.number, self._gantry.link, hold.force_n)
        self._go(Phase.LIFT, (state.seen[0], state.seen[1], state.carry_m + parcel.size_m[2]))

    def _hold(self, now: int) -> None:
        """Let air in through a leak, and let go of what has slid too far."""
        held, state = self.held, self.state
        if held is None:
            return
        if state.loses_nps:
            self._world.weaken(held, state.loses_nps * STEP_S)
        if self._world.weld_slide(held) > self._cups.slide_m:
            self._world.unweld(held)
            state.drops += 1
            state.loose[held] = now


def _near(box: BoxState, other: BoxState) -> bool:
    """Whether two boxes that lie flat are so near to each other that one may move the other."""
    return all(
        abs(a - b) < (one + two) / 2 + _NEAR_M
        for a, b, one, two in zip(box.position, other.position, box.size_m, other.size_m, strict=True)
    )
