"""Clearing stops in two steps: requests that wait for their confirmation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fleet.traffic.zones.refusal import ZoneRefusal, ZoneRefusalReason
from fleet.traffic.zones.restriction import Restriction, ZoneKind

# A second click that comes faster was not a second thought; one that comes later was about another floor.
LEAST_BETWEEN_S: Final = 1.0
MOST_BETWEEN_S: Final = 120.0


@dataclass(slots=True)
class _Request:
    restriction: Restriction
    by: str
    at_s: float
    changed_by: Restriction | None = None


class Clearings:
    """The requests to clear a restriction, the last one for each."""

    def __init__(self) -> None:
        self._requests: dict[int, _Request] = {}

    def request(self, restriction: Restriction, by: str, now_s: float) -> None:
        """Note that somebody wants to clear a restriction; an earlier request for it no longer counts."""
        self._requests[restriction.id] = _Request(restriction, by, now_s)

    def requested_by(self, restriction: Restriction) -> str:
        """Return who has asked to clear a restriction, or nothing if nobody has or if things have changed since."""
        request = self._requests.get(restriction.id)
        return request.by if request and not request.changed_by else ""

    def confirm(self, restriction: Restriction, now_s: float) -> ZoneRefusal | None:
        """Take a request back out as confirmed, or return why it cannot be."""
        request = self._requests.get(restriction.id)
        remedy = "request it, look, and confirm"
        if request is None:
            problem = f"nobody has requested to clear {restriction.place}"
            return ZoneRefusal(ZoneRefusalReason.NOT_REQUESTED, problem, remedy)
        passed_s = now_s - request.at_s
        if request.changed_by is None and passed_s < LEAST_BETWEEN_S:
            problem = f"only {passed_s:g} s have passed since the request"
            return ZoneRefusal(ZoneRefusalReason.TOO_SOON, problem, f"wait {LEAST_BETWEEN_S:g} s and look again")
        del self._requests[restriction.id]
        if request.changed_by is not None:
            problem = f"since the request there is restriction {request.changed_by.id} ({request.changed_by.kind})"
            return ZoneRefusal(ZoneRefusalReason.CHANGED, problem, remedy)
        if passed_s > MOST_BETWEEN_S:
            problem = f"{passed_s:g} s have passed since the request, more than {MOST_BETWEEN_S:g} s"
            return ZoneRefusal(ZoneRefusalReason.TOO_LATE, problem, remedy)
        return None

    def upset(self, by: Restriction) -> None:
        """Void the requests for restrictions that a new one has to do with: what was looked at has changed."""
        for request in self._requests.values():
            if _concern_each_other(request.restriction, by):
                request.changed_by = by


def _concern_each_other(one: Restriction, other: Restriction) -> bool:
    """Whether stops share a cell. A fire alarm is about the whole floor, whatever cells it frees."""
    if ZoneKind.FIRE in (one.kind, other.kind):
        return True
    return bool(np.isin(one.cells, other.cells).any())
