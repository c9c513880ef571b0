"""The frozen map that everything else is computed on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from robots.arrays import Bool, Int32

NO_CELL: Final = -1
NO_TASK: Final = -1
NO_ROBOT: Final = -1

# Row and column step of one cell forward, by heading: east, south, west, north.
ROW_STEP: Final = (0, 1, 0, -1)
COLUMN_STEP: Final = (1, 0, -1, 0)


@dataclass(frozen=True, slots=True)
class Layout:
    """A four-connected grid. Cells are `row * width + column`; x (columns) grows east, y (rows) grows south.

    passable  bool (height * width,), where a robot may stand
    Derived:
    free_cells  int32 (n_free,), the passable cells in ascending order
    neighbours  int32 (height * width, 4), the cell one step ahead by heading, NO_CELL where there is none or either
                cell is an obstacle
    """

    height: int
    width: int
    passable: Bool
    free_cells: Int32 = field(init=False, repr=False)
    neighbours: Int32 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        passable = np.array(self.passable, dtype=np.bool_).reshape(-1)
        if self.height < 1 or self.width < 1 or len(passable) != self.height * self.width:
            raise ValueError(f"passable has {len(passable)} cells, not {self.height} x {self.width}")
        passable.setflags(write=False)
        free_cells = np.flatnonzero(passable).astype(np.int32)
        free_cells.setflags(write=False)
        neighbours = _neighbours(passable.reshape(self.height, self.width))
        neighbours.setflags(write=False)
        object.__setattr__(self, "passable", passable)
        object.__setattr__(self, "free_cells", free_cells)
        object.__setattr__(self, "neighbours", neighbours)

    @property
    def cells(self) -> int:
        """Number of cells, obstacles included."""
        return self.height * self.width

    def cell(self, row: int, column: int) -> int:
        """Index of the cell at a row and column; raises IndexError outside the map."""
        if not (0 <= row < self.height and 0 <= column < self.width):
            raise IndexError(f"row {row}, column {column} is outside the {self.height} x {self.width} map")
        return row * self.width + column

    def row_column(self, cell: int) -> tuple[int, int]:
        """Row and column of a cell."""
        return divmod(cell, self.width)


def _neighbours(passable: Bool) -> Int32:
    height, width = passable.shape
    index = np.arange(height * width, dtype=np.int32).reshape(height, width)
    padded = np.full((height + 2, width + 2), NO_CELL, dtype=np.int32)
    padded[1:-1, 1:-1] = np.where(passable, index, NO_CELL)
    ahead = np.stack(
        [
            padded[1 + dr : 1 + dr + height, 1 + dc : 1 + dc + width]
            for dr, dc in zip(ROW_STEP, COLUMN_STEP, strict=True)
        ],
        axis=-1,
    )
    ahead[~passable] = NO_CELL
    return np.ascontiguousarray(ahead.reshape(-1, 4))
