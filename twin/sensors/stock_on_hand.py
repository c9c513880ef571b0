"""The stock that is really in the bins, and what people and robots do to it, mistakes included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
import numpy.typing as npt

from robots.arrays import Int32
from robots.errors import InputError
from sim_worlds.stock_layout import StockLayout


@dataclass(frozen=True, slots=True)
class Mistakes:
    """How often work at bins goes wrong, as shares of picks and of fills; no work goes wrong in both ways.

    wrong_quantity  other units than are said: one more or one less mostly, each further one `spread` times as likely
    wrong_bin       the right quantity, at a bin beside the right one

    Trade sources call 0.5 % wrong picks of all picks very good, and 1 % still acceptable. Raises InputError for a value
    that cannot be.
    """

    picks_wrong_quantity: float = 0.005
    picks_wrong_bin: float = 0.002
    fills_wrong_quantity: float = 0.01
    fills_wrong_bin: float = 0.003
    spread: float = 0.4

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            most = 1.0 if name == "spread" else 0.5
            if not (isfinite(value) and 0 <= value < most):
                raise InputError(f"mistakes, {name}", f"is {value}", f"give a share from 0 to below {most}")


@dataclass(frozen=True, slots=True)
class Handled:
    """What was done at bins. Units are greater than 0 for those that were put in, less for those taken out.

    said   units that whoever did it says it were, at the bin that was named
    bin    where it was done
    units  how many really moved
    """

    said: int
    bin: int
    units: int


class StockOnHand:
    """Units in each bin of a layout, in truth.

    The same seed and the same calls give the same stock. Raises InputError if a count is not from 0 to the capacity.
    """

    def __init__(self, layout: StockLayout, count: Int32, mistakes: Mistakes, seed: int) -> None:
        if len(count) != layout.bins or not ((count >= 0) & (count <= layout.capacity)).all():
            raise InputError("stock", "a bin holds more units than fit, or fewer than none", "give other counts")
        self._layout = layout
        self._mistakes = mistakes
        self._seed = seed
        self._count = count.astype(np.int32)
        self._works = np.zeros(1, dtype=np.int64)

    @property
    def count(self) -> Int32:
        """Units in each bin, int32 (n,), a copy."""
        return self._count.copy()

    def take(self, number: int, units: int) -> Handled:
        """Take units out of a bin. Who finds fewer takes those, and says so."""
        says = min(units, int(self._count[number]))
        return self._handle(number, says, -1, self._mistakes.picks_wrong_quantity, self._mistakes.picks_wrong_bin)

    def fill(self, number: int, units: int) -> Handled:
        """Put units into a bin. Who finds less room fills that, and says so."""
        says = min(units, int(self._layout.capacity[number] - self._count[number]))
        return self._handle(number, says, 1, self._mistakes.fills_wrong_quantity, self._mistakes.fills_wrong_bin)

    def columns(self) -> Sequence[npt.NDArray[np.generic]]:
        """All that changes, in an order that never changes: for checkpoints."""
        return self._count, self._works

    def _handle(self, number: int, says: int, way: int, wrong_quantity: float, wrong_bin: float) -> Handled:
        """Move `says` units, in (1) or out (-1); who says that none moved is right."""
        self._works[0] += 1
        random = np.random.default_rng((self._seed, int(self._works[0])))
        where, units = number, says
        luck = random.random() if says else 1.0
        beside = self._layout.neighbours[number]
        beside = beside[beside >= 0]
        if luck < wrong_quantity:
            off = int(random.geometric(1.0 - self._mistakes.spread)) * (1 if random.random() < 0.5 else -1)
            units = max(says + off, 0)
        elif luck < wrong_quantity + wrong_bin and len(beside):
            where = int(beside[random.integers(len(beside))])
        after = min(max(int(self._count[where]) + way * units, 0), int(self._layout.capacity[where]))
        moved = after - int(self._count[where])
        self._count[where] = after
        return Handled(way * says, where, moved)
