"""What the HTTP API answers about recorded runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from anyio import to_thread

from fleet.app.dashboard.endpoint import OCTETS, Call, Endpoint, Handle, RunName
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.http_messages import EventsQuery, FramesQuery, RunEvents, RunHeatQuery
from fleet.app.dashboard.page_messages import RunRow, Sample, WorldView
from fleet.app.dashboard.recorded_run import RecordedRun
from fleet.app.dashboard.run_shelf import RunShelf
from fleet.errors import RunError
from fleet.report.summary import Summary

_ERRORS: Final = {404: "there is no such run", 409: "the run cannot be read"}
_Answer = TypeVar("_Answer")


class RunReads:
    """Answers questions about the runs on a shelf, off the event loop: to read a run takes a second or two."""

    def __init__(self, shelf: RunShelf) -> None:
        self._shelf = shelf

    def endpoints(self) -> list[Endpoint]:
        """Return what can be asked."""
        run = {"run": RunName}
        return [
            Endpoint("GET", "/runs", "runs", "Recorded runs, the newest first.", list[RunRow], self._runs),
            Endpoint(
                "GET", "/runs/{run}", "run", "What came of a run, as in its summary.json.", Summary,
                self._of(lambda found, _call: found.summary), place=run, errors=_ERRORS,
            ),
            Endpoint(
                "GET", "/runs/{run}/world", "run_world", "The floor of a run.", WorldView,
                self._of(lambda found, _call: found.floor.view), place=run, errors=_ERRORS,
            ),
            Endpoint(
                "GET", "/runs/{run}/frames", "run_frames",
                "FLEET frames, each behind its length (u32, little-endian); the first is of all robots.", OCTETS,
                self._of(lambda found, call: found.frames(call.query.from_step, call.query.to_step)),
                place=run, query=FramesQuery, errors=_ERRORS,
            ),
            Endpoint(
                "GET", "/runs/{run}/heat", "run_heat", "Congestion by cell, a HEAT frame.", OCTETS,
                self._of(lambda found, call: found.heat(call.query.metric, call.query.from_s, call.query.to_s)),
                place=run, query=RunHeatQuery, errors=_ERRORS,
            ),
            Endpoint(
                "GET", "/runs/{run}/events", "run_events", "Events of a run, as in its events.jsonl.", RunEvents,
                self._of(_events), place=run, query=EventsQuery, errors=_ERRORS,
            ),
            Endpoint(
                "GET", "/runs/{run}/samples", "run_samples", "Points for charts, over the whole run.", list[Sample],
                self._of(lambda found, _call: found.samples), place=run, errors=_ERRORS,
            ),
        ]  # fmt: skip

    async def _runs(self, _call: Call) -> list[RunRow]:
        return await to_thread.run_sync(self._shelf.rows)

    def _of(self, ask: Callable[[RecordedRun, Call], _Answer]) -> Handle:
        """A handler that asks the run in the path."""

        def asked(call: Call) -> _Answer:
            try:
                return ask(self._shelf.open(call.place["run"]), call)
            except RunError as error:
                raise RequestError(409, error.where, error.problem, error.remedy) from None

        async def handle(call: Call) -> _Answer:
            return await to_thread.run_sync(asked, call)

        return handle


def _events(found: RecordedRun, call: Call) -> RunEvents:
    events, more = found.events(call.query.from_s, call.query.to_s)
    return RunEvents(events=events, more=more)
