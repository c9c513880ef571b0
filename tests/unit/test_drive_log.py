"""Logs of drives: what is read, and how what is wrong with one is said."""

from __future__ import annotations

import numpy as np
import pytest

from twin.calibration.drive_log import LEAST_ROWS, DriveLogError, read_drive_log, write_drive_log

HEADER = "t_s,told_left_mps,told_right_mps,left_mps,right_mps,gyro_radps,x_m,y_m,theta_rad,load_kg,segment"
ROWS = [f"{0.01 * i:.2f},0.5,0.4,0.49,0.39,0.2,{0.005 * i:.3f},1,0.1,5,{'go' if i < 30 else 'on'}" for i in range(60)]


def read(tmp_path, *lines, header=HEADER):
    path = tmp_path / "robot-7.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return read_drive_log(path)


def test_columns_are_read_in_any_order(tmp_path):
    log = read(tmp_path, *ROWS)
    names = HEADER.split(",")
    turned = [",".join(reversed(row.split(","))) for row in ROWS]
    other = read(tmp_path, *turned, header=",".join(reversed(names)))
    assert log.name == "robot-7"
    assert log.rows == 60
    assert log.t[3] == 0.03
    assert log.told[3].tolist() == [0.5, 0.4]
    assert log.wheels[3].tolist() == [0.49, 0.39]
    assert log.gyro[3] == 0.2
    assert log.pose[3].tolist() == [0.015, 1.0, 0.1]
    assert log.load[3] == 5
    assert (log.labels, log.segment[[29, 30]].tolist()) == (("go", "on"), [0, 1])
    for name in ("t", "told", "wheels", "gyro", "pose", "load", "segment"):
        np.testing.assert_array_equal(getattr(log, name), getattr(other, name))


def test_what_is_optional_may_be_left_out_or_blank(tmp_path):
    bare = [",".join(row.split(",")[:5]) for row in ROWS]
    log = read(tmp_path, *bare, header=HEADER[: HEADER.index(",gyro")])
    assert np.isnan(log.gyro).all()
    assert np.isnan(log.pose).all()
    assert not log.load.any()
    assert log.labels == ("",)
    log = read(tmp_path, *ROWS[:55], "0.9,,,0.1,0.1,,,,,,on")
    assert np.isnan(log.told[-1]).all()
    assert np.isnan(log.pose[-1]).all()
    assert (log.rows, log.load[-1]) == (56, 0.0)


def test_a_log_that_is_written_is_read_as_it_was(tmp_path):
    log = read(tmp_path, "0,,,,,,,,,,go", *ROWS[1:])
    write_drive_log(tmp_path / "again.csv", log)
    again = read_drive_log(tmp_path / "again.csv")
    for name in ("t", "told", "wheels", "gyro", "pose", "load", "segment"):
        np.testing.assert_allclose(getattr(again, name), getattr(log, name), atol=1e-6)
    assert again.labels == log.labels


BAD = [
    ("0.9,x,0,0,0,,,,,,", "line 62, column told_left_mps: is 'x'"),
    ("0.9,nan,0,0,0,,,,,,", "column told_left_mps: is 'nan'"),
    ("0.9,1e9,0,0,0,,,,,,", "column told_left_mps: is '1e9'"),
    ("0.9,1_0,0,0,0,,,,,,", "column told_left_mps: is '1_0'"),
    ("0.9,0,,0,0,,,,,,", "column told_right_mps: is blank for one wheel"),
    ("0.9,0,0,,0,,,,,,", "column left_mps: is blank"),
    (",0,0,0,0,,,,,,", "column t_s: is blank"),
    ("0.59,0,0,0,0,,,,,,", "column t_s: is 0.59, not after the row before (0.59)"),
    ("0.9,0,0,0,0,,1,,0,,", "column y_m: is blank"),
    ("0.9,0,0,0,0,,,,,-1,", "column load_kg: is -1"),
    ("0.9,0,0,0,0", "line 62: the row has 6 cells fewer than the header"),
    ("0.9,0,0,0,0,,,,,,,", "the row has 1 cells more than the header"),
    ('0.9,"0"x,0,0,0,,,,,,', "line 62: is not CSV"),
]


@pytest.mark.parametrize(("row", "said"), BAD, ids=[said for _, said in BAD])
def test_a_bad_row_is_refused_with_its_place(tmp_path, row, said):
    with pytest.raises(DriveLogError) as caught:
        read(tmp_path, *ROWS, row)
    assert said in f"{caught.value.where}: {caught.value.problem}"
    assert caught.value.where.startswith(str(tmp_path / "robot-7.csv"))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (HEADER.replace("left_mps", "left", 1), "line 1, column told_left: unknown column"),
        (HEADER.replace("gyro_radps", "t_s"), "line 1, column t_s: is there twice"),
        (HEADER.replace("told_left_mps,", ""), "line 1: column told_left_mps is missing"),
        (HEADER.replace(",y_m", ""), "line 1: has x_m and theta_rad alone"),
        (HEADER + ",", "line 1, column 12: unknown column"),
    ],
)
def test_a_bad_header_is_refused(tmp_path, header, said):
    with pytest.raises(DriveLogError) as caught:
        read(tmp_path, *ROWS, header=header)
    assert said in f"{caught.value.where}: {caught.value.problem}"


def test_a_short_log_and_none_at_all_are_refused(tmp_path):
    with pytest.raises(DriveLogError, match=f"has {LEAST_ROWS - 1} rows"):
        read(tmp_path, *ROWS[: LEAST_ROWS - 1])
    with pytest.raises(DriveLogError, match="no such log"):
        read_drive_log(tmp_path / "none.csv")
    with pytest.raises(DriveLogError, match="cannot be written"):
        write_drive_log(tmp_path / "none" / "log.csv", read(tmp_path, *ROWS))
