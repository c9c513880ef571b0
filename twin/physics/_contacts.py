"""Kernel of contacts: what bodies that overlap do to each other's velocity in a substep. `contacts.py` stands in front.

Contacts are soft: a spring and a damper, solved implicitly one after the other, with Coulomb friction. Robots are
rectangles; racks and the border of the map are boxes along the axes; people are discs that nothing moves.
Invariant: an impulse acts on both bodies at one place, in opposite directions.
"""

from __future__ import annotations

from math import cos, hypot, sin

from numba import njit

from robots.arrays import Bool, Int64
from twin.fleet_records import Record, Records
from twin.physics.contact_records import Nearby, Shape

ROBOT, RACK, PERSON = 1, 2, 4
MORE_SPEED = 0.5  # m/s: what a body can gain in a period, accelerating or pushed out of another
UNDO_MOST = 1.5  # m/s: deep overlaps (somebody was set down there) are undone no faster


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _pressed(nearing: float, depth: float, lightness: float, shape: Shape) -> float:
    """Impulse along the normal, N s, for bodies that near each other at a speed and overlap by a depth."""
    return max(shape.yielding * (nearing + min(shape.undoing * depth, UNDO_MOST)) / lightness, 0.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _give(frame: Record, px: float, py: float, ix: float, iy: float) -> None:
    """Give a robot an impulse at a place."""
    frame["vx"] += ix * frame["lightness"]
    frame["vy"] += iy * frame["lightness"]
    frame["turning"] += ((px - frame["x"]) * iy - (py - frame["y"]) * ix) * frame["ease"]
    frame["pushed"] = True


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _lightness(frame: Record, px: float, py: float, nx: float, ny: float) -> float:
    """How much an impulse of 1 N s at a place changes the robot's speed there, along the same direction."""
    lever = (px - frame["x"]) * ny - (py - frame["y"]) * nx
    return float(frame["lightness"] + lever * lever * frame["ease"])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _speed_at(frame: Record, px: float, py: float) -> tuple[float, float]:
    """Velocity of the robot's body at a place."""
    return frame["vx"] - frame["turning"] * (py - frame["y"]), frame["vy"] + frame["turning"] * (px - frame["x"])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _push_apart(one: Record, other: Record, px: float, py: float, nx: float, ny: float, depth: float, shape: Shape) -> None:  # fmt: skip # noqa: E501
    """Let two robots push each other; the normal points from one to the other."""
    lightness = _lightness(one, px, py, nx, ny) + _lightness(other, px, py, nx, ny)
    if lightness == 0.0:
        return
    vx, vy = _speed_at(one, px, py)
    wx, wy = _speed_at(other, px, py)
    impulse = _pressed((vx - wx) * nx + (vy - wy) * ny, depth, lightness, shape)
    if impulse == 0.0:
        return
    rubbing = (vy - wy) * nx - (vx - wx) * ny
    most = shape.friction * impulse
    drag = rubbing / (_lightness(one, px, py, -ny, nx) + _lightness(other, px, py, -ny, nx))
    drag = max(min(drag, most), -most)
    ix = impulse * nx - drag * ny
    iy = impulse * ny + drag * nx
    _give(one, px, py, -ix, -iy)
    _give(other, px, py, ix, iy)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _push_off(frame: Record, px: float, py: float, nx: float, ny: float, depth: float, vx: float, vy: float, shape: Shape) -> None:  # fmt: skip # noqa: E501
    """Let something that nothing moves, and that itself moves at (vx, vy), push a robot along a normal."""
    lightness = _lightness(frame, px, py, nx, ny)
    if lightness == 0.0:
        return
    wx, wy = _speed_at(frame, px, py)
    impulse = _pressed((vx - wx) * nx + (vy - wy) * ny, depth, lightness, shape)
    if impulse == 0.0:
        return
    rubbing = (vy - wy) * nx - (vx - wx) * ny
    most = shape.friction * impulse
    drag = max(min(rubbing / _lightness(frame, px, py, -ny, nx), most), -most)
    _give(frame, px, py, impulse * nx - drag * ny, impulse * ny + drag * nx)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _face(one: Record, other: Record, axis: int, sign: float, shape: Shape) -> None:
    """Let a face of one robot and the edge of another that it meets push each other at both ends of their overlap.

    axis: 0 for the front or back of `one`, 1 for a side; 2 and 3 the same where `one` is the second of the pair. sign:
    front or right 1, back or left -1.
    """
    along = axis == 0 or axis == 2
    # In the axes of the face: n out of it, t along it, to the right of n.
    nx = sign * (one["c"] if along else -one["s"])
    ny = sign * (one["s"] if along else one["c"])
    deep = shape.half_length if along else shape.half_width
    wide = shape.half_width if along else shape.half_length
    dx = other["x"] - one["x"]
    dy = other["y"] - one["y"]
    middle_n = dx * nx + dy * ny
    middle_t = dy * nx - dx * ny
    ahead_n = other["c"] * nx + other["s"] * ny  # forward of the other in these axes
    ahead_t = other["s"] * nx - other["c"] * ny
    if abs(ahead_n) >= abs(ahead_t):  # its front or back faces us
        out = -shape.half_length if ahead_n > 0.0 else shape.half_length
        edge_n = middle_n + out * ahead_n
        edge_t = middle_t + out * ahead_t
        side_n = -ahead_t * shape.half_width
        side_t = ahead_n * shape.half_width
    else:
        out = shape.half_width if ahead_t > 0.0 else -shape.half_width
        edge_n = middle_n - out * ahead_t
        edge_t = middle_t + out * ahead_n
        side_n = ahead_n * shape.half_length
        side_t = ahead_t * shape.half_length
    low = max((-wide - edge_t) / abs(side_t), -1.0)
    high = min((wide - edge_t) / abs(side_t), 1.0)
    if side_t < 0.0:
        side_n = -side_n
        side_t = -side_t
    for end in range(2):
        part = low if end == 0 else high
        at_n = edge_n + part * side_n
        at_t = edge_t + part * side_t
        depth = deep - at_n
        if depth > 0.0:
            px = one["x"] + at_n * nx - at_t * ny
            py = one["y"] + at_n * ny + at_t * nx
            if axis >= 2:
                _push_apart(other, one, px, py, -nx, -ny, depth, shape)
            else:
                _push_apart(one, other, px, py, nx, ny, depth, shape)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _meet(one: Record, other: Record, shape: Shape) -> float:
    """Let two robots push each other if they overlap; returns their gap, below 0 then."""
    dx = other["x"] - one["x"]
    dy = other["y"] - one["y"]
    c = abs(one["c"] * other["c"] + one["s"] * other["s"])
    s = abs(one["c"] * other["s"] - one["s"] * other["c"])
    along = shape.half_length * (1.0 + c) + shape.half_width * s
    across = shape.half_width * (1.0 + c) + shape.half_length * s
    ahead = dx * one["c"] + dy * one["s"]
    right = dy * one["c"] - dx * one["s"]
    back = -(dx * other["c"] + dy * other["s"])
    left = -(dy * other["c"] - dx * other["s"])
    gap = abs(ahead) - along
    axis = 0
    if abs(right) - across > gap:
        gap = abs(right) - across
        axis = 1
    if abs(back) - along > gap + 1e-9:
        gap = abs(back) - along
        axis = 2
    if abs(left) - across > gap + 1e-9:
        gap = abs(left) - across
        axis = 3
    if gap >= 0.0:
        return float(gap)
    if axis == 0:
        _face(one, other, axis, 1.0 if ahead > 0.0 else -1.0, shape)
    elif axis == 1:
        _face(one, other, axis, 1.0 if right > 0.0 else -1.0, shape)
    elif axis == 2:
        _face(other, one, axis, 1.0 if back > 0.0 else -1.0, shape)
    else:
        _face(other, one, axis, 1.0 if left > 0.0 else -1.0, shape)
    return float(gap)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _corner_in_rack(frame: Record, px: float, py: float, row: int, column: int, solid: Bool, shape: Shape) -> bool:
    """Push a robot out of a solid cell that its corner is in, through the nearest face that is free."""
    west = px - (column - 1.0) * shape.cell_m
    north = py - (row - 1.0) * shape.cell_m
    east = shape.cell_m - west
    south = shape.cell_m - north
    if west <= 0.0 or north <= 0.0 or east <= 0.0 or south <= 0.0:
        return False
    depth = shape.cell_m
    nx = 0.0
    ny = 0.0
    if column > 0 and not solid[row, column - 1]:
        depth = west
        nx = -1.0
    if column < shape.width + 1 and not solid[row, column + 1] and east < depth:
        depth = east
        nx = 1.0
    if row > 0 and not solid[row - 1, column] and north < depth:
        depth = north
        nx = 0.0
        ny = -1.0
    if row < shape.height + 1 and not solid[row + 1, column] and south < depth:
        depth = south
        nx = 0.0
        ny = 1.0
    if nx == 0.0 and ny == 0.0:
        return False
    _push_off(frame, px, py, nx, ny, depth, 0.0, 0.0, shape)
    return True


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _rack_in_robot(frame: Record, px: float, py: float, shape: Shape) -> bool:
    """Push a robot away from a corner of a rack that is in it, through the robot's nearest face."""
    dx = px - frame["x"]
    dy = py - frame["y"]
    ahead = dx * frame["c"] + dy * frame["s"]
    right = dy * frame["c"] - dx * frame["s"]
    along = shape.half_length - abs(ahead)
    across = shape.half_width - abs(right)
    if along <= 0.0 or across <= 0.0:
        return False
    if along < across:
        sign = -1.0 if ahead > 0.0 else 1.0
        _push_off(frame, px, py, sign * frame["c"], sign * frame["s"], along, 0.0, 0.0, shape)
    else:
        sign = -1.0 if right > 0.0 else 1.0
        _push_off(frame, px, py, -sign * frame["s"], sign * frame["c"], across, 0.0, 0.0, shape)
    return True


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _meet_cell(frame: Record, row: int, column: int, solid: Bool, shape: Shape) -> bool:
    """Push a robot out of a solid cell; returns whether they overlap."""
    touched = False
    for corner in range(4):
        ahead = shape.half_length if corner & 1 else -shape.half_length
        right = shape.half_width if corner & 2 else -shape.half_width
        px = frame["x"] + ahead * frame["c"] - right * frame["s"]
        py = frame["y"] + ahead * frame["s"] + right * frame["c"]
        touched = _corner_in_rack(frame, px, py, row, column, solid, shape) or touched
    for corner in range(4):
        beside = column + (1 if corner & 1 else -1)
        above = row + (1 if corner & 2 else -1)
        # Only a corner that stands out on both sides can be in a robot without one of the robot's being in the rack.
        on_map = 0 <= beside <= shape.width + 1 and 0 <= above <= shape.height + 1
        if on_map and not (solid[row, beside] or solid[above, column]):
            px = (column - (0.0 if corner & 1 else 1.0)) * shape.cell_m
            py = (row - (0.0 if corner & 2 else 1.0)) * shape.cell_m
            touched = _rack_in_robot(frame, px, py, shape) or touched
    return touched


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _meet_racks(frame: Record, solid: Bool, shape: Shape) -> bool:
    """Push a robot out of all solid cells that it overlaps; returns whether there are any."""
    c = abs(frame["c"])
    s = abs(frame["s"])
    reach_x = shape.half_length * c + shape.half_width * s
    reach_y = shape.half_length * s + shape.half_width * c
    west = max(int((frame["x"] - reach_x) / shape.cell_m + 1.0), 0)
    east = min(int((frame["x"] + reach_x) / shape.cell_m + 1.0), shape.width + 1)
    north = max(int((frame["y"] - reach_y) / shape.cell_m + 1.0), 0)
    south = min(int((frame["y"] + reach_y) / shape.cell_m + 1.0), shape.height + 1)
    touched = False
    for row in range(north, south + 1):
        for column in range(west, east + 1):
            if solid[row, column]:
                touched = _meet_cell(frame, row, column, solid, shape) or touched
    return touched


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _meet_person(frame: Record, person: Record, x: float, y: float, shape: Shape) -> bool:
    """Push a robot away from a person at (x, y); returns whether they overlap."""
    dx = x - frame["x"]
    dy = y - frame["y"]
    ahead = dx * frame["c"] + dy * frame["s"]
    right = dy * frame["c"] - dx * frame["s"]
    near_ahead = max(min(ahead, shape.half_length), -shape.half_length)
    near_right = max(min(right, shape.half_width), -shape.half_width)
    out_ahead = near_ahead - ahead
    out_right = near_right - right
    distance = hypot(out_ahead, out_right)
    depth = shape.person_radius - distance
    if depth <= 0.0 or distance == 0.0:
        return depth > 0.0
    nx = (out_ahead * frame["c"] - out_right * frame["s"]) / distance
    ny = (out_ahead * frame["s"] + out_right * frame["c"]) / distance
    px = x + distance * nx
    py = y + distance * ny
    _push_off(frame, px, py, nx, ny, depth, person["vx"], person["vy"], shape)
    return True


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _take_up(body: Record, frame: Record, shape: Shape) -> float:
    """Write the robot's frame as it is now; returns the speed of its fastest corner."""
    c = cos(body["theta"])
    s = sin(body["theta"])
    forward, sideways = body["forward"], body["sideways"]
    frame["x"] = body["x"]
    frame["y"] = body["y"]
    frame["c"] = c
    frame["s"] = s
    frame["vx"] = forward * c - sideways * s
    frame["vy"] = forward * s + sideways * c
    frame["turning"] = body["turning"]
    heavy = shape.mass + body["load_kg"]
    frame["lightness"] = 0.0 if body["elsewhere"] else 1.0 / heavy
    frame["ease"] = 0.0 if body["elsewhere"] else shape.mass / (shape.inertia * heavy)
    frame["pushed"] = False
    return float(abs(forward) + abs(sideways) + abs(body["turning"]) * shape.radius)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _begun(body: Record, kind: int) -> int:
    """Note that a robot touches something; returns 1 if that is new."""
    if body["touches"] & kind:
        return 0
    body["touches"] |= kind
    return 1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _pairs(bodies: Records, pairs: int, near: Nearby, fastest: float, counts: Int64, dt: float, shape: Shape) -> None:
    """Let the pairs of robots that are near meet; those that are so far apart that they cannot are left for later."""
    closing = (2.0 * fastest + MORE_SPEED) * dt
    for pair in range(pairs):
        if near.rest[pair] > 0:
            near.rest[pair] -= 1
            continue
        one = near.pairs[pair, 0]
        other = near.pairs[pair, 1]
        gap = _meet(near.frames[one], near.frames[other], shape)
        if gap >= 0.0:
            near.rest[pair] = min(max(int(gap / closing) - 1, 0), 1000)
        elif not near.touching[pair]:
            near.touching[pair] = True
            counts[0] += 1
            bodies[one]["touches"] |= ROBOT
            bodies[other]["touches"] |= ROBOT


@njit(cache=True, nogil=True, error_model="numpy")
def press(
    rows: Int64,
    bodies: Records,
    solid: Bool,
    people: Records,
    standing: int,
    pairs: int,
    near: Nearby,
    since: float,
    dt: float,
    counts: Int64,
    shape: Shape,
) -> None:
    """Let robots push whatever they overlap: changes their velocities, for a substep of dt seconds.

    since: seconds from the beginning of the period, where people are; counts int64 (3,): contacts that have begun.
    """
    fastest = 0.0
    for place in range(len(rows)):
        fastest = max(fastest, _take_up(bodies[rows[place]], near.frames[rows[place]], shape))
    _pairs(bodies, pairs, near, fastest, counts, dt, shape)
    for place in range(len(rows)):
        row = rows[place]
        body = bodies[row]
        frame = near.frames[row]
        if near.rack[row] and _meet_racks(frame, solid, shape):
            counts[1] += _begun(body, RACK)
        if near.person[row]:
            for number in range(standing):
                person = people[number]
                x = person["x"] + since * person["vx"]
                y = person["y"] + since * person["vy"]
                if _meet_person(frame, person, x, y, shape):
                    counts[2] += _begun(body, PERSON)
        if frame["pushed"]:
            c, s = frame["c"], frame["s"]
            body["forward"] = frame["vx"] * c + frame["vy"] * s
            body["sideways"] = frame["vy"] * c - frame["vx"] * s
            body["turning"] = frame["turning"]
