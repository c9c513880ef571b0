"""Kernel of one rolling robot: wheels that follow what they hear, floor that gives way, for calibration.

Invariant: no wheel gives more force than its motor and the floor allow. `rolling.py` stands in front and says what the
model is.
"""

from __future__ import annotations

from math import cos, sin, sqrt

from numba import njit

from robots.arrays import Float64


@njit(cache=True, nogil=True, error_model="numpy")
def roll(
    start: Float64, heard: Float64, on: Float64, dt: float, mass: float, inertia: float, track: float, scales: Float64,
    decay: float, grip: float, give: float, motor: float, drag: float, caster: float, states: Float64, force: Float64,
) -> None:  # fmt: skip
    """Fill states (n + 1, 7), ways of both wheels, x, y, theta, forward speed, turn rate, and the greatest force (n,).

    start: speeds of both treads and the pose (5,). heard: speeds (n, 2) as the robot believes them. scales: true radius
    over believed. on: share of dt in which motors are on. decay: share of the way to what it hears that a wheel's speed
    goes in dt. give: slip for each newton, m/s. grip, motor: most force of a wheel, N. drag: rolling resistance, N, of
    casters `caster` metres before and behind the middle.
    """
    left, right = start[0] * scales[0], start[1] * scales[1]
    x, y, theta = start[2], start[3], start[4]
    forward, turning = 0.5 * (left + right), (left - right) / track
    way_left, way_right = 0.0, 0.0
    half = 0.5 * track
    own = dt * (1.0 / mass + half * half / inertia)  # what a newton of a wheel changes in dt of its own floor speed
    other = dt * (1.0 / mass - half * half / inertia)  # and of the other wheel's
    most = min(grip, motor)
    _keep(states, 0, way_left, way_right, x, y, theta, forward, turning)
    for i in range(len(heard)):
        before_left, before_right, before_forward, before_turning = left, right, forward, turning
        pace = sqrt(forward * forward + caster * caster * turning * turning)
        if pace > 0.0:
            forward -= forward * min(drag * dt / (mass * pace), 1.0)
            turning -= turning * min(drag * caster * caster * dt / (inertia * pace), 1.0)
        push_left, push_right, free_left, free_right = 0.0, 0.0, 1.0, 1.0
        if on[i] > 0.0:
            left += (heard[i, 0] * scales[0] - left) * decay
            right += (heard[i, 1] * scales[1] - right) * decay
            slip_left = left - (forward + turning * half)
            slip_right = right - (forward - turning * half)
            # Floor speeds and forces at the end of the step together; a force at its limit leaves more to the other.
            diagonal = give + own
            determinant = diagonal * diagonal - other * other
            push_left = (diagonal * slip_left - other * slip_right) / determinant
            push_right = (diagonal * slip_right - other * slip_left) / determinant
            for _ in range(3):
                push_left = max(min((slip_left - other * push_right) / diagonal, most), -most)
                push_right = max(min((slip_right - other * push_left) / diagonal, most), -most)
            # Behind a motor at its limit, and without one, a wheel goes where the floor takes it.
            free_left = 1.0 if most < grip and abs(push_left) >= most else 1.0 - on[i]
            free_right = 1.0 if most < grip and abs(push_right) >= most else 1.0 - on[i]
            push_left *= on[i]
            push_right *= on[i]
        forward += (push_left + push_right) * dt / mass
        turning += (push_left - push_right) * half * dt / inertia
        left += free_left * (forward + turning * half + push_left * give - left)
        right += free_right * (forward - turning * half + push_right * give - right)
        way_left += 0.5 * (before_left + left) / scales[0] * dt
        way_right += 0.5 * (before_right + right) / scales[1] * dt
        middle = theta + 0.25 * (before_turning + turning) * dt
        x += 0.5 * (before_forward + forward) * cos(middle) * dt
        y += 0.5 * (before_forward + forward) * sin(middle) * dt
        theta += 0.5 * (before_turning + turning) * dt
        _keep(states, i + 1, way_left, way_right, x, y, theta, forward, turning)
        force[i] = max(abs(push_left), abs(push_right))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _keep(
    states: Float64, i: int, left: float, right: float, x: float, y: float, theta: float, forward: float, turning: float
) -> None:  # fmt: skip
    states[i, 0], states[i, 1] = left, right
    states[i, 2], states[i, 3], states[i, 4] = x, y, theta
    states[i, 5], states[i, 6] = forward, turning
