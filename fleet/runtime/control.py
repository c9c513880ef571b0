"""The control loop: one tick goes once around, from orders to commands to states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from fleet.runtime.activity import Activity
from fleet.runtime.dispatch import Dispatcher, StandingOrders
from fleet.runtime.intake import Intake
from fleet.runtime.motion import MotionPlanning
from fleet.runtime.waits import WaitWatch, WatchedFloor
from robots.arrays import Bool, Int8, Int32, Int64, UInt8
from robots.driver import Commands, FleetDriver
from robots.state import Action, Entry, FleetState


class Recorder(Protocol):
    """Keeps what happened, step by step."""

    def start(self, cell: Int32, heading: Int8) -> None:
        """Keep where the robots are before the first step."""

    def append(self, cell: Int32, heading: Int8, activity: UInt8, delayed: Bool) -> None:
        """Keep one step: where the robots are after it, what each did in it, and who lost time."""


class ControlLoop:
    """Orders in, commands out, at fixed steps of simulated time.

    A tick costs a few dozen vector operations over the robots, the plan, and a little Python for each order, task and
    errand that changes; nothing else grows with robots or tasks.

    waits     who waits, and why
    delayed   bool (n,), who lost the last step
    activity  uint8 (n,), what each did in it
    """

    def __init__(
        self,
        *,
        intake: Intake,
        dispatcher: Dispatcher,
        motion: MotionPlanning,
        driver: FleetDriver,
        recorder: Recorder,
        waits: WaitWatch,
        step_s: float,
    ) -> None:
        self._intake = intake
        self._dispatcher = dispatcher
        self._motion = motion
        self._driver = driver
        self._recorder = recorder
        self.waits = waits
        self._commands = Commands.none(0)
        self._state: FleetState | None = None
        self._stopping = False
        self.step_s = step_s
        self.steps = 0
        self.activity_steps: Int64 = np.zeros(len(Activity), dtype=np.int64)
        self.delayed: Bool = np.zeros(0, dtype=np.bool_)
        self.activity: UInt8 = np.zeros(0, dtype=np.uint8)

    @property
    def state(self) -> FleetState:
        """The last states; raises RuntimeError before the first tick."""
        if self._state is None:
            raise RuntimeError("the loop has not run yet")
        return self._state

    @property
    def now_s(self) -> float:
        """Simulated time, seconds since the start of the run."""
        return self.steps * self.step_s

    def run(self, steps: int, on_step: Callable[[], None] | None = None) -> None:
        """Run this many ticks, on from where the last call ended; `on_step` is called after each."""
        if self._state is None:
            self._state = self._driver.open()
            self._commands = Commands.none(self._state.robots)
            self.delayed = np.zeros(self._state.robots, dtype=np.bool_)
            self._recorder.start(self._state.cell, self._state.heading)
        for _ in range(steps):
            self._state = self._tick(self._state)
            if on_step is not None:
                on_step()
            if self._stopping:
                break
        self._stopping = False

    def stop(self) -> None:
        """Let `run` return when the tick that is under way is done; for signal handlers and other threads."""
        self._stopping = True

    def _tick(self, state: FleetState) -> FleetState:
        self._intake.release(self.now_s)
        roster = self._dispatcher.roster
        duties = self._dispatcher.dispatch(state, self.now_s)
        self._motion.observe(state, roster)
        actions = self._motion.plan(state, roster, duties.hold)
        self.activity = _activities(actions, roster.serving, duties.charge, roster.goal, state.cell)
        self._driver.submit(self._next_entries(actions, duties, state))
        state = self._driver.poll()
        self.delayed = self._motion.moved(state, roster)
        self._recorder.append(state.cell, state.heading, self.activity, self.delayed)
        self.activity_steps += np.bincount(self.activity, minlength=len(Activity))
        self.steps += 1
        if self.waits.due(self.now_s):
            self._look_who_waits(state)
        return state

    def _look_who_waits(self, state: FleetState) -> None:
        nobody = np.zeros(state.robots, dtype=np.bool_)
        empty: Bool = state.charge_percent <= 0
        seen = WatchedFloor(state=state, committed=state, holder=None, down=empty, halted=nobody, shut=None)
        self.waits.look(seen, self._dispatcher.roster, self.now_s)

    def _next_entries(self, actions: UInt8, duties: StandingOrders, state: FleetState) -> Commands:
        """What robots are to do in the next step, as the entry that follows on what they have; in reused columns.

        A robot that charges goes on with it until it moves, so only those that do not yet are told to.
        """
        commands = self._commands
        entries = commands.entries[:, 0]
        entries[:] = actions
        if duties.start_s.any():
            entries[duties.start_s > 0] = Entry.SERVICE
        begin = duties.charge & ~state.charging
        if begin.any():
            entries[begin] = Entry.CHARGE
        commands.service_s[:, 0] = duties.start_s
        commands.index[:] = state.received
        return commands


def _activities(actions: UInt8, service: Bool, charge: Bool, goal: Int32, cell: Int32) -> UInt8:
    """What each robot spends the step on. One that stands where it wants to be, or wants nothing, is idle."""
    activity = np.where((goal >= 0) & (goal != cell), np.uint8(Activity.WAITING), np.uint8(Activity.IDLE))
    activity[actions == Action.FORWARD] = Activity.DRIVING
    activity[(actions == Action.TURN_CW) | (actions == Action.TURN_CCW)] = Activity.TURNING
    activity[service] = Activity.SERVICE
    activity[charge] = Activity.CHARGING
    return activity
