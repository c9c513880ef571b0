"""What everybody may read of tasks: columns, one row a task, and what is left to do of each."""

from __future__ import annotations

from fleet.tasks.task_table import TaskTable
from robots.arrays import Bool, Float32, Float64, Int8, Int32, UInt8


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

    def last_errands(self, tasks: Int32) -> tuple[Int32, Int8]:
        """Cells and kinds (ErrandKind) of the last errands of these tasks, int32 (k,): int32 (k,), int8 (k,)."""
        rows = self._tasks.end.values[tasks] - 1
        return self._tasks.errand_cells.values[rows], self._tasks.errand_kinds.values[rows]

    def last_service_s(self, task: int) -> float:
        """Seconds that a task's last errand takes."""
        return float(self._tasks.errand_service_s.values[self._tasks.end.values[task] - 1])

    def units(self, task: int) -> int:
        """Units that a task moves."""
        return int(self._tasks.units.values[task])

    def destination(self, task: int) -> str:
        """Where a task's goods go."""
        return self._tasks.destinations[task]

    def picks_left(self, task: int) -> list[tuple[int, str, int]]:
        """Cell, SKU and units of each pick of a task that is not done."""
        tasks = self._tasks
        rows = range(int(tasks.begin.values[task] + tasks.errand_index.values[task]), int(tasks.end.values[task]) - 1)
        return [
            (int(tasks.errand_cells.values[row]), tasks.errand_skus[row], int(tasks.errand_units.values[row]))
            for row in rows
        ]

    def last_held(self, tasks: Int32) -> Bool:
        """Which of these tasks, int32 (k,), are held back and have nothing left but their last errand, bool (k,)."""
        held: Bool = self._tasks.hold.values[tasks] != 0
        return held & self._tasks.at_last(tasks) if held.any() else held

    @property
    def hold(self) -> UInt8:
        """What each task waits for before anybody goes on with it, uint8, bits of fleet.tasks.holding.Hold."""
        return self._tasks.hold.view

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
