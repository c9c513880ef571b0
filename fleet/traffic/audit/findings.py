"""What the auditors of execution write down: broken properties P1 to P8 and P10 of the specification of execution."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from fleet.errors import AuditError

KEPT: Final = 1000
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation.

    tick, time_s  when: ticks of the floor that were checked before, and the last time that the auditor was told
    rule          the property that is broken, "P1" to "P10"
    robots        whom it is about, -1 for nobody in particular; cell: where, -1 for nowhere on the map
    text          what happened
    """

    tick: int
    time_s: float
    rule: str
    robots: tuple[int, ...]
    cell: int
    text: str

    def __str__(self) -> str:
        names = " and ".join(f"robot {robot}" for robot in self.robots)
        return f"{self.rule}, tick {self.tick}, {self.time_s:.3f} s, {names or 'nobody'}, cell {self.cell}: {self.text}"


class Findings:
    """The first findings of an auditor, and how many there were.

    kept    the first 1000; count, counts  all of them, and by property
    """

    def __init__(self) -> None:
        self.kept: list[Finding] = []
        self.counts: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """How many findings there were."""
        return self.counts.total()

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it if it is among the first."""
        self.counts[finding.rule] += 1
        if len(self.kept) < KEPT:
            self.kept.append(finding)

    def raise_if_any(self) -> None:
        """Raise AuditError naming the first five findings, if there were any."""
        if self.kept:
            shown = "; ".join(str(finding) for finding in self.kept[:_SHOWN])
            raise AuditError(f"{self.count} violations: {shown}")
