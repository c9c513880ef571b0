"""The footprint auditor knows to which cells a robot reaches, and over which it has driven."""

from __future__ import annotations

from math import nan, pi

import numpy as np
import pytest

from fleet.traffic.audit.footprint_auditor import FootprintAuditor
from robots.model import RobotModel
from robots.truth import FloorTruth

# Robot 0 holds all of a floor of 4 x 4 but cell 0 (x and y up to 1 m) and cell 15 (from 3 m on).
HOLDER = np.array([-1] + 14 * [0] + [5], dtype=np.int32)


def auditor(cell_m=1.0):
    model = RobotModel(length_m=0.7 * cell_m, width_m=0.6 * cell_m)
    return FootprintAuditor(model, 1, 4, cell_m, margin_m=0.02 * cell_m)


def truth(x, y, theta, displaced=False):
    one = np.zeros(1, dtype=np.int32)
    return FloorTruth(
        time_s=0.0,
        x_m=np.array([x]),
        y_m=np.array([y]),
        theta_rad=np.array([theta]),
        displaced=np.array([displaced]),
        epoch=one,
        received=one,
        confirmed=one,
        delivered_robot=one,
        delivered_epoch=one,
        effect_robot=one,
        effect_entry=one,
    )


POSES = [
    ("in the middle", (1.5, 1.5, 0.0), None),
    ("across a border of its own", (2.0, 1.5, 0.0), None),
    ("its front just outside", (1.5, 0.5, 0.0), None),
    ("its rear to the border", (1.345, 0.5, 0.0), None),
    ("its rear over the border", (1.33, 0.5, 0.0), 0),
    ("its side over the border", (0.5, 1.28, 0.0), 0),
    ("its side to the border", (0.5, 1.295, 0.0), None),
    ("turned, its rear over the border", (0.5, 1.33, pi / 2), 0),
    ("turned, its side over the border", (1.28, 0.5, pi / 2), 0),
    ("turned the other way, its front over the border", (1.33, 0.5, pi), 0),
    ("askew, lengthways before the corner", (1.25, 1.25, pi / 4), None),
    ("askew, lengthways over the corner", (1.22, 1.22, pi / 4), 0),
    ("askew, sideways before the corner", (1.22, 1.22, 3 * pi / 4), None),
    ("askew, sideways over the corner", (1.19, 1.19, 3 * pi / 4), 0),
    ("askew, lengthways before the other corner", (2.75, 2.75, pi / 4), None),
    ("askew, lengthways over the other corner", (2.78, 2.78, 5 * pi / 4), 15),
    ("a corner over the northern edge of the map", (2.5, 0.44, pi / 4), -1),
    ("a corner over the western edge of the map", (0.44, 2.5, pi / 4), -1),
    ("a side over the eastern edge of the map", (3.75, 1.5, 0.0), -1),
    ("a side over the southern edge of the map", (1.5, 3.75, 0.0), -1),
    ("west of the map", (-9.0, 2.5, 0.0), -1),
    ("east of the map", (1e300, 2.5, 0.0), -1),
    ("north of the map", (2.5, -1e300, 0.0), -1),
    ("south of the map", (2.5, 9.0, 0.0), -1),
    ("nowhere", (nan, 1.5, 0.0), -1),
    ("heading nowhere", (1.5, 1.5, nan), -1),
]


@pytest.mark.parametrize("cell_m", [1.0, 1.25])
@pytest.mark.parametrize(("pose", "cell"), [row[1:] for row in POSES], ids=[row[0] for row in POSES])
def test_a_pose_is_found_if_it_reaches_into_a_cell_of_another(pose, cell, cell_m):
    x, y, theta = pose
    found = auditor(cell_m).check(truth(x * cell_m, y * cell_m, theta), HOLDER)
    assert found == ([] if cell is None else [(0, cell)])


MOVES = [
    ("stands", [(1.5, 1.5, 0.0), (1.5, 1.5, 0.0)], None),
    ("straight on", [(1.5, 1.5, 0.0), (3.5, 1.5, 0.0)], None),
    ("straight over a corner cell", [(0.5, 1.5, -pi / 2), (0.5, 0.5, -pi / 2)], 0),
    ("straight through a cell, from outside to outside", [(1.9, -0.5, pi), (-0.5, 0.5, pi)], -1),
    ("round a corner of its own", [(0.5, 1.5, 0.0), (1.5, 0.5, -pi / 2)], None),
    ("round the corner of another", [(0.5, 1.5, -pi / 2), (1.5, 0.5, 0.0)], 0),
    ("back round the corner of another", [(1.5, 0.5, pi), (0.5, 1.5, pi / 2)], 0),
    ("turns in the middle", [(2.5, 2.5, 0.0), (2.5, 2.5, pi / 2)], None),
    ("turns over the full circle's end", [(2.63, 3.5, 2 * pi - 0.01), (2.63, 3.5, 0.01)], None),
    ("turns beside the middle", [(2.63, 3.5, 0.0), (2.63, 3.5, pi / 2)], 15),
    ("turns a little and drives", [(1.5, 2.5, 0.0), (2.0, 2.5, 0.03)], None),
    ("turns a little and slips", [(1.39, 0.5, 0.0), (1.39, 0.51, 0.1)], None),
    ("turns, then drives into it", [(2.5, 2.5, 0.0), (2.5, 2.5, pi / 2), (2.5, 3.5, pi / 2), (2.75, 3.5, pi / 2)], 15),
    ("turns and drives into it at once", [(2.5, 3.5, pi / 2), (2.8, 3.5, 0.0)], 15),
    ("drives into it and turns at once", [(2.5, 3.5, 0.0), (2.8, 3.5, pi / 2)], 15),
    ("is pushed aside over it", [(1.5, 0.5, 0.0), (1.5, 0.6, 0.0), (1.25, 0.5, 0.0)], 0),
    ("slides sideways through it", [(2.5, 3.5, pi / 2), (3.5, 3.5, pi / 2), (3.5, 2.5, pi / 2)], 15),
]


@pytest.mark.parametrize(("poses", "cell"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES])
def test_a_move_is_found_if_it_sweeps_a_cell_of_another(poses, cell):
    footprints = auditor()
    found = [place for pose in poses for _, place in footprints.check(truth(*pose), HOLDER)]
    assert set(found) == (set() if cell is None else {cell})


@pytest.mark.parametrize(
    "poses",
    [
        [(0.5, 1.5, 0.0), (2.5, 2.5, pi / 2)],
        [(2.5, 2.5, -pi / 2), (0.5, 1.5, pi)],
    ],
    ids=["then turns", "after turning"],
)
def test_a_cell_on_the_way_is_found_between_two_ticks(poses):
    holder = np.zeros(16, dtype=np.int32)
    holder[5] = -1
    footprints = auditor()
    assert [footprints.check(truth(*pose), holder) for pose in poses] == [[], [(0, 5)]]


def test_how_a_displaced_robot_moved_does_not_count():
    footprints = auditor()
    assert footprints.check(truth(1.5, 0.5, 0.0), HOLDER) == []
    assert footprints.check(truth(0.5, 0.5, 0.0, displaced=True), HOLDER) == []
    assert footprints.check(truth(0.5, 1.5, 0.0), HOLDER) == []
    assert footprints.check(truth(0.5, 2.5, 0.0), HOLDER) == []
    assert footprints.check(truth(0.5, 0.5, 0.0), HOLDER) == [(0, 0)]


def test_after_a_pose_that_is_no_number_the_next_one_counts_alone():
    footprints = auditor()
    assert footprints.check(truth(1.5, nan, 0.0), HOLDER) == [(0, -1)]
    assert footprints.check(truth(1.5, 1.5, 0.0), HOLDER) == []
