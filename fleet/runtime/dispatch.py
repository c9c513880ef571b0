"""Who does what: closes errands, gives tasks, chargers and parking places, and starts station actions on arrival."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from fleet.assignment.assigner import Assigner, FreeRobots, WaitingTasks
from fleet.assignment.charger_watch import ChargerWatch
from fleet.assignment.charging import ChargingPolicy
from fleet.assignment.parking import ParkingPolicy
from fleet.assignment.task_exchange import TaskExchange
from fleet.assignment.trip_energy import TripEnergy
from fleet.grid.layout import NO_CELL, NO_TASK
from fleet.runtime.clock import Clock
from fleet.runtime.fitness import Fitness
from fleet.runtime.floor_changes import FloorChanges
from fleet.runtime.recovery import Recovery
from fleet.runtime.refusals import Refusals
from fleet.runtime.roster import Roster
from fleet.runtime.takeover_places import TakeoverCells
from fleet.runtime.task_energy import TaskEnergy
from fleet.tasks.pool import EventSink, TaskPool
from fleet.tasks.task_table import TaskStatus
from robots.arrays import Bool, Float32, Int32
from robots.state import FleetState

# Steps from one exchange of tasks to the next. Every step would gain hardly more: in between, few robots become free.
_EXCHANGE_STEPS = 4


@dataclass(slots=True)
class StandingOrders:
    """What robots do besides moving in a step; columns of length n.

    start_s  float32, > 0: start a station action of that many seconds
    charge   bool, take energy
    hold     bool, must not move in this step: in service, charging, out of energy or out of action
    after    int32, where a robot in service goes after it; NO_CELL if that is not known yet, and for all others
    """

    start_s: Float32
    charge: Bool
    hold: Bool
    after: Int32


class Dispatcher:
    """Turns states and waiting tasks into goals, once a step.

    With an `exchange`, robots that have not yet got to the first errand of their task exchange tasks with each other
    and with free robots, every few steps; without one a task stays with its robot.

    Where robots drop out, chargers fail and floors are closed, `dispatch` has to be told so (`Fitness`);
    `takeover_cells` finds where loads of lost robots are taken over. Without it they stay where they are.

    Orders may be cancelled and prioritised in the pool at any time between two calls. A robot that was on its way for a
    cancelled task is free in the next `dispatch`; one whose service was granted finishes it and, if it has a load then,
    carries on. A new controller calls `resume` first.

    Real robots wait for what is decided: with a `clock`, no more than about `look_s` seconds of a step go into tasks
    that are new, and those beyond that are given in later ones.

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
        takeover_cells: TakeoverCells | None = None,
        clock: Clock | None = None,
        look_s: float = inf,
    ) -> None:
        self.roster = Roster.of(robots)
        self._pool = pool
        self._assigner = assigner
        self._charging = charging
        self._parking = parking
        self._energy = energy
        self._events = events
        self._exchange = exchange
        self._steps = 0
        self._task_energy = TaskEnergy(pool, energy, clock, look_s)
        self._refusals = Refusals(pool, events)
        self._beyond_reach = 0
        self._recovery = Recovery(pool, self.roster, self._task_energy, takeover_cells or _nowhere)
        self._floor = FloorChanges(len(charging.chargers))
        self._watch = ChargerWatch(charging.chargers, robots)
        self._chargers_failed = 0
        pool.watch_services(lambda: self.roster.task[self.roster.serving])

    @property
    def refusals(self) -> Counter[str]:
        """How often a task could not be given to any free robot, by reason; see `Refusals.counts`."""
        return self._refusals.counts

    def recoveries(self) -> dict[str, int]:
        """Return what faults led to: tasks released, stranded, taken over and reclaimed, and chargers that failed."""
        return {
            "released": self._recovery.released,
            **self._pool.recoveries(),
            "chargers_failed": self._chargers_failed,
        }

    def dispatch(self, state: FleetState, now_s: float, fitness: Fitness | None = None) -> StandingOrders:
        """Decide for all robots, given where they are at `now_s`, or where their grants end; None: nothing is wrong."""
        self._close_errands(self.roster.serving & (state.service_left_s <= 0), now_s)
        self._drop_unwanted(now_s)
        able = usable = lost = withdrawn = None
        if fitness is not None:
            lost, withdrawn = fitness.lost, fitness.withdrawn
            usable = self._take_in(fitness, now_s)
            able = self._able(fitness)
        may_work = self._send_to_charge(state, now_s, able, lost, usable)
        if withdrawn is not None:
            may_work &= ~withdrawn
        # What is beyond reach now may not be so for ever.
        final = fitness is None or (fitness.floor_whole and not self._floor.stale and bool(self._watch.usable.all()))
        self._give_tasks(state, may_work, now_s, final=final)
        if self._exchange is not None and self._steps % _EXCHANGE_STEPS == 0:
            may_exchange = able if able is None or withdrawn is None else able & ~withdrawn
            self._exchange_tasks(self._exchange, state, may_work, may_exchange, now_s)
        self._steps += 1
        orders = self._standing_orders(state, able, fitness)
        if fitness is not None:
            self._watch_chargers(orders.charge, state, now_s)
        return orders

    def resume(self, serving: Bool) -> None:
        """Go on where another dispatcher was cut off, before anything else is done; the pool is a restored one.

        serving: bool (n,), robots with a SERVICE entry that is not known to have taken effect or to be dropped. What
        robots were doing besides tasks is decided anew: who charges, who parks where.
        """
        self.roster.resume(self._pool, serving)

    def services_dropped(self, robots: Bool) -> None:
        """Take in that services of these robots, bool (n,), will never take effect: they are started anew.

        That is known when a robot obeys a new epoch and had not begun its SERVICE entry.
        """
        self.roster.serving &= ~robots

    def services_took_effect(self, robots: Bool, now_s: float) -> None:
        """Count the errands of those of these robots, bool (n,), that are in service: their services took effect.

        `dispatch` would do so too, but where it does not come in every tick, a journal must not be told that a service
        is confirmed in one commit and that its errand is done in another: cut off between them, the errand would be
        done again.
        """
        self._close_errands(self.roster.serving & robots, now_s)

    def redirect(self, tasks: Int32, cells: Int32, services_s: Sequence[float], now_s: float) -> None:
        """Let open or assigned tasks end at other cells, columns (k,); robots that are on the way there turn.

        Raises TaskError for a task whose last service has been granted.
        """
        pool, roster = self._pool, self.roster
        for task, cell, service_s in zip(tasks.tolist(), cells.tolist(), services_s, strict=True):
            pool.redirect(task, cell, service_s, now_s)
        self._task_energy.renew(tasks)
        theirs = tasks[pool.status[tasks] == TaskStatus.ASSIGNED]
        roster.set_tasks(pool.robot[theirs], theirs, pool)

    def charger_cleared(self, cell: int) -> None:
        """Take in that a person has seen to the charger in a cell: it is used again."""
        self._watch.clear(cell)

    def _take_in(self, fitness: Fitness, now_s: float) -> Bool:
        """Act on what is wrong: tasks of lost robots, changes of the floor. Return which chargers can be used."""
        usable: Bool = self._watch.usable if fitness.chargers is None else self._watch.usable & fitness.chargers
        refresh = self._floor.step(fitness.floor_version, usable, now_s)
        self._recovery.step(fitness, now_s, floor_changed=self._floor.fresh)
        if refresh:
            self._energy.refresh(usable)
            self._task_energy.floor_changed(fitness.closed)
            self._refusals.forget()
            self._parking.ask_again()
        return usable

    def _able(self, fitness: Fitness) -> Bool:
        """Return who may be given something to do, bool (n,): in action, and not called to muster."""
        able: Bool = ~(fitness.unfit | fitness.lost | self.roster.retired)
        return able if fitness.muster is None else able & (fitness.muster == NO_CELL)

    def _close_errands(self, ended: Bool, now_s: float) -> None:
        """Count errands whose service is over, and turn their robots, bool (n,), to what comes next."""
        roster, pool = self.roster, self._pool
        over = np.flatnonzero(ended)
        if len(over) == 0:
            return
        roster.serving[over] = False
        done = np.array([pool.advance(task, now_s) for task in roster.task[over].tolist()])
        roster.drop_tasks(over[done])
        roster.set_tasks(over[~done], roster.task[over[~done]], pool)

    def _drop_unwanted(self, now_s: float) -> None:
        """Let go of tasks whose orders were cancelled and that have no load; a service under way is waited for."""
        roster, pool = self.roster, self._pool
        going = np.flatnonzero((roster.task != NO_TASK) & ~roster.serving)
        over = going[pool.unwanted(roster.task[going])]
        if len(over) == 0:
            return
        for task in roster.task[over].tolist():
            if pool.status[task] == TaskStatus.ASSIGNED:
                pool.release(task, now_s)
        roster.drop_tasks(over)

    def _send_to_charge(
        self, state: FleetState, now_s: float, able: Bool | None, lost: Bool | None, usable: Bool | None
    ) -> Bool:
        """Reserve and give back chargers; return who may take a task."""
        roster = self.roster
        idle = roster.task == NO_TASK
        # Tasks that nobody has the charge for give idle robots no reason to stay away from free chargers.
        workable = max(0, len(self._pool.waiting()) - self._beyond_reach)
        decision = self._charging.step(
            state.cell, state.heading, state.charge_percent, idle, workable, fit=able, lost=lost, usable=usable
        )
        for kind, robots in (("charger_reserved", decision.sent), ("charger_left", decision.left)):
            for robot in robots.tolist():
                percent = round(float(state.charge_percent[robot]), 2)
                self._events({"t": now_s, "event": kind, "robot": robot, "charge_percent": percent})
        cut_off = decision.cut_off
        if len(cut_off):
            self._recovery.give_up(cut_off[(roster.task[cut_off] != NO_TASK) & ~roster.serving[cut_off]], now_s)
        return decision.may_work

    def _give_tasks(self, state: FleetState, may_work: Bool, now_s: float, *, final: bool) -> None:
        self._beyond_reach = 0
        pool = self._pool
        waiting = pool.waiting()
        free = np.flatnonzero(may_work)
        if len(waiting) == 0 or len(free) == 0:
            return
        percent = self._task_energy.percent()
        waiting = waiting[~np.isnan(percent[waiting])]
        robots = FreeRobots(state.cell[free], state.heading[free], state.charge_percent[free])
        tasks = WaitingTasks(
            cells=pool.first_cell[waiting],
            priorities=pool.priority[waiting],
            release_s=pool.release_s[waiting],
            due_s=pool.due_s[waiting],
            percent=percent[waiting],
        )
        answer = self._assigner.assign(robots, tasks, now_s)
        chosen, given = free[answer.robots].astype(np.int32), waiting[answer.tasks]
        self._assign(chosen, given, now_s)
        refused = answer.refused
        self._beyond_reach = self._refusals.take(
            waiting[refused], answer.reasons, tasks.percent[refused], now_s, final=final
        )

    def _exchange_tasks(
        self, exchange: TaskExchange, state: FleetState, may_work: Bool, may_exchange: Bool | None, now_s: float
    ) -> None:
        """Let robots on their way to a first errand, and free ones, exchange tasks for shorter ways.

        A robot that is there already keeps its task, since no other is there sooner; one that charges first keeps it
        as well, and one that is out of action or finishes its last task, or goes to take a load over.
        """
        pool, roster = self._pool, self.roster
        busy = (roster.task != NO_TASK) & ~roster.serving & (self._charging.charger_cell == NO_CELL)
        going = np.flatnonzero(busy if may_exchange is None else busy & may_exchange)
        percent = self._task_energy.percent()
        tasks = roster.task[going]
        going = going[(pool.errand_index[tasks] == 0) & ~np.isnan(percent[tasks])]
        if len(going) == 0:
            return
        tasks = roster.task[going]
        who = np.concatenate([going, np.flatnonzero(may_work & (roster.task == NO_TASK))])
        robots = FreeRobots(state.cell[who], state.heading[who], state.charge_percent[who])
        takers = who[exchange.takers(robots, pool.first_cell[tasks], percent[tasks])].astype(np.int32)
        changed = takers != going
        if not changed.any():
            return
        given = tasks[changed]
        for task in given.tolist():
            pool.release(task, now_s)
        roster.drop_tasks(going[changed])
        self._assign(takers[changed], given, now_s)

    def _assign(self, robots: Int32, tasks: Int32, now_s: float) -> None:
        """Give open tasks to these robots, which leave their chargers for them."""
        for robot, task in zip(robots.tolist(), tasks.tolist(), strict=True):
            self._pool.assign(task, robot, now_s)
        self._charging.release(robots)
        self.roster.set_tasks(robots, tasks, self._pool)

    def _standing_orders(self, state: FleetState, able: Bool | None, fitness: Fitness | None) -> StandingOrders:
        """Set goals: a charger goes before the errand, the errand before a parking place. Start what can start."""
        roster, charger = self.roster, self._charging.charger_cell
        has_task, has_charger = roster.task != NO_TASK, charger != NO_CELL
        places = None if fitness is None else fitness.places
        goes = has_task & ~self._must_wait(state, fitness)
        self._parking.step(state.cell, state.heading, ~goes & ~has_charger, fit=able, usable=places)
        goal = np.where(goes, roster.errand_cell, self._parking.place_cell)
        roster.goal[:] = np.where(has_charger & ~roster.serving, charger, goal)
        arrived = goes & ~has_charger & ~roster.serving & (state.cell == roster.errand_cell)
        charge = has_charger & ~roster.serving & (state.cell == charger)
        if able is not None:
            arrived &= able
            charge &= able
        start_s: Float32 = np.zeros(len(goal), dtype=np.float32)
        if arrived.any():
            start_s[arrived] = self._pool.errand_services_s(roster.task[arrived])
            roster.serving |= arrived
        hold = roster.serving | charge | (state.charge_percent <= 0)
        goes_on = roster.serving & ~has_charger & (state.charge_percent > 0)
        if fitness is not None:
            hold |= fitness.unfit | fitness.lost | roster.retired
            if fitness.muster is not None:
                called = (fitness.muster != NO_CELL) & ~roster.serving
                roster.goal[called] = fitness.muster[called]
                goes_on &= fitness.muster == NO_CELL
        return StandingOrders(start_s, charge, hold, np.where(goes_on, roster.next_cell, np.int32(NO_CELL)))

    def _must_wait(self, state: FleetState, fitness: Fitness | None) -> Bool:
        """Robots whose errand is in a cell that nobody may enter now, bool (n,): they park until it is open again.

        In front of it they would be in the way of whoever is to open it, as one that takes a load over there. So do
        those whose drop is held back.
        """
        roster = self.roster
        waits: Bool = np.zeros(len(state.cell), dtype=np.bool_)
        loaded = np.flatnonzero((roster.task != NO_TASK) & ~roster.serving)
        waits[loaded] = self._pool.last_held(roster.task[loaded])
        if fitness is not None and fitness.closed is not None:
            there = state.cell == roster.errand_cell
            waits |= fitness.closed[roster.errand_cell] & (roster.errand_cell != NO_CELL) & ~there
        return waits

    def _watch_chargers(self, charge: Bool, state: FleetState, now_s: float) -> None:
        for robot in self._watch.step(charge, self._charging.charger_cell, state.charge_percent, now_s).tolist():
            cell = int(self._charging.charger_cell[robot])
            self._events({"t": now_s, "event": "charger_failed", "robot": robot, "cell": cell})
            self._chargers_failed += 1


def _nowhere(robots: Int32) -> Int32:
    """Find no cell to take a load over."""
    return np.full(len(robots), NO_CELL, dtype=np.int32)
