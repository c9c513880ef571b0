"""Depth images of bays, and heights from them, point by point in plain Python: slow, and one formula at a time."""

from __future__ import annotations

import math
from math import cos, inf, sin


def turned(vector, about_x, about_y, about_z):
    """A vector turned about x, then y, then z."""
    x, y, z = vector
    y, z = y * cos(about_x) - z * sin(about_x), y * sin(about_x) + z * cos(about_x)
    x, z = x * cos(about_y) + z * sin(about_y), -x * sin(about_y) + z * cos(about_y)
    x, y = x * cos(about_z) - y * sin(about_z), x * sin(about_z) + y * cos(about_z)
    return x, y, z


def ray(camera, row, column):
    """Where a pixel looks, with 1 m along the camera's axis: without turns right is x, up is y, and ahead is down."""
    lens, there = camera.lens, camera.mounting
    right = (column + 0.5 - lens.width / 2) / lens.focal_px
    up = (lens.height / 2 - row - 0.5) / lens.focal_px
    return turned((right, up, -1.0), there.about_x, there.about_y, there.about_z)


def first_box(camera, row, column, boxes):
    """Depth at which a pixel sees the first of these boxes ((low corner), (high corner), owner), and its owner."""
    eye = camera.mounting.x_m, camera.mounting.y_m, camera.mounting.z_m
    best = inf, None
    for low, high, owner in boxes:
        enter, leave = 0.0, inf
        for at, toward, begin, end in zip(eye, ray(camera, row, column), low, high, strict=True):
            if toward == 0.0:
                if not begin < at < end:
                    leave = -inf
                continue
            enter = max(enter, min((begin - at) / toward, (end - at) / toward))
            leave = min(leave, max((begin - at) / toward, (end - at) / toward))
        if enter < leave and enter < best[0]:
            best = enter, owner
    return best


def heights(depth, camera, params):
    """Mean height of what is seen in each cell, by lists of points that are sorted; nan where too little is seen.

    Every point counts by the area of the level plane that its pixel covers.
    """
    bay = camera.bay
    two_pixels = 2.0 * camera.mounting.z_m / camera.lens.focal_px
    size = max(max(bay.length_m, bay.width_m) / params.cells, two_pixels)
    columns, rows = math.ceil(bay.length_m / size - 1e-9), math.ceil(bay.width_m / size - 1e-9)
    points = [[[] for _ in range(columns)] for _ in range(rows)]
    for row in range(camera.lens.height):
        for column in range(camera.lens.width):
            at = float(depth[row, column])
            toward = ray(camera, row, column)
            x = camera.mounting.x_m + at * toward[0]
            y = camera.mounting.y_m + at * toward[1]
            z = camera.mounting.z_m + at * toward[2]
            beside = (
                abs(x) < bay.length_m / 2 - params.wall_margin_m and abs(y) < bay.width_m / 2 - params.wall_margin_m
            )
            if beside and -params.outlier_m / 2 < z < bay.height_m + params.outlier_m:
                cell = points[int((y / bay.width_m + 0.5) * rows)][int((x / bay.length_m + 0.5) * columns)]
                cell.append((z, (at / camera.lens.focal_px) ** 2 / abs(toward[2])))
    return [[_mean(cell, row, column, camera, params, rows, columns) for column, cell in enumerate(line)]
            for row, line in enumerate(points)]  # fmt: skip


def _mean(points, row, column, camera, params, rows, columns):
    bay = camera.bay
    usable = _inner(column, columns, bay.length_m, params) * _inner(row, rows, bay.width_m, params)
    usable = max(usable, 0.1 * bay.length_m / columns * bay.width_m / rows)
    area = sum(weight for _, weight in points)
    if area < params.least_seen * usable:
        return math.nan
    below, moment, kept = 0.0, 0.0, 0.0
    for z, weight in sorted(points):
        part = min(below + weight, (1 - params.trim) * area) - max(below, params.trim * area)
        below += weight
        if part > 0:
            moment, kept = moment + part * z, kept + part
    return min(max(moment / kept, 0.0), bay.height_m)


def _inner(index, cells, edge, params):
    """How much of a cell along an edge is not too near to a wall."""
    low, high = index * edge / cells, (index + 1) * edge / cells
    return max(0.0, min(high, edge - params.wall_margin_m) - max(low, params.wall_margin_m))
