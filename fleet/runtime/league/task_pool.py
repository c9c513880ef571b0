"""The League's open tasks: revealed, proposed, opened, finished (Start-Kit, TaskManager)."""

from __future__ import annotations

import numpy as np

from fleet.grid.layout import NO_ROBOT, NO_TASK
from fleet.runtime.league.record import LeagueTasks
from robots.arrays import Int32, Int64

# Before the first schedule; differs from every task and from NO_TASK.
_NOTHING_RECORDED = -2

# In the words of the Start-Kit.
_FINISHED = "task already finished"
_TWICE = "task is already assigned by the second agent at the same time"
_OPENED = "task is already opened by the second agent"


class LeagueTaskPool:
    """Holds a fixed number of open tasks; as many tasks as are finished in a step are revealed at its end.

    A task is opened when its robot reaches the first errand; from then on it stays with that robot until it is done.
    At most one errand of a task is done in a step.

    Columns of length `size`, one row a place in the pool (a new task takes a finished one's place):
    task    int32, number of the task
    robot   int32, the robot that has it, or NO_ROBOT
    done    int32, its errands done; > 0 once it is opened
    first, last   int32, cells of its first and last errands
    place_of_robot  int32 (n,): where in the pool the robot's task is, or -1
    """

    def __init__(self, errand_cells: Int32, offsets: Int64, robots: int, size: int) -> None:
        self._errand_cells = errand_cells
        self._offsets = offsets
        self.size = size
        self.task: Int32 = np.full(size, NO_TASK, dtype=np.int32)
        self.robot: Int32 = np.full(size, NO_ROBOT, dtype=np.int32)
        self.done: Int32 = np.zeros(size, dtype=np.int32)
        self.first: Int32 = np.zeros(size, dtype=np.int32)
        self.last: Int32 = np.zeros(size, dtype=np.int32)
        self.place_of_robot: Int32 = np.full(robots, -1, dtype=np.int32)
        self.finished = 0
        self.schedule_errors: list[tuple[int, int, int, int, str]] = []
        self._begin: Int64 = np.zeros(size, dtype=np.int64)
        self._errands: Int32 = np.zeros(size, dtype=np.int32)
        self._released: list[Int32] = []
        self._revealed = 0
        self._events: list[Int32] = []
        self._proposals = _Changes(robots)
        self._in_force = _Changes(robots)
        self._reveal(np.arange(size), 0)

    @property
    def tasks(self) -> LeagueTasks:
        """The tasks revealed so far."""
        return LeagueTasks(self._errand_cells, self._offsets, _joined(self._released, ()))

    @property
    def events(self) -> Int32:
        """What `LeagueRecord.events` holds, so far."""
        return _joined(self._events, (4,))

    @property
    def planned_schedule(self) -> Int32:
        """What `LeagueRecord.planned_schedule` holds, so far."""
        return self._proposals.rows

    @property
    def actual_schedule(self) -> Int32:
        """What `LeagueRecord.actual_schedule` holds, so far."""
        return self._in_force.rows

    @property
    def schedule(self) -> Int32:
        """The task of each robot, int32 (n,), NO_TASK for a robot without."""
        return np.where(self.place_of_robot >= 0, self.task[self.place_of_robot], np.int32(NO_TASK))

    def goals(self, places: Int32, ahead: int | Int32 = 0) -> Int32:
        """Cells of the errands that come next, or `ahead` errands after (one number, or one a place).

        -1 where there is none or place is -1.
        """
        errand = self.done[places] + ahead
        some = (places >= 0) & (errand < self._errands[places])
        cells = np.full(len(places), -1, dtype=np.int32)
        cells[some] = self._errand_cells[self._begin[places[some]] + errand[some]]
        return cells

    def update(self, schedule: Int32, cells: Int32, time: int) -> None:
        """Put a schedule in force, then do the errands of the robots that have arrived, then reveal new tasks.

        schedule: the proposed task of each robot, int32 (n,), NO_TASK for none. A schedule that breaks a rule is
        recorded as an error and the one before stays. cells: where the robots are at `time`.
        """
        self.assign(schedule, time)
        self.advance(cells, time)

    def assign(self, schedule: Int32, time: int) -> None:
        """Put a schedule in force, as `update` does."""
        self._proposals.record(schedule, time)
        places = self._places(schedule)
        error = self._first_error(schedule, places)
        if error is None:
            self.robot[self.place_of_robot[self.place_of_robot >= 0]] = NO_ROBOT
            self.place_of_robot = places
            held = np.flatnonzero(places >= 0).astype(np.int32)
            self.robot[places[held]] = held
            self._in_force.record(schedule, time)
        else:
            robot, other, reason = error
            # The Start-Kit counts one on from the time at which it checks schedules.
            self.schedule_errors.append((int(schedule[robot]), robot, other, time + 1, reason))

    def advance(self, cells: Int32, time: int) -> None:
        """Do the errands of the robots that have arrived, then reveal new tasks, as `update` does."""
        self._reveal(self._do_errands(cells, time), time)

    def _places(self, schedule: Int32) -> Int32:
        """Where in the pool the tasks of a schedule are; -1 for NO_TASK and for tasks that are not open."""
        order = np.argsort(self.task)
        found = np.searchsorted(self.task, schedule, sorter=order)
        place = order[np.minimum(found, self.size - 1)]
        return np.where(self.task[place] == schedule, place, -1).astype(np.int32)

    def _first_error(self, schedule: Int32, places: Int32) -> tuple[int, int, str] | None:
        """Return (robot, other or -1, reason) for the first robot whose proposed task breaks a rule."""
        numbers = np.arange(len(schedule), dtype=np.int32)
        gone = (schedule != NO_TASK) & (places < 0)
        opened = (self.place_of_robot >= 0) & (self.done[self.place_of_robot] > 0)
        first_with = np.full(self.size, len(schedule), dtype=np.int32)
        np.minimum.at(first_with, places[places >= 0], numbers[places >= 0])
        twice = (places >= 0) & (first_with[places] != numbers)
        wrong = gone | twice | (opened & (places != self.place_of_robot))
        if not wrong.any():
            return None
        robot = int(np.argmax(wrong))
        if gone[robot]:
            return robot, -1, _FINISHED
        if twice[robot]:
            return robot, int(first_with[places[robot]]), _TWICE
        return robot, robot, _OPENED

    def _do_errands(self, cells: Int32, time: int) -> Int32:
        """Count the errands done now; return the places in the pool that finished tasks leave free."""
        robots = np.flatnonzero(self.goals(self.place_of_robot) == cells).astype(np.int32)
        places: Int32 = self.place_of_robot[robots]
        self.done[places] += 1
        if len(robots):
            times = np.full(len(robots), time, dtype=np.int32)
            self._events.append(np.stack([times, robots, self.task[places], self.done[places]], axis=1))
        over = self.done[places] == self._errands[places]
        self.place_of_robot[robots[over]] = -1
        self.finished += int(over.sum())
        free: Int32 = places[over]
        return free

    def _reveal(self, places: Int32 | Int64, time: int) -> None:
        """Reveal a task at each of these places in the pool."""
        tasks = np.arange(self._revealed, self._revealed + len(places))
        lines = tasks % (len(self._offsets) - 1)
        self.task[places] = tasks
        self.robot[places] = NO_ROBOT
        self.done[places] = 0
        self._begin[places] = self._offsets[lines]
        self._errands[places] = self._offsets[lines + 1] - self._offsets[lines]
        self.first[places] = self._errand_cells[self._offsets[lines]]
        self.last[places] = self._errand_cells[self._offsets[lines + 1] - 1]
        self._revealed += len(places)
        self._released.append(np.full(len(places), time, dtype=np.int32))


class _Changes:
    """Keeps a column over time by its changes."""

    def __init__(self, robots: int) -> None:
        self._latest: Int32 = np.full(robots, _NOTHING_RECORDED, dtype=np.int32)
        self._rows: list[Int32] = []

    @property
    def rows(self) -> Int32:
        """Changes so far, int32 (changes, 3): time, robot, value."""
        return _joined(self._rows, (3,))

    def record(self, column: Int32, time: int) -> None:
        """Record the values that differ from the latest."""
        robots = np.flatnonzero(column != self._latest).astype(np.int32)
        if len(robots):
            times = np.full(len(robots), time, dtype=np.int32)
            self._rows.append(np.stack([times, robots, column[robots]], axis=1))
            self._latest[robots] = column[robots]


def _joined(parts: list[Int32], shape: tuple[int, ...]) -> Int32:
    return np.concatenate(parts) if parts else np.zeros((0, *shape), dtype=np.int32)
