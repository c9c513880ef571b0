"""How many robots drive from cell to cell, by direction: edge flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleet.grid.layout import COLUMN_STEP, ROW_STEP
from fleet.report.heat.congestion import Window

if TYPE_CHECKING:
    from fleet.report.trace import Trace
    from robots.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class EdgeFlow:
    """Moves from cell to cell.

    entries  int64 (4, height, width), moves into a cell by heading: 0 eastward, 1 southward, 2 westward, 3 northward
    """

    entries: Int64
    from_s: float
    to_s: float

    @property
    def per_hour(self) -> Float64:
        """Entries an hour, float64 (4, height, width)."""
        rates: Float64 = self.entries * np.float64(3600.0 / (self.to_s - self.from_s))
        return rates

    @property
    def total(self) -> float:
        """Entries an hour over all cells and directions."""
        return float(self.per_hour.sum())


def count_edge_flow(trace: Trace, window: Window | None = None) -> EdgeFlow:
    """Count moves to a neighbouring cell in the steps of a window; raises SettingError if the run has none of them.

    A robot that is further away after a step than one cell is not counted: what way it took is not in the trace.
    """
    steps = (window or Window()).steps(trace)
    before = np.concatenate([trace.start_cell[None], trace.cell[:-1]])[steps]
    after = trace.cell[steps]
    moved = before != after
    left, entered = before[moved].astype(np.int64), after[moved].astype(np.int64)
    rows, columns = entered // trace.width - left // trace.width, entered % trace.width - left % trace.width
    entries = np.stack(
        [
            np.bincount(entered[(rows == row) & (columns == column)], minlength=trace.cells)
            for row, column in zip(ROW_STEP, COLUMN_STEP, strict=True)
        ]
    ).reshape(4, trace.height, trace.width)
    return EdgeFlow(entries, steps.start * trace.step_s, steps.stop * trace.step_s)
