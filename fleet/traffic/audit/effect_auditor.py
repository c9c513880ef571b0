"""The effect auditor: checks P10 of the specification of execution, that each errand takes effect exactly once.

It is told which errand a SERVICE entry serves, sees on the floor which entries took effect, and hears which errands the
controller counts as done; it shares no code with whoever decides any of that.
"""

from __future__ import annotations

from collections.abc import Hashable

from fleet.traffic.audit.findings import Finding, Findings
from robots.truth import FloorTruth

_Errand = tuple[int, Hashable]


class EffectAuditor:
    """Follows errands from grant to effect to count. Every call is linear in what happened; memory, in errands.

    findings  the first violations, in the order in which they were found; `count` is of all of them
    """

    def __init__(self) -> None:
        self._found = Findings()
        self._tick = 0
        self._time_s = 0.0
        self._serves: dict[tuple[int, int], _Errand] = {}
        self._effect_by: dict[_Errand, int] = {}
        self._counted: set[_Errand] = set()

    @property
    def findings(self) -> list[Finding]:
        """The first 1000 findings."""
        return self._found.kept

    @property
    def count(self) -> int:
        """How many findings there were."""
        return self._found.count

    def raise_findings(self) -> None:
        """Raise AuditError naming the first five findings, if there were any."""
        self._found.raise_if_any()

    def granted(self, robot: int, entry: int, task: int, errand: Hashable) -> None:
        """Note that entry number `entry` of a robot's base serves an errand of a task; any hashable key will do.

        The number may be granted again for another errand once the first was dropped without effect (a newer epoch);
        what matters is what it served when it took effect.
        """
        self._serves[robot, entry] = (task, errand)

    def floor(self, truth: FloorTruth) -> None:
        """Take in the SERVICE entries that took effect in a tick."""
        self._time_s = truth.time_s
        for robot, entry in zip(truth.effect_robot.tolist(), truth.effect_entry.tolist(), strict=True):
            if entry >= truth.confirmed[robot]:
                self._add(f"entry {entry} took effect, and is not confirmed", robot)
            served = self._serves.pop((robot, entry), None)
            if served is None:
                self._add(f"entry {entry} took effect, which serves no errand or took effect before", robot)
            elif served in self._effect_by:
                self._add(f"{_name(served)} took effect again, after robot {self._effect_by[served]}'s", robot)
            else:
                self._effect_by[served] = robot
        self._tick += 1

    def counted(self, task: int, errand: Hashable) -> None:
        """Note that the controller counts an errand as done: it must have taken effect, and be counted once."""
        done = (task, errand)
        if done in self._counted:
            self._add(f"{_name(done)} is counted twice")
        elif done not in self._effect_by:
            self._add(f"{_name(done)} is counted, and has not taken effect")
        self._counted.add(done)

    def drained(self) -> None:
        """Check, once everything has come to rest, that every effect was counted."""
        for errand, robot in self._effect_by.items():
            if errand not in self._counted:
                self._add(f"{_name(errand)} took effect and was never counted", robot)

    def _add(self, text: str, robot: int = -1) -> None:
        robots = () if robot < 0 else (robot,)
        self._found.add(Finding(self._tick, self._time_s, "P10", robots, -1, text))


def _name(errand: _Errand) -> str:
    return f"errand {errand[1]} of task {errand[0]}"
