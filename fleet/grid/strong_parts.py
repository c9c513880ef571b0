"""Parts of a floor as it is now whose cells all reach each other."""

from __future__ import annotations

import numpy as np

from fleet.grid import _strong_parts
from robots.arrays import Bool, Int32


def largest_part(ahead: Int32, is_open: Bool) -> Bool:
    """Return the largest set of open cells that all reach each other, bool (cells,); no cell if none is open.

    ahead: int32 (cells, 4), the cell that each heading leads to, NO_CELL for none; is_open: bool (cells,). Of several
    parts as large it is the one with the lowest cell. Time is linear in cells.
    """
    part = _strong_parts.find(ahead, is_open)
    largest: Bool = is_open & (part == np.bincount(part[is_open], minlength=1).argmax())
    return largest
