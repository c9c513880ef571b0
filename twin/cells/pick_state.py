"""What goes on in a pick cell, as it is written down in its keyframes."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from twin.bullet.frames import Vector
from twin.cells.arm import Joints
from twin.cells.axis_move import AxisMove
from twin.cells.cell_world import WorldState
from twin.cells.parcel import Parcel
from twin.cells.tote_store import StoreState


class Phase(IntEnum):
    """What the arm is about: it moves there, or waits there for `PickerState.wait` steps."""

    REST = 0  # nothing
    ABOVE = 1  # above the parcel
    DOWN = 2  # down to it
    GRIP = 3  # until there is vacuum
    LIFT = 4  # up again, with the parcel or without
    CARRY = 5  # above the place on the tray
    LOWER = 6  # down to it, or back down to where the parcel was
    RELEASE = 7  # until there is no vacuum
    RETREAT = 8  # up, without the parcel


class Work(msgspec.Struct):
    """A parcel that the arm has set off for, until it lies on the tray.

    begun          step of the cell at which it did so first
    grasps, drops  how often the cup went down to it, and how often it fell
    base, turned   where on the tray it goes: the middle of its base; whether its length lies along y
    carried, lost  whether it was brought to its place this time, and whether it fell
    clear_m        height above everything that is in the way
    up, down       joints above and at the parcel, then above and at its place
    """

    begun: int
    grasps: int = 0
    drops: int = 0
    base: Vector = (0.0, 0.0, 0.0)
    turned: bool = False
    clear_m: float = 0.0
    carried: bool = False
    lost: bool = False
    up: Joints = ()
    down: Joints = ()


class PickerState(msgspec.Struct):
    """What the arm is at.

    parcel    that it is about, or None
    gripped   whether the last grasp got vacuum; loses_nps: how much it loses of its force, N/s
    attempts  looks at parcels so far
    drops     parcels that the cup lost so far
    works     parcels that it has set off for, by id
    loose     boxes that move freely, and since which step
    """

    phase: Phase = Phase.REST
    wait: int = 0
    parcel: int | None = None
    at_home: bool = True
    gripped: bool = False
    loses_nps: float = 0.0
    attempts: int = 0
    drops: int = 0
    works: dict[int, Work] = {}
    loose: dict[int, int] = {}


class Pick(msgspec.Struct, frozen=True, array_like=True):
    """How a parcel came onto the tray.

    kind           parcel class
    begun, done    steps of the cell: the arm set off for it the first time, and it lay still on the tray
    grasps, drops  how often the cup went down to it, and how often it fell
    off_m          distance, level, of its middle from where it was to be
    """

    parcel: int
    kind: str
    begun: int
    done: int
    grasps: int
    drops: int
    off_m: float


class Visit(msgspec.Struct):
    """A robot at the cell: parcels that it waits for, and those that it has to leave behind."""

    wanted: list[int]
    left: list[int] = []


class PickRecord(msgspec.Struct, array_like=True):
    """All that can change in a pick cell.

    parcels  those in the cell, by id; gone: ids of those that left
    visit    the robot that is there
    picks    what it, or the last one, got
    dropped  parcels that were dropped and are not put back yet
    times    steps in each LineState
    """

    parcels: dict[int, Parcel]
    gone: list[int]
    visit: Visit | None
    picks: list[Pick]
    dropped: list[int]
    times: list[int]
    picker: PickerState
    world: WorldState
    arm: AxisMove
    store: StoreState
    attendant: tuple[int, int | None]
