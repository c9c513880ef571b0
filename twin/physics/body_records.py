"""The records that the kernels of wheeled bodies work on: one a robot, beside its `fleet_records.ROBOT`.

Times are seconds on the driver's clock, lengths metres, angles radians (0 east, clockwise seen from above: y grows
south). "Forward" is where the robot faces, "right" a quarter turn clockwise from there.
"""

from __future__ import annotations

from typing import Final

import numpy as np

# What really is (body, wheels, load), and the inside of the robot's trajectory controller and odometry. Where the robot
# believes to be is in its ROBOT record; `bearing` is its `guess_theta`, not wrapped.
BODY: Final = np.dtype(
    [
        ("x", np.float64),
        ("y", np.float64),
        ("theta", np.float64),  # not wrapped
        ("forward", np.float64),  # velocity of the robot's origin along and across its own axes, m/s
        ("sideways", np.float64),
        ("turning", np.float64),  # rad/s
        ("left", np.float64),  # speed of the wheels' treads, m/s; differs from the floor's by slip
        ("right", np.float64),
        ("told_left", np.float64),  # what the firmware wants them to be, believing that its wheels are as they should
        ("told_right", np.float64),
        ("heard_left", np.float64),  # what the motors have heard of that, `reaction_s` later; the tread of a wheel that
        ("heard_right", np.float64),  # obeys moves `left_scale` (`right_scale`) times as fast
        ("load_kg", np.float64),
        ("work_j", np.float64),  # done by the motors since the last period began
        ("slipping", np.bool_),  # a wheel has no more traction to give
        ("elsewhere", np.bool_),  # its body is simulated by a host (Bullet): do not move it, nor its wheels
        ("go", np.bool_),  # drive to `goal`; else brake and stand
        ("touches", np.uint8),  # what it touches: bits 1 robot, 2 rack or wall, 4 person
        # Orders of the period, on the robot's way: a line on the floor, or a circle of headings.
        ("duty", np.int64),  # 0 stand, 1 drive straight, 2 turn clockwise, 3 turn counter-clockwise
        ("goal", np.float64),  # place on the way to come to rest at; places do not depend on what is confirmed
        ("pace", np.float64),  # rate that it may not pass, and acceleration
        ("spurt", np.float64),
        ("ahead_x", np.float64),  # unit vector of the straight way
        ("ahead_y", np.float64),
        ("offset", np.float64),  # of the straight way, to the right of the map's origin
        ("course", np.float64),  # confirmed heading, not wrapped
        # Trajectory controller: place, rate and acceleration that it wants now.
        ("wish", np.float64),
        ("speed_wish", np.float64),
        ("acceleration_wish", np.float64),
        ("quiet", np.int64),  # substeps since the wheels were told to move
        # Senses.
        ("bearing", np.float64),
        ("left_error", np.float64),  # of odometry in this period, as a share, and of the gyro, rad/s
        ("right_error", np.float64),
        ("gyro_error", np.float64),
        ("left_scale", np.float64),  # true radius of a wheel over what the firmware believes, of this robot
        ("right_scale", np.float64),
        ("track_scale", np.float64),
        ("gyro_bias", np.float64),
        ("drift", np.float64),  # fault: odometry measures (1 + drift) times the way, until drift_until
        ("drift_until", np.float64),
        ("blind_until", np.float64),  # fault: it reads no markers
        ("stall_left_until", np.float64),  # fault: this wheel's motor gives no force
        ("stall_right_until", np.float64),
        ("marker", np.int64),  # cell whose marker it read last and sees, NO_MARKER, or READ_AGAIN
        ("unfixed_m", np.float64),  # way driven since then
        ("serving", np.int64),  # number of the SERVICE entry under way, -1 for none
        ("draws", np.int64),  # random numbers drawn by the body; its key is the robot's
    ],
    align=True,
)

# A person on the floor: a disc that walks.
PERSON: Final = np.dtype(
    [
        ("x", np.float64),
        ("y", np.float64),
        ("vx", np.float64),  # in this period
        ("vy", np.float64),
        ("heading", np.int64),
        ("speed", np.float64),  # when it walks
        ("cell", np.int64),  # walks from the middle of this cell to the next one's
        ("until", np.float64),  # leaves the floor then; nobody: -inf
        ("key", np.int64),
        ("draws", np.int64),
    ],
    align=True,
)
PERSON_RADIUS_M: Final = 0.3
PEOPLE: Final = 32  # on the floor at a time

# A slippery cell.
PATCH: Final = np.dtype([("cell", np.int64), ("grip", np.float64), ("until", np.float64)], align=True)
PATCHES: Final = 64

STAND, DRIVE, TURN_CW, TURN_CCW = 0, 1, 2, 3  # duties
NO_MARKER, READ_AGAIN = -1, -2
