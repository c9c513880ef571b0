"""Whatever robots are thrown together, nobody ends up inside anybody, or outside the map."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles.overlaps import overlap
from tests.wheeled_floor import FORWARD, PERFECT, WheeledFloor

# Two robots at 1.5 m/s each come 12.5 mm closer in a substep.
DEEPEST_M = 0.025

robots = st.lists(
    st.tuples(st.floats(-0.15, 0.15), st.floats(-0.15, 0.15), st.floats(-3.1, 3.1), st.floats(-1.5, 1.5)),
    min_size=2,
    max_size=5,
)


@given(thrown=robots, rack=st.booleans())
def test_nothing_passes_through(thrown, rack):
    """Robots in cells of their own, askew, each with a speed of its own, wheels free."""
    cells = [0, 2, 5, 7, 9][: len(thrown)]
    floor = WheeledFloor(cells, height=3, width=4, racks=[6] if rack else [], body=PERFECT)
    for robot, (dx, dy, theta, speed) in enumerate(thrown):
        row, column = divmod(cells[robot], 4)
        room = _room(theta)
        floor.put(robot, column + 0.5 + dx * room, row + 0.5 + dy * room, theta)
        floor.bodies["forward"][robot] = speed
    floor.bodies["stall_left_until"] = floor.bodies["stall_right_until"] = np.inf
    for _ in range(12):
        floor.give({})
        assert _deepest(floor) < DEEPEST_M


@settings(max_examples=25)
@given(headings=st.lists(st.integers(0, 3), min_size=4, max_size=4))
def test_robots_that_push_each_other_stay_apart(headings):
    floor = WheeledFloor([0, 1, 3, 4], headings=headings, height=3, width=3)
    floor.give({robot: [FORWARD] for robot in range(4) if _has_room(headings[robot], (0, 1, 3, 4)[robot])})
    for _ in range(20):
        floor.give({})
        assert _deepest(floor) < DEEPEST_M


def _has_room(heading, cell):
    row, column = divmod(cell, 3)
    east, south = ((1, 0), (0, 1), (-1, 0), (0, -1))[heading]
    return 0 <= row + south <= 2 and 0 <= column + east <= 2


def _room(theta):
    """How far a robot may be from the middle of its cell, as a share, so that it starts inside."""
    reach = max(
        0.36 * abs(np.cos(theta)) + 0.33 * abs(np.sin(theta)), 0.36 * abs(np.sin(theta)) + 0.33 * abs(np.cos(theta))
    )
    return (0.5 - reach) / 0.17


def _deepest(floor):
    bodies = floor.bodies
    pairs = [overlap(one, other, 24) for row, one in enumerate(bodies) for other in bodies[row + 1 :]]
    return max(*pairs, *(_in_solid(floor, body) for body in bodies))


def _in_solid(floor, body):
    """How far a robot's corners reach into racks or off the map, by the nearest way out."""
    height, width = floor.layout.height, floor.layout.width
    solid = np.ones((height + 2, width + 2), dtype=np.bool_)
    solid[1:-1, 1:-1] = ~floor.layout.passable.reshape(height, width)
    c, s = np.cos(body["theta"]), np.sin(body["theta"])
    deepest = 0.0
    for along, across in ((0.36, 0.33), (0.36, -0.33), (-0.36, 0.33), (-0.36, -0.33)):
        x, y = body["x"] + along * c - across * s, body["y"] + along * s + across * c
        column, row = int(np.floor(x)), int(np.floor(y))
        if solid[min(max(row, -1), height) + 1, min(max(column, -1), width) + 1]:
            deepest = max(deepest, min(x - column, column + 1 - x, y - row, row + 1 - y))
    return deepest
