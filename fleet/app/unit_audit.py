"""Audits units on a floor with work cells: each is somewhere, once, from the time when it came until it left."""

from __future__ import annotations

from typing import Final

from fleet.errors import AuditError
from robots.truth import FloorTruth
from twin.cells.served_fleet import FloorUnits, ServedFleet

_EVERY_S: Final = 10.0
_KEPT: Final = 1000
_NEVER_FEWER: Final = ("made", "with_cages", "delivered", "left")


class UnitAudit:
    """Counts all units of a floor every ten simulated seconds: those in cells by their bodies."""

    def __init__(self, served: ServedFleet) -> None:
        self._served = served
        self._before: FloorUnits | None = None
        self._next_s = 0.0
        self.count = 0
        self.findings: list[str] = []

    def see(self, truth: FloorTruth) -> None:
        """A tick has passed; count if it is time to."""
        if truth.time_s >= self._next_s:
            self._next_s = truth.time_s + _EVERY_S
            self.look(truth.time_s)

    def look(self, now_s: float) -> None:
        """Count now."""
        units = self._served.units()
        if units.missing:
            self._found(now_s, f"{units.missing} units are missing: {units}")
        if len(set(units.aboard)) < len(units.aboard):
            self._found(now_s, "a unit is on two robots")
        for report in self._served.crew.reports():
            at = report.whereabouts
            inside = at.waiting + at.held + at.loaded + at.fallen
            if at.came_in != inside + at.gone:
                self._found(now_s, f"the cell at dock {report.dock} has lost count: {at}")
        if self._before is not None:
            for name in _NEVER_FEWER:
                if getattr(units, name) < getattr(self._before, name):
                    self._found(now_s, f"{name} has become fewer: {getattr(units, name)}")
        self._before = units

    def raise_findings(self) -> None:
        """Raise AuditError naming the first findings, if there were any."""
        if self.findings:
            raise AuditError(f"{self.count} violations: {'; '.join(self.findings[:5])}")

    def _found(self, now_s: float, text: str) -> None:
        self.count += 1
        if len(self.findings) < _KEPT:
            self.findings.append(f"{now_s:.1f} s: {text}")
