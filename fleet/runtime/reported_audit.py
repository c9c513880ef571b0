"""The independent auditors on a real floor, where nobody knows more than what the robots say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from fleet.grid.layout import Layout
from fleet.runtime.grant_audit import GrantAudit
from fleet.runtime.site_journal import ServiceRecord
from fleet.tasks.pool import TaskPool
from fleet.traffic.journal import HeldBases
from robots.arrays import Bool, Float64, Int32
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import Entry, Flag, FleetState
from robots.truth import FloorTruth

# Robots say where they are ten times a second. Between reports that are further apart nobody knows how one drove.
_GAP_S: Final = 0.3


class ReportedAudit(GrantAudit):
    """P1 to P8 and P10 of execution.md from what robots report; a GrantAudit whose floor is their reports.

    P2 holds for poses as reported, and for ways between two of them that are at most 0.3 s apart; a service took effect
    when its robot says that it did.

    start     where the robots are, with nothing granted
    bases     what they hold from before a restart, and services that were granted then
    margin_m  how far footprints may reach out of cells, metres: reports are not exact
    """

    def __init__(
        self,
        layout: Layout,
        model: RobotModel,
        cell_m: float,
        start: FleetState,
        pool: TaskPool,
        *,
        bases: HeldBases | None = None,
        services: Sequence[ServiceRecord] = (),
        margin_m: float = 0.05,
    ) -> None:
        super().__init__(layout, model, cell_m, start, self._floor, pool, margin_m=margin_m)
        self._state = start
        self._heard_s: Float64 = start.heard_s.copy()
        self._epoch: Int32 = start.epoch.copy()
        self._open: dict[int, list[int]] = {}
        if bases is not None:
            self.grants.commands(_rows(bases), start.time_s)
        for service in services:
            # Only what is not counted yet can be counted now.
            if service.entry >= start.confirmed[service.robot]:
                errand = self.takeover_key(service.task) if service.errand < 0 else service.errand
                self.effects.granted(service.robot, service.entry, service.task, errand)
                self._open.setdefault(service.robot, []).append(service.entry)

    def heard(self, state: FleetState, holder: Int32 | None) -> None:
        """What robots said, and who holds what after it was taken in; None where that is not all sent yet."""
        self._state = state
        truth = self._floor()
        self.grants.poses(truth)
        self.grants.tick += 1
        self.effects.floor(truth)
        super().heard(state, holder)

    def serving(self, robots: Int32, entries: Int32, tasks: Int32) -> None:
        """Services that were granted: whose, as which entry of its base, for which task."""
        super().serving(robots, entries, tasks)
        for robot, entry in zip(robots.tolist(), entries.tolist(), strict=True):
            self._open.setdefault(robot, []).append(entry)

    def ticked(self) -> None:
        """Time has passed; what came of it is heard later."""

    def _floor(self) -> FloorTruth:
        """The floor as it is reported."""
        state = self._state
        silent: Bool = np.isneginf(self._heard_s) | (state.heard_s > self._heard_s + _GAP_S)
        self._heard_s = state.heard_s.copy()
        for robot in np.flatnonzero(state.epoch != self._epoch).tolist():
            # It has dropped what it had not begun; these numbers may now stand for something else.
            self._open[robot] = [entry for entry in self._open.get(robot, []) if entry < state.received[robot]]
        self._epoch = state.epoch.copy()
        effects = self._effects(state.confirmed)
        none: Int32 = np.zeros(0, dtype=np.int32)
        return FloorTruth(
            time_s=state.time_s,
            x_m=state.x_m.astype(np.float64),
            y_m=state.y_m.astype(np.float64),
            theta_rad=state.theta_rad.astype(np.float64),
            displaced=silent | ((state.flags & Flag.LOST) != 0),
            epoch=state.epoch,
            received=state.received,
            confirmed=state.confirmed,
            delivered_robot=none,
            delivered_epoch=none,
            effect_robot=effects[:, 0],
            effect_entry=effects[:, 1],
        )

    def _effects(self, confirmed: Int32) -> Int32:
        """Services that robots say have taken effect since the last report, int32 (e, 2): robot, entry."""
        found = []
        for robot in list(self._open):
            entries = self._open[robot]
            over = [entry for entry in entries if entry < confirmed[robot]]
            if over:
                found += [(robot, entry) for entry in over]
                self._open[robot] = [entry for entry in entries if entry >= confirmed[robot]]
                if not self._open[robot]:
                    del self._open[robot]
        return np.array(found, dtype=np.int32).reshape(-1, 2)


def _rows(bases: HeldBases) -> Commands:
    """The rows in which these bases were granted."""
    longest = max((len(entries) for entries in bases.entries), default=0)
    rows = Commands.none(len(bases.cell), max(1, longest))
    rows.epoch[:], rows.index[:] = bases.epoch, bases.confirmed
    for robot, entries in enumerate(bases.entries):
        for column, (kind, seconds) in enumerate(entries):
            rows.entries[robot, column] = kind
            rows.service_s[robot, column] = seconds if kind == Entry.SERVICE else 0
    return rows
