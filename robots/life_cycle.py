"""Whose turn it is with a driver: what every FleetDriver refuses when it is called out of turn."""

from __future__ import annotations

from enum import Enum, auto

from robots.errors import DriverError


class _Phase(Enum):
    NEW = auto()
    OPEN = auto()
    STOPPED = auto()
    CLOSED = auto()


class LifeCycle:
    """The turns of a driver: `open` once, `submit` and `poll` by turns, `stop` at any time, `close` at the end.

    Each method is to be called where the driver's own method of that name begins (`taken` where `submit` has accepted
    its rows) and raises DriverError if it is not that method's turn.
    """

    def __init__(self) -> None:
        self._phase = _Phase.NEW
        self._submitted = False

    def open(self) -> None:
        """Open the driver, or open it again after a stop."""
        if self._phase is _Phase.OPEN:
            raise DriverError("the driver is already open")
        if self._phase is _Phase.CLOSED:
            raise DriverError("the driver is closed: make a new one")
        self._phase = _Phase.OPEN

    def checkpoint(self) -> None:
        """Check that the driver stands between two ticks: open, and nothing submitted that was not polled."""
        self._require_open("checkpoint")
        if self._submitted:
            raise DriverError("checkpoint was called between submit and poll")

    def submit(self) -> None:
        """Check that rows may be submitted now."""
        self._require_open("submit")
        if self._submitted:
            raise DriverError("submit was called twice: poll what is under way first")

    def taken(self) -> None:
        """Rows were accepted: the next call is to be `poll`."""
        self._submitted = True

    def poll(self) -> None:
        """Begin a poll."""
        self._require_open("poll")
        if not self._submitted:
            raise DriverError("poll was called without a submit before it")
        self._submitted = False

    def stop(self) -> None:
        """Stop until the driver is opened again; what was submitted and not polled is void."""
        self._require_open("stop")
        self._submitted = False
        self._phase = _Phase.STOPPED

    def close(self) -> None:
        """Close for good."""
        self._submitted = False
        self._phase = _Phase.CLOSED

    def _require_open(self, call: str) -> None:
        if self._phase is not _Phase.OPEN:
            raise DriverError(f"{call} needs an open driver, and this one is {self._phase.name.lower()}")
