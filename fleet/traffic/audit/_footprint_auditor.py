"""Kernels of the footprint auditor: what a rectangle sweeps, against the cells of its robot. `footprint_auditor.py`
stands in front."""

from __future__ import annotations

from math import ceil, cos, floor, isfinite, pi, sin

from numba import njit

from robots.arrays import Bool, Float64, Int32

OFF_FLOOR = -1
INSIDE = -2


@njit(cache=True, nogil=True)
def _covered(
    robot: int, x: float, y: float, theta: float, half_length: float, half_width: float, cell_m: float, width: int,
    height: int, holder: Int32,
) -> int:  # fmt: skip
    """A cell that a rectangle at a pose reaches into and that is not the robot's; OFF_FLOOR; or INSIDE if none."""
    c = cos(theta)
    s = sin(theta)
    reach_x = half_length * abs(c) + half_width * abs(s)
    reach_y = half_length * abs(s) + half_width * abs(c)
    half = cell_m * 0.5
    spread = half * (abs(c) + abs(s))
    # Clamped to one cell beyond the map, so that a pose far away costs no more and fits into integers.
    if x + reach_x < 0.0 or y + reach_y < 0.0 or x - reach_x > width * cell_m or y - reach_y > height * cell_m:
        return OFF_FLOOR
    west = floor(max((x - reach_x) / cell_m, -1.0))
    east = floor(min((x + reach_x) / cell_m, float(width)))
    north = floor(max((y - reach_y) / cell_m, -1.0))
    south = floor(min((y + reach_y) / cell_m, float(height)))
    for row in range(north, south + 1):
        for column in range(west, east + 1):
            off = row < 0 or row >= height or column < 0 or column >= width
            if not off and holder[row * width + column] == robot:
                continue
            # Separating axes of two rectangles: the map's hold already, these are the robot's.
            dx = x - (column + 0.5) * cell_m
            dy = y - (row + 0.5) * cell_m
            if abs(dx * c + dy * s) < half_length + spread and abs(dy * c - dx * s) < half_width + spread:
                return OFF_FLOOR if off else row * width + column
    return INSIDE


@njit(cache=True, nogil=True)
def _moved(
    robot: int, x0: float, y0: float, x1: float, y1: float, theta: float, half_length: float, half_width: float,
    cell_m: float, width: int, height: int, holder: Int32,
) -> int:  # fmt: skip
    """As _covered, for all that the rectangle sweeps on a straight way."""
    c = cos(theta)
    s = sin(theta)
    along = abs((x1 - x0) * c + (y1 - y0) * s)
    across = abs((y1 - y0) * c - (x1 - x0) * s)
    return _covered(
        robot, (x0 + x1) * 0.5, (y0 + y1) * 0.5, theta, half_length + along * 0.5, half_width + across * 0.5, cell_m,
        width, height, holder,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _swept(
    robot: int, x0: float, y0: float, theta0: float, x1: float, y1: float, theta1: float, half_length: float,
    half_width: float, turn_step: float, cell_m: float, width: int, height: int, holder: Int32,
) -> int:  # fmt: skip
    """As _covered, for all that the rectangle sweeps from one pose to the next: straight, a turn on the spot, straight.

    Between two samples of a turn no corner reaches out further than half the margin, see FootprintAuditor.
    """
    turn = theta1 - theta0
    turn -= 2.0 * pi * floor(turn / (2.0 * pi) + 0.5)
    if turn == 0.0:
        return _moved(robot, x0, y0, x1, y1, theta0, half_length, half_width, cell_m, width, height, holder)
    # It turned where the two straight ways cross; for a small turn it makes no difference where.
    dx = x1 - x0
    dy = y1 - y0
    corner_x = x1
    corner_y = y1
    if abs(sin(turn)) > 0.05:
        way = (dx * sin(theta1) - dy * cos(theta1)) / sin(turn)
        if way * way <= dx * dx + dy * dy:
            corner_x = x0 + way * cos(theta0)
            corner_y = y0 + way * sin(theta0)
    cell = _moved(robot, x0, y0, corner_x, corner_y, theta0, half_length, half_width, cell_m, width, height, holder)
    samples = ceil(abs(turn) / turn_step)
    for sample in range(1, samples):
        if cell == INSIDE:
            theta = theta0 + turn * sample / samples
            cell = _covered(robot, corner_x, corner_y, theta, half_length, half_width, cell_m, width, height, holder)
    if cell != INSIDE:
        return cell
    return _moved(robot, corner_x, corner_y, x1, y1, theta1, half_length, half_width, cell_m, width, height, holder)


@njit(cache=True, nogil=True)
def check_footprints(
    x: Float64,
    y: Float64,
    theta: Float64,
    displaced: Bool,
    pose: Float64,
    unknown: Bool,
    half_length: float,
    half_width: float,
    turn_step: float,
    cell_m: float,
    width: int,
    holder: Int32,
    outside: Int32,
) -> int:
    """Check that what each robot swept since the last tick is its own; returns how many left their cells.

    x, y, theta, displaced (n,): the columns of robots.truth.FloorTruth. pose (n, 3), unknown (n,): where the robots
    were, and whether that is not known; both are moved on. half_length, half_width: the footprint less half the margin.
    outside int32 (n, 2), written: robots and cells into which they reached, OFF_FLOOR for off the map.
    """
    count = 0
    height = len(holder) // width
    for robot in range(len(x)):
        if not displaced[robot]:
            if not isfinite(x[robot] + y[robot] + theta[robot]):
                cell = OFF_FLOOR
            elif unknown[robot]:
                cell = _covered(
                    robot, x[robot], y[robot], theta[robot], half_length, half_width, cell_m, width, height, holder
                )
            else:
                cell = _swept(
                    robot, pose[robot, 0], pose[robot, 1], pose[robot, 2], x[robot], y[robot], theta[robot],
                    half_length, half_width, turn_step, cell_m, width, height, holder,
                )  # fmt: skip
            if cell != INSIDE:
                outside[count, 0] = robot
                outside[count, 1] = cell
                count += 1
        pose[robot, 0] = x[robot]
        pose[robot, 1] = y[robot]
        pose[robot, 2] = theta[robot]
        unknown[robot] = displaced[robot] or not isfinite(x[robot] + y[robot] + theta[robot])
    return count
