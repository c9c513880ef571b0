"""When bins are refilled, cages are swapped and chutes are freed: settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fleet.errors import SettingError

# As in fleet.tasks.sources.limits: programs that only simulate robots read settings without knowing of tasks.
MOST_PRIORITY: Final = 1000


@dataclass(frozen=True, slots=True)
class RefillParams:
    """When and how bins are refilled. Shares are of a bin's capacity; least < refilled.

    review_s         seconds from one look at the estimates to the next
    reorder_share    a bin is low when it may hold no more than this: the low end of its estimate
    target_share     it is refilled up to this, counted from the high end: what is brought fits
    least_share      no robot goes for less than this, unless tasks wait for it
    refilled_share   a refill that nobody has begun is called off when the bin surely holds more than this
    most_share       at most so many refills are open at once, as a share of the robots
    priority         of refills, below the orders of customers
    urgent_priority  of those that tasks wait for
    due_s            a refill is due so long after it was asked for
    again_s          a bin is not refilled again for so long after a refill, and not before it has been looked at again
    hold_s           a task for which there is not enough is held back so long at most: then a robot goes and sees
    """

    review_s: float = 5.0
    reorder_share: float = 0.25
    target_share: float = 0.9
    least_share: float = 0.3
    refilled_share: float = 0.6
    most_share: float = 0.25
    priority: int = -2
    urgent_priority: int = 2
    due_s: float = 1800.0
    again_s: float = 60.0
    hold_s: float = 900.0

    def __post_init__(self) -> None:
        for name in ("review_s", "due_s", "again_s", "hold_s"):
            _demand(name, getattr(self, name), 0 < getattr(self, name) <= 86400, "use more than 0 s, at most a day")
        for name in ("reorder_share", "target_share", "least_share", "refilled_share", "most_share"):
            _demand(name, getattr(self, name), 0 < getattr(self, name) <= 1, "use more than 0, at most 1")
        for name, more in (
            ("reorder_share", "refilled_share"),
            ("refilled_share", "target_share"),
            ("least_share", "target_share"),
        ):
            _demand(name, getattr(self, name), getattr(self, name) < getattr(self, more), f"use less than {more}")
        for name in ("priority", "urgent_priority"):
            fits = abs(getattr(self, name)) <= MOST_PRIORITY
            _demand(name, getattr(self, name), fits, f"use -{MOST_PRIORITY} to {MOST_PRIORITY}")


@dataclass(frozen=True, slots=True)
class CageParams:
    """How full cages are swapped, and jammed chutes freed, by people, in simulation.

    review_s      seconds from one look at cages and chutes to the next
    settle_s      so long after a swap a cage that is called full is not believed, unless it was seen empty meanwhile
    people        who swap cages and free chutes, one after the other
    least_swap_s, most_swap_s  how long a swap takes, drawn evenly from the seed of the run
    least_free_s, most_free_s  the same, to free a chute
    """

    review_s: float = 1.0
    settle_s: float = 30.0
    people: int = 4
    least_swap_s: float = 60.0
    most_swap_s: float = 180.0
    least_free_s: float = 30.0
    most_free_s: float = 120.0

    def __post_init__(self) -> None:
        for name in ("review_s", "settle_s", "least_swap_s", "most_swap_s", "least_free_s", "most_free_s"):
            _demand(name, getattr(self, name), 0 < getattr(self, name) <= 86400, "use more than 0 s, at most a day")
        _demand("people", self.people, self.people >= 1, "use 1 or more")
        for least, most in (("least_swap_s", "most_swap_s"), ("least_free_s", "most_free_s")):
            _demand(least, getattr(self, least), getattr(self, least) <= getattr(self, most), f"use {most} or less")


def _demand(name: str, value: object, holds: bool, remedy: str) -> None:
    if not holds:
        raise SettingError(name, f"is {value}", remedy)
