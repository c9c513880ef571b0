"""Kernel of minimum-cost matching. `matching.py` stands in front.

Shortest augmenting paths, a row at a time, as in Jonker and Volgenant, "A shortest augmenting path algorithm for dense
and sparse linear assignment problems", Computing 38, 1987: Dijkstra's algorithm on costs reduced by prices of columns.
Invariant: of the rows so far the matching costs least, and no edge of a row costs less, by cost - price of its column,
than the one that the row is matched along.
"""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np
from numba import njit

from robots.arrays import Float64, Int64

FREE = -1


@njit(cache=True, nogil=True)
def match(starts: Int64, rows: Int64, columns: Int64, costs: Float64, n_columns: int, stay_free: float) -> Int64:
    """Return the edge that each row is matched along, FREE for none, int64 (n,).

    starts int64 (n + 1,): row r has the edges starts[r] to starts[r + 1] - 1.
    rows, columns int64 (e,), costs float64 (e,): the ends of each edge and what it costs.
    stay_free: what a row that is not matched costs.
    """
    edge_of = np.full(len(starts) - 1, FREE, dtype=np.int64)
    row_of = np.full(n_columns, FREE, dtype=np.int64)
    price = np.zeros(n_columns)
    # Of one search, from `root`: what it costs to get to a column, and along which edge. Others' have another root.
    seen_from = np.full(n_columns, FREE, dtype=np.int64)
    distance = np.empty(n_columns)
    along = np.empty(n_columns, dtype=np.int64)
    settled_from = np.full(n_columns, FREE, dtype=np.int64)
    settled = np.empty(n_columns, dtype=np.int64)
    heap = [(0.0, FREE)]
    for root in range(len(edge_of)):
        heap.clear()
        count = 0
        row, so_far = root, 0.0
        # The row that had better stay free if no column is cheaper: the root, or one that gives its column away.
        loser, least = root, stay_free
        while True:
            for edge in range(starts[row], starts[row + 1]):
                column = columns[edge]
                if settled_from[column] == root:
                    continue  # though rounding may make it look nearer now
                reached = so_far + costs[edge] - price[column]
                if seen_from[column] != root or reached < distance[column]:
                    seen_from[column], distance[column], along[column] = root, reached, edge
                    heappush(heap, (reached, column))
            nearest, column = least, FREE
            while len(heap) > 0 and column == FREE:
                nearest, column = heappop(heap)
                if nearest > distance[column]:
                    column = FREE  # it has been reached more cheaply since
            if column == FREE or nearest >= least:
                nearest, column = least, FREE
                break
            row = row_of[column]
            if row == FREE:
                break
            settled[count], settled_from[column] = column, root
            count += 1
            # To take a row's column away gives back what the row is matched for.
            so_far = nearest - (costs[edge_of[row]] - price[column])
            if so_far + stay_free < least:
                loser, least = row, so_far + stay_free
        for at in range(count):
            price[settled[at]] += distance[settled[at]] - nearest
        if column == FREE and loser != root:
            column = columns[edge_of[loser]]
            edge_of[loser] = FREE
        while column != FREE:
            edge = along[column]
            row = rows[edge]
            before = edge_of[row]
            edge_of[row], row_of[column] = edge, row
            column = FREE if before == FREE else columns[before]
    return edge_of
