"""A log cut into pieces that are fitted one by one, some of which are held out."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from robots.arrays import Bool
from twin.calibration.drive_log import DriveLog

_LONGEST_S: Final = 12.0
_GAP_S: Final = 0.5
_LEAST_ROWS: Final = 20
# Of so many pieces of a kind one is held out.
_HELD_OUT: Final = 4


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows `first` to `last`, both inside, of a log."""

    first: int
    last: int
    label: str


def cut(log: DriveLog) -> list[Piece]:
    """Cut a log where its segment or load changes, at gaps of more than half a second, and where pieces are too long.

    Long pieces are cut where the wheels are told least, which is at rest if there is any. Pieces of fewer than 20 rows
    are left out.
    """
    breaks = (np.diff(log.segment) != 0) | (np.diff(log.load) != 0) | (np.diff(log.t) > _GAP_S)
    borders = [0, *(np.flatnonzero(breaks) + 1).tolist(), log.rows]
    ranges = []
    for begin, end in itertools.pairwise(borders):
        ranges += _shortened(log, begin, end)
    return [
        Piece(begin, end - 1, log.labels[log.segment[begin]]) for begin, end in ranges if end - begin >= _LEAST_ROWS
    ]


def held_out(pieces: Sequence[Piece]) -> Bool:
    """Return which pieces are held out: of every label every fourth, or every second where there are fewer."""
    by_label: dict[str, list[int]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        by_label[piece.label].append(number)
    out = np.zeros(len(pieces), dtype=np.bool_)
    for numbers in by_label.values():
        every = _HELD_OUT if len(numbers) >= _HELD_OUT else 2
        out[numbers[every - 1 :: every]] = True
    return out


def _shortened(log: DriveLog, begin: int, end: int) -> list[tuple[int, int]]:
    if log.t[end - 1] - log.t[begin] <= _LONGEST_S:
        return [(begin, end)]
    told = np.abs(np.nan_to_num(log.told[begin:end], nan=np.inf)).max(axis=1)
    middle = 0.5 * (log.t[begin] + log.t[end - 1])
    # At least a quarter on either side; of equal rows the one in the middle.
    away = np.abs(log.t[begin:end] - middle)
    allowed = away <= 0.25 * (log.t[end - 1] - log.t[begin])
    border = begin + max(int(np.lexsort((away, told, ~allowed))[0]), 1)
    return _shortened(log, begin, border) + _shortened(log, border, end)
