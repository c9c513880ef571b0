"""A PostgreSQL connection that never keeps us waiting longer than we said, even if the server has come to a stop."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

Result = TypeVar("Result")


class BoundedConnection(psycopg.Connection[tuple[Any, ...]]):
    """Raises psycopg.OperationalError from whatever has not come back by the deadline; then it can only be closed."""

    # A constructor of our own would have to repeat that of psycopg.
    steady: Callable[[], float] = staticmethod(monotonic)
    deadline_s: float | None = None

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        """Wait for the server as psycopg does, until the deadline at most."""
        if self.deadline_s is not None:
            left_s = max(0.0, self.deadline_s - self.steady())
            timeout = left_s if timeout is None else min(timeout, left_s)
        return super().wait(gen, interval, timeout)
