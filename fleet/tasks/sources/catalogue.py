"""What people order: a catalogue of SKUs and the make-up of orders, learnt from real order lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fleet.tasks.model import OrderLine
from fleet.tasks.sources.draft import OrderDraft
from robots.arrays import Float64, Int64

CATALOGUE_SKUS = 1000
# Zipf-Mandelbrot: the popularity of rank r is proportional to 1 / (r + offset). With these, the most popular of the
# thousand SKUs is in 2 % of the lines and the first fifth in two thirds of them, as in the shipped real order lines.
_POPULARITY_OFFSET = 10.0


@dataclass(frozen=True, slots=True)
class Catalogue:
    """SKUs by rank of popularity, and how orders are made up of them.

    units               one line a SKU, with the measures of a real one; its quantity is one
    quantities          for each SKU int64 (k,), what real lines of the SKU behind it asked for
    popularity          float64 (n,), cumulative, ends with 1
    lines_per_order     int64 (m,), one value for each real order
    """

    units: tuple[OrderLine, ...]
    quantities: tuple[Int64, ...]
    popularity: Float64
    lines_per_order: Int64

    @classmethod
    def learn(cls, orders: Sequence[OrderDraft]) -> Catalogue:
        """Draw a catalogue from real orders. It belongs to them: the same orders give the same catalogue.

        Each SKU takes its measures and quantities from the SKU of a real line drawn at random.
        """
        real_lines = [line for order in orders for line in order.lines]
        quantities: dict[str, list[int]] = {}
        for line in real_lines:
            quantities.setdefault(line.sku, []).append(line.quantity)
        # Once for each real SKU, not for each SKU modelled on it: there are many more of these.
        asked = {sku: np.array(seen, dtype=np.int64) for sku, seen in quantities.items()}
        drawn = np.random.default_rng(0).integers(len(real_lines), size=CATALOGUE_SKUS)
        models = [real_lines[at] for at in drawn.tolist()]
        popularity = np.cumsum(1.0 / (np.arange(1, CATALOGUE_SKUS + 1) + _POPULARITY_OFFSET))
        return cls(
            units=tuple(
                OrderLine(f"sku-{rank:04d}", 1, model.unit_litres, model.unit_kg)
                for rank, model in enumerate(models, start=1)
            ),
            quantities=tuple(asked[model.sku] for model in models),
            popularity=popularity / popularity[-1],
            lines_per_order=np.array([len(order.lines) for order in orders], dtype=np.int64),
        )

    def draw_lines(self, rng: np.random.Generator) -> tuple[OrderLine, ...]:
        """Draw the lines of one order."""
        count = self.lines_per_order[rng.integers(len(self.lines_per_order))]
        ranks = np.searchsorted(self.popularity, rng.random(count), side="right")
        lines = []
        for rank in ranks:
            unit, seen = self.units[rank], self.quantities[rank]
            quantity = int(seen[rng.integers(len(seen))])
            lines.append(OrderLine(unit.sku, quantity, unit.unit_litres, unit.unit_kg))
        return tuple(lines)
