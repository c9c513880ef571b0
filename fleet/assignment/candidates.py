"""Which pairs are worth a look: the places nearest to each robot as the crow flies on a grid."""

from __future__ import annotations

import numpy as np

from robots.arrays import Bool, Int32, Int64


def candidate_mask(robot_cells: Int32, place_cells: Int32, width: int, nearest: int, always: Int64) -> Bool:
    """Return which places are candidates of which robots, bool (robots, places).

    A place is a candidate of a robot if it is among the `nearest` to it by Manhattan distance (of places at equal
    distance those with the lower index, on every machine alike), or if its index is in `always`. Time and memory grow
    with robots x places.
    """
    robots, places = len(robot_cells), len(place_cells)
    if places <= nearest:
        return np.ones((robots, places), dtype=np.bool_)
    robot_row, robot_column = np.divmod(robot_cells.astype(np.int64), width)
    place_row, place_column = np.divmod(place_cells.astype(np.int64), width)
    distance = np.abs(robot_row[:, None] - place_row) + np.abs(robot_column[:, None] - place_column)
    # With the index as the last digits no two keys are equal, so the choice does not hang on how a machine partitions.
    keys = distance * places + np.arange(places)
    mask = np.zeros((robots, places), dtype=np.bool_)
    mask[np.arange(robots)[:, None], np.argpartition(keys, nearest - 1, axis=1)[:, :nearest]] = True
    mask[:, always] = True
    return mask
