"""Minimum-cost matching on a sparse set of candidate pairs: as many pairs as possible, at the least total cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from robots.arrays import Float64, Int32, Int64

# Up to this many rows x columns the dense algorithm is the faster one, measured with 30 candidates a row.
_DENSE_CELLS: Final = 2**17


@dataclass(frozen=True, slots=True)
class _Edges:
    """Edges ordered by row, then column; columns are numbered without gaps. `stay_free` is the cost of no edge."""

    rows: Int64
    columns: Int64
    costs: Float64
    n_rows: int
    n_columns: int
    stay_free: float


def minimum_cost_matching(rows: Int64, columns: Int64, costs: Float64, n_rows: int) -> tuple[Int32, Int32]:
    """Match rows to columns along the given edges, every row and every column at most once.

    rows, columns, costs: the edges, int64, int64 and float64 (e,), each pair at most once and in any order; costs are
    finite and may be negative. Returns the matched rows, ascending, and the column of each, int32 (p,): of all
    matchings with the greatest number of pairs, one with the least sum of costs. Equal matchings are chosen between in
    the same way every time, whatever the order of the edges.

    Dense problems are solved by Jonker-Volgenant with shortest augmenting paths (Crouse 2016, as in
    scipy.optimize.linear_sum_assignment), larger ones by its sparse form LAPJVsp (scipy.sparse.csgraph). In the worst
    case time grows with the cube of the smaller side; on tasks matched to robots it grows about with edges x rows.
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
    edges = _Edges(rows, columns, costs, n_rows, len(wanted), stay_free)
    column_of = _dense(edges) if n_rows * len(wanted) <= _DENSE_CELLS else _sparse(edges)
    matched = np.flatnonzero(column_of >= 0)
    return matched.astype(np.int32), wanted[column_of[matched]].astype(np.int32)


def _dense(edges: _Edges) -> Int64:
    """Column of every row, -1 for none. A pair that is no edge costs as much as staying free, and means that."""
    matrix = np.full((edges.n_rows, edges.n_columns), edges.stay_free)
    matrix[edges.rows, edges.columns] = edges.costs
    of_row, of_column = linear_sum_assignment(matrix)
    real = matrix[of_row, of_column] < edges.stay_free
    column_of = np.full(edges.n_rows, -1, dtype=np.int64)
    column_of[of_row[real]] = of_column[real]
    return column_of


def _sparse(edges: _Edges) -> Int64:
    """Column of every row, -1 for none. Every row has a column of its own to stay free in, so all can be matched."""
    n_rows, n_columns = edges.n_rows, edges.n_columns
    ends = np.cumsum(np.bincount(edges.rows, minlength=n_rows) + 1)
    own = ends - 1
    at = np.arange(len(edges.rows)) + edges.rows
    index = np.empty(len(edges.rows) + n_rows, dtype=np.int32)
    weight = np.empty(len(index))
    index[at], weight[at] = edges.columns, edges.costs
    index[own], weight[own] = n_columns + np.arange(n_rows), edges.stay_free
    starts = np.concatenate([[0], ends]).astype(np.int32)
    graph = csr_array((weight, index, starts), shape=(n_rows, n_columns + n_rows))
    _, column_of = min_weight_full_bipartite_matching(graph)
    return np.where(column_of < n_columns, column_of, -1).astype(np.int64)
