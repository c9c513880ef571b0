"""Kernel of people on the floor: they walk from cell to cell, mostly straight on. `contacts.py` stands in front.

Invariant: a person is on a line between the middles of two passable cells, and neither comes nor walks into a robot
that it sees; in both cells robots are told to stop before them.
"""

from __future__ import annotations

from math import cos, hypot, sin

from numba import njit

from robots.arrays import Bool, Float64
from twin.fleet_records import Record, Records
from twin.physics.contact_records import Shape

EPS = 1e-9  # seconds and metres: rounding
STRAIGHT_ON = 0.8  # probability, where that is possible
CHANGE = 0.02  # probability in a period that somebody who cannot walk on looks for another way
ROOM = 0.05  # metres that people keep from robots


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _mixed(word: int) -> int:
    """32 bits from 32 bits, each depending on all (lowbias32, C. Wellons, "Prospecting for hash functions", 2018)."""
    word = (word ^ (word >> 16)) * 0x7FEB352D & 0xFFFFFFFF
    word = (word ^ (word >> 15)) * -0x7B935975 & 0xFFFFFFFF  # 0x846CA68B less 2^32: the product fits in 63 bits
    return int(word ^ (word >> 16))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _uniform(person: Record) -> float:
    """The person's next random number, 0 <= u < 1."""
    person["draws"] += 1
    return float(_mixed(person["key"] ^ _mixed(person["draws"] & 0xFFFFFFFF)) / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _next(cell: int, heading: int, solid: Bool, shape: Shape) -> int:
    """The cell ahead, -1 if it is solid or off the map; solid has a border one cell wide."""
    row = cell // shape.width
    column = cell - row * shape.width
    east = 1 if heading == 0 else -1 if heading == 2 else 0
    south = 1 if heading == 1 else -1 if heading == 3 else 0
    if solid[row + south + 1, column + east + 1]:
        return -1
    return cell + south * shape.width + east


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _turn(person: Record, solid: Bool, shape: Shape) -> None:
    """Choose where to go on: straight, else right or left, else back."""
    side = 1 if _uniform(person) < 0.5 else 3
    ahead = person["heading"]
    first = ahead if _uniform(person) < STRAIGHT_ON else (ahead + side) & 3
    for turn in (first, ahead, (ahead + side) & 3, (ahead + side + 2) & 3):
        if _next(person["cell"], turn, solid, shape) >= 0:
            person["heading"] = turn
            return
    person["heading"] = (ahead + 2) & 3


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _turn_off(person: Record, solid: Bool, shape: Shape) -> None:
    """Choose another way than straight on: right or left, else back."""
    side = 1 if _uniform(person) < 0.5 else 3
    ahead = person["heading"]
    for turn in ((ahead + side) & 3, (ahead + side + 2) & 3, (ahead + 2) & 3):
        if _next(person["cell"], turn, solid, shape) >= 0:
            person["heading"] = turn
            return


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _is_free(x: float, y: float, bodies: Records, shape: Shape) -> bool:
    """Whether somebody can stand at a place without a robot in the way."""
    reach = shape.radius + shape.person_radius + ROOM
    for row in range(len(bodies)):
        dx = x - bodies[row]["x"]
        dy = y - bodies[row]["y"]
        if abs(dx) < reach and abs(dy) < reach:
            c = cos(bodies[row]["theta"])
            s = sin(bodies[row]["theta"])
            along = abs(dx * c + dy * s) - shape.half_length
            across = abs(dy * c - dx * s) - shape.half_width
            if hypot(max(along, 0.0), max(across, 0.0)) < shape.person_radius + ROOM:
                return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def enter(
    door: Records, people: Records, bodies: Records, blocked: Float64, now: float, period: float, shape: Shape
) -> None:
    """Let everybody at the door onto the floor who has room there; blocked as in `walk`, also for those who wait."""
    for place in range(len(door)):
        if door[place]["until"] <= now + EPS:
            continue
        cell = door[place]["cell"]
        blocked[cell] = max(blocked[cell], now + 1.5 * period)
        if _is_free(door[place]["x"], door[place]["y"], bodies, shape):
            first = 0
            for other in range(1, len(people)):
                if people[other]["until"] < people[first]["until"]:
                    first = other
            people[first] = door[place]
            door[place]["until"] = -1e300


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _arrive(person: Record, solid: Bool, period: float, shape: Shape) -> float:
    """Take a person to where it has walked in the last period; returns its way from the middle of its cell."""
    person["x"] += person["vx"] * period
    person["y"] += person["vy"] * period
    row = person["cell"] // shape.width
    middle_x = (person["cell"] - row * shape.width + 0.5) * shape.cell_m
    middle_y = (row + 0.5) * shape.cell_m
    way = abs(person["x"] - middle_x) + abs(person["y"] - middle_y)
    if way < shape.cell_m - EPS:
        return float(way)
    cell = _next(person["cell"], person["heading"], solid, shape)
    person["cell"] = cell
    row = cell // shape.width
    person["x"] = (cell - row * shape.width + 0.5) * shape.cell_m
    person["y"] = (row + 0.5) * shape.cell_m
    _turn(person, solid, shape)
    return 0.0


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _walk(person: Record, bodies: Records, solid: Bool, blocked: Float64, now: float, period: float, shape: Shape) -> None:  # fmt: skip # noqa: E501
    """Decide how a person walks in this period."""
    way = _arrive(person, solid, period, shape)
    person["vx"] = 0.0
    person["vy"] = 0.0
    cell = person["cell"]
    following = _next(cell, person["heading"], solid, shape)
    # Firmware looks once a period, at its beginning.
    until = now + 1.5 * period
    blocked[cell] = max(blocked[cell], until)
    if following < 0:
        _turn(person, solid, shape)
        return
    blocked[following] = max(blocked[following], until)
    heading = person["heading"]
    east = 1.0 if heading == 0 else -1.0 if heading == 2 else 0.0
    south = 1.0 if heading == 1 else -1.0 if heading == 3 else 0.0
    step = min(person["speed"] * period, shape.cell_m - way)
    free = _is_free(person["x"] + step * east, person["y"] + step * south, bodies, shape)
    if free and way == 0.0:
        free = _is_free(person["x"] + shape.cell_m * east, person["y"] + shape.cell_m * south, bodies, shape)
    if free:
        person["vx"] = step / period * east
        person["vy"] = step / period * south
    elif way == 0.0 and _uniform(person) < CHANGE:
        _turn_off(person, solid, shape)


@njit(cache=True, nogil=True, error_model="numpy")
def walk(
    people: Records, bodies: Records, solid: Bool, blocked: Float64, now: float, period: float, shape: Shape
) -> int:
    """Decide how everybody walks in a period from now on; returns how many are there: they are moved to the front.

    blocked (cells,), written: until when robots stop before a cell.
    """
    standing = 0
    for place in range(len(people)):
        if people[place]["until"] > now + EPS:
            if place != standing:
                people[standing] = people[place]
                people[place]["until"] = -1e300
            _walk(people[standing], bodies, solid, blocked, now, period, shape)
            standing += 1
    return standing
