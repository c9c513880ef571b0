"""What everybody may read of tasks: columns, one row a task, and what is left to do of each."""

from __future__ import annotations

from fleet.tasks.task_table import TaskTable
from robots.arrays import Float32, Float64, Int8, Int32


class TaskColumns:
    """A read-only face of a task table. Columns are views that the next task that is added leaves behind."""

    def __init__(self, tasks: TaskTable) -> None:
        self._tasks = tasks

    def errand_cells(self, tasks: Int32) -> Int32:
        """Cells of what is to be done next, errand or takeover, int32 (k,) in and out; NO_CELL if nothing is left."""
        return self._tasks.cells_ahead(tasks, 0)

    def next_errand_cells(self, tasks: Int32) -> Int32:
        """Cells of what is to be done after that, int32 (k,) in and out; NO_CELL if there is nothing."""
        return self._tasks.cells_ahead(tasks, 1)

    def errand_services_s(self, tasks: Int32) -> Float32:
        """Seconds that what is to be done next takes, 0 if nothing is left: int32 (k,) in, float32 (k,) out."""
        return self._tasks.services(tasks)

    def errands_left(self, tasks: Int32) -> tuple[Int32, Float32, Int32]:
        """What is left to do of tasks, int32 (k,): cells int32 (e,), service_s float32 (e,), offsets int32 (k + 1,).

        Takeover and errands of `tasks[i]` are rows offsets[i] to offsets[i + 1] - 1. Copies, not views.
        """
        return self._tasks.errands_left(tasks)

    @property
    def status(self) -> Int8:
        """TaskStatus of every task, int8."""
        return self._tasks.status.view

    @property
    def robot(self) -> Int32:
        """The robot that has or had each task, int32; NO_ROBOT for none."""
        return self._tasks.robot.view

    @property
    def errand_index(self) -> Int32:
        """How many errands of each task are done, int32."""
        return self._tasks.errand_index.view

    @property
    def first_cell(self) -> Int32:
        """Where a robot that is given each task goes first, int32: its first errand, or where it takes it over."""
        return self._tasks.first_cell.view

    @property
    def takeover_robot(self) -> Int32:
        """The robot whose load waits to be taken over before each task goes on, int32; NO_ROBOT for none."""
        return self._tasks.takeover_robot.view

    @property
    def priority(self) -> Int32:
        """Priority of each task, int32; the larger is the more urgent."""
        return self._tasks.priority.view

    @property
    def release_s(self) -> Float64:
        """When each task's order was released, in seconds, float64."""
        return self._tasks.release_s.view

    @property
    def due_s(self) -> Float64:
        """When each task's order is due, in seconds, float64."""
        return self._tasks.due_s.view
