"""How logs are cut into pieces, and what is held out."""

from __future__ import annotations

import numpy as np

from twin.calibration.drive_log import DriveLog
from twin.calibration.pieces import Piece, cut, held_out


def log(rows, *, labels=(("", 0),), stops=(), loads=(), gap=None):
    t = np.arange(rows) * 0.01
    if gap is not None:
        t[gap:] += 1.0
    segment = np.zeros(rows, dtype=np.int64)
    for number, (_, first) in enumerate(labels):
        segment[first:] = number
    told = np.full((rows, 2), 0.5)
    for first, last in stops:
        told[first:last] = 0.0
    load = np.zeros(rows)
    for first, kg in loads:
        load[first:] = kg
    nothing = np.full((rows, 3), np.nan)
    return DriveLog("r", t, told, told.copy(), nothing[:, 0], nothing, load, segment, tuple(name for name, _ in labels))


def test_a_log_is_cut_where_segment_or_load_changes_and_at_gaps():
    found = cut(log(600, labels=(("a", 0), ("b", 100)), loads=((250, 5.0),), gap=400))
    assert found == [Piece(0, 99, "a"), Piece(100, 249, "b"), Piece(250, 399, "b"), Piece(400, 599, "b")]


def test_long_pieces_are_cut_at_rests_near_their_middle():
    found = cut(log(2000, stops=((300, 320), (900, 940), (1500, 1510))))
    assert [(piece.first, piece.last) for piece in found] == [(0, 938), (939, 1999)]
    assert all(piece.last - piece.first <= 1200 for piece in cut(log(10_000)))


def test_scraps_are_left_out():
    assert cut(log(100, labels=(("a", 0), ("b", 85)))) == [Piece(0, 84, "a")]


def test_every_second_of_few_and_every_fourth_of_many_of_a_kind_are_held_out():
    few = [Piece(0, 1, "a"), Piece(0, 1, "b"), Piece(0, 1, "b"), Piece(0, 1, "c"), Piece(0, 1, "c"), Piece(0, 1, "c")]
    assert held_out(few).tolist() == [False, False, True, False, True, False]
    many = [Piece(0, 1, "")] * 9
    assert np.flatnonzero(held_out(many)).tolist() == [3, 7]
