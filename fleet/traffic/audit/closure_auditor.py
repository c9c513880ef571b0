"""The closure auditor: rebuilds from the zones' record alone what is closed, and for whom, to check grants by (P8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from robots.arrays import Int32

_BEGINS: Final = frozenset(
    {
        "zone_closed",
        "zone_slowed",
        "zone_one_way",
        "person_in_zone",
        "e_stop",
        "fire_alarm",
        "quarantine",
        "robot_paused",
        "robot_out_of_service",
    }
)
_ENDS: Final = frozenset({"zone_opened", "zone_expired", "clear_confirmed"})
_STOPPING_KINDS: Final = frozenset({"person", "e_stop", "quarantine"})
_CLOSING_KINDS: Final = frozenset({"close", "person", "e_stop", "quarantine"})
_ROBOT_KINDS: Final = frozenset({"pause", "out_of_service"})
# Nothing of these kinds ends by itself or at once: clearing takes two steps and a name.
_GUARDED_KINDS: Final = frozenset({"person", "e_stop", "fire", "quarantine"})


@dataclass(slots=True)
class _InForce:
    kind: str
    cells: list[int]
    edges: list[tuple[int, int]]
    until_s: float | None
    robot: int
    clear_requested: bool = False


class ClosureAuditor:
    """How many restrictions close what, and who is held back.

    stopped  int32 (cells,), by stops and quarantines: nobody enters
    shut     int32 (cells,), by closures: nobody enters from outside; who is inside drives out
    edges    int32 (cells, 4), moves forward that are closed
    """

    def __init__(self, cells: int) -> None:
        self.stopped: Int32 = np.zeros(cells, dtype=np.int32)
        self.shut: Int32 = np.zeros(cells, dtype=np.int32)
        self.edges: Int32 = np.zeros((cells, 4), dtype=np.int32)
        self._in_force: dict[int, _InForce] = {}

    @property
    def stops(self) -> bool:
        """Whether any area is stopped."""
        return any(restriction.kind in _STOPPING_KINDS for restriction in self._in_force.values())

    @property
    def paused(self) -> list[int]:
        """Robots that are to stand and get nothing new, ascending."""
        return sorted({one.robot for one in self._in_force.values() if one.kind == "pause"})

    def gets_no_task(self, robot: int) -> bool:
        """Whether a robot is to get no new task: it is paused, or out of service."""
        return any(one.robot == robot and one.kind in _ROBOT_KINDS for one in self._in_force.values())

    def follow(self, event: Mapping[str, Any]) -> str | None:
        """Take in one event of the zones' record; return what is wrong with it, if anything.

        Events that are about no restriction (refusals, robots) are passed over. Raises ValueError for an event about
        cells and edges whose name is not known: what it closes could not be checked.
        """
        name = str(event["event"])
        if name in _BEGINS:
            return self._begin(event)
        if name in _ENDS:
            return self._end(name, event)
        if name == "clear_requested":
            restriction = self._in_force.get(event["id"])
            if restriction is None:
                return f"clearing of restriction {event['id']} was requested, which is not in force"
            restriction.clear_requested = bool(str(event["by"]).strip())
            return None
        if "edges" in event:
            raise ValueError(f"event {name!r} has edges, and the auditor does not know what it means")
        return None

    def _begin(self, event: Mapping[str, Any]) -> str | None:
        number, kind = event["id"], str(event["kind"])
        if number in self._in_force:
            return f"restriction {number} was made twice"
        made = _InForce(
            kind=kind,
            cells=list(event["cells"]) if kind in _CLOSING_KINDS else [],
            edges=[(cell, heading) for cell, heading in event["edges"]],
            until_s=event["until"],
            robot=event["robot"],
        )
        self._in_force[number] = made
        self._count(made, 1)
        if kind in _GUARDED_KINDS:
            # Whoever asked to clear another stop has not seen this one.
            for other in self._in_force.values():
                if "fire" in (kind, other.kind) or not set(other.cells).isdisjoint(made.cells):
                    other.clear_requested = False
        return None

    def _end(self, name: str, event: Mapping[str, Any]) -> str | None:
        number = event["id"]
        ended = self._in_force.pop(number, None)
        if ended is None:
            return f"restriction {number} ended, which was not in force"
        self._count(ended, -1)
        guarded = ended.kind in _GUARDED_KINDS
        if guarded != (name == "clear_confirmed"):
            return f"restriction {number} of kind {ended.kind!r} ended with {name}"
        if guarded and not ended.clear_requested:
            return f"restriction {number} was cleared, and nobody had requested it since the floor last changed"
        if name != "zone_expired" and not str(event["by"]).strip():
            return f"restriction {number} was ended by nobody"
        if name == "zone_expired" and (ended.until_s is None or event["t"] < ended.until_s):
            return f"restriction {number} expired before its time"
        return None

    def _count(self, restriction: _InForce, by: int) -> None:
        column = self.stopped if restriction.kind in _GUARDED_KINDS else self.shut
        for cell in restriction.cells:
            column[cell] += by
        for cell, heading in restriction.edges:
            self.edges[cell, heading] += by
