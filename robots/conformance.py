"""The test kit that every FleetDriver must pass: plain functions, each of them one fact about drivers.

    for check in CHECKS:
        check(make_driver)        # AssertionError says what the driver did wrong

`make_driver` builds a new, unopened driver for a `Rig`: a small floor, a fleet on it, and the length of a step. The kit
knows nothing else about the driver, and needs no test runner.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from robots.arrays import Bool, Int32
from robots.driver import Commands, FleetDriver
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import Action, FleetState, Heading

FORWARD, CW, CCW, WAIT = (int(action) for action in Action)
EAST, SOUTH, WEST, NORTH = (int(heading) for heading in Heading)


@dataclass(frozen=True, slots=True)
class Rig:
    """What a driver is tried on. Cells are `row * width + column`.

    passable  bool (height * width,); chargers int32, cells where a robot can charge
    start     where the robots stand when the driver opens; step_s seconds between `submit` and the end of `poll`
    """

    height: int
    width: int
    passable: Bool
    chargers: Int32
    model: RobotModel
    cell_m: float
    step_s: float
    start: FleetState


DriverFactory = Callable[[Rig], FleetDriver]

# A battery so small that a few steps show: one second of driving is about 2 %.
_MODEL: Final = RobotModel(name="conformance", battery_wh=2.0, charge_w=720.0)
_WIDTH: Final = 5
_OBSTACLE: Final = 7
_CHARGER: Final = 20


def rig(charge_percent: float = 50.0) -> Rig:
    """Return four robots on a 5 x 5 floor, all facing east, with an obstacle in front of robot 1.

    .  .  .  .  .
    .  1  #  .  .
    0  .  .  .  .
    .  .  .  .  3     robot 3 faces the edge of the map
    2  .  .  .  .     robot 2 stands on the charger
    """
    passable = np.ones(_WIDTH * _WIDTH, dtype=np.bool_)
    passable[_OBSTACLE] = False
    start = FleetState.at(np.array([10, 6, _CHARGER, 19], dtype=np.int32), charge_percent=charge_percent)
    chargers = np.array([_CHARGER], dtype=np.int32)
    return Rig(_WIDTH, _WIDTH, passable, chargers, _MODEL, cell_m=0.8, step_s=1.0, start=start)


def commands(
    n: int = 4,
    *,
    action: dict[int, int] | None = None,
    service_s: dict[int, float] | None = None,
    charge: tuple[int, ...] = (),
) -> Commands:
    """Return commands for n robots that all wait, but for those named: robot -> action, robot -> seconds of service."""
    batch = Commands(np.full(n, WAIT, np.uint8), np.zeros(n, np.float32), np.zeros(n, np.bool_))
    for robot, what in (action or {}).items():
        batch.action[robot] = what
    for robot, seconds in (service_s or {}).items():
        batch.service_s[robot] = seconds
    batch.charge[list(charge)] = True
    return batch


def opens_where_the_robots_are(make_driver: DriverFactory) -> None:
    """`open` reports every column of the start, in the types of FleetState."""
    driver, state = _opened(make_driver)
    start = rig().start
    for name in ("cell", "heading", "charge_percent", "service_left_s", "charging"):
        got, want = getattr(state, name), getattr(start, name)
        _require(got.dtype == want.dtype, f"{name} is {got.dtype}, not {want.dtype}")
        _require(np.array_equal(got, want), f"{name} is {got.tolist()} after open, not {want.tolist()}")
    driver.close()


def refuses_calls_out_of_turn(make_driver: DriverFactory) -> None:
    """Before `open`, twice without `poll`, and `poll` without `submit`: all refused, and the driver goes on."""
    driver = make_driver(rig())
    _refused(lambda: driver.submit(commands()), "submit before open")
    _refused(driver.poll, "poll before open")
    driver.open()
    _refused(driver.open, "open of an open driver")
    _refused(driver.poll, "poll without submit")
    driver.submit(commands(action={0: FORWARD}))
    _refused(lambda: driver.submit(commands(action={0: CW})), "submit twice without poll")
    state = driver.poll()
    _require(state.cell[0] == 11 and state.heading[0] == EAST, "the first of two submits was not carried out as it was")
    driver.close()


def carries_out_moves(make_driver: DriverFactory) -> None:
    """Forward goes one cell where the robot faces, turns go a quarter, wait does nothing, all in one step."""
    driver, _ = _opened(make_driver)
    path = [
        (FORWARD, 11, EAST),
        (CW, 11, SOUTH),
        (FORWARD, 16, SOUTH),
        (CW, 16, WEST),
        (FORWARD, 15, WEST),
        (CW, 15, NORTH),
        (FORWARD, 10, NORTH),
        (CW, 10, EAST),
        (CCW, 10, NORTH),
        (WAIT, 10, NORTH),
    ]
    for step, (action, cell, heading) in enumerate(path):
        state = _step(driver, commands(action={0: action}))
        got = (int(state.cell[0]), int(state.heading[0]))
        _require(got == (cell, heading), f"step {step}: {Action(action).name} led to {got}, not {(cell, heading)}")
        _require(state.cell[1:].tolist() == [6, 20, 19], f"step {step}: robots that were told to wait are elsewhere")
    driver.close()


def lets_robots_follow_each_other(make_driver: DriverFactory) -> None:
    """A cell may be entered in the step in which its robot leaves it."""
    driver, _ = _opened(make_driver)
    for action in (CW, FORWARD, CCW):
        _step(driver, commands(action={1: action}))
    state = _step(driver, commands(action={0: FORWARD, 1: FORWARD}))
    _require(state.cell[:2].tolist() == [11, 12], f"the two robots in a row are in {state.cell[:2].tolist()}")
    driver.close()


def advances_its_clock(make_driver: DriverFactory) -> None:
    """Time grows with every step and does not move otherwise."""
    driver, state = _opened(make_driver)
    times = [state.time_s]
    times += [_step(driver, commands()).time_s for _ in range(3)]
    _require(all(a < b for a, b in pairwise(times)), f"times are {times}")
    driver.close()


def keeps_no_hold_on_commands(make_driver: DriverFactory) -> None:
    """The caller may reuse its command columns as soon as `submit` returns."""
    driver, _ = _opened(make_driver)
    batch = commands(action={0: FORWARD}, charge=(2,))
    driver.submit(batch)
    batch.action[:] = CW
    batch.charge[:] = False
    batch.service_s[:] = 9.0
    state = driver.poll()
    _require(state.cell[0] == 11 and state.heading[0] == EAST, "robot 0 did what was written after submit")
    _require(bool(state.charging[2]) and not state.service_left_s.any(), "columns changed after submit took effect")
    driver.close()


def counts_service_down(make_driver: DriverFactory) -> None:
    """A service of s seconds keeps the robot for s / step_s steps, rounded up, and reports what is left of it."""
    driver, _ = _opened(make_driver)
    left = float(_step(driver, commands(service_s={0: 2.5})).service_left_s[0])
    seen = [left]
    while left > 0 and len(seen) < 10:
        _refused(lambda: driver.submit(commands(action={0: FORWARD})), "a move during service", robot=0)
        _refused(lambda: driver.submit(commands(service_s={0: 1.0})), "a second service during service", robot=0)
        left = float(_step(driver, commands()).service_left_s[0])
        seen.append(left)
    _require(len(seen) == 3, f"2.5 s of service in steps of 1 s took {len(seen)} steps")
    _require(all(a > b for a, b in pairwise(seen)), f"seconds left were {seen}")
    state = _step(driver, commands(action={0: FORWARD}))
    _require(state.cell[0] == 11, "a robot could not drive on after its service")
    driver.close()


def charges_at_chargers(make_driver: DriverFactory) -> None:
    """Charge rises while commanded, up to 100 and no further, and the robot can leave at once."""
    driver, _ = _opened(make_driver, charge_percent=80.0)
    charge = [80.0]
    for _ in range(12):
        state = _step(driver, commands(charge=(2,)))
        _require(bool(state.charging[2]) and not state.charging[[0, 1, 3]].any(), f"charging is {state.charging}")
        charge.append(float(state.charge_percent[2]))
    _require(charge[1] > charge[0], f"a step on the charger took the charge from {charge[0]} to {charge[1]} %")
    _require(charge[-1] == 100.0 == max(charge), f"after 12 steps at 10 % a step the charge is {charge[-1]} %")
    state = _step(driver, commands(action={2: FORWARD}))
    _require(not state.charging[2] and state.cell[2] == 21, "a robot could not leave its charger")
    driver.close()


def drains_by_activity(make_driver: DriverFactory) -> None:
    """A step of driving takes more than one of turning, then service, then waiting; charging draws nothing."""
    driver, before = _opened(make_driver)
    at_open = before.charge_percent.copy()
    _require(driver.charge_wh_used == 0.0, f"{driver.charge_wh_used} Wh used before any step")
    state = _step(driver, commands(action={0: FORWARD, 1: CW}, service_s={3: 1.0}))
    drive, turn, wait, service = (at_open - state.charge_percent).tolist()
    _require(drive > turn > service > wait > 0, f"drive {drive}, turn {turn}, service {service}, wait {wait} %")
    used = 0.01 * _MODEL.battery_wh * (drive + turn + wait + service)
    _require(
        abs(driver.charge_wh_used - used) < 1e-4, f"{driver.charge_wh_used} Wh used, but charges fell by {used} Wh"
    )
    resting = driver.charge_wh_used
    state = _step(driver, commands(charge=(2,)))
    _require(driver.charge_wh_used > resting, "three robots at rest drew nothing")
    charged = 0.01 * _MODEL.battery_wh * 3 * wait
    _require(abs(driver.charge_wh_used - resting - charged) < 1e-4, "energy from the charger was counted as drawn")
    driver.close()


def stops_at_an_empty_battery(make_driver: DriverFactory) -> None:
    """Charge never goes below 0 %; an empty robot is reported where it stays."""
    driver, _ = _opened(make_driver, charge_percent=0.5)
    state = _step(driver, commands(action={0: CW}))
    _require(state.charge_percent[0] == 0.0, f"charge is {state.charge_percent[0]} % after the last of it was used")
    used = driver.charge_wh_used
    for action in (FORWARD, CW, FORWARD):
        state = _step(driver, commands(action={0: action}))
        at = (int(state.cell[0]), int(state.heading[0]))
        _require(at == (10, SOUTH), f"a robot with an empty battery went to {at}")
        _require(float(state.charge_percent.min()) >= 0.0, f"charge is {state.charge_percent.min()} %")
    _require(used <= 4 * 0.005 * _MODEL.battery_wh + 1e-4, f"{used} Wh used from batteries that had less")
    driver.close()


def refuses_impossible_commands(make_driver: DriverFactory) -> None:
    """Each impossible command is refused by robot, and nothing of its batch is carried out, in that step or later."""
    driver, state = _opened(make_driver)
    untried, _ = _opened(make_driver)
    for what, batch, robot in _impossible():
        before = _columns(state)
        _refused(lambda batch=batch: driver.submit(batch), what, robot)  # type: ignore[misc]
        _require(_columns(state) == before, f"{what}: the refused batch changed the state")
        _refused(driver.poll, f"poll after {what} was refused")
        state = _step(driver, commands())
        expected = _step(untried, commands())
        _require(_columns(state) == _columns(expected), f"{what}: part of the refused batch was carried out")
    _require(driver.charge_wh_used == untried.charge_wh_used, "refused batches used energy")
    driver.close()
    untried.close()


def refuses_swaps_and_meetings(make_driver: DriverFactory) -> None:
    """Two robots may neither swap cells nor enter one cell together."""
    driver, _ = _opened(make_driver)
    for batch in (
        commands(action={0: FORWARD, 1: CW}),  # 0 in 11 facing east; 1 in 6 facing south, above it
        commands(action={0: CCW}),
    ):
        _step(driver, batch)
    _refused(lambda: driver.submit(commands(action={0: FORWARD, 1: FORWARD})), "a swap of cells")
    _step(driver, commands(action={0: CW, 1: CCW}))
    _step(driver, commands(action={0: FORWARD, 1: CW}))
    for action in (FORWARD, FORWARD, CCW):
        _step(driver, commands(action={1: action}))  # 1 to 16, facing east; 0 in 12
    _step(driver, commands(action={0: CW}))
    _refused(lambda: driver.submit(commands(action={0: FORWARD, 1: FORWARD})), "two robots into one cell")
    state = _step(driver, commands(action={0: FORWARD}))
    _require(state.cell[:2].tolist() == [17, 16], f"robots are in {state.cell[:2].tolist()}, not [17, 16]")
    driver.close()


def refuses_commands_once_stopped(make_driver: DriverFactory) -> None:
    """After `stop` robots stay where they stand until the driver is opened again; then they go on from there."""
    driver, _ = _opened(make_driver)
    _step(driver, commands(action={0: FORWARD}))
    driver.submit(commands(action={1: CW}))
    driver.poll()
    driver.stop()
    _refused(lambda: driver.submit(commands(action={0: FORWARD})), "submit after stop")
    state = driver.open()
    at = (int(state.cell[0]), int(state.heading[1]))
    _require(at == (11, SOUTH), f"robots are elsewhere after stop and open: {at}")
    state = _step(driver, commands(action={0: FORWARD}))
    _require(state.cell[0] == 12, "commands are not carried out after stop and open")
    driver.close()


def closes_twice(make_driver: DriverFactory) -> None:
    """`close` may be called twice, and before `open`; nothing is accepted afterwards."""
    driver, _ = _opened(make_driver)
    driver.close()
    driver.close()
    _refused(lambda: driver.submit(commands()), "submit after close")
    _refused(driver.poll, "poll after close")
    unopened = make_driver(rig())
    unopened.close()


def repeats_itself(make_driver: DriverFactory) -> None:
    """Two drivers that are given the same commands report the same states, bit for bit."""
    runs = []
    for _ in range(2):
        driver, state = _opened(make_driver)
        rng = np.random.default_rng(7)
        seen = [_columns(state)]
        for _ in range(60):
            action = {robot: int(rng.integers(1, 4)) for robot in range(4)}
            action[0] = FORWARD if state.heading[0] == EAST and state.cell[0] < 14 else action[0]
            resting = state.service_left_s[3] > 0 or rng.random() < 0.3
            action[3] = WAIT if resting else action[3]
            service = {3: float(rng.random())} if resting and state.service_left_s[3] == 0 else {}
            action[2] = WAIT
            state = _step(driver, commands(action=action, service_s=service, charge=(2,) if rng.random() < 0.5 else ()))
            seen.append(_columns(state))
        runs.append((seen, driver.charge_wh_used))
        driver.close()
    _require(runs[0] == runs[1], "two runs with the same commands differ")


CHECKS: Final[tuple[Callable[[DriverFactory], None], ...]] = (
    opens_where_the_robots_are,
    refuses_calls_out_of_turn,
    carries_out_moves,
    lets_robots_follow_each_other,
    advances_its_clock,
    keeps_no_hold_on_commands,
    counts_service_down,
    charges_at_chargers,
    drains_by_activity,
    stops_at_an_empty_battery,
    refuses_impossible_commands,
    refuses_swaps_and_meetings,
    refuses_commands_once_stopped,
    closes_twice,
    repeats_itself,
)


def _impossible() -> list[tuple[str, Commands, int | None]]:
    """What is wrong, the batch, and the robot that the refusal must name; in each, robot 0 could have driven on."""
    drive = {0: FORWARD}
    short = commands(action=drive)
    short.charge = np.zeros(3, dtype=np.bool_)
    wide = commands(action=drive)
    wide.action = wide.action.astype(np.int64)
    return [
        ("a column of the wrong length", short, None),
        ("a column of the wrong type", wide, None),
        ("an unknown action", commands(action={**drive, 3: 4}), 3),
        ("a move into an obstacle", commands(action={**drive, 1: FORWARD}), 1),
        ("a move out of the map", commands(action={**drive, 3: FORWARD}), 3),
        ("a negative service time", commands(action=drive, service_s={3: -1.0}), 3),
        ("a service time that is no number", commands(action=drive, service_s={3: float("nan")}), 3),
        ("an endless service time", commands(action=drive, service_s={3: float("inf")}), 3),
        ("a move with a service", commands(action={**drive, 3: CW}, service_s={3: 1.0}), 3),
        ("charging where there is no charger", commands(action=drive, charge=(3,)), 3),
        ("a move while charging", commands(action={**drive, 2: CW}, charge=(2,)), 2),
        ("a service while charging", commands(action=drive, service_s={2: 1.0}, charge=(2,)), 2),
    ]


def _opened(make_driver: DriverFactory, charge_percent: float = 50.0) -> tuple[FleetDriver, FleetState]:
    driver = make_driver(rig(charge_percent))
    return driver, driver.open()


def _step(driver: FleetDriver, batch: Commands) -> FleetState:
    driver.submit(batch)
    return driver.poll()


def _columns(state: FleetState) -> tuple[object, ...]:
    columns = (state.cell, state.heading, state.charge_percent, state.service_left_s, state.charging)
    return (state.time_s, *(column.tobytes() for column in columns))


def _refused(call: Callable[[], object], what: str, robot: int | None = None) -> None:
    try:
        call()
    except DriverError as refusal:
        named = robot is None or f"robot {robot}" in str(refusal)
        _require(named, f"{what}: the refusal does not name robot {robot}: {refusal}")
        return
    raise AssertionError(f"{what} was not refused with DriverError")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
