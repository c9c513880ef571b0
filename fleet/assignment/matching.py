"""Minimum-cost matching on a sparse set of candidate pairs: as many pairs as possible, at the least total cost."""

from __future__ import annotations

import numpy as np

from fleet.assignment import _matching
from robots.arrays import Float64, Int32, Int64


def minimum_cost_matching(rows: Int64, columns: Int64, costs: Float64, n_rows: int) -> tuple[Int32, Int32]:
    """Match rows to columns along the given edges, every row and every column at most once.

    rows, columns, costs: the edges, int64, int64 and float64 (e,), each pair at most once and in any order; costs are
    finite and may be negative. Returns the matched rows, ascending, and the column of each, int32 (p,): of all
    matchings with the greatest number of pairs, one with the least sum of costs. Equal matchings are chosen between in
    the same way every time, whatever the order of the edges.

    Jonker and Volgenant's shortest augmenting paths. A path looks at as many edges as it takes to find a column that is
    free: in the worst case time grows with rows x edges x log(edges), on tasks matched to robots about with edges.
    """
    if len(costs) == 0:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    order = np.lexsort((columns, rows))
    rows, costs = rows[order], costs[order]
    wanted, columns = np.unique(columns[order], return_inverse=True)
    # One pair more is worth more than all that it can cost.
    costs = costs - costs.min()
    stay_free = (float(costs.max()) + 1.0) * (min(n_rows, len(wanted)) + 1)
    if not np.isfinite(stay_free):
        raise ValueError("costs are not all finite numbers")
    starts = np.searchsorted(rows, np.arange(n_rows + 1))
    edge_of = _matching.match(starts, rows, columns, costs, len(wanted), stay_free)
    matched = np.flatnonzero(edge_of != _matching.FREE)
    return matched.astype(np.int32), wanted[columns[edge_of[matched]]].astype(np.int32)


def warmup() -> None:
    """Compile the kernel."""
    minimum_cost_matching(np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(1), 1)
