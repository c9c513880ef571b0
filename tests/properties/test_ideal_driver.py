"""The ideal driver accepts exactly the rows that an obvious robot-by-robot floor accepts, and moves robots alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.grid.layout import Layout
from robots.driver import Commands
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import FleetState
from tests.oracles.floor_step import received, robot_at, step_or_none
from twin.ideal import IdealGridDriver

WIDTH, HEIGHT = 4, 3
NAN, INF = float("nan"), float("inf")


@st.composite
def floors(draw):
    passable = np.array(draw(st.lists(st.sampled_from([True, True, True, False]), min_size=12, max_size=12)))
    free = np.flatnonzero(passable)
    if len(free) < 2:
        passable[:2] = True
        free = np.flatnonzero(passable)
    n = draw(st.integers(1, min(6, len(free))))
    cells = draw(st.permutations(free.tolist()))[:n]
    headings = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
    charge = draw(st.lists(st.sampled_from([0.0, 50.0, 80.0]), min_size=n, max_size=n))
    chargers = free[: draw(st.integers(0, 4))]
    return passable, cells, headings, charge, chargers


def entries(odd):
    """Entries with seconds; with `odd`, some that no robot understands."""
    sane = [(0, 0.0)] * 4 + [(1, 0.0), (2, 0.0), (3, 0.0), (3, 0.0), (4, 0.5), (4, 1.5), (4, 2.0), (5, 0.0)]
    wrong = [(6, 0.0), (255, 0.0), (4, 0.0), (4, NAN), (4, INF), (4, -1.0), (0, 1.0), (3, NAN), (5, 2.0)]
    return st.sampled_from(sane + wrong * odd)


@st.composite
def batches(draw, robots, room):
    """A row for each robot: mostly what follows on what it has, now and again anything."""
    odd = draw(st.integers(0, 9)) == 0
    few = draw(st.booleans())
    rows = []
    for robot in robots:
        known = received(robot)
        plain = few or draw(st.integers(0, 4)) > 0
        row = [draw(entries(odd))] + [(3, 0.0)] * (room - 1)
        if not plain:
            row = draw(st.lists(entries(odd), min_size=room, max_size=room))
            if not odd:
                row.sort(key=lambda pair: pair[0] == 3)
        rows.append(
            {
                "epoch": robot["epoch"] if plain else robot["epoch"] + draw(st.sampled_from([-1, 0, 0, 0, 1])),
                "index": known if plain else known + draw(st.sampled_from([-2, -1, 0, 0, 1])),
                "entries": [(3, 0.0)] * room if plain and robot["waiting"] and not odd else row,
                "halt": draw(st.integers(0, 9)) == 0,
                "limit": draw(st.sampled_from([INF, 0.5] + [0.0, NAN, -1.0] * odd)),
            }
        )
        if not odd:
            rows[-1]["epoch"], rows[-1]["index"] = max(rows[-1]["epoch"], 0), max(rows[-1]["index"], 0)
    return rows


def columns(rows):
    return Commands(
        epoch=np.array([row["epoch"] for row in rows], np.int32),
        index=np.array([row["index"] for row in rows], np.int32),
        entries=np.array([[entry for entry, _ in row["entries"]] for row in rows], np.uint8),
        service_s=np.array([[seconds for _, seconds in row["entries"]] for row in rows], np.float32),
        halt=np.array([row["halt"] for row in rows], np.bool_),
        speed_limit_mps=np.array([row["limit"] for row in rows], np.float32),
    )


def assert_alike(state, robots):
    for name, values in (
        ("cell", [robot["cell"] for robot in robots]),
        ("heading", [robot["heading"] for robot in robots]),
        ("epoch", [robot["epoch"] for robot in robots]),
        ("confirmed", [robot["confirmed"] for robot in robots]),
        ("received", [received(robot) for robot in robots]),
        ("service_left_s", [robot["left"] for robot in robots]),
        ("charging", [robot["charging"] for robot in robots]),
        ("flags", [int(robot["halted"]) for robot in robots]),
        ("x_m", [0.8 * (robot["cell"] % WIDTH + 0.5) for robot in robots]),
        ("y_m", [0.8 * (robot["cell"] // WIDTH + 0.5) for robot in robots]),
    ):
        assert getattr(state, name).tolist() == np.array(values, getattr(state, name).dtype).tolist(), name
    assert state.charge_percent.min() >= 0
    assert state.charge_percent.max() <= 100


@given(st.data())
@settings(max_examples=200)
def test_accepts_and_moves_as_the_obvious_floor_does(data):
    passable, cells, headings, charge, chargers = data.draw(floors())
    start = FleetState.at(np.array(cells), np.array(headings), np.array(charge, dtype=np.float32))
    driver = IdealGridDriver(
        Layout(HEIGHT, WIDTH, passable), RobotModel(), 0.8, start=start, chargers=chargers, step_s=1.0
    )
    state = driver.open()
    robots = [robot_at(cell, heading) for cell, heading in zip(cells, headings, strict=True)]
    for _ in range(6):
        rows = data.draw(batches(robots, data.draw(st.integers(1, 3))))
        empty = (state.charge_percent == 0).tolist()
        expected = step_or_none(WIDTH, passable.tolist(), set(chargers.tolist()), robots, rows, empty)
        try:
            driver.submit(columns(rows))
        except DriverError:
            assert expected is None
            continue
        assert expected is not None
        state = driver.poll()
        assert_alike(state, expected)
        robots = expected
