"""Congestion counted one robot and one step at a time, and hot spots found by looking at every cell again and again."""

from __future__ import annotations


def count(trace, metric, steps):
    """Robot-steps that count, {(row, column): count}, over an iterable of steps."""
    counts = {}
    for step in steps:
        for robot in range(len(trace.start_cell)):
            cell = int(trace.cell[step][robot])
            before = int(trace.start_cell[robot] if step == 0 else trace.cell[step - 1][robot])
            if metric == "visits":
                counted = cell != before
            elif metric == "waits":
                counted = int(trace.activity[step][robot]) == 2
            else:
                counted = bool(trace.delayed[step][robot])
            if counted:
                place = divmod(cell, trace.width)
                counts[place] = counts.get(place, 0) + 1
    return counts


def entries(trace, steps):
    """Moves to a neighbouring cell, {(heading, row, column): count}, over an iterable of steps."""
    headings = {(0, 1): 0, (1, 0): 1, (0, -1): 2, (-1, 0): 3}
    counts = {}
    for step in steps:
        for robot in range(len(trace.start_cell)):
            before = int(trace.start_cell[robot] if step == 0 else trace.cell[step - 1][robot])
            row, column = divmod(int(trace.cell[step][robot]), trace.width)
            heading = headings.get((row - before // trace.width, column - before % trace.width))
            if heading is not None:
                counts[heading, row, column] = counts.get((heading, row, column), 0) + 1
    return counts


def hot_spots(counts, most):
    """[(row, column, around)] from a list of rows of counts; centres at least 5 rows or columns apart."""
    height, width = len(counts), len(counts[0])

    def square(row, column):
        return [
            counts[r][c]
            for r in range(max(0, row - 2), min(height, row + 3))
            for c in range(max(0, column - 2), min(width, column + 3))
        ]

    found = []
    while len(found) < most:
        best = None
        for row in range(height):
            for column in range(width):
                apart = all(abs(row - r) > 4 or abs(column - c) > 4 for r, c, _ in found)
                if counts[row][column] == 0 or not apart:
                    continue
                rank = (sum(square(row, column)), counts[row][column])
                if best is None or rank > best[0]:
                    best = (rank, (row, column, rank[0]))
        if best is None:
            return found
        found.append(best[1])
    return found
