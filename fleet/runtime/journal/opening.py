"""Opening a site's journal, as the one controller that leads or as one that waits for its turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep, time
from types import TracebackType
from typing import Final, Self, TypedDict, Unpack

from fleet.errors import JournalError, SettingError
from fleet.runtime.journal.journal import Journal
from fleet.runtime.journal.lease_file import boot_id
from fleet.runtime.journal.sqlite import SqliteStore
from fleet.runtime.journal.store import LedByOther, Store

LEASE_S: Final = 3.0
_URL_STARTS: Final = ("postgresql://", "postgres://")
# A standby looks that often in the time of a lease.
_LOOKS_A_LEASE: Final = 20


class JournalOptions(TypedDict, total=False):
    """How a journal is opened, where that is not as usual.

    lease_s seconds after its last commit for which a controller that says no more is still taken for the leader;
            LEASE_S
    steady  seconds on this machine's monotonic clock, the same for all its processes
    wall    seconds since 1970 UTC
    vfs     name of the SQLite VFS to be used; None, as usual: the operating system's files
    """

    lease_s: float
    steady: Callable[[], float]
    wall: Callable[[], float]
    vfs: str | None


def open_journal(place: str | Path, holder: str, **options: Unpack[JournalOptions]) -> Journal | LedByOther:
    """Lead a site and return its journal, or who leads it instead.

    place   an SQLite file, which is made if there is none, or a postgresql:// URL
    holder  who we are, for people: host and process

    Raises DamagedJournalError, SettingError, and JournalError if the disk or database cannot be used now.
    """
    with _Candidate(str(place), holder, **options) as candidate:
        return candidate.lead()


def wait_for_leadership(
    place: str | Path,
    holder: str,
    *,
    pause: Callable[[float], None] = sleep,
    given_up: Callable[[], bool] = lambda: False,
    held_up: Callable[[JournalError], None] = lambda _: None,
    **options: Unpack[JournalOptions],
) -> Journal | None:
    """Wait until no other controller leads, then lead and return the journal; None once `given_up` says so.

    Takes over within a twentieth of the lease after the leader's lease has ended. Arguments and errors as of
    `open_journal`, but a JournalError is told to `held_up`, and the wait goes on; `pause` sleeps for some seconds.
    """
    with _Candidate(str(place), holder, **options) as candidate:
        while not given_up():
            try:
                found = candidate.lead()
                if isinstance(found, Journal):
                    return found
            except JournalError as error:
                held_up(error)
            pause(candidate.lease_s / _LOOKS_A_LEASE)
    return None


class _Candidate:
    """A controller that would lead. Its store is closed at the end of the context, unless it does lead."""

    def __init__(
        self,
        place: str,
        holder: str,
        *,
        lease_s: float = LEASE_S,
        steady: Callable[[], float] = monotonic,
        wall: Callable[[], float] = time,
        vfs: str | None = None,
    ) -> None:
        self.lease_s = lease_s
        self._steady = steady
        self._leads = False
        self._store: Store
        if place.startswith(_URL_STARTS):
            self._store = _postgres(place, holder, lease_s, steady)
        else:
            self._store = SqliteStore(Path(place), holder, lease_s, steady=steady, wall=wall, boot=boot_id(), vfs=vfs)

    def lead(self) -> Journal | LedByOther:
        """Return the journal, or who leads now."""
        term = self._store.lead()
        if isinstance(term, LedByOther):
            return term
        journal = Journal(self._store, term, self.lease_s, self._steady)
        self._leads = True
        return journal

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        if not self._leads:
            self._store.close()


def _postgres(place: str, holder: str, lease_s: float, steady: Callable[[], float]) -> Store:
    try:
        from fleet.runtime.journal.postgres import PostgresStore
    except ImportError as error:
        raise SettingError(
            "--journal", "a journal in PostgreSQL needs psycopg", "install it: pip install 'futurepark[postgres]'"
        ) from error
    return PostgresStore(place, holder, lease_s, steady=steady)
