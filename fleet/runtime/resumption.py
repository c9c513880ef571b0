"""Services that took effect while no controller was there to count them."""

from __future__ import annotations

from collections.abc import Sequence

from fleet.errors import TaskError
from fleet.grid.layout import NO_ROBOT
from fleet.runtime.site_journal import ServiceRecord
from fleet.tasks.pool import TaskPool
from fleet.tasks.task_table import TaskStatus


def count_effects(pool: TaskPool, services: Sequence[ServiceRecord], now_s: float) -> list[ServiceRecord]:
    """Count errands and takeovers that are known to have taken effect, and return those that had not been counted yet.

    A service stands for one errand of one task on one robot, so the pool knows by how far that task is whether it has
    been counted. Raises TaskError for one that the pool cannot have granted.
    """
    counted = []
    for service in sorted(services, key=lambda service: (service.robot, service.entry)):
        if _is_due(pool, service):
            pool.advance(service.task, now_s)
            counted.append(service)
    return counted


def _is_due(pool: TaskPool, service: ServiceRecord) -> bool:
    """Whether an errand or takeover is what its task, still with that robot, waits for."""
    task = service.task
    if not 0 <= task < len(pool.status):
        raise TaskError(f"a service stands for task {task}, which there is not")
    if pool.status[task] != TaskStatus.ASSIGNED or pool.robot[task] != service.robot:
        return False
    if pool.takeover_robot[task] != NO_ROBOT:
        return service.errand < 0
    done = int(pool.errand_index[task])
    if service.errand > done:
        raise TaskError(f"errand {service.errand} of task {task} took effect before one that comes first")
    return service.errand == done
