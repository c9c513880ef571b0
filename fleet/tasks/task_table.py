"""The columns of tasks and of their errands; rows are added at the end and never leave."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from fleet.errors import TaskError
from fleet.grid.layout import NO_CELL, NO_ROBOT
from fleet.tasks.growing_column import GrowingColumn
from fleet.tasks.model import Errand, ErrandKind, Task
from robots.arrays import Bool, Float32, Int32


class TaskStatus(IntEnum):
    """Where a task is in its life."""

    OPEN = 0  # waits for a robot
    ASSIGNED = 1  # a robot works on it
    DONE = 2
    FAILED = 3
    CANCELLED = 4  # its order was, before anybody had a load of it


class TaskTable:
    """One row a task, its id; errands in compressed rows.

    Tasks:    status int8, robot int32 (NO_ROBOT if none; a finished task keeps its robot), errand_index int32 (the
              errand to do next; the number of errands once done), order int32 (row of the order), first_cell int32
              (where a robot that is given the task goes first), priority int32, release_s float64, due_s float64,
              units int32, mass_kg float64, totes int32, destinations (names)
    Takeovers: takeover_robot int32 (whose load another robot has to take over before it goes on with the task,
              NO_ROBOT if there is nothing to take over), takeover_cell int32, takeover_s float32
    Holds:    hold uint8, what the task waits for before anybody goes on with it, bits of fleet.tasks.holding.Hold
    Errands:  cells int32, service_s float64, kinds int8 (ErrandKind), skus (names), units int32; those of task t are
              rows begin[t] to end[t] - 1, begin and end being int32
    """

    def __init__(self) -> None:
        self.status = GrowingColumn(np.int8)
        self.robot = GrowingColumn(np.int32)
        self.errand_index = GrowingColumn(np.int32)
        self.order = GrowingColumn(np.int32)
        self.first_cell = GrowingColumn(np.int32)
        self.priority = GrowingColumn(np.int32)
        self.release_s = GrowingColumn(np.float64)
        self.due_s = GrowingColumn(np.float64)
        self.units = GrowingColumn(np.int32)
        self.mass_kg = GrowingColumn(np.float64)
        self.totes = GrowingColumn(np.int32)
        self.destinations: list[str] = []
        self.begin = GrowingColumn(np.int32)
        self.end = GrowingColumn(np.int32)
        self.takeover_robot = GrowingColumn(np.int32)
        self.takeover_cell = GrowingColumn(np.int32)
        self.takeover_s = GrowingColumn(np.float32)
        self.hold = GrowingColumn(np.uint8)
        self.errand_cells = GrowingColumn(np.int32)
        self.errand_service_s = GrowingColumn(np.float64)
        self.errand_kinds = GrowingColumn(np.int8)
        self.errand_skus: list[str] = []
        self.errand_units = GrowingColumn(np.int32)

    def __len__(self) -> int:
        return len(self.status)

    def extend(self, tasks: Sequence[Task], orders: npt.ArrayLike) -> None:
        """Add open tasks of the orders in these rows, int (k,); raises TaskError if their ids are not the next rows."""
        k = len(tasks)
        for row, task in enumerate(tasks, len(self)):
            if task.id != row:
                raise TaskError(f"task {task.id} was added in row {row}")
        errands = [errand for task in tasks for errand in task.errands]
        end = len(self.errand_cells) + np.cumsum([len(task.errands) for task in tasks])
        self.begin.extend(end - [len(task.errands) for task in tasks])
        self.end.extend(end)
        self.errand_cells.extend([errand.cell for errand in errands])
        self.errand_service_s.extend([errand.service_s for errand in errands])
        self.errand_kinds.extend([errand.kind for errand in errands])
        self.errand_skus.extend(errand.sku for errand in errands)
        self.errand_units.extend([errand.units for errand in errands])
        self.status.repeat(TaskStatus.OPEN, k)
        self.robot.repeat(NO_ROBOT, k)
        self.errand_index.repeat(0, k)
        self.order.extend(orders)
        self.first_cell.extend([task.errands[0].cell for task in tasks])
        self.priority.extend([task.priority for task in tasks])
        self.release_s.extend([task.release_s for task in tasks])
        self.due_s.extend([task.due_s for task in tasks])
        self.units.extend([task.units for task in tasks])
        self.mass_kg.extend([task.mass_kg for task in tasks])
        self.totes.extend([task.totes for task in tasks])
        self.destinations.extend(task.destination for task in tasks)
        self.takeover_robot.repeat(NO_ROBOT, k)
        self.takeover_cell.repeat(NO_CELL, k)
        self.takeover_s.repeat(0, k)
        self.hold.repeat(0, k)

    def task(self, task: int, order_id: str) -> Task:
        """Return a task of this order as it was added, but with the priority, due time and drop that it has now."""
        rows = slice(int(self.begin.values[task]), int(self.end.values[task]))
        errands = zip(
            self.errand_cells.values[rows].tolist(),
            self.errand_kinds.values[rows].tolist(),
            self.errand_service_s.values[rows].tolist(),
            self.errand_skus[rows],
            self.errand_units.values[rows].tolist(),
            strict=True,
        )
        return Task(
            id=int(task),
            order_id=order_id,
            destination=self.destinations[task],
            errands=tuple(Errand(cell, ErrandKind(kind), seconds, *rest) for cell, kind, seconds, *rest in errands),
            priority=int(self.priority.values[task]),
            release_s=float(self.release_s.values[task]),
            due_s=float(self.due_s.values[task]),
            units=int(self.units.values[task]),
            mass_kg=float(self.mass_kg.values[task]),
            totes=int(self.totes.values[task]),
        )

    def set_takeover(self, task: int, robot: int, cell: int, service_s: float) -> None:
        """Let the task begin with taking over the load of a robot, at a cell."""
        self.takeover_robot.values[task] = robot
        self.takeover_cell.values[task] = cell
        self.takeover_s.values[task] = service_s
        self.first_cell.values[task] = cell

    def clear_takeover(self, task: int) -> None:
        """Let the task go on with its errands; does nothing if there is nothing to take over."""
        self.takeover_robot.values[task] = NO_ROBOT
        self.takeover_cell.values[task] = NO_CELL
        self.takeover_s.values[task] = 0.0
        self.first_cell.values[task] = self.errand_cells.values[self.begin.values[task]]

    def errand_row(self, task: int) -> int:
        """Row of the errand that is to be done next; -1 if the task has none left."""
        row = int(self.begin.values[task] + self.errand_index.values[task])
        return row if row < self.end.values[task] else -1

    def at_last(self, tasks: Int32) -> Bool:
        """Which of these tasks, int32 (k,), have only their last errand left, and nothing to take over, bool (k,)."""
        last: Bool = self.begin.values[tasks] + self.errand_index.values[tasks] == self.end.values[tasks] - 1
        last &= self.takeover_robot.values[tasks] == NO_ROBOT
        return last

    def cells_ahead(self, tasks: Int32, ahead: int) -> Int32:
        """Cells of the errands `ahead` places after the next ones, int32 (k,); NO_CELL past a task's end.

        What is to be taken over comes first, as if it were an errand.
        """
        pending = self.takeover_robot.values[tasks] != NO_ROBOT
        rows = self.begin.values[tasks] + self.errand_index.values[tasks] + np.int32(ahead) - pending
        within = rows < self.end.values[tasks]
        cells = np.full(len(tasks), NO_CELL, dtype=np.int32)
        cells[within] = self.errand_cells.values[rows[within]]
        if ahead == 0:
            cells[pending] = self.takeover_cell.values[tasks[pending]]
        return cells

    def services(self, tasks: Int32) -> Float32:
        """Seconds of what is to be done next, errand or takeover, float32 (k,); 0 for tasks that have none left."""
        pending = self.takeover_robot.values[tasks] != NO_ROBOT
        rows = self.begin.values[tasks] + self.errand_index.values[tasks]
        within = rows < self.end.values[tasks]
        service_s = np.zeros(len(tasks), dtype=np.float32)
        service_s[within] = self.errand_service_s.values[rows[within]]
        service_s[pending] = self.takeover_s.values[tasks[pending]]
        return service_s

    def errands_left(self, tasks: Int32) -> tuple[Int32, Float32, Int32]:
        """Cells, services and offsets of what is left to do of these tasks, as in `TaskPool.errands_left`."""
        pending = self.takeover_robot.values[tasks] != NO_ROBOT
        # A takeover takes the place of the last errand that was done; there always is one.
        first = self.begin.values[tasks] + self.errand_index.values[tasks] - pending
        count = self.end.values[tasks] - first
        offsets = np.concatenate([np.zeros(1, dtype=np.int32), np.cumsum(count, dtype=np.int32)])
        rows = np.arange(offsets[-1]) + np.repeat(first - offsets[:-1], count)
        cells: Int32 = self.errand_cells.values[rows]
        service_s = self.errand_service_s.values[rows].astype(np.float32)
        heads = offsets[:-1][pending]
        cells[heads] = self.takeover_cell.values[tasks[pending]]
        service_s[heads] = self.takeover_s.values[tasks[pending]]
        return cells, service_s, offsets
