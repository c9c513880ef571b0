"""The best matching, by trying every one: for a handful of rows and columns."""

from __future__ import annotations


def matchings(edges, row, rows, taken=frozenset()):
    """Every matching of rows `row` to `rows - 1`, as lists of (row, column, cost)."""
    if row == rows:
        yield []
        return
    yield from matchings(edges, row + 1, rows, taken)
    for (at, column), cost in edges.items():
        if at == row and column not in taken:
            for rest in matchings(edges, row + 1, rows, taken | {column}):
                yield [(row, column, cost), *rest]


def best(edges, rows):
    """Pairs and total cost of the best matching, most pairs first, then least cost. edges: {(row, column): cost}"""
    scores = [(-len(pairs), sum(cost for _, _, cost in pairs)) for pairs in matchings(edges, 0, rows)]
    most, cost = min(scores)
    return -most, cost
