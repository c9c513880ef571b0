"""Opening a site's journal, as the one controller that leads or as one that waits for its turn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep, time
from typing import Final

from fleet.errors import JournalError, SettingError
from fleet.runtime.journal.journal import Journal
from fleet.runtime.journal.lease_file import boot_id
from fleet.runtime.journal.sqlite import SqliteStore
from fleet.runtime.journal.store import LedByOther, Store

LEASE_S: Final = 3.0
_URL_STARTS: Final = ("postgresql://", "postgres://")
# A standby looks that often in the time of a lease.
_LOOKS_A_LEASE: Final = 20


def open_journal(
    place: str | Path,
    holder: str,
    *,
    lease_s: float = LEASE_S,
    steady: Callable[[], float] = monotonic,
    wall: Callable[[], float] = time,
    vfs: str | None = None,
) -> Journal | LedByOther:
    """Lead a site and return its journal, or who leads it instead.

    place   an SQLite file, which is made if there is none, or a postgresql:// URL
    holder  who we are, for people: host and process
    lease_s seconds after its last commit for which a controller that says no more is still taken for the leader
    steady  seconds on this machine's monotonic clock, the same for all its processes
    wall    seconds since 1970 UTC
    vfs     name of the SQLite VFS to be used, None for the operating system's files

    Raises DamagedJournalError, SettingError, and JournalError if the disk or database cannot be used now.
    """
    store = _store(str(place), holder, lease_s, steady, wall, vfs)
    try:
        term = store.lead()
        if isinstance(term, LedByOther):
            store.close()
            return term
        return Journal(store, term, lease_s, steady)
    except BaseException:
        store.close()
        raise


def wait_for_leadership(
    place: str | Path,
    holder: str,
    *,
    lease_s: float = LEASE_S,
    steady: Callable[[], float] = monotonic,
    wall: Callable[[], float] = time,
    vfs: str | None = None,
    pause: Callable[[float], None] = sleep,
    given_up: Callable[[], bool] = lambda: False,
    held_up: Callable[[JournalError], None] = lambda _: None,
) -> Journal | None:
    """Wait until no other controller leads, then lead and return the journal; None once `given_up` says so.

    Takes over within a twentieth of the lease after the leader's lease has ended. Arguments and errors as of
    `open_journal`, but a JournalError is told to `held_up`, and the wait goes on; `pause` sleeps for some seconds.
    """
    store = _store(str(place), holder, lease_s, steady, wall, vfs)
    try:
        while not given_up():
            try:
                term = store.lead()
                if not isinstance(term, LedByOther):
                    return Journal(store, term, lease_s, steady)
            except JournalError as error:
                held_up(error)
            pause(lease_s / _LOOKS_A_LEASE)
    except BaseException:
        store.close()
        raise
    store.close()
    return None


def _store(
    place: str,
    holder: str,
    lease_s: float,
    steady: Callable[[], float],
    wall: Callable[[], float],
    vfs: str | None,
) -> Store:
    if not place.startswith(_URL_STARTS):
        return SqliteStore(Path(place), holder, lease_s, steady=steady, wall=wall, boot=boot_id(), vfs=vfs)
    try:
        from fleet.runtime.journal.postgres import PostgresStore
    except ImportError as error:
        raise SettingError(
            "--journal", "a journal in PostgreSQL needs psycopg", "install it: pip install 'futurepark[postgres]'"
        ) from error
    return PostgresStore(place, holder, lease_s, steady=steady)
