"""When a driver may be called, what it refuses, and that it does the same again."""

from __future__ import annotations

from itertools import pairwise
from math import inf, nan

import numpy as np

from robots.conformance.rig import (
    CCW,
    CHARGE,
    CW,
    EAST,
    FORWARD,
    ROBOTS,
    WAIT,
    WEST,
    DriverFactory,
    Item,
    commands,
    rig,
    service,
)
from robots.conformance.trial import Trial, columns, refused, require
from robots.driver import Commands
from robots.state import FleetState


def opens_where_the_robots_are(make_driver: DriverFactory) -> None:
    """`open` reports every column of the start, in the types of FleetState."""
    trial = Trial(make_driver)
    state, start = trial.state, rig().start
    for name in FleetState.__slots__:
        got, want = getattr(state, name), getattr(start, name)
        if name in ("time_s", "heard_s"):
            continue
        require(got.dtype == want.dtype, f"{name} is {got.dtype}, not {want.dtype}")
        require(got.shape == want.shape, f"{name} is of shape {got.shape}, not {want.shape}")
        if name not in ("x_m", "y_m", "theta_rad"):
            require(np.array_equal(got, want), f"{name} is {got.tolist()} after open, not {want.tolist()}")
    require(state.heard_s.dtype == np.float64, f"heard_s is {state.heard_s.dtype}, not float64")
    trial.require_in_place()
    trial.driver.close()


def refuses_calls_out_of_turn(make_driver: DriverFactory) -> None:
    """Before `open`, twice without `poll`, and `poll` without `submit`: all refused, and the driver goes on."""
    driver = make_driver(rig())
    refused(lambda: driver.submit(commands()), "submit before open")
    refused(driver.poll, "poll before open")
    driver.close()
    trial = Trial(make_driver)
    refused(trial.driver.open, "open of an open driver")
    refused(trial.driver.poll, "poll without submit")
    trial.give(0, FORWARD)
    trial.driver.submit(trial.rows())
    refused(lambda: trial.driver.submit(commands({0: [CW]})), "submit twice without poll")
    trial.driver.poll()
    trial.finish()
    trial.driver.close()


def advances_its_clock(make_driver: DriverFactory) -> None:
    """Time grows with every poll; reports never get older than those before."""
    trial = Trial(make_driver)
    times, heard = [trial.state.time_s], [trial.state.heard_s.copy()]
    for _ in range(5):
        state = trial.tick()
        times.append(state.time_s)
        heard.append(state.heard_s.copy())
    require(all(a < b for a, b in pairwise(times)), f"times are {times}")
    require(all(bool((a <= b).all()) for a, b in pairwise(heard)), f"reports are from {heard}")
    trial.driver.close()


def keeps_no_hold_on_commands(make_driver: DriverFactory) -> None:
    """The caller may reuse its command columns as soon as `submit` returns."""
    trial = Trial(make_driver)
    trial.give(0, FORWARD)
    trial.give(2, CHARGE)

    def scribbled() -> None:
        batch = trial.rows()
        trial.driver.submit(batch)
        batch.entries[:], batch.index[:], batch.epoch[:] = CW, 0, 7
        batch.service_s[:], batch.halt[:], batch.speed_limit_mps[:] = 9.0, True, 0.01
        trial.state = trial.driver.poll()
        require(not trial.state.flags.any(), "columns that changed after submit took effect")

    limit = trial.state.time_s + 30.0
    while trial.state.confirmed[[0, 2]].min() < 1:
        scribbled()
        require(trial.state.time_s < limit, "robots did not do what was handed over")
    trial.finish()
    trial.driver.close()


def refuses_impossible_commands(make_driver: DriverFactory) -> None:
    """Each impossible command is refused by robot, and nothing of its batch is carried out, in that step or later."""
    trial, untried = Trial(make_driver), Trial(make_driver)
    for what, batch, robot in _impossible(trial.driver.entries_ahead):
        before = columns(trial.state)
        refused(lambda batch=batch: trial.driver.submit(batch), what, robot)  # type: ignore[misc]
        require(columns(trial.state) == before, f"{what}: the refused batch changed the state")
        refused(trial.driver.poll, f"poll after {what} was refused")
        for _ in range(3):
            state, expected = trial.tick(), untried.tick()
            require(columns(state) == columns(expected), f"{what}: part of the refused batch was carried out")
    require(trial.driver.charge_wh_used == untried.driver.charge_wh_used, "refused batches used energy")
    trial.driver.close()
    untried.driver.close()


def refuses_commands_once_stopped(make_driver: DriverFactory) -> None:
    """After `stop` nothing is taken until the driver is opened again.

    What was not confirmed is dropped by then; robots go on from where they came to rest, and numbers count on.
    """
    trial = Trial(make_driver)
    trial.give(0, FORWARD)
    trial.give(3, service(20.0), CW)
    trial.until("a service begins", lambda: trial.state.confirmed[0] == 1 and bool(trial.state.service_left_s[3] > 0))
    trial.give(0, FORWARD, FORWARD, CW, FORWARD)
    trial.give(2, CHARGE)
    trial.tick()
    trial.driver.stop()
    refused(lambda: trial.driver.submit(commands()), "submit after stop")
    refused(trial.driver.poll, "poll after stop")
    state = trial.reopen()
    require(not state.charging.any() and not state.service_left_s.any(), "a service or charging went on after stop")
    confirmed = int(state.confirmed[0])
    require(1 <= confirmed < 5, f"a robot confirmed {confirmed} entries, and was stopped after one or two")
    require(int(state.confirmed[3]) == 0, "a service that was stopped is confirmed")
    trial.give(0, CW, CCW)
    trial.give(3, CW)
    require(trial.finish().confirmed[[0, 3]].tolist() == [confirmed + 2, 1], "numbers did not count on after stop")
    trial.driver.close()


def closes_twice(make_driver: DriverFactory) -> None:
    """`close` may be called twice, and before `open`; nothing is accepted afterwards."""
    trial = Trial(make_driver)
    trial.driver.close()
    trial.driver.close()
    refused(lambda: trial.driver.submit(commands()), "submit after close")
    refused(trial.driver.poll, "poll after close")
    unopened = make_driver(rig())
    unopened.close()


def repeats_itself(make_driver: DriverFactory) -> None:
    """Two drivers that are given the same commands report the same states, bit for bit."""
    runs = []
    for _ in range(2):
        trial = Trial(make_driver)
        rng = np.random.default_rng(7)
        seen = [columns(trial.state)]
        while trial.state.time_s < 40.0:
            for robot in np.flatnonzero(trial.state.received == trial.state.confirmed).tolist():
                if len(trial.bases[robot]) == trial.state.confirmed[robot]:
                    trial.give(robot, _some_entry(rng, robot, *trial.ways[robot][-1]))
            halt = [robot for robot in range(ROBOTS) if rng.random() < 0.1]
            limit = 0.5 if rng.random() < 0.3 else inf
            seen.append(columns(trial.tick(trial.rows(halt, limit))))
        runs.append((seen, trial.driver.charge_wh_used))
        trial.driver.close()
    require(runs[0] == runs[1], "two runs with the same commands differ")


def _some_entry(rng: np.random.Generator, robot: int, cell: int, heading: int) -> Item:
    """Something possible: robot 0 drives to and fro in its row, robot 2 charges, all turn and serve."""
    if robot == 0 and ((heading == EAST and cell < 14) or (heading == WEST and cell > 10)) and rng.random() < 0.7:
        return FORWARD
    if rng.random() < 0.3:
        return CHARGE if robot == 2 else service(0.1 + float(rng.random()))
    return CW if rng.random() < 0.5 else CCW


def _impossible(entries_ahead: int) -> list[tuple[str, Commands, int | None]]:
    """What is wrong, the batch, and the robot that the refusal must name; in each, robot 0 could have driven on."""
    short = commands({0: [FORWARD]})
    short.halt = np.zeros(3, dtype=np.bool_)
    wide = commands({0: [FORWARD]})
    wide.entries = wide.entries.astype(np.int64)
    flat = commands({0: [FORWARD]})
    flat.entries = flat.entries[:, 0]
    uneven = commands({0: [FORWARD]})
    uneven.service_s = np.zeros((ROBOTS, 2), dtype=np.float32)
    strolling = commands({0: [FORWARD]})
    strolling.service_s[3] = 1.0
    limits = []
    for limit in (0.0, -1.0, nan):
        limits.append(commands({0: [FORWARD]}))
        limits[-1].speed_limit_mps[3] = limit
    found: list[tuple[str, Commands, int | None]] = [
        ("a column of the wrong length", short, None),
        ("a column of the wrong type", wide, None),
        ("entries in one dimension", flat, None),
        ("service times for more entries than there are", uneven, None),
        ("an unknown entry", commands({0: [FORWARD], 3: [6]}), 3),
        ("a move into an obstacle", commands({0: [FORWARD], 1: [FORWARD]}), 1),
        ("a move out of the map", commands({0: [FORWARD], 3: [FORWARD]}), 3),
        ("an entry after the end of a row", commands({0: [FORWARD], 3: [WAIT, WAIT, CW]}), 3),
        ("more entries than a robot takes", commands({0: [FORWARD], 3: [CW] * (entries_ahead + 1)}), 3),
        ("an epoch below 0", commands({0: [FORWARD]}, epoch=np.array([0, 0, 0, -1], dtype=np.int32)), 3),
        ("an index below 0", commands({0: [FORWARD]}, index=np.array([0, 0, 0, -1], dtype=np.int32)), 3),
        ("a service time without a service", strolling, 3),
        ("charging where there is no charger", commands({0: [FORWARD], 3: [CHARGE]}), 3),
        *(("an impossible speed limit", batch, 3) for batch in limits),
        *((f"a service of {s} s", commands({0: [FORWARD], 3: [service(s)]}), 3) for s in (0.0, -1.0, nan, inf)),
    ]
    if entries_ahead >= 3:
        found.append(("a way out of the map", commands({0: [FORWARD], 3: [CW, FORWARD, FORWARD]}), 3))
        found.append(("a way into an obstacle", commands({0: [FORWARD], 1: [CCW, CW, FORWARD]}), 1))
        found.append(("a way to charge elsewhere", commands({0: [FORWARD], 2: [CHARGE, FORWARD, CHARGE]}), 2))
    return found
