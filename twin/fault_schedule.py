"""Brings the faults of a schedule to the robots, bodies and cells of a simulated fleet, each at its moment."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heappop, heappush
from math import inf
from typing import Final

from robots.errors import DriverError
from twin.bodies import Bodies
from twin.faults import Fault, FaultKind
from twin.fleet_checkpoint import FaultsThen, fault_as_data, fault_from_data
from twin.fleet_records import Floor, Records

_EPS: Final = 1e-9
_OF_ROBOT: Final = frozenset(
    (
        FaultKind.DEAD,
        FaultKind.REBOOT,
        FaultKind.MUTE,
        FaultKind.STUCK,
        FaultKind.SLOW,
        FaultKind.DRAINED,
    )
)
_OF_BODY: Final = frozenset(
    (FaultKind.DISPLACED, FaultKind.STALL, FaultKind.DRIFT, FaultKind.BLIND, FaultKind.DROPPED_LOAD)
)
_OF_FLOOR: Final = frozenset((FaultKind.SLIP, FaultKind.PERSON))
_BLOCKING: Final = frozenset((FaultKind.OBSTACLE, FaultKind.DROPPED_LOAD, FaultKind.PERSON))
_OF_CELL: Final = frozenset((FaultKind.OBSTACLE, FaultKind.CHARGER_OUT))
_OF_LINK: Final = frozenset((FaultKind.LOSS, FaultKind.DELAY, FaultKind.DUPLICATION))
_MOST: Final = {
    FaultKind.SLOW: 1.0,
    FaultKind.DRAINED: 100.0,
    FaultKind.SLIP: 1.0,
    FaultKind.STALL: 1.0,
    FaultKind.PERSON: 3.0,
    FaultKind.LOSS: 1.0,
    FaultKind.DUPLICATION: 1.0,
    FaultKind.DELAY: inf,
}


class FaultSchedule:
    """Faults that are still to come, and those of the link that there are.

    A fault begins with the first tick at or after its moment. Faults of different kinds add up; of two of one kind on
    the same robot, cell or link the one that ends later counts.
    """

    def __init__(self, robots: Records, floor: Floor, bodies: Bodies, faults: Iterable[Fault] = ()) -> None:
        self._robots = robots
        self._floor = floor
        self._bodies = bodies
        self._to_come: list[tuple[float, int, Fault]] = []
        self._seen = 0
        self._link = dict.fromkeys(_OF_LINK, (-inf, 0.0))  # until, value
        self._obstacles_until = -inf
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Take a fault into the schedule; raises DriverError if it hits nothing or has an impossible value."""
        kind = fault.kind
        if kind in _OF_BODY | _OF_FLOOR and kind not in self._bodies.faults:
            raise DriverError(f"fault {kind.value}: these robots have no bodies that it could hit, use the twin")
        if kind in _OF_ROBOT | _OF_BODY and not 0 <= fault.robot < len(self._robots):
            raise DriverError(f"fault {kind.value}: there is no robot {fault.robot}")
        if kind in _OF_CELL | _OF_FLOOR and not 0 <= fault.cell < len(self._floor.charger):
            raise DriverError(f"fault {kind.value}: there is no cell {fault.cell}")
        if not (abs(fault.at_s) < inf and fault.seconds > 0 and abs(fault.value) < inf):
            raise DriverError(f"fault {kind.value}: at_s, seconds or value is impossible: {fault}")
        if kind in _MOST and not 0 <= fault.value <= _MOST[kind]:
            raise DriverError(f"fault {kind.value}: its value {fault.value} is not within 0 to {_MOST[kind]}")
        heappush(self._to_come, (fault.at_s, self._seen, fault))
        self._seen += 1

    def as_data(self) -> FaultsThen:
        """All that the schedule knows, for a checkpoint; what faults have done is in the robots and the floor."""
        return FaultsThen(
            to_come=[fault_as_data(*place) for place in self._to_come],
            seen=self._seen,
            link={kind.value: fault for kind, fault in self._link.items()},
            obstacles_until=self._obstacles_until,
        )

    def restore(self, then: FaultsThen) -> None:
        """Know what the schedule of a checkpoint knew, and nothing else."""
        self._to_come = [fault_from_data(place) for place in then.to_come]
        self._seen = then.seen
        self._link = {FaultKind(kind): fault for kind, fault in then.link.items()}
        self._obstacles_until = then.obstacles_until

    def begin(self, now: float) -> None:
        """Let every fault that is due happen."""
        while self._to_come and self._to_come[0][0] <= now + _EPS:
            fault = heappop(self._to_come)[2]
            until = max(fault.at_s, now) + fault.seconds
            if fault.kind in _BLOCKING:
                self._obstacles_until = max(self._obstacles_until, until)
            if fault.kind in _OF_ROBOT:
                self._hit_robot(fault, until)
            elif fault.kind in _OF_BODY | _OF_FLOOR:
                self._bodies.hit(fault, until)
            elif fault.kind in _OF_CELL:
                obstacle = fault.kind is FaultKind.OBSTACLE
                column = self._floor.obstacle_until if obstacle else self._floor.charger_out_until
                column[fault.cell] = max(column[fault.cell], until)
            elif until >= self._link[fault.kind][0]:
                self._link[fault.kind] = (until, fault.value)

    def of_link(self, kind: FaultKind, now: float) -> float:
        """Value of a fault of the link now, 0 if there is none."""
        until, value = self._link[kind]
        return value if until > now + _EPS else 0.0

    def obstacles(self, now: float) -> bool:
        """Whether there may be obstacles on the floor."""
        return self._obstacles_until > now

    def _hit_robot(self, fault: Fault, until: float) -> None:
        robot = self._robots[fault.robot]
        match fault.kind:
            case FaultKind.DEAD | FaultKind.REBOOT:
                robot["down"] = True
                robot["down_until"] = max(robot["down_until"], until)
            case FaultKind.MUTE:
                robot["mute_until"] = max(robot["mute_until"], until)
            case FaultKind.STUCK:
                robot["stuck_until"] = max(robot["stuck_until"], until)
            case FaultKind.SLOW:
                if until >= robot["slow_until"]:
                    robot["slow_until"] = until
                    robot["slow_to"] = fault.value
            case _:
                robot["percent"] = min(robot["percent"], fault.value)
