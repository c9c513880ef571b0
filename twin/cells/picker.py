"""The arm of a pick cell at its work: one parcel after another, from where it lies onto the tray."""

from __future__ import annotations

from math import cos, hypot, pi, sin
from typing import Final

import msgspec

from twin.bullet.frames import Vector
from twin.cells.arm import Arm, UnreachableError
from twin.cells.cell_world import CellWorld, yaw_of
from twin.cells.grasping import Grasping
from twin.cells.gripper import SuctionGripper
from twin.cells.loose_boxes import settle
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import parcel_class
from twin.cells.pick_state import Phase, PickerState, Work
from twin.cells.station_cell import STEP_S
from twin.cells.tray_pattern import Spot

_GRIP_STEPS: Final = 36  # until a cup of this size has its vacuum: 0.15 s
_RELEASE_STEPS: Final = 24
_FALL_M: Final = 0.003  # that a parcel is let fall
_OFF_MIDDLE_M: Final = 0.02  # a parcel that hangs farther off the cup's middle is set down again
_LOOKS: Final = 5  # at one parcel at once


class Picker:
    """An arm with its cup and eyes in a world of boxes. A box that nobody touches has no mass, so it costs nothing."""

    def __init__(self, world: CellWorld, arm: Arm, gripper: SuctionGripper, grasping: Grasping) -> None:
        self._world: Final = world
        self._arm: Final = arm
        self._gripper: Final = gripper
        self._grasping: Final = grasping
        self._parcel: Parcel | None = None
        self.state = PickerState()

    @property
    def resting(self) -> bool:
        """Whether nothing moves: neither the arm nor a box."""
        return self.state.phase is Phase.REST and not self._arm.moving and not self.state.loose

    @property
    def falling(self) -> list[int]:
        """Parcels that were lost and do not lie still yet."""
        return [name for name in self.state.loose if self.state.works[name].lost]

    def start(self, parcel: Parcel, spot: Spot, clear_m: float, now: int) -> bool:
        """Set off for a parcel at step `now`, to put it there, at least `clear_m` above the floor on its way.

        Return whether it can be reached where it lies.
        """
        work = self.state.works.setdefault(parcel.id, Work(now))
        work.base, work.turned, work.clear_m = spot.base, spot.turned, clear_m
        work.carried = work.lost = False
        self._parcel, self.state.parcel = parcel, parcel.id
        if self._aim():
            return True
        self._end()
        return False

    def go_home(self) -> None:
        """Get out of the way."""
        self._arm.go(self._arm.model.rest)
        self.state.at_home = True

    def step(self, now: int) -> list[int]:
        """Simulate a step; return the boxes that lie still after it and did not before."""
        if self.resting:
            return []
        self._arm.step()
        self._world.step()
        state = self.state
        if self._gripper.lets_go(state.loses_nps * STEP_S):
            state.drops += 1
            self._work.drops += 1
            self._work.lost = True
            state.loose[self._here.id] = now
        still = settle(self._world, state.loose, now)
        if state.wait:
            state.wait -= 1
        if not (state.wait or self._arm.moving or state.phase is Phase.REST):
            self._next(now)
        return still

    def resume(self, state: PickerState, parcel: Parcel | None) -> None:
        """Go on from a state; parcel: the one that it names."""
        self.state, self._parcel = state, parcel

    @property
    def _here(self) -> Parcel:
        assert self._parcel is not None, "the arm is about no parcel"  # noqa: S101 - for the type checker
        return self._parcel

    @property
    def _work(self) -> Work:
        return self.state.works[self._here.id]

    def _next(self, now: int) -> None:
        """The arm has done what it was about: what comes next?"""
        match self.state.phase:
            case Phase.ABOVE:
                self._go(Phase.DOWN, down=True)
            case Phase.DOWN:
                self._wait(Phase.GRIP, _GRIP_STEPS)
            case Phase.GRIP:
                self._grip()
                self._go(Phase.LIFT, down=False)
            case Phase.LIFT:
                self._lifted()
            case Phase.CARRY if self._gripper.held is not None:
                self._plan_place()  # once more: it may have slid on the way
                self._go(Phase.LOWER, down=True)
            case Phase.LOWER:
                self._wait(Phase.RELEASE, _RELEASE_STEPS)
            case Phase.RELEASE:
                if self._gripper.held is not None:
                    self._gripper.release()
                    self.state.loose[self._here.id] = now
                self._go(Phase.RETREAT, down=False)
            case _:  # it is up again, or has lost the parcel on its way
                self._end()

    def _go(self, phase: Phase, *, down: bool) -> None:
        self._arm.go(self._work.down if down else self._work.up)
        self.state.phase = phase
        self.state.at_home = False

    def _wait(self, phase: Phase, steps: int) -> None:
        self.state.phase, self.state.wait = phase, steps

    def _end(self) -> None:
        self.state.phase, self.state.parcel = Phase.REST, None
        self._parcel = None

    def _aim(self) -> bool:
        """Look where the parcel lies and go above it; return whether the arm gets there."""
        box = self._world.box(self._here.id)
        x, y, z = box.position
        work = self._work
        for _ in range(_LOOKS):
            self.state.attempts += 1
            top = (x, y, z + box.size_m[2] / 2)
            tip, yaw = self._grasping.seen(self.state.attempts, top, yaw_of(box.rotation))
            try:
                self._plan(tip, self._arm.easier_yaw(tip, yaw), work.clear_m + box.size_m[2])
            except UnreachableError:
                continue
            work.grasps += 1
            self._go(Phase.ABOVE, down=False)
            return True
        return False

    def _plan(self, tip: Vector, yaw: float, up_m: float) -> None:
        """Find the joints for a place, and for the place above it, at this height."""
        down = self._arm.solve(tip, yaw)
        self._work.up, self._work.down = self._arm.solve((tip[0], tip[1], up_m), yaw), down

    def _grip(self) -> None:
        parcel, cup_n = self._here, self._gripper.cup.hold_n
        coverage = self._gripper.coverage(parcel.id)
        hold = self._grasping.hold(self.state.attempts, parcel_class(parcel), coverage, cup_n)
        self.state.gripped, self.state.loses_nps = hold.force_n > 0.0, hold.loses_nps
        if self.state.gripped:
            box = self._world.box(parcel.id)
            self._world.put(parcel.id, msgspec.structs.replace(box, mass_kg=parcel.mass_kg))
            self._gripper.grip(parcel.id, hold.force_n)

    def _lifted(self) -> None:
        """Up again: with the parcel to its place, without it once more, or back where it hangs badly."""
        if self._gripper.held is not None:
            self._work.carried = self._plan_place()
            if self._work.carried:
                self._go(Phase.CARRY, down=False)
            else:
                self._go(Phase.LOWER, down=True)
        elif self.state.gripped or not self._aim():
            self._end()

    def _plan_place(self) -> bool:
        """Look how the parcel hangs, and plan so that the parcel comes to its place and not the cup.

        Return whether that can be done.
        """
        name, work = self._here.id, self._work
        tip, tool = self._arm.tip()
        box = self._world.box(name)
        seen, yaw = self._grasping.hangs(self.state.attempts, box.position, yaw_of(box.rotation))
        hangs = tuple(a - b for a, b in zip(seen, tip, strict=True))
        if hypot(hangs[0], hangs[1]) > _OFF_MIDDLE_M:
            return False
        x, y, z = work.base
        turn = self._arm.easier_yaw(work.base, (pi / 2 if work.turned else 0.0) - (yaw - tool)) - tool
        east, north = hangs[0] * cos(turn) - hangs[1] * sin(turn), hangs[0] * sin(turn) + hangs[1] * cos(turn)
        place = x - east, y - north, z + box.size_m[2] / 2 + _FALL_M - hangs[2]
        try:
            self._plan(place, tool + turn, work.clear_m + box.size_m[2])
        except UnreachableError:
            return False
        return True
