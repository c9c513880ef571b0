"""Minimum-cost matching on a sparse set of candidate pairs: as many pairs as possible, at the least total cost."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from robots.arrays import Float64, Int32, Int64


def minimum_cost_matching(rows: Int64, columns: Int64, costs: Float64, n_rows: int) -> tuple[Int32, Int32]:
    """Match rows to columns along the given edges, every row and every column at most once.

    rows, columns, costs: the edges, int64, int64 and float64 (e,), each pair at most once and in any order; costs are
    finite and may be negative. Returns the matched rows, ascending, and the column of each, int32 (p,): of all
    matchings with the greatest number of pairs, one with the least sum of costs. Equal matchings are chosen between in
    the same way every time, whatever the order of the edges.

    Jonker and Volgenant's algorithm in its sparse form, LAPJVsp. In the worst case time grows with the cube of the
    smaller side; on tasks matched to robots it grows about with edges x rows.
    """
    if len(costs) == 0:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    order = np.lexsort((columns, rows))
    rows, costs = rows[order], costs[order]
    wanted, columns = np.unique(columns[order], return_inverse=True)
    # All costs are at least 1 (a zero would vanish from a sparse matrix), and one edge more is worth more than all the
    # cost it can bring: staying free costs what no set of edges can make up for.
    costs = costs - (costs.min() - 1.0)
    stay_free = float(costs.max()) * (min(n_rows, len(wanted)) + 1)
    if not np.isfinite(stay_free):
        raise ValueError("costs are not all finite numbers")
    # Every row has a column of its own to stay free in, after its edges, so all rows can be matched.
    n_columns = len(wanted)
    ends = np.cumsum(np.bincount(rows, minlength=n_rows) + 1)
    own = ends - 1
    at = np.arange(len(rows)) + rows
    index = np.empty(len(rows) + n_rows, dtype=np.int32)
    weight = np.empty(len(index))
    index[at], weight[at] = columns, costs
    index[own], weight[own] = n_columns + np.arange(n_rows), stay_free
    starts = np.concatenate([[0], ends]).astype(np.int32)
    graph = csr_array((weight, index, starts), shape=(n_rows, n_columns + n_rows))
    _, column_of = min_weight_full_bipartite_matching(graph)
    matched = np.flatnonzero(column_of < n_columns)
    return matched.astype(np.int32), wanted[column_of[matched]].astype(np.int32)
