"""The independent auditors of execution, listening to a run on grants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet.errors import AuditError
from fleet.grid.layout import Layout
from fleet.tasks.pool import TaskPool
from fleet.traffic.audit.effect_auditor import EffectAuditor
from fleet.traffic.audit.grant_auditor import GrantAuditor
from robots.arrays import Int8, Int32, UInt8
from robots.driver import Commands
from robots.model import RobotModel
from robots.state import FleetState
from robots.truth import FloorTruth


class GrantAudit:
    """P1 to P8 and P10 of execution.md in every tick; `truth` is what a simulated floor knows, see robots.truth."""

    def __init__(
        self,
        layout: Layout,
        model: RobotModel,
        cell_m: float,
        start: FleetState,
        truth: Callable[[], FloorTruth],
        pool: TaskPool,
        *,
        margin_m: float = 0.02,
    ) -> None:
        self.grants = GrantAuditor(layout, model, cell_m, start, margin_m=margin_m)
        self.effects = EffectAuditor()
        self._truth = truth
        self._pool = pool
        self._takeovers: dict[int, int] = {}

    @property
    def count(self) -> int:
        """How many violations were seen."""
        return self.grants.count + self.effects.count

    def raise_findings(self) -> None:
        """Raise AuditError naming the first violations, if there were any."""
        texts = [str(finding) for finding in (*self.grants.findings, *self.effects.findings)]
        if texts:
            raise AuditError(f"{self.count} violations: {'; '.join(texts[:5])}")

    def hear(self, event: dict[str, Any]) -> None:
        """Take in something that happened."""
        name = event["event"]
        if name == "errand_done":
            self.effects.counted(event["task"], event["errand"])
        elif name == "task_taken_over":
            self.effects.counted(event["task"], self.takeover_key(event["task"]))
            self._takeovers[event["task"]] = self._takeovers.get(event["task"], 0) + 1
        elif name == "task_assigned":
            self.grants.task_given(event["robot"])
        elif "edges" in event:
            self.grants.zone_event(event)

    def takeover_key(self, task: int) -> int:
        """Key of a task's next takeover, beside those of its errands, which are 0 and up."""
        return -1 - self._takeovers.get(task, 0)

    def heard(self, state: FleetState, holder: Int32 | None) -> None:
        """What robots said, and who holds what after it was taken in; None where that is not all sent yet."""
        self.grants.states(state)
        if holder is not None:
            self.grants.holders(holder)

    def planned(self, cells: Int32, headings: Int8, actions: UInt8) -> None:
        """Where plans started, and the window that was accepted."""
        self.grants.window(cells, headings, actions)

    def serving(self, robots: Int32, entries: Int32, tasks: Int32) -> None:
        """Services that were granted: whose, as which entry of its base, for which task."""
        pool = self._pool
        pending = pool.takeover_robot[tasks] >= 0
        errands = pool.errand_index[tasks]
        for k in range(len(robots)):
            task = int(tasks[k])
            errand = self.takeover_key(task) if pending[k] else int(errands[k])
            self.effects.granted(int(robots[k]), int(entries[k]), task, errand)

    def sent(self, commands: Commands, now_s: float) -> None:
        """What robots may do from now on."""
        self.grants.commands(commands, now_s)

    def ticked(self) -> None:
        """The floor has moved on by a tick."""
        truth = self._truth()
        self.grants.floor(truth)
        self.effects.floor(truth)
