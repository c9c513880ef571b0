"""What goes on in a pallet cell, as it is written down in its keyframes."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from twin.bullet.frames import Vector
from twin.cells.axis_move import AxisMove
from twin.cells.cell_world import WorldState
from twin.pallets.mixed_pallet import Box
from twin.pallets.picking import Pick


class Phase(IntEnum):
    """What the gantry is about: it moves there, or waits there for `UnloaderState.wait` steps."""

    REST = 0  # nothing
    UP = 1  # above everything
    OVER = 2  # over the box
    DOWN = 3  # down to it
    GRIP = 4  # until there is vacuum
    LIFT = 5  # straight up, with the box
    OUT = 6  # straight over the side of the pallet
    ALONG = 7  # along the belt to its head
    LOWER = 8  # down to the belt
    RELEASE = 9  # until there is no vacuum
    RETREAT = 10  # up, without the box


class UnloaderState(msgspec.Struct):
    """What the gantry is at.

    box       id of the one that it is about, or None
    begun     step of the cell at which it set off for it first
    carry_m   height of the box's lower face on its way
    clear_m   height above everything
    attempts  looks at boxes so far
    grasps, drops  of this box: how often the cups went down to it, and how often it fell
    placed    whether it was let go on the belt
    seen      where the middle of its upper face was seen
    loses_nps force that the cups lose through a leak, N/s
    loose     boxes that move freely, and since which step
    """

    phase: Phase = Phase.REST
    wait: int = 0
    box: int | None = None
    begun: int = 0
    carry_m: float = 0.0
    clear_m: float = 0.0
    attempts: int = 0
    grasps: int = 0
    drops: int = 0
    placed: bool = False
    seen: Vector = (0.0, 0.0, 0.0)
    loses_nps: float = 0.0
    loose: dict[int, int] = {}


class Unloaded(msgspec.Struct, frozen=True, array_like=True):
    """How a box came onto the belt.

    begun, done    steps of the cell: the gantry set off for it first, and it lay still on the belt
    grasps, drops  how often the cups went down to it, and how often it fell
    off_m          distance, level, of its middle from where it was to be
    """

    parcel: int
    begun: int
    done: int
    grasps: int
    drops: int
    off_m: float


class PalletVisit(msgspec.Struct):
    """Somebody who waits for boxes: which are still to come, and whether the belt has no room for more."""

    wanted: list[int]
    full: bool = False


class PalletRecord(msgspec.Struct, array_like=True):
    """All that can change in a pallet cell.

    boxes     those in the cell, where they are or were on the pallet; gone: ids of those that left
    pallets   how many came in
    order     picks that are still to be done
    unloaded  of the visit that there is, or was last
    dropped   ids of boxes that somebody has to put back
    times     steps in each LineState
    belt      whether it is to go, and how fast it is
    """

    boxes: list[Box]
    gone: list[int]
    pallets: int
    order: list[Pick]
    visit: PalletVisit | None
    unloaded: list[Unloaded]
    dropped: list[int]
    times: list[int]
    belt: tuple[bool, float]
    unloader: UnloaderState
    gantry: AxisMove
    world: WorldState
    attendant: tuple[int, int | None]
