"""Who did what, with which outcome: lines of JSON, for people and for whoever collects logs."""

from __future__ import annotations

from typing import TextIO

import structlog

from fleet.app.dashboard.access import Caller

_MOST_CHARACTERS = 2000


class AccessLog:
    """Writes a line for each action, each refusal of one, and what happens to the server."""

    def __init__(self, out: TextIO) -> None:
        self._log = structlog.wrap_logger(
            structlog.PrintLogger(out),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            wrapper_class=structlog.BoundLogger,
        )

    def say(self, event: str, **what: str | float | bool) -> None:
        """Write that something happened to the server."""
        self._log.msg(event, **what)

    def acted(self, caller: Caller, method: str, path: str, body: bytes, status: int, problem: str) -> None:
        """Write who wanted to do what, and what came of it; `body` as it was sent, its first 2,000 characters."""
        sent = body.decode("utf-8", "replace")[:_MOST_CHARACTERS]
        self._log.msg(
            "acted" if status < 400 else "refused",
            user=caller.name,
            role=caller.role or "",
            client=caller.client,
            method=method,
            path=path,
            body=sent,
            status=status,
            problem=problem,
        )
