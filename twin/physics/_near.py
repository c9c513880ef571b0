"""Kernel that finds who may touch whom in the next period. `contacts.py` stands in front.

Invariant: two bodies that are not found are further apart than they can come in a period.
"""

from __future__ import annotations

from math import ceil, cos, hypot, sin

from numba import njit

from robots.arrays import Bool, Int32
from twin.fleet_records import Record, Records
from twin.physics.contact_records import Nearby, Shape

ROBOT, RACK, PERSON = 1, 2, 4
APART = 0.005  # metres: nearer than that, what has touched still touches
MORE_SPEED = 0.5  # m/s: what a body can gain in a period, accelerating or pushed out of another


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _cell_of(x: float, y: float, shape: Shape) -> int:
    """The cell at a place; beside the map the nearest."""
    column = min(int(max(x / shape.cell_m, 0.0)), shape.width - 1)
    row = min(int(max(y / shape.cell_m, 0.0)), shape.height - 1)
    return row * shape.width + column


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _gap(one: Record, other: Record, shape: Shape) -> float:
    """Distance of two robots along the axis of one of them that separates them best: at most their distance."""
    dx = other["x"] - one["x"]
    dy = other["y"] - one["y"]
    c = abs(one["c"] * other["c"] + one["s"] * other["s"])
    s = abs(one["c"] * other["s"] - one["s"] * other["c"])
    along = shape.half_length * (1.0 + c) + shape.half_width * s
    across = shape.half_width * (1.0 + c) + shape.half_length * s
    gap = abs(dx * one["c"] + dy * one["s"]) - along
    gap = max(gap, abs(dy * one["c"] - dx * one["s"]) - across)
    gap = max(gap, abs(dx * other["c"] + dy * other["s"]) - along)
    return float(max(gap, abs(dy * other["c"] - dx * other["s"]) - across))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _near_rack(frame: Record, solid: Bool, margin: float, shape: Shape) -> bool:
    """Whether a robot is within a margin of a cell that is solid; solid has a border one cell wide."""
    c = abs(frame["c"])
    s = abs(frame["s"])
    reach_x = shape.half_length * c + shape.half_width * s + margin
    reach_y = shape.half_length * s + shape.half_width * c + margin
    spread = 0.5 * shape.cell_m * (c + s)
    west = max(int((frame["x"] - reach_x) / shape.cell_m + 1.0), 0)
    east = min(int((frame["x"] + reach_x) / shape.cell_m + 1.0), shape.width + 1)
    north = max(int((frame["y"] - reach_y) / shape.cell_m + 1.0), 0)
    south = min(int((frame["y"] + reach_y) / shape.cell_m + 1.0), shape.height + 1)
    for row in range(north, south + 1):
        for column in range(west, east + 1):
            if solid[row, column]:
                dx = frame["x"] - (column - 0.5) * shape.cell_m
                dy = frame["y"] - (row - 0.5) * shape.cell_m
                if (
                    abs(dx * frame["c"] + dy * frame["s"]) < shape.half_length + spread + margin
                    and abs(dy * frame["c"] - dx * frame["s"]) < shape.half_width + spread + margin
                ):
                    return True
    return False


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _person_gap(frame: Record, person: Record, shape: Shape) -> float:
    """Distance of a person's rim from a robot, below 0 if they overlap."""
    dx = person["x"] - frame["x"]
    dy = person["y"] - frame["y"]
    along = abs(dx * frame["c"] + dy * frame["s"]) - shape.half_length
    across = abs(dy * frame["c"] - dx * frame["s"]) - shape.half_width
    return float(hypot(max(along, 0.0), max(across, 0.0)) - shape.person_radius)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _look_out(bodies: Records, near: Nearby, shape: Shape) -> float:
    """Sort robots into cells and write their frames; returns the speed of the fastest corner."""
    fastest = 0.0
    for row in range(len(bodies)):
        body = bodies[row]
        frame = near.frames[row]
        frame["x"] = body["x"]
        frame["y"] = body["y"]
        frame["c"] = cos(body["theta"])
        frame["s"] = sin(body["theta"])
        fastest = max(fastest, abs(body["forward"]) + abs(body["sideways"]) + abs(body["turning"]) * shape.radius)
        cell = _cell_of(body["x"], body["y"], shape)
        near.following[row] = near.first_in[cell]
        near.first_in[cell] = row
    return fastest


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _pair(one: int, other: int, gap: float, count: int, bodies: Records, partners: Int32, near: Nearby) -> int:
    """Note two robots that may touch; returns how many pairs there are."""
    if count == len(near.pairs):
        return count
    low = min(one, other)
    high = max(one, other)
    touching = False
    if gap < APART:
        for place in range(partners.shape[1]):
            touching = touching or partners[low, place] == high
    near.pairs[count, 0] = low
    near.pairs[count, 1] = high
    near.touching[count] = touching
    near.rest[count] = 0
    near.crowd[one] = near.crowd[other] = True
    if touching:
        bodies[one]["touches"] |= ROBOT
        bodies[other]["touches"] |= ROBOT
    return count + 1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _robots_around(
    row: int, count: int, margin: float, awake: Bool, bodies: Records, partners: Int32, near: Nearby, shape: Shape
) -> int:
    """Note the robots that a robot that is awake may touch; returns how many pairs there are."""
    frame = near.frames[row]
    reach = 2.0 * shape.radius + margin
    ring = ceil(reach / shape.cell_m)
    cell = _cell_of(frame["x"], frame["y"], shape)
    line = cell // shape.width
    column = cell - line * shape.width
    for south in range(max(line - ring, 0), min(line + ring, shape.height - 1) + 1):
        for east in range(max(column - ring, 0), min(column + ring, shape.width - 1) + 1):
            other = near.first_in[south * shape.width + east]
            while other >= 0:
                if other > row or (other < row and not awake[other]):
                    dx = near.frames[other]["x"] - frame["x"]
                    dy = near.frames[other]["y"] - frame["y"]
                    if dx * dx + dy * dy < reach * reach:
                        gap = _gap(frame, near.frames[other], shape)
                        if gap < margin:
                            count = _pair(row, other, gap, count, bodies, partners, near)
                other = near.following[other]
    return count


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _others_around(
    row: int, margin: float, bodies: Records, solid: Bool, people: Records, standing: int, near: Nearby, shape: Shape
) -> None:
    """Note whether a robot may touch a rack or a person."""
    body = bodies[row]
    frame = near.frames[row]
    touched = body["touches"]
    body["touches"] = 0
    near.rack[row] = _near_rack(frame, solid, margin, shape)
    if near.rack[row]:
        near.crowd[row] = True
        if touched & RACK and _near_rack(frame, solid, APART, shape):
            body["touches"] |= RACK
    near.person[row] = False
    for place in range(standing):
        gap = _person_gap(frame, people[place], shape)
        if gap < margin:
            near.crowd[row] = near.person[row] = True
            if touched & PERSON and gap < APART:
                body["touches"] |= PERSON


@njit(cache=True, nogil=True, error_model="numpy")
def find(
    bodies: Records,
    awake: Bool,
    solid: Bool,
    people: Records,
    standing: int,
    partners: Int32,
    near: Nearby,
    period: float,
    shape: Shape,
) -> int:
    """Write who may touch what in a period into `near`, and what still touches into bodies; returns pairs found.

    solid bool (height + 2, width + 2), cells and the border around the map; people: the first `standing` are there;
    partners int32 (n, k), -1 for none: robots of greater number that each robot has touched.
    """
    fastest = _look_out(bodies, near, shape)
    for place in range(standing):
        fastest = max(fastest, people[place]["speed"])
    margin = (2.0 * fastest + MORE_SPEED) * period
    pairs = 0
    for row in range(len(bodies)):
        near.crowd[row] = False
        near.rack[row] = False
        near.person[row] = False
    for row in range(len(bodies)):
        if awake[row] or standing > 0:
            _others_around(row, margin, bodies, solid, people, standing, near, shape)
    for row in range(len(bodies)):
        if awake[row]:
            pairs = _robots_around(row, pairs, margin, awake, bodies, partners, near, shape)
    for row in range(len(bodies)):
        near.first_in[_cell_of(bodies[row]["x"], bodies[row]["y"], shape)] = -1
    return pairs


@njit(cache=True, nogil=True, error_model="numpy")
def remember(partners: Int32, near: Nearby, pairs: int) -> None:
    """Write who touches whom at the end of a period."""
    partners[:, :] = -1
    for pair in range(pairs):
        if near.touching[pair]:
            row = partners[near.pairs[pair, 0]]
            for place in range(len(row)):
                if row[place] < 0:
                    row[place] = near.pairs[pair, 1]
                    break
