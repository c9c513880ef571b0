"""What a site's controller must still know after a crash, and who is allowed to write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fleet.tasks.records import OrderRecord, PoolRecord, RejectionRecord, TaskRecord
from fleet.traffic.journal import GrantJournal, HeldBases
from robots.arrays import Int32


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A SERVICE entry that was granted: entry number `entry` of a robot stands for one errand of a task.

    errand  how many errands of the task were done before; -1 for taking over its load
    """

    robot: int
    entry: int
    task: int
    errand: int


@dataclass(frozen=True, slots=True)
class OperatorRecord:
    """An operator's action as it was taken in; `body` is JSON. Each record's hash covers the one before."""

    number: int
    at_s: float
    operator: str
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """What a journal knows of a site that has run before.

    roster    serials of the robots, by row
    world     hash of the floor that the site was founded on
    bases     where robots are, and what they hold
    services  those that are not known to have taken effect, or to have been dropped
    actions   all operator actions, in order; their hashes have been checked
    """

    roster: tuple[str, ...]
    world: str
    bases: HeldBases
    pool: PoolRecord
    services: tuple[ServiceRecord, ...]
    actions: tuple[OperatorRecord, ...]


class SiteJournal(GrantJournal, Protocol):
    """Keeps a site. Nothing is safe before `commit` has returned; nothing may be sent or acknowledged before that.

    A journal is opened by one controller that leads, under a *term*. `commit` and `renew` raise LeadershipLostError
    when another controller has taken over since then: nothing of the batch is kept, and nothing ever will be. `commit`
    raises JournalError when the journal cannot be written now. Then the batch stays with the journal, and the next
    `commit` writes it first, exactly once, even if it was written after all; whatever is given in between follows it.
    """

    @property
    def term(self) -> int:
        """Number of this leadership: greater than that of every earlier one."""

    def recover(self) -> SiteRecord | None:
        """Return what is known, or None on a new site. Raises DamagedJournalError where it cannot be trusted."""

    def found(self, roster: Sequence[str], started_unix_s: float, world: str) -> None:
        """Begin a new site with these robots, by row; `world` is a hash of its floor, see `SiteRecord.world`.

        To be committed together with `begin`. Raises TrafficError if there is a site already.
        """

    @property
    def started_unix_s(self) -> float:
        """When the site began, in seconds since 1970 UTC: second 0 of the site's clock."""

    def orders(self, records: Sequence[OrderRecord]) -> None:
        """Keep orders as they are now."""

    def tasks(self, records: Sequence[TaskRecord]) -> None:
        """Keep tasks as they are now."""

    def rejected(self, record: RejectionRecord) -> None:
        """Keep that an order was refused."""

    def recoveries(self, counts: dict[str, int]) -> None:
        """Keep the pool's counts of recoveries."""

    def services(self, robots: Int32, entries: Int32, tasks: Int32, errands: Int32) -> None:
        """Keep which errands the SERVICE entries that are about to be sent stand for, columns (m,).

        Before or after they are given to `granted`. What a service did (`tasks`) and that it is confirmed
        (`confirmed`) belong into the same commit: in between its errand would be taken for not done, or done twice.
        """

    def action(self, operator: str, body: str, at_s: float) -> None:
        """Keep an operator's action, before it is carried out."""

    def commit(self) -> None:
        """Make everything that was given so far safe, all of it or nothing; renews the leadership."""

    def renew(self) -> None:
        """Renew the leadership and commit nothing; `commit` does so by itself."""

    def close(self) -> None:
        """Give up the leadership and let go of every resource; what was not committed is dropped."""
