"""Which chute takes the goods of which destination while cages fill up and chutes jam: a state machine, without time.

    open ── close ──> emptying ── quiet ──> attended ── swapped, or freed of a jam ──> open
     └──────────────── lend, take back: only with an empty cage ────────────────────────┘

Goods of two destinations never meet in a cage: a chute changes its destination only while its cage is empty and no drop
into it has been granted. A chute that was closed opens only after a swap; one that was jammed also when it is freed,
and then goes on as it was: with the goods in its cage, for the destination that they are of.
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
    ATTENDED = "attended"  # closed; somebody sees to it


class CloseReason(Enum):
    """Why a chute takes no more goods until its cage was swapped, or it was freed."""

    FULL = "full"  # its cage is
    JAMMED = "jammed"  # something is stuck in it
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
    closed  why each was closed, if it is not open
    units   in the cage below each, or stuck above it, as far as was told: all of destination `serves`
    used    units that ever fell into each
    """

    def __init__(self, homes: Sequence[str]) -> None:
        self.homes = tuple(homes)
        self.serves = list(homes)
        self.state = [ChuteState.OPEN] * len(homes)
        self.closed: list[CloseReason | None] = [None] * len(homes)
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
        if self.serves[chute] != destination or self.state[chute] is ChuteState.ATTENDED:
            at = f"chute {chute}, {self.state[chute].value} for {self.serves[chute]!r}"
            raise TaskError(f"goods for {destination!r} were dropped at {at}")
        self.units[chute] += units
        self.used[chute] += units

    def close(self, chute: int, reason: CloseReason) -> None:
        """Let an open chute take no more; raises TaskError for another one."""
        self._demand(chute, ChuteState.OPEN)
        self.state[chute] = ChuteState.EMPTYING
        self.closed[chute] = reason

    def quiet(self, chute: int) -> None:
        """No drop into a closed chute is under way any more: somebody may see to it."""
        self._demand(chute, ChuteState.EMPTYING)
        self.state[chute] = ChuteState.ATTENDED

    def swapped(self, chute: int) -> bool:
        """Take in that a chute has an empty cage; return whether that opened it, for its own destination.

        People may swap a cage at any time: that of an open chute is empty then, and one that is still emptying has to
        be swapped again, since nobody knows into which of the cages the last goods fell.
        """
        self.units[chute] = 0
        if self.state[chute] is not ChuteState.ATTENDED:
            return False
        self._open(chute)
        self.serves[chute] = self.homes[chute]
        return True

    def freed(self, chute: int) -> bool:
        """Take in that nothing is stuck in a chute any more; return whether that opened it.

        People may look into a chute at any time: that opens none that waits for another cage, or into which drops may
        still come.
        """
        if self.state[chute] is not ChuteState.ATTENDED or self.closed[chute] is not CloseReason.JAMMED:
            return False
        self._open(chute)
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
            self.close(chute, CloseReason.BORROWED)
            return Change(chute, CloseReason.BORROWED)
        return None

    def _may_lend(self, chute: int) -> bool:
        home = self.homes[chute]
        return self.takes(chute, home) and len(self.open_for(home)) > 1

    def _open(self, chute: int) -> None:
        self.state[chute] = ChuteState.OPEN
        self.closed[chute] = None

    def _demand(self, chute: int, state: ChuteState) -> None:
        if self.state[chute] is not state:
            raise TaskError(f"chute {chute} is {self.state[chute].value}, not {state.value}")
