"""A contiguous numpy column that grows at its end."""

from __future__ import annotations

from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

_Scalar = TypeVar("_Scalar", bound=np.generic)

_FIRST_CAPACITY = 64


class GrowingColumn(Generic[_Scalar]):
    """A column of one dtype; its room doubles when it is full, so that appending costs constant time on average."""

    __slots__ = ("_length", "_room")

    def __init__(self, dtype: type[_Scalar]) -> None:
        self._room: npt.NDArray[_Scalar] = np.zeros(_FIRST_CAPACITY, dtype=dtype)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def values(self) -> npt.NDArray[_Scalar]:
        """The column so far, writable in place; the next `extend` may move it."""
        return self._room[: self._length]

    @property
    def view(self) -> npt.NDArray[_Scalar]:
        """The column so far, read only; the next `extend` may leave it behind."""
        view = self._room[: self._length]
        view.flags.writeable = False
        return view

    def extend(self, values: npt.ArrayLike) -> None:
        """Add values at the end, in order; they are cast to the column's dtype."""
        new = np.asarray(values, dtype=self._room.dtype)
        length = self._length + len(new)
        if length > len(self._room):
            room = np.zeros(max(length, 2 * self._length), dtype=self._room.dtype)
            room[: self._length] = self.values
            self._room = room
        self._room[self._length : length] = new
        self._length = length
