"""Tasks that no free robot can take: reported once a reason, given up where the reason is final."""

from __future__ import annotations

from collections import Counter

import numpy as np

from fleet.assignment.assigner import TaskRefusal
from fleet.tasks.pool import EventSink, TaskPool
from robots.arrays import Float32, Int8, Int32

# On a floor where every place reaches every other these never change, so the task is given up.
_FINAL = (TaskRefusal.UNREACHABLE, TaskRefusal.TOO_LONG)


class Refusals:
    """Keeps what was refused, and why.

    counts  how often a task could not be given to any free robot, by reason, each task counted once a reason, until the
            floor changes
    """

    def __init__(self, pool: TaskPool, events: EventSink) -> None:
        self._pool = pool
        self._events = events
        self._reported: set[tuple[int, int]] = set()
        self.counts: Counter[str] = Counter()

    def forget(self) -> None:
        """Let every refusal be reported again: the floor has changed."""
        self._reported.clear()

    def take(self, tasks: Int32, reasons: Int8, percent: Float32, now_s: float, *, final: bool) -> int:
        """Take in what an assigner refused, int32 and int8 (r,); return how many of these tasks go on waiting.

        percent  charge that each task takes, float32 (r,)
        final    the floor is as it always is: a task that cannot be done now can never be done, and fails
        """
        if not final:
            # Infinite charge: some way of the task is closed.
            reasons = np.where(np.isinf(percent), np.int8(TaskRefusal.UNREACHABLE), reasons)
        for task, code in zip(tasks.tolist(), reasons.tolist(), strict=True):
            if (task, code) in self._reported:
                continue
            self._reported.add((task, code))
            reason = TaskRefusal(code)
            self.counts[reason.name.lower()] += 1
            self._events({"t": now_s, "event": "task_refused", "task": task, "reason": reason.name.lower()})
            if final and reason in _FINAL:
                self._pool.fail(task, reason.name.lower(), now_s)
        return int((reasons == TaskRefusal.LOW_CHARGE).sum()) if final else len(tasks)
