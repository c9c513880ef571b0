"""How large goods are when they are sent."""

from __future__ import annotations

from typing import Final

from twin.cells.parcel import Parcel

# Order lines have notebooks and prints of some millimetres. A padded bag or a mailer of cardboard is so thick at least.
_THINNEST_M: Final = 0.010


def packed_size(parcel: Parcel) -> tuple[float, float, float]:
    """Return the edges of a parcel as it is sent, longest first, metres."""
    low, middle, high = sorted(parcel.size_m)
    return high, max(middle, _THINNEST_M), max(low, _THINNEST_M)
