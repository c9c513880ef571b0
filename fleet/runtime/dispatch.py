"""Who does what: closes errands, gives tasks, chargers and parking places, and starts station actions on arrival."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from fleet.assignment.assigner import Assigner, FreeRobots, TaskRefusal, WaitingTasks
from fleet.assignment.charging import ChargingPolicy
from fleet.assignment.parking import ParkingPolicy
from fleet.assignment.task_exchange import TaskExchange
from fleet.assignment.trip_energy import TripEnergy
from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.runtime.roster import Roster
from fleet.tasks.pool import EventSink, TaskPool
from robots.arrays import Bool, Float32, Int32
from robots.state import FleetState

# On a floor where every place reaches every other these never change, so the task is given up.
_FINAL = (TaskRefusal.UNREACHABLE, TaskRefusal.TOO_LONG)
# Steps from one exchange of tasks to the next. Every step would gain hardly more: in between, few robots become free.
_EXCHANGE_STEPS = 4


@dataclass(slots=True)
class StandingOrders:
    """What robots do besides moving in a step; columns of length n.

    start_s  float32, > 0: start a station action of that many seconds
    charge   bool, take energy
    hold     bool, must not move in this step: in service, charging or out of energy
    """

    start_s: Float32
    charge: Bool
    hold: Bool


class Dispatcher:
    """Turns states and waiting tasks into goals, once a step.

    refusals  how often a task could not be given to any free robot, by reason, each task counted once a reason

    With an `exchange`, robots that have not yet got to the first errand of their task exchange tasks with each other
    and with free robots, every few steps; without one a task stays with its robot.

    A step costs a few dozen vector operations over the robots, plus a little Python for each errand that ends and each
    task that is given; matching is done only when a free robot meets a waiting task, and every few steps for exchange.
    """

    def __init__(
        self,
        robots: int,
        *,
        pool: TaskPool,
        assigner: Assigner,
        charging: ChargingPolicy,
        parking: ParkingPolicy,
        energy: TripEnergy,
        events: EventSink,
        exchange: TaskExchange | None = None,
    ) -> None:
        self.roster = Roster.of(robots)
        self.refusals: Counter[str] = Counter()
        self._pool = pool
        self._assigner = assigner
        self._charging = charging
        self._parking = parking
        self._energy = energy
        self._events = events
        self._exchange = exchange
        self._steps = 0
        self._task_percent: Float32 = np.zeros(0, dtype=np.float32)
        self._refused: set[tuple[int, int]] = set()
        self._beyond_charge = 0

    def dispatch(self, state: FleetState, now_s: float) -> StandingOrders:
        """Decide for all robots, given where the driver says they are at `now_s`."""
        self._close_errands(state, now_s)
        idle = self._send_to_charge(state, now_s)
        self._give_tasks(state, idle, now_s)
        if self._exchange is not None and self._steps % _EXCHANGE_STEPS == 0:
            self._exchange_tasks(self._exchange, state, idle, now_s)
        self._steps += 1
        return self._standing_orders(state)

    def _close_errands(self, state: FleetState, now_s: float) -> None:
        """Count errands whose service is over, and turn their robots to what comes next."""
        roster, pool = self.roster, self._pool
        for robot in np.flatnonzero(roster.serving & (state.service_left_s <= 0)).tolist():
            roster.serving[robot] = False
            task = int(roster.task[robot])
            if pool.advance(task, now_s):
                roster.task[robot] = NO_TASK
                roster.errand_cell[robot] = roster.next_cell[robot] = NO_CELL
            else:
                roster.errand_cell[robot] = pool.errand_cell(task)
                roster.next_cell[robot] = pool.next_errand_cell(task)

    def _send_to_charge(self, state: FleetState, now_s: float) -> Bool:
        """Reserve and give back chargers; return who may take a task."""
        idle = self.roster.task == NO_TASK
        # Tasks that nobody has the charge for give idle robots no reason to stay away from free chargers.
        workable = max(0, len(self._pool.waiting()) - self._beyond_charge)
        decision = self._charging.step(state.cell, state.heading, state.charge_percent, idle, workable)
        for kind, robots in (("charger_reserved", decision.sent), ("charger_left", decision.left)):
            for robot in robots.tolist():
                percent = round(float(state.charge_percent[robot]), 2)
                self._events({"t": now_s, "event": kind, "robot": robot, "charge_percent": percent})
        return decision.may_work

    def _give_tasks(self, state: FleetState, may_work: Bool, now_s: float) -> None:
        self._beyond_charge = 0
        waiting = self._pool.waiting()
        free = np.flatnonzero(may_work)
        if len(waiting) == 0 or len(free) == 0:
            return
        pool = self._pool
        robots = FreeRobots(state.cell[free], state.heading[free], state.charge_percent[free])
        tasks = WaitingTasks(
            cells=pool.first_cell[waiting],
            priorities=pool.priority[waiting],
            release_s=pool.release_s[waiting],
            due_s=pool.due_s[waiting],
            percent=self._percent()[waiting],
        )
        answer = self._assigner.assign(robots, tasks, now_s)
        chosen, given = free[answer.robots].astype(np.int32), waiting[answer.tasks]
        self._charging.release(chosen)
        for robot, task in zip(chosen.tolist(), given.tolist(), strict=True):
            pool.assign(task, robot, now_s)
        self._set_tasks(chosen, given)
        self._beyond_charge = int((answer.reasons == TaskRefusal.LOW_CHARGE).sum())
        self._refuse(waiting[answer.refused].tolist(), answer.reasons.tolist(), now_s)

    def _exchange_tasks(self, exchange: TaskExchange, state: FleetState, may_work: Bool, now_s: float) -> None:
        """Let robots on their way to a first errand, and free ones, exchange tasks for shorter ways.

        A robot that is there already keeps its task, since no other is there sooner; one that charges first keeps it
        as well.
        """
        pool, roster = self._pool, self.roster
        going = np.flatnonzero((roster.task != NO_TASK) & ~roster.serving & (self._charging.charger_cell == NO_CELL))
        going = going[pool.errand_index[roster.task[going]] == 0]
        if len(going) == 0:
            return
        tasks = roster.task[going]
        who = np.concatenate([going, np.flatnonzero(may_work & (roster.task == NO_TASK))])
        robots = FreeRobots(state.cell[who], state.heading[who], state.charge_percent[who])
        takers = who[exchange.takers(robots, pool.first_cell[tasks], self._percent()[tasks])].astype(np.int32)
        changed = takers != going
        if not changed.any():
            return
        left, given, chosen = going[changed], tasks[changed], takers[changed]
        for task in given.tolist():
            pool.release(task, now_s)
        for robot, task in zip(chosen.tolist(), given.tolist(), strict=True):
            pool.assign(task, robot, now_s)
        self._charging.release(chosen)
        roster.task[left] = NO_TASK
        roster.errand_cell[left] = roster.next_cell[left] = NO_CELL
        self._set_tasks(chosen, given)

    def _set_tasks(self, robots: Int32, tasks: Int32) -> None:
        """Write down that these robots now have these tasks."""
        roster = self.roster
        roster.task[robots] = tasks
        roster.errand_cell[robots] = self._pool.errand_cells(tasks)
        roster.next_cell[robots] = self._pool.next_errand_cells(tasks)

    def _refuse(self, tasks: list[int], reasons: list[int], now_s: float) -> None:
        """Report tasks that nobody can take, each once a reason, and give up those that nobody ever will."""
        for task, code in zip(tasks, reasons, strict=True):
            if (task, code) in self._refused:
                continue
            self._refused.add((task, code))
            reason = TaskRefusal(code)
            self.refusals[reason.name.lower()] += 1
            self._events({"t": now_s, "event": "task_refused", "task": task, "reason": reason.name.lower()})
            if reason in _FINAL:
                self._pool.fail(task, reason.name.lower(), now_s)

    def _percent(self) -> Float32:
        """Charge that each task takes, for all tasks there are; found once, when a task is first looked at."""
        known = len(self._task_percent)
        cells, service_s, offsets = self._pool.errands_from(known)
        if len(offsets) > 1:
            found = self._energy.task_percent(cells, service_s, offsets)
            self._task_percent = np.concatenate([self._task_percent, found])
        return self._task_percent

    def _standing_orders(self, state: FleetState) -> StandingOrders:
        """Set goals: a charger goes before the errand, the errand before a parking place. Start what can start."""
        roster, charger = self.roster, self._charging.charger_cell
        has_task, has_charger = roster.task != NO_TASK, charger != NO_CELL
        self._parking.step(state.cell, state.heading, ~has_task & ~has_charger)
        goal = np.where(has_task, roster.errand_cell, self._parking.place_cell)
        roster.goal[:] = np.where(has_charger & ~roster.serving, charger, goal)
        arrived = has_task & ~has_charger & ~roster.serving & (state.cell == roster.errand_cell)
        start_s: Float32 = np.zeros(len(goal), dtype=np.float32)
        if arrived.any():
            start_s[arrived] = self._pool.errand_services_s(roster.task[arrived])
            roster.serving |= arrived
        charge = has_charger & ~roster.serving & (state.cell == charger)
        return StandingOrders(start_s, charge, hold=roster.serving | charge | (state.charge_percent <= 0))
