"""Kernel of drawn depth images: the first thing on each pixel's ray through a bay whose load is columns on a grid.

Each ray walks from column to column: J. Amanatides and A. Woo, A Fast Voxel Traversal Algorithm for Ray Tracing,
Eurographics 1987, section 2, here in two dimensions with the ray's height beside it. Invariant: whenever a column is
looked at, the ray enters it above everything that it has passed. `drawn_depth.py` stands in front.
"""

from __future__ import annotations

from math import inf, nan

from numba import njit

from robots.arrays import Float64, Int32
from twin.sensors.exact_depth import FLOOR, NOTHING, WALL


@njit(cache=True, nogil=True, error_model="numpy")
def draw(
    heights: Float64,  # (rows along y, columns along x), metres
    owners: Int32,  # the same shape: number of the parcel on top of each column
    edges: Float64,  # length, width and height of the bay, thickness of its walls
    eye: Float64,
    axes: Float64,
    right: Float64,
    down: Float64,
    depth: Float64,  # written: (height, width), metres along the axis; nan where a ray meets nothing
    owner: Int32,  # written: what was hit
) -> None:
    """Draw one image."""
    highest = max(edges[2], heights.max())
    for row in range(down.size):
        for column in range(right.size):
            ray_x = right[column] * axes[0, 0] + down[row] * axes[1, 0] + axes[2, 0]
            ray_y = right[column] * axes[0, 1] + down[row] * axes[1, 1] + axes[2, 1]
            ray_z = right[column] * axes[0, 2] + down[row] * axes[1, 2] + axes[2, 2]
            depth[row, column], owner[row, column] = _hit(heights, owners, edges, eye, ray_x, ray_y, ray_z, highest)


@njit(cache=True, nogil=True, error_model="numpy")
def _hit(
    heights: Float64,
    owners: Int32,
    edges: Float64,
    eye: Float64,
    ray_x: float,
    ray_y: float,
    ray_z: float,
    highest: float,
) -> tuple[float, int]:
    """Depth and owner of what a ray meets."""
    if ray_z >= 0.0:
        return nan, NOTHING
    half_x, half_y, rim = 0.5 * edges[0], 0.5 * edges[1], edges[2]
    over_top = (highest - eye[2]) / ray_z
    enter, leave = _within(-half_x, half_x, eye[0], ray_x, over_top, -eye[2] / ray_z)
    enter, leave = _within(-half_y, half_y, eye[1], ray_y, enter, leave)
    if enter >= leave or eye[2] + enter * ray_z < rim - 1e-9:
        return _outside(edges, eye, ray_x, ray_y, ray_z)
    rows, columns = heights.shape
    size_x, size_y = edges[0] / columns, edges[1] / rows
    column = min(max(int((eye[0] + enter * ray_x + half_x) / size_x), 0), columns - 1)
    row = min(max(int((eye[1] + enter * ray_y + half_y) / size_y), 0), rows - 1)
    way_x, next_x, each_x = _walk(column, size_x, half_x, eye[0], ray_x)
    way_y, next_y, each_y = _walk(row, size_y, half_y, eye[1], ray_y)
    here = enter
    while True:
        height = heights[row, column]
        if eye[2] + here * ray_z <= height:
            return here, owners[row, column]  # the side of a column
        beyond = min(next_x, next_y, leave)
        if eye[2] + beyond * ray_z <= height:
            return (height - eye[2]) / ray_z, owners[row, column]  # its top
        here = beyond
        if next_x < next_y:
            column += way_x
            next_x += each_x
        else:
            row += way_y
            next_y += each_y
        if beyond >= leave or column < 0 or column >= columns or row < 0 or row >= rows:
            break
    if eye[2] + here * ray_z >= rim:  # over the rim, through a gap in a heap that is higher
        return _outside(edges, eye, ray_x, ray_y, ray_z)
    return here, WALL


@njit(cache=True, nogil=True, error_model="numpy")
def _within(low: float, high: float, eye: float, ray: float, enter: float, leave: float) -> tuple[float, float]:
    """Cut the part of a ray from `enter` to `leave` down to where it is between two planes."""
    if ray == 0.0:
        return (enter, leave) if low < eye < high else (inf, -inf)
    one, other = (low - eye) / ray, (high - eye) / ray
    return max(enter, min(one, other)), min(leave, max(one, other))


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(index: int, size: float, half: float, eye: float, ray: float) -> tuple[int, float, float]:
    """Which way a ray goes along one edge of the grid, when it leaves column `index`, and how long it is in each."""
    if ray == 0.0:
        return 0, inf, inf
    way = 1 if ray > 0.0 else -1
    border = (index + (way + 1) // 2) * size - half
    return way, (border - eye) / ray, size / abs(ray)


@njit(cache=True, nogil=True, error_model="numpy")
def _outside(edges: Float64, eye: Float64, ray_x: float, ray_y: float, ray_z: float) -> tuple[float, int]:
    """Depth and owner of what a ray meets that does not go into the bay: the top of its walls, or the hall's floor."""
    at_rim = (edges[2] - eye[2]) / ray_z
    over_x, over_y = abs(eye[0] + at_rim * ray_x), abs(eye[1] + at_rim * ray_y)
    if over_x <= 0.5 * edges[0] + edges[3] and over_y <= 0.5 * edges[1] + edges[3]:
        return at_rim, WALL
    return -eye[2] / ray_z, FLOOR
