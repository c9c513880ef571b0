"""Passes what happens on to whoever has to know."""

from __future__ import annotations

from typing import Any

from fleet.tasks.pool import EventSink


class EventRelay:
    """An event sink in front of others; each event goes to all of them, in the order in which they joined."""

    def __init__(self, *sinks: EventSink) -> None:
        self._sinks = list(sinks)

    def join(self, sink: EventSink) -> None:
        """Let a sink have all events from now on."""
        self._sinks.append(sink)

    def __call__(self, event: dict[str, Any]) -> None:
        """Pass an event on."""
        for sink in self._sinks:
            sink(event)
