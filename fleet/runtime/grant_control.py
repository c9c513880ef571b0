"""The control loop on a real floor: robots that are late, silent or broken, driven by grants alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from fleet.errors import JournalError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.runtime.activity import Activity, driving, turning
from fleet.runtime.control import Recorder
from fleet.runtime.dispatch import Dispatcher
from fleet.runtime.fitness import Fitness
from fleet.runtime.intake import Intake
from fleet.runtime.muster import Muster
from fleet.runtime.robot_takeovers import RobotTakeovers
from fleet.runtime.waits import WaitWatch, WatchedFloor
from fleet.runtime.window_planning import WindowPlanning
from fleet.traffic.execution import NO_ENTRY, GrantExecution
from fleet.traffic.floor_control import FloorControl
from fleet.traffic.zones.actions import TimedAction
from robots.arrays import Bool, Int8, Int32, Int64, UInt8
from robots.driver import Commands, FleetDriver
from robots.state import Entry, FleetState

# Beyond any window of a planner.
_FAR_STEPS = 8.0


class ExecutionAudit(Protocol):
    """Sees all that the controller takes in and hands out; see fleet.runtime.grant_audit."""

    def heard(self, state: FleetState, holder: Int32 | None) -> None:
        """What robots said, and who holds what after it was taken in; None where that is not all sent yet."""

    def planned(self, cells: Int32, headings: Int8, actions: UInt8) -> None:
        """Where plans started, and the window that was accepted."""

    def serving(self, robots: Int32, entries: Int32, tasks: Int32) -> None:
        """Services that were granted: whose, as which entry of its base, for which task."""

    def sent(self, commands: Commands, now_s: float) -> None:
        """What robots may do from now on."""

    def ticked(self) -> None:
        """The floor has moved on by a tick."""


class Keeper(Protocol):
    """Makes safe what the controller decided, before anybody hears of it."""

    def serving(self, robots: Int32, entries: Int32, tasks: Int32) -> None:
        """Take in services that were granted: whose, as which entry of its base, for which task."""

    def commit(self) -> None:
        """Return when everything is safe. Raises JournalError if that cannot be done now; it is tried again."""


class GrantLoop:
    """Orders in, grants out, ticks of `execution.params.tick_s`; a step of the record is `ticks_a_step` ticks.

    Time is the driver's: `FleetState.time_s`. Nothing is handed to the driver before the `keeper` has made it safe. As
    long as it cannot, robots are told to stand or to be slow where they must, and get nothing new: they come to the end
    of what they have.

    state    where the robots are, from a driver that is open already; without it the loop opens the driver
    waits    who waits, and why
    delayed  bool (n,), who lost the last step of the record

    A tick costs some vector operations and kernels over the robots; dispatching and planning come every few ticks.
    """

    def __init__(
        self,
        *,
        intake: Intake,
        dispatcher: Dispatcher,
        planning: WindowPlanning,
        execution: GrantExecution,
        floor: FloorControl,
        distances: DistanceFields,
        muster: Muster,
        takeovers: RobotTakeovers,
        waits: WaitWatch,
        chargers: Int32,
        parking: Int32,
        driver: FleetDriver,
        recorder: Recorder,
        ticks_a_step: int,
        actions: Sequence[TimedAction] = (),
        audit: ExecutionAudit | None = None,
        keeper: Keeper | None = None,
        state: FleetState | None = None,
    ) -> None:
        self._intake = intake
        self._dispatcher = dispatcher
        self._planning = planning
        self.execution = execution
        self.floor = floor
        self._distances = distances
        self._muster = muster
        self._takeovers = takeovers
        self.waits = waits
        self._chargers = chargers
        self._parking = parking
        self._driver = driver
        self._recorder = recorder
        self._actions = list(actions)
        self._audit = audit
        self._keeper = keeper
        self._ticks_a_step = ticks_a_step
        params = execution.params
        self._replan_ticks = max(1, round(params.replan_s / params.tick_s))
        self.step_s = ticks_a_step * params.tick_s
        self.ticks = 0
        self.steps = 0
        self.activity_steps: Int64 = np.zeros(len(Activity), dtype=np.int64)
        self.delayed: Bool = np.zeros(execution.ledger.robots, dtype=np.bool_)
        self._state = state
        if state is not None:
            recorder.start(state.cell, state.heading)
        self.held_up = False
        self._kept_epoch: Int32 = execution.ledger.epoch.copy()
        self._commands = Commands.none(execution.ledger.robots)
        self._floor_version = 0
        self._planned_for_some = False
        self._stopping = False
        self._may: Bool = np.zeros(execution.ledger.robots, dtype=np.bool_)
        self._order: Int32 = np.arange(execution.ledger.robots, dtype=np.int32)

    @property
    def state(self) -> FleetState:
        """What was last heard; raises RuntimeError before the first tick."""
        if self._state is None:
            raise RuntimeError("the loop has not run yet")
        return self._state

    @property
    def now_s(self) -> float:
        """Seconds on the driver's clock."""
        return 0.0 if self._state is None else self._state.time_s

    def run(self, steps: int, on_step: Callable[[], None] | None = None) -> None:
        """Run this many steps, on from where the last call ended; `on_step` is called after each."""
        for _ in range(steps):
            for _ in range(self._ticks_a_step):
                self.tick()
            if on_step is not None:
                on_step()
            if self._stopping:
                break
        self._stopping = False

    def stop(self) -> None:
        """Let `run` return when the step that is under way is done; for signal handlers and other threads."""
        self._stopping = True

    def tick(self) -> None:
        """Go once around: what was heard, what follows from it, what robots may do now; then the floor moves on.

        Where a step of the record ends, it is written.
        """
        if self._state is None:
            self._state = self._driver.open()
            self._recorder.start(self._state.cell, self._state.heading)
        self._state = self._tick(self._state)
        if self.ticks % self._ticks_a_step == 0:
            self._record(self._state)

    def add_actions(self, actions: Sequence[TimedAction]) -> None:
        """Have these actions carried out as well, each at its time."""
        self._actions = sorted([*self._actions, *actions], key=lambda timed: timed.at_s)

    def stall(self, ticks: int) -> None:
        """Let the floor move on for some ticks while the controller does nothing, as a process that is held up."""
        for _ in range(ticks):
            self._driver.submit(self._commands)
            self._state = self._driver.poll()
            if self._audit is not None:
                self._audit.ticked()
            self.ticks += 1

    def take_over(self, execution: GrantExecution, floor: FloorControl) -> None:
        """Go on with another ledger, as a controller does that was started again and has read its journal.

        Before it listens it tells all robots to stand and to obey the new epoch: what they say of an older one no
        longer counts. That takes a tick.
        """
        self.execution = execution
        self.floor = floor
        self._floor_version = -1
        self._may[:] = False
        everybody = np.ones(execution.ledger.robots, dtype=np.bool_)
        self._commands = execution.commands(everybody, floor.speed_limit_mps)
        if self._audit is not None:
            self._audit.sent(self._commands, self.now_s)
        self.stall(1)

    def _tick(self, state: FleetState) -> FleetState:
        now_s, execution, floor = state.time_s, self.execution, self.floor
        while self._actions and self._actions[0].at_s <= now_s:
            floor.zones.apply(self._actions.pop(0).action, now_s)
        dropped = execution.observe(state)
        if dropped.any():
            self._dispatcher.services_dropped(dropped)
        floor.step(state, now_s)
        if self._audit is not None:
            self._audit.heard(state, None if self.held_up else execution.ledger.holder)
        # In one commit with the confirmation: cut off between the two, the errand would be done again.
        self._dispatcher.services_took_effect(execution.service_entry == NO_ENTRY, now_s)
        if not self.held_up:
            self._intake.release(now_s)
            if self._plan_is_due():
                self._replan(state, now_s)
            execution.grant(self._order, self._may & ~floor.halt, state, floor.closed, floor.closed_edges)
        if self.waits.due(now_s):
            self._look_who_waits(state, now_s)
        commands = self._made_safe(execution.commands(floor.halt, floor.speed_limit_mps))
        if self._audit is not None:
            self._audit.sent(commands, now_s)
        self._driver.submit(commands)
        self._commands = commands
        state = self._driver.poll()
        if self._audit is not None:
            self._audit.ticked()
        self.ticks += 1
        return state

    def _made_safe(self, commands: Commands) -> Commands:
        """Return these commands once they are safe; where that cannot be, without what nobody may hear of yet."""
        if self._keeper is None:
            return commands
        try:
            self._keeper.commit()
        except JournalError:
            self.held_up = True
            commands.entries[:] = Entry.WAIT
            commands.service_s[:] = 0
            commands.epoch[:] = self._kept_epoch
        else:
            self.held_up = False
            self._kept_epoch[:] = commands.epoch
        return commands

    def _plan_is_due(self) -> bool:
        """Every few ticks; and at once when some robots are fit and at the last plan none were.

        After a restart nobody is, as nobody has been heard: the first plan waits for somebody, though not for long.
        """
        if self.ticks and self.ticks % self._replan_ticks == 0:
            return True
        return not (self._planned_for_some or self._unfit().all())

    def _unfit(self) -> Bool:
        """Which robots can go nowhere now, bool (n,)."""
        return self.floor.watch.down | self.floor.halt | ~self.execution.ledger.synced

    def _replan(self, state: FleetState, now_s: float) -> None:
        """Decide anew who goes where, and how; nothing that was not granted is kept."""
        execution, floor, dispatcher = self.execution, self.floor, self._dispatcher
        if floor.version != self._floor_version:
            self._floor_version = floor.version
            self._distances.close(floor.closed, floor.closed_edges)
        if not floor.zones.alarm:
            self._muster.over()
        self._takeovers.cells = execution.ledger.cell
        committed = execution.committed(state)
        unfit = self._unfit()
        self._planned_for_some = not unfit.all()
        fitness = Fitness(
            unfit=unfit,
            lost=floor.watch.lost,
            floor_whole=floor.whole,
            floor_version=floor.version,
            chargers=~floor.out_of_use[self._chargers],
            places=~floor.out_of_use[self._parking],
            closed=floor.out_of_use,
            withdrawn=floor.zones.out_of_service,
            muster=self._muster.places(committed, unfit) if floor.zones.alarm else None,
        )
        duties = dispatcher.dispatch(committed, now_s, fitness)
        floor.parked = dispatcher.roster.retired
        started = execution.start_services(duties.start_s)
        if len(started):
            for listener in (self._audit, self._keeper):
                if listener is not None:
                    listener.serving(started, execution.service_entry[started], dispatcher.roster.task[started])
        execution.charge(duties.charge)
        seconds = execution.ledger.time_to_end(state)
        # Who is nearly done with a service is planned on from there, so that it can leave without a round trip.
        leaving = (duties.after != NO_CELL) & (seconds < self.step_s)
        stay = (duties.hold & ~leaving) | unfit
        goals = np.where(leaving, duties.after, dispatcher.roster.goal)
        delays = np.minimum(seconds / self.step_s, _FAR_STEPS).astype(np.uint8)
        roster = dispatcher.roster
        actions = self._planning.plan(committed, roster, stay | execution.pinned, delays, goals)
        starts = committed.cell.copy(), committed.heading.copy()
        accepted = execution.accept(actions)
        if self._audit is not None:
            self._audit.planned(*starts, accepted)
        self._may = ~stay
        self._order = np.argsort(-self._planning.priorities, kind="stable").astype(np.int32)

    def _look_who_waits(self, state: FleetState, now_s: float) -> None:
        execution, floor = self.execution, self.floor
        seen = WatchedFloor(
            state=state,
            committed=execution.committed(state),
            holder=execution.ledger.holder,
            down=floor.watch.down,
            halted=floor.halt,
            shut=floor.out_of_use,
        )
        self.waits.look(seen, self._dispatcher.roster, now_s)

    def _record(self, state: FleetState) -> None:
        roster = self._dispatcher.roster
        activity = self._activities(state, roster.goal)
        self.delayed = self._planning.moved(self.execution.committed(state), roster)
        self._recorder.append(state.cell, state.heading, activity, self.delayed)
        self.activity_steps += np.bincount(activity, minlength=len(Activity))
        self.steps += 1

    def _activities(self, state: FleetState, goal: Int32) -> UInt8:
        """What each robot was last seen doing. One that stands where it wants to be, or wants nothing, is idle."""
        activity = np.where((goal >= 0) & (goal != state.cell), np.uint8(Activity.WAITING), np.uint8(Activity.IDLE))
        moves = driving(state)
        activity[turning(state)] = Activity.TURNING
        activity[moves] = Activity.DRIVING
        activity[~moves & (self.execution.service_entry != NO_ENTRY) & (state.service_left_s > 0)] = Activity.SERVICE
        activity[state.charging] = Activity.CHARGING
        return activity
