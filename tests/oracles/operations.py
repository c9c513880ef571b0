"""What a robot can do in a few steps, by trying every sequence of actions."""

from __future__ import annotations

from itertools import product

# One cell forward, by heading: east, south, west, north.
AHEAD = ((0, 1), (1, 0), (0, -1), (-1, 0))

Way = tuple[tuple[int, int], ...]


def way(actions: tuple[int, ...], heading: int) -> tuple[Way, int]:
    """Cells after each step relative to the first cell, and the heading at the end."""
    row, column = 0, 0
    cells = []
    for action in actions:
        if action == 0:
            row, column = row + AHEAD[heading][0], column + AHEAD[heading][1]
        elif action == 1:
            heading = (heading + 1) % 4
        elif action == 2:
            heading = (heading - 1) % 4
        cells.append((row, column))
    return tuple(cells), heading


def ways(window: int, heading: int) -> set[Way]:
    """Every way through cells and time that some sequence of `window` actions takes."""
    return {way(actions, heading)[0] for actions in product(range(4), repeat=window)}
