"""Which chute takes the goods of which destination while cages fill up and are swapped: a state machine, without time.

    open ── close ──> emptying ── quiet ──> swapping ── swapped ──> open
     └──────────────── lend, take back: only with an empty cage ─────┘

Goods of two destinations never meet in a cage: a chute changes its destination only while its cage is empty and no drop
into it has been granted. A chute that was closed opens only after a swap.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from typing import NamedTuple

from fleet.errors import TaskError


class ChuteState(Enum):
    """Whether a chute takes goods."""

    OPEN = "open"
    EMPTYING = "emptying"  # closed; drops that were granted before may still come
    SWAPPING = "swapping"  # closed; its cage is being swapped


class CloseReason(Enum):
    """Why a chute takes no more goods until its cage was swapped."""

    FULL = "full"  # its cage is
    BORROWED = "borrowed"  # it goes back to its own destination, and its cage has goods of another one


class Change(NamedTuple):
    """What became of a chute: another destination, or, with a reason, closed."""

    chute: int
    closed: CloseReason | None


class ChuteMap:
    """Chutes by number.

    homes   the destination that each is for
    serves  the destination that each takes goods of: its own, or, while it is lent, another
    state   of each
    units   in the cage below each, as far as was told: all of destination `serves`
    used    units that ever fell into each
    """

    def __init__(self, homes: Sequence[str]) -> None:
        self.homes = tuple(homes)
        self.serves = list(homes)
        self.state = [ChuteState.OPEN] * len(homes)
        self.units = [0] * len(homes)
        self.used = [0] * len(homes)

    @property
    def at_rest(self) -> bool:
        """Whether all chutes are open for their own destinations: there is nothing to settle."""
        return self.serves == list(self.homes) and all(state is ChuteState.OPEN for state in self.state)

    def takes(self, chute: int, destination: str) -> bool:
        """Whether a chute is open for goods of a destination."""
        return self.state[chute] is ChuteState.OPEN and self.serves[chute] == destination

    def open_for(self, destination: str) -> list[int]:
        """Chutes that are open for goods of a destination, ascending; none: its tasks wait."""
        return [chute for chute in range(len(self.homes)) if self.takes(chute, destination)]

    def dropped(self, chute: int, destination: str, units: int) -> None:
        """Take in that goods fell into a cage. Raises TaskError if they must not: the drop was granted wrongly."""
        if self.serves[chute] != destination or self.state[chute] is ChuteState.SWAPPING:
            at = f"chute {chute}, {self.state[chute].value} for {self.serves[chute]!r}"
            raise TaskError(f"goods for {destination!r} were dropped at {at}")
        self.units[chute] += units
        self.used[chute] += units

    def close(self, chute: int) -> None:
        """Let an open chute take no more; raises TaskError for another one."""
        self._demand(chute, ChuteState.OPEN)
        self.state[chute] = ChuteState.EMPTYING

    def quiet(self, chute: int) -> None:
        """No drop into a closed chute is under way any more: its cage may be swapped."""
        self._demand(chute, ChuteState.EMPTYING)
        self.state[chute] = ChuteState.SWAPPING

    def swapped(self, chute: int) -> bool:
        """Take in that a chute has an empty cage; return whether that opened it, for its own destination.

        People may swap a cage at any time: that of an open chute is empty then, and one that is still emptying has to
        be swapped again, since nobody knows into which of the cages the last goods fell.
        """
        self.units[chute] = 0
        if self.state[chute] is not ChuteState.SWAPPING:
            return False
        self.state[chute] = ChuteState.OPEN
        self.serves[chute] = self.homes[chute]
        return True

    def settle(self, busy: Collection[int]) -> list[Change]:
        """Lend chutes to destinations that have none open, and take back what is no longer needed there.

        busy: chutes into which a drop is under way. Only a chute with an empty cage is lent, and only while another one
        takes the goods of its own destination: of several the least used. Swapping other goods out of the way first
        would take as long as swapping the full cage.
        """
        free = {chute for chute, units in enumerate(self.units) if units == 0 and chute not in busy}
        changes = [change for chute in range(len(self.homes)) if (change := self._take_back(chute, free))]
        for destination in sorted(set(self.homes)):
            if self.open_for(destination):
                continue
            lenders = [chute for chute in free if self._may_lend(chute)]
            if lenders:
                chute = min(lenders, key=lambda chute: (self.used[chute], chute))
                self.serves[chute] = destination
                changes.append(Change(chute, None))
        return changes

    def _take_back(self, chute: int, free: Collection[int]) -> Change | None:
        """Give a lent chute back to its own destination, or close it so that it can be."""
        home, serves = self.homes[chute], self.serves[chute]
        if serves == home or self.state[chute] is not ChuteState.OPEN:
            return None
        others = len(self.open_for(serves)) > 1
        if chute in free and (others or not self.open_for(home)):
            self.serves[chute] = home
            return Change(chute, None)
        if chute not in free and others:
            self.close(chute)
            return Change(chute, CloseReason.BORROWED)
        return None

    def _may_lend(self, chute: int) -> bool:
        home = self.homes[chute]
        return self.takes(chute, home) and len(self.open_for(home)) > 1

    def _demand(self, chute: int, state: ChuteState) -> None:
        if self.state[chute] is not state:
            raise TaskError(f"chute {chute} is {self.state[chute].value}, not {state.value}")
