"""What a picture of a floor shows: a number for each cell, or for each cell and direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fleet.report.heat.congestion import Congestion
    from fleet.report.heat.edge_flow import EdgeFlow
    from robots.arrays import Float64

# Above this percentile of the numbers that are not zero, colours are all the same: one dock does not bleach the floor.
_TOP_PERCENTILE = 99.5


@dataclass(frozen=True, slots=True)
class MapValues:
    """Numbers on a floor.

    values  float64 (height, width), or (4, height, width) by the heading in which robots drive into a cell; what is
            zero is not drawn
    signed  whether they are changes, of which some may be negative
    """

    title: str
    unit: str
    values: Float64
    signed: bool = False

    @property
    def by_direction(self) -> bool:
        """Whether there is a number for each direction."""
        return self.values.ndim == 3

    def top(self) -> float:
        """Return the size of number from which on colours stay the same, > 0."""
        some = np.abs(self.values[self.values != 0])
        return float(np.percentile(some, _TOP_PERCENTILE)) if len(some) else 1.0


def congestion_values(congestion: Congestion) -> MapValues:
    """Return a metric by cell, to be drawn."""
    return MapValues(congestion.metric.title, f"{congestion.metric.unit}, each cell", congestion.values)


def flow_values(flow: EdgeFlow) -> MapValues:
    """Return edge flow by cell and direction, to be drawn."""
    return MapValues("where robots drive, by direction", "entries an hour, each direction", flow.per_hour)


def change(values: MapValues, against: MapValues) -> MapValues:
    """Return how values differ from others of the same kind: what they are more is positive."""
    title, unit = f"change in {values.title}", f"{values.unit}, more or less"
    return MapValues(title, unit, values.values - against.values, signed=True)
