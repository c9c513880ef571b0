"""A contiguous numpy column that grows at its end."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

_Scalar = TypeVar("_Scalar", bound=np.generic)

_FIRST_CAPACITY = 64


class GrowingColumn(Generic[_Scalar]):
    """A column of one dtype; its room doubles when it is full, so that appending costs constant time on average.

    values  the column so far, writable in place; growing may move it
    view    the same, read only; growing may leave it behind
    """

    __slots__ = ("_room", "values", "view")

    # Attributes, not properties: a step reads columns some hundred times.
    values: npt.NDArray[_Scalar]
    view: npt.NDArray[_Scalar]

    def __init__(self, dtype: type[_Scalar]) -> None:
        self._room: npt.NDArray[_Scalar] = np.zeros(_FIRST_CAPACITY, dtype=dtype)
        self._show(0)

    def __len__(self) -> int:
        return len(self.values)

    def extend(self, values: npt.ArrayLike) -> None:
        """Add values at the end, in order; they are cast to the column's dtype."""
        new = np.asarray(values, dtype=self._room.dtype)
        self._grow(len(new))[:] = new

    def repeat(self, value: float, times: int) -> None:
        """Add the same value at the end so many times."""
        self._grow(times)[:] = value

    def _grow(self, by: int) -> npt.NDArray[_Scalar]:
        """Make the column longer and return what is new of it, of any values."""
        before = len(self.values)
        length = before + by
        if length > len(self._room):
            room = np.zeros(max(length, 2 * before), dtype=self._room.dtype)
            room[:before] = self.values
            self._room = room
        self._show(length)
        return self._room[before:length]

    def _show(self, length: int) -> None:
        self.values = self._room[:length]
        self.view = self._room[:length]
        self.view.flags.writeable = False
