"""The ideal driver accepts exactly the batches that an obvious robot-by-robot floor accepts, and moves robots alike."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.grid.layout import Layout
from robots.driver import Commands
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import FleetState
from tests.oracles.floor_step import step_or_none
from twin.ideal import IdealGridDriver

WIDTH, HEIGHT = 4, 3


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
    left = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 1.5]), min_size=n, max_size=n))
    chargers = free[: draw(st.integers(0, 4))]
    return passable, cells, headings, charge, left, chargers


@st.composite
def batches(draw, n):
    odd = st.sampled_from([float("nan"), float("inf"), -1.0])
    rarely = draw(st.integers(0, 9)) == 0
    return [
        {
            "action": draw(st.sampled_from([0, 0, 0, 1, 2, 3, 3] + [4] * rarely)),
            "service_s": draw(
                st.sampled_from([0.0] * 8 + [2.0]) | odd if rarely else st.sampled_from([0.0] * 8 + [2.0])
            ),
            "charge": draw(st.sampled_from([False] * 6 + [True])),
        }
        for _ in range(n)
    ]


@given(st.data())
@settings(max_examples=120)
def test_accepts_and_moves_as_the_obvious_floor_does(data):
    passable, cells, headings, charge, left, chargers = data.draw(floors())
    n = len(cells)
    start = FleetState.at(np.array(cells), np.array(headings), np.array(charge, dtype=np.float32))
    start.service_left_s[:] = left
    driver = IdealGridDriver(
        Layout(HEIGHT, WIDTH, passable), RobotModel(), 0.8, start=start, chargers=chargers, step_s=1.0
    )
    state = driver.open()
    for _ in range(4):
        batch = data.draw(batches(n))
        robots = [
            {
                "cell": int(state.cell[i]),
                "heading": int(state.heading[i]),
                "empty": state.charge_percent[i] == 0,
                "serving": state.service_left_s[i] > 0,
            }
            for i in range(n)
        ]
        expected = step_or_none(WIDTH, passable.tolist(), set(chargers.tolist()), robots, batch)
        columns = Commands(
            np.array([c["action"] for c in batch], np.uint8),
            np.array([c["service_s"] for c in batch], np.float32),
            np.array([c["charge"] for c in batch], np.bool_),
        )
        try:
            driver.submit(columns)
        except DriverError:
            assert expected is None
            driver.submit(Commands(np.full(n, 3, np.uint8), np.zeros(n, np.float32), np.zeros(n, np.bool_)))
            state = driver.poll()
            assert state.cell.tolist() == [robot["cell"] for robot in robots]
        else:
            assert expected is not None
            state = driver.poll()
            assert state.cell.tolist() == [robot["cell"] for robot in expected]
            assert state.heading.tolist() == [robot["heading"] for robot in expected]
        assert state.charge_percent.min() >= 0
        assert state.charge_percent.max() <= 100
