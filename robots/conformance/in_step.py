"""What holds of drivers whose robots act in step: one entry each, carried out in the step after `submit`."""

from __future__ import annotations

from math import ceil

from robots.conformance.rig import CCW, CHARGE, CW, FORWARD, SOUTH, DriverFactory, commands, service
from robots.conformance.trial import Trial, refused, require
from robots.driver import Commands
from robots.state import Flag


def takes_one_step_an_entry(make_driver: DriverFactory) -> None:
    """Moves, turns and CHARGE are confirmed by the next poll, which reports robots at rest in the middle of cells."""
    trial = Trial(make_driver)
    trial.give(0, FORWARD, FORWARD, CW)
    trial.give(1, CW, FORWARD, CCW)
    trial.give(2, CHARGE, CHARGE, FORWARD)
    for step in range(1, 4):
        state = trial.tick()
        require(state.confirmed.tolist() == [step, step, step, 0], f"step {step}: confirmed {state.confirmed.tolist()}")
        require(state.time_s == step * trial.rig.step_s, f"the clock is at {state.time_s} s after {step} steps")
        require(not state.speed_mps.any(), f"step {step}: robots report speeds {state.speed_mps.tolist()}")
        trial.require_in_place()
    trial.driver.close()


def serves_in_whole_steps(make_driver: DriverFactory) -> None:
    """A service of s seconds takes s / step_s steps, rounded up, and meanwhile nothing else is taken."""
    for seconds in (0.4, 1.0, 2.5, 4.0):
        trial = Trial(make_driver)
        trial.give(0, service(seconds))
        steps = ceil(seconds / trial.rig.step_s)
        for step in range(1, steps + 1):
            state = trial.tick()
            got = (int(state.received[0]), int(state.confirmed[0]))
            require(got == (1, int(step == steps)), f"{seconds} s of service, step {step}: received, confirmed {got}")
            if step < steps:
                _refused(trial, commands({0: [FORWARD]}, index=1), "a move in a service", robot=0)
                _refused(trial, commands({0: [service(1.0)]}, index=1), "a second service in a service", robot=0)
        trial.driver.close()


def takes_one_entry_at_a_time(make_driver: DriverFactory) -> None:
    """A row may repeat what the robot has and add one entry; two new ones are refused."""
    trial = Trial(make_driver)
    _refused(trial, commands({1: [CW, CW]}), "two entries at once", robot=1)
    trial.give(1, CW, CW, FORWARD)
    trial.tick()
    _refused(trial, commands({1: [CW, CW, FORWARD]}), "two new entries at once", robot=1)
    trial.tick(commands({1: [CW, CW]}))
    require(int(trial.state.confirmed[1]) == 2, "a new entry after one that the robot had was not taken")
    trial.finish()
    trial.driver.close()


def refuses_swaps_and_meetings(make_driver: DriverFactory) -> None:
    """Two robots may neither swap cells nor enter one cell together."""
    trial = Trial(make_driver)
    trial.give(0, FORWARD, CCW)  # 0 in 11 facing north; 1 in 6, above it, facing south
    trial.give(1, CW)
    trial.finish()
    index = trial.state.confirmed.copy()
    _refused(trial, commands({0: [FORWARD], 1: [FORWARD]}, index=index), "a swap of cells")
    trial.tick()
    trial.give(0, CW, FORWARD, CW)  # 0 in 12 facing south
    trial.finish()
    trial.give(1, FORWARD, FORWARD, CCW)  # 1 in 16 facing east
    trial.finish()
    require(int(trial.state.heading[0]) == SOUTH, "robot 0 does not face south")
    index = trial.state.confirmed.copy()
    _refused(trial, commands({0: [FORWARD], 1: [FORWARD]}, index=index), "two into one cell")
    trial.tick()
    trial.give(0, FORWARD)
    state = trial.finish()
    require(state.cell[:2].tolist() == [17, 16], f"robots are in {state.cell[:2].tolist()}, not [17, 16]")
    trial.driver.close()


def halts_within_the_step(make_driver: DriverFactory) -> None:
    """A halted robot takes its entry and does it in the first step without halt; nobody may drive into it till then."""
    trial = Trial(make_driver)
    trial.give(1, CW, FORWARD, CCW)  # 1 in 11, before 0
    trial.finish()
    trial.give(1, FORWARD)
    state = trial.tick(trial.rows(halt=[1]))
    require(int(state.received[1] - state.confirmed[1]) == 1 and int(state.cell[1]) == 11, "a halted robot went on")
    require(int(state.flags[1]) == Flag.HALTED, f"the flags of a halted robot are {state.flags[1]}")
    trial.give(0, FORWARD)
    _refused(trial, trial.rows(halt=[1]), "a move into a robot that is halted", robot=0)
    state = trial.tick()
    require(state.cell[:2].tolist() == [11, 12], f"robots are in {state.cell[:2].tolist()} after a halt, not [11, 12]")
    require(not state.flags.any(), "robots that go on say that they are halted")
    trial.driver.close()


def _refused(trial: Trial, batch: Commands, what: str, robot: int | None = None) -> None:
    refused(lambda: trial.driver.submit(batch), what, robot)
