"""Kernels of robots on wheels: trajectory controller, wheels on the floor, odometry. `wheeled.py` stands in front.

Each substep of a robot is `_think` (what its firmware tells the wheels), `_force` (what wheels and floor make of its
velocity) and `_move` (where it gets to, and what its senses say). Contacts come between the last two, in
`_contacts.py`; what comes once a period is in `_orders.py`. Invariant: all that a robot without an order and without a
contact does in a substep is nothing.
"""

from __future__ import annotations

from math import cos, sin, sqrt

from numba import njit

from robots.arrays import Float64, Int64
from twin.fleet_records import Limits, Record, Records
from twin.physics.chassis import Chassis

STAND, DRIVE, CW, CCW = 0, 1, 2, 3  # duties
NO_MARKER = -1
EPS = 1e-9  # seconds: rounding
STILL = 0.001  # m/s: slower than that, a robot whose wheels are told to stand stands
PLANNED = 0.95  # of its acceleration: firmware may believe that it could stop a little sooner, never that it cannot
HARD = 1.5  # times that it brakes with if it has to
THERE = 0.4  # of what firmware takes as near: so close to its goal it lets wheels stand, and back to it from STRAYED
STRAYED = 0.9
ENOUGH = 10.0  # 1/s: slower than that times how near it has to come, a robot that is near is there
FEEDBACK = 6.0  # 1/s: rate for a place that it is away from where it wants to be
STEER = 4.0  # 1/m: it comes back to its line within a few times 1 / STEER metres
STEER_MOST = 0.6  # rad/s
LEAD = 0.03  # metres or, times 2, radians: what it wants is at most so far from where it is
LEAD_TURN = 0.06
CATCH_UP = 10.0  # 1/s: then it wants to be faster than it is by at most that times LEAD
GYRO_SHARE = 0.9  # of the gyro in the turn rate that the robot believes; the rest is of its wheels
FIX_PLACE, FIX_BEARING = 0.7, 0.5  # share of what a marker says that a robot corrects
AGAIN = 5.0  # standard deviations: a marker that the robot still sees corrects it again if it is so far off
SPREAD = sqrt(6.0)  # of two uniform numbers to one of variance 1


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _mixed(word: int) -> int:
    """32 bits from 32 bits, each depending on all (lowbias32, C. Wellons, "Prospecting for hash functions", 2018)."""
    word = (word ^ (word >> 16)) * 0x7FEB352D & 0xFFFFFFFF
    word = (word ^ (word >> 15)) * -0x7B935975 & 0xFFFFFFFF  # 0x846CA68B less 2^32: the product fits in 63 bits
    return int(word ^ (word >> 16))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _uniform(robot: Record, body: Record) -> float:
    """The body's next random number, 0 <= u < 1: a hash of the robot's key and how many it has drawn."""
    body["draws"] += 1
    return float(_mixed(robot["key"] ^ 0x5BD1E995 ^ _mixed(body["draws"] & 0xFFFFFFFF)) / 4294967296.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _error(robot: Record, body: Record, deviation: float) -> float:
    """A random error with that standard deviation."""
    if deviation == 0.0:
        return 0.0
    return float(deviation * SPREAD * (_uniform(robot, body) + _uniform(robot, body) - 1.0))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _place(robot: Record, body: Record) -> float:
    """Where on its way the robot believes to be."""
    if body["duty"] == DRIVE:
        return float(robot["guess_x"] * body["ahead_x"] + robot["guess_y"] * body["ahead_y"])
    return float(body["bearing"] if body["duty"] == CW else -body["bearing"])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _stopping_way(speed: float, acceleration: float, most: float, jerk: float) -> float:
    """Way to rest from a speed > 0 and an acceleration, with at most `most` of deceleration and `jerk`.

    Whatever the acceleration is, the robot is on the way down from a peak, where it is 0, or before it.
    """
    ramp = acceleration / jerk
    peak = speed + 0.5 * acceleration * ramp
    if peak <= 0.0:
        return 0.0
    down = 0.5 * peak * (peak / most + most / jerk) if peak * jerk >= most * most else peak * sqrt(peak / jerk)
    return down + ramp * (speed + acceleration * ramp / 3.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _fits(speed: float, before: float, after: float, room: float, top: float, most: float, jerk: float, dt: float) -> bool:  # fmt: skip # noqa: E501
    """Whether a robot whose acceleration goes from before to after can still keep to `top` and stop within `room`."""
    speed_after = speed + 0.5 * (before + after) * dt
    peak = speed_after + 0.5 * after * abs(after) / jerk
    if peak > top + 1e-9:
        return False
    way = 0.5 * (speed + speed_after) * dt
    return way + _stopping_way(speed_after, after, most, jerk) <= room


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _wish(body: Record, jerk: float, near: float, dt: float) -> None:
    """Move what the controller wants on by a substep: as fast as speed, acceleration, jerk and the goal allow.

    Of the three accelerations that the jerk allows it takes the greatest from which it can still stop at the goal.
    """
    speed, before, spurt = body["speed_wish"], body["acceleration_wish"], body["spurt"]
    most = PLANNED * spurt
    room = body["goal"] - body["wish"]
    top = body["pace"]
    if not body["go"]:
        room = 0.0
        top = 0.0
    if body["go"] and room <= near and speed <= ENOUGH * near:
        body["wish"] = body["goal"]
        body["speed_wish"] = body["acceleration_wish"] = 0.0
        return
    after = min(before + jerk * dt, spurt)
    if not _fits(speed, before, after, room, top, most, jerk, dt):
        after = min(before, spurt)
        if not _fits(speed, before, after, room, top, most, jerk, dt):
            short = body["go"] and _stopping_way(speed, before, most, jerk) > room + near
            after = max(before - jerk * dt, -HARD * spurt if short else min(-most, before + jerk * dt))
    speed_after = speed + 0.5 * (before + after) * dt
    if speed_after <= 0.0:
        speed_after = 0.0
        after = 0.0
    body["wish"] += 0.5 * (speed + speed_after) * dt
    body["speed_wish"] = speed_after
    body["acceleration_wish"] = after


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _believed_rate(body: Record, chassis: Chassis) -> float:
    """Rate on its way by the encoders."""
    left = body["left"] / body["left_scale"]
    right = body["right"] / body["right_scale"]
    if body["duty"] == DRIVE:
        return float(0.5 * (left + right))
    rate = (left - right) / (2.0 * chassis.arm)
    return float(rate if body["duty"] == CW else -rate)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _rate(robot: Record, body: Record, near: float, jerk: float, lead: float, lag: float, chassis: Chassis) -> float:
    """Rate on its way at which the robot is to go now, 0 if it has come to rest where it wants."""
    _wish(body, jerk, THERE * near, chassis.dt)
    speed = body["speed_wish"]
    off = body["wish"] - speed * chassis.reaction - _place(robot, body)
    if abs(off) > lead:  # something holds it, or a marker has told it that it is elsewhere
        body["wish"] += lead - off if off > 0.0 else -lead - off
        off = lead if off > 0.0 else -lead
        speed = min(speed, abs(_believed_rate(body, chassis)) + CATCH_UP * lead)
        body["speed_wish"] = speed
    if speed == 0.0:
        resting = body["told_left"] == 0.0 and body["told_right"] == 0.0
        if not body["go"] or abs(off) <= (STRAYED if resting else THERE) * near:
            return 0.0
    return float(min(speed + FEEDBACK * off, body["pace"]) + lag * body["acceleration_wish"])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _steer(robot: Record, body: Record) -> float:
    """Turn rate that brings a robot back to its line."""
    astray = robot["guess_y"] * body["ahead_x"] - robot["guess_x"] * body["ahead_y"] - body["offset"]
    turned = body["bearing"] - body["course"]
    turn = -body["speed_wish"] * STEER * (2.0 * turned + STEER * astray)
    return float(max(min(turn, STEER_MOST), -STEER_MOST))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _think(robot: Record, body: Record, bus: Float64, row: int, slot: int, chassis: Chassis, limits: Limits) -> None:
    """Tell the wheels how fast to be, and let them hear what they were told `reaction_s` ago."""
    duty = body["duty"]
    left = 0.0
    right = 0.0
    if duty == DRIVE:
        rate = _rate(robot, body, limits.near_m, chassis.jerk, LEAD, chassis.lag, chassis)
        if rate != 0.0:
            turn = _steer(robot, body) * chassis.arm
            left = rate + turn
            right = rate - turn
    elif duty != STAND:
        rate = _rate(robot, body, limits.near_rad, chassis.turn_jerk, LEAD_TURN, chassis.turn_lag, chassis)
        left = (rate if duty == CW else -rate) * chassis.arm
        right = -left
    body["told_left"] = left
    body["told_right"] = right
    body["quiet"] = body["quiet"] + 1 if left == 0.0 and right == 0.0 else 0
    bus[row, slot, 0] = left
    bus[row, slot, 1] = right
    late = slot + 1 if slot + 1 < bus.shape[1] else 0
    body["heard_left"] = bus[row, late, 0]
    body["heard_right"] = bus[row, late, 1]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _within(force: float, most: float) -> float:
    return max(min(force, most), -most)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _pull(
    body: Record, stiff: float, most_left: float, most_right: float, mass: float, inertia: float, chassis: Chassis
) -> tuple[float, float]:
    """Forces of the two wheels along the robot, N; mass and inertia are for a substep, kg/s and kg m2/s.

    A wheel pushes in proportion to its slip at the end of the substep, up to its most. Solved for both wheels on their
    slopes; then again with those that are at their most held there.
    """
    arm = chassis.arm
    left, right, forward, turning = body["left"], body["right"], body["forward"], body["turning"]
    after = (mass * forward + stiff * (left + right)) / (mass + 2.0 * stiff)
    turn_after = (inertia * turning + stiff * arm * (left - right)) / (inertia + 2.0 * stiff * arm * arm)
    force_left = stiff * (left - after - arm * turn_after)
    force_right = stiff * (right - after + arm * turn_after)
    over_left = abs(force_left) > most_left
    over_right = abs(force_right) > most_right
    if not (over_left or over_right):
        return force_left, force_right
    force_left = _within(force_left, most_left)
    force_right = _within(force_right, most_right)
    # How much a force at a wheel moves the floor under that wheel, and under the other.
    here = 1.0 / mass + arm * arm / inertia
    there = 1.0 / mass - arm * arm / inertia
    if not over_right:
        slip = right - forward + arm * turning - there * force_left
        force_right = _within(stiff * slip / (1.0 + stiff * here), most_right)
    elif not over_left:
        slip = left - forward - arm * turning - there * force_right
        force_left = _within(stiff * slip / (1.0 + stiff * here), most_left)
    return force_left, force_right


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _stand_still(body: Record) -> bool:
    """Let a robot stand whose wheels are told to, once it is as good as at rest; returns whether it does."""
    if body["heard_left"] != 0.0 or body["heard_right"] != 0.0:
        return False
    if max(abs(body["left"]), abs(body["right"]), abs(body["forward"]), abs(body["sideways"])) > STILL:
        return False
    if abs(body["turning"]) > 2.0 * STILL:
        return False
    body["left"] = body["right"] = 0.0
    body["forward"] = body["sideways"] = body["turning"] = 0.0
    return True


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _force(body: Record, grip: float, now: float, chassis: Chassis) -> None:
    """Let wheels and floor act on the robot's velocity for a substep.

    Semi-implicit: all forces are those at the velocity after it, so that stiff wheels do not ring.
    """
    body["left"] += chassis.follow * (body["heard_left"] * body["left_scale"] - body["left"])
    body["right"] += chassis.follow * (body["heard_right"] * body["right_scale"] - body["right"])
    if _stand_still(body):
        return
    dt = chassis.dt
    heavy = chassis.mass + body["load_kg"]
    mass = heavy / dt
    inertia = chassis.inertia * heavy / chassis.mass / dt
    traction = chassis.grip_mps2 * heavy * grip
    stiff = traction / chassis.creep
    motor_left = 0.0 if body["stall_left_until"] > now + EPS else chassis.motor_force
    motor_right = 0.0 if body["stall_right_until"] > now + EPS else chassis.motor_force
    forward, sideways, turning = body["forward"], body["sideways"], body["turning"]
    most_left = min(traction, motor_left)
    most_right = min(traction, motor_right)
    left, right = _pull(body, stiff, most_left, most_right, mass, inertia, chassis)
    after = forward + (left + right) / mass
    turn_after = turning + chassis.arm * (left - right) / inertia
    # Casters resist whatever motion is left, along their way; wheels that hold their speed take most of it.
    held = (stiff if abs(left) < most_left else 0.0) + (stiff if abs(right) < most_right else 0.0)
    spin = chassis.caster * turn_after
    pace = sqrt(after * after + spin * spin)
    if pace > 0.0:
        drag = chassis.drag_mps2 * heavy / pace
        after -= after * min(drag / (mass + held), 1.0)
        turn_after -= turn_after * min(
            drag * chassis.caster * chassis.caster / (inertia + held * chassis.arm * chassis.arm), 1.0
        )
    body["slipping"] = max(abs(left), abs(right)) >= traction
    if abs(left) >= motor_left:  # the motor gives way: the wheel is no faster than what it can push
        body["left"] = after + chassis.arm * turn_after + left / stiff
    if abs(right) >= motor_right:
        body["right"] = after - chassis.arm * turn_after + right / stiff
    body["work_j"] += (max(left * body["left"], 0.0) + max(right * body["right"], 0.0)) * dt
    # Seen from the robot, which turns, its velocity turns the other way.
    across = sideways - turning * forward * dt
    after += turning * across * dt
    hold = 2.0 * stiff * chassis.sideways
    across -= _within(across * hold / (1.0 + hold / mass), 2.0 * traction * chassis.sideways) / mass
    body["forward"] = after
    body["sideways"] = across
    body["turning"] = turn_after


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _sense(robot: Record, body: Record, now: float, chassis: Chassis, limits: Limits) -> None:
    """Follow the robot's motion by its encoders, its gyro, and the markers that it comes over."""
    left, right, turning = body["left"], body["right"], body["turning"]
    if left == 0.0 and right == 0.0 and body["forward"] == 0.0 and body["sideways"] == 0.0 and turning == 0.0:
        return
    scale = 1.0 + body["drift"] if body["drift_until"] > now + EPS else 1.0
    left *= scale * (1.0 + body["left_error"]) / body["left_scale"]
    right *= scale * (1.0 + body["right_error"]) / body["right_scale"]
    dt = chassis.dt
    if left != 0.0 or right != 0.0:
        by_gyro = turning + body["gyro_bias"] + body["gyro_error"]
        by_wheels = (left - right) / (2.0 * chassis.arm * body["track_scale"])
        turn = (GYRO_SHARE * by_gyro + (1.0 - GYRO_SHARE) * by_wheels) * dt
        middle = body["bearing"] + 0.5 * turn
        way = 0.5 * (left + right) * dt
        robot["guess_x"] += way * cos(middle)
        robot["guess_y"] += way * sin(middle)
        body["bearing"] += turn
        body["unfixed_m"] += abs(way)
    else:  # its wheels stand, but something moves it
        body["bearing"] += turning * dt
    _look(robot, body, now, chassis, limits)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _look(robot: Record, body: Record, now: float, chassis: Chassis, limits: Limits) -> None:
    """Correct the guess when the robot comes over a marker, and again if it sees that it is far off."""
    column = int(body["x"] / limits.cell_m)
    row = int(body["y"] / limits.cell_m)
    away_x = body["x"] - (column + 0.5) * limits.cell_m
    away_y = body["y"] - (row + 0.5) * limits.cell_m
    if away_x * away_x + away_y * away_y > chassis.marker_range * chassis.marker_range:
        body["marker"] = NO_MARKER
        return
    if body["blind_until"] > now + EPS:
        return
    cell = row * limits.width + column
    off_x = body["x"] - robot["guess_x"]
    off_y = body["y"] - robot["guess_y"]
    surely = AGAIN * chassis.marker_noise + limits.near_m
    if body["marker"] == cell and off_x * off_x + off_y * off_y < surely * surely:
        return
    body["marker"] = cell
    body["unfixed_m"] = 0.0
    robot["guess_x"] += FIX_PLACE * (off_x + _error(robot, body, chassis.marker_noise))
    robot["guess_y"] += FIX_PLACE * (off_y + _error(robot, body, chassis.marker_noise))
    off = body["theta"] - body["bearing"]
    body["bearing"] += FIX_BEARING * (off + _error(robot, body, chassis.marker_noise_rad))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _move(body: Record, dt: float) -> None:
    """Move the body for a substep."""
    forward, sideways = body["forward"], body["sideways"]
    if forward != 0.0 or sideways != 0.0 or body["turning"] != 0.0:
        middle = body["theta"] + 0.5 * body["turning"] * dt
        c = cos(middle)
        s = sin(middle)
        body["x"] += (forward * c - sideways * s) * dt
        body["y"] += (forward * s + sideways * c) * dt
        body["theta"] += body["turning"] * dt


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _grip_below(body: Record, grip: Float64, limits: Limits) -> float:
    """Of the cell that the robot's middle is in; a robot may have been pushed off the map."""
    column = int(max(body["x"] / limits.cell_m, 0.0))
    row = int(max(body["y"] / limits.cell_m, 0.0))
    cell = min(row * limits.width + min(column, limits.width - 1), len(grip) - 1)
    return float(grip[cell])


@njit(cache=True, nogil=True, error_model="numpy")
def drive(
    rows: Int64, robots: Records, bodies: Records, bus: Float64, grip: Float64, beat: int, steps: int, now: float,
    chassis: Chassis, limits: Limits,
) -> None:  # fmt: skip
    """Let `steps` substeps pass for robots that touch nothing in them; beat: number of the first one."""
    for place in range(len(rows)):
        row = rows[place]
        robot = robots[row]
        body = bodies[row]
        slot = beat % bus.shape[1]
        for _ in range(steps):
            _think(robot, body, bus, row, slot, chassis, limits)
            _force(body, _grip_below(body, grip, limits), now, chassis)
            _move(body, chassis.dt)
            _sense(robot, body, now, chassis, limits)
            slot = slot + 1 if slot + 1 < bus.shape[1] else 0


@njit(cache=True, nogil=True, error_model="numpy")
def force(
    rows: Int64, robots: Records, bodies: Records, bus: Float64, grip: Float64, beat: int, now: float,
    chassis: Chassis, limits: Limits,
) -> None:  # fmt: skip
    """The first half of a substep: firmware, wheels and floor. Of bodies that are elsewhere only the firmware."""
    slot = beat % bus.shape[1]
    for place in range(len(rows)):
        row = rows[place]
        body = bodies[row]
        _think(robots[row], body, bus, row, slot, chassis, limits)
        if not body["elsewhere"]:
            _force(body, _grip_below(body, grip, limits), now, chassis)


@njit(cache=True, nogil=True, error_model="numpy")
def move(rows: Int64, robots: Records, bodies: Records, now: float, chassis: Chassis, limits: Limits) -> None:
    """The second half of a substep: motion and senses. Bodies that are elsewhere have moved already."""
    for place in range(len(rows)):
        row = rows[place]
        body = bodies[row]
        if not body["elsewhere"]:
            _move(body, chassis.dt)
        _sense(robots[row], body, now, chassis, limits)
