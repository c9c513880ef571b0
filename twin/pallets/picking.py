"""A plan to take a pallet apart: one pick after another, and the boxes that it cannot take, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    """Why a box is left on the pallet."""

    TOO_HEAVY = "too heavy"  # for the tool
    TOO_SMALL = "too small"  # its upper face, for the cups
    COVERED = "covered"  # a box that stays is over it
    NO_ROOM = "no room"  # a box that stays is higher, where the tool has to be
    KEEPS_OTHERS = "keeps others"  # without it another would tip


@dataclass(frozen=True, slots=True)
class Pick:
    """Take a box by its upper face, lift it straight up by `lift_m`, and carry it out over the side at y = 0."""

    box: int
    lift_m: float


@dataclass(frozen=True, slots=True)
class Unloading:
    """Picks in their order; `refused` are the ids of boxes that stay, and why."""

    picks: tuple[Pick, ...]
    refused: Mapping[int, Refusal]

    @property
    def order(self) -> tuple[int, ...]:
        """Ids of the boxes as they are taken."""
        return tuple(pick.box for pick in self.picks)

    @property
    def lift_m(self) -> float:
        """How far up boxes are lifted, all together: of the ways of a tool the part that depends on the order."""
        return sum(pick.lift_m for pick in self.picks)
