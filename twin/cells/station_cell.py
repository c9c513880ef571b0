"""StationCell: the seam between a twin and its work cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from twin.cells.parcel import Parcel

STEP_S: Final = 1.0 / 240.0


class LineState(IntEnum):
    """What a cell does, as on the lamp of a production line."""

    IDLE = 0  # nothing was asked for
    WORKING = 1
    STARVED = 2  # asked for parcels that have not come yet
    BLOCKED = 3  # has parcels, and nowhere to put them
    RECOVERING = 4  # something was dropped or jammed and is being put right


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the units are that ever came into a cell: how many. Their sum is `came_in`.

    came_in  units that were ever handed to it
    waiting  in its totes, on its belt, on its pallet, in its chute or cage
    held     in a gripper, or on a tray that tips
    loaded   on the robot (or what else takes them away) that stands at the cell now
    fallen   on the floor, or where else they were dropped; they are counted and come back
    gone     went away with a robot or cage
    """

    came_in: int
    waiting: int
    held: int
    loaded: int
    fallen: int
    gone: int


class StationCell(Protocol):
    """A work cell in a world of Bullet of its own. Nothing happens in it but in `advance`.

    The same seed and the same calls give the same states, bit for bit, in every process; so does a cell that `resume`d
    a checkpoint. An idle cell need not be advanced.
    """

    @property
    def busy(self) -> bool:
        """Whether anything in it moves or is still to be done; else `advance` changes nothing but time."""

    @property
    def state(self) -> LineState:
        """What it does now."""

    @property
    def steps(self) -> int:
        """Steps of STEP_S simulated so far."""

    def feed(self, parcels: Sequence[Parcel]) -> None:
        """Let parcels come in: into its totes, onto its belt, onto its pallet. Raises InputError if they do not fit."""

    def begin(self, parcels: Sequence[int]) -> None:
        """A robot has docked, or a cage was put there: do with these parcels (ids) what the cell is for.

        Those that have not come in yet are waited for. Raises InputError if the cell is not free for it.
        """

    @property
    def finished(self) -> bool:
        """Whether what was begun last is over, so that the robot may leave."""

    def leave(self) -> tuple[int, ...]:
        """The robot leaves; return what it takes with it (ids). Raises InputError if the cell is not finished."""

    def advance(self, steps: int) -> None:
        """Simulate so many steps of STEP_S."""

    def whereabouts(self) -> Whereabouts:
        """Count all units: by looking at the bodies, not from a tally kept on the way."""

    def seconds_in_states(self) -> dict[LineState, float]:
        """How long it was in each state, seconds; together as long as all its steps."""

    def checkpoint(self) -> bytes:
        """All there is to know of the cell, for `resume` of one that was made with the same arguments."""

    def resume(self, checkpoint: bytes) -> None:
        """Go on from a checkpoint, in place of whatever was going on."""

    def close(self) -> None:
        """Let go of Bullet. May be called twice."""
