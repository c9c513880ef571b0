"""Which cells reach which, and which single cells are the only way to others.

Robots turn on the spot and moves go both ways, so a floor is strongly connected where its cells are connected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fleet.grid.components import components

if TYPE_CHECKING:
    from fleet.grid.layout import Layout
    from robots.arrays import Bool, Int32


def main_component(labels: Int32, cells: Int32) -> int:
    """Return the component that holds most of the given cells."""
    return int(np.bincount(labels[cells]).argmax())


def chokes(layout: Layout, goal: Bool) -> dict[int, int]:
    """Return the goals that are the only way between other goals, with how many goals each cuts off at least.

    `goal` is bool (cells,). A goal cuts off what lies on its smaller side. Articulation points by depth-first search:
    Tarjan, "Depth-First Search and Linear Graph Algorithms" (SIAM J. Computing 1972), with the goals below each cell
    counted on the way back up.
    """
    labels = components(layout)
    goals_in = np.bincount(labels[goal], minlength=int(labels.max(initial=0)) + 1)
    order = np.zeros(layout.cells, dtype=np.int64).tolist()
    low = list(order)
    below = goal.astype(np.int64).tolist()
    neighbours = layout.neighbours.tolist()
    found: dict[int, int] = {}
    clock = 0
    for root in layout.free_cells.tolist():
        if order[root]:
            continue
        clock += 1
        order[root] = low[root] = clock
        goals_here = int(goals_in[labels[root]])
        path = [(root, iter(neighbours[root]))]
        while path:
            cell, ahead = path[-1]
            child = next(ahead, None)
            if child is None:
                path.pop()
                if path:
                    parent = path[-1][0]
                    low[parent] = min(low[parent], low[cell])
                    below[parent] += below[cell]
                    rest = goals_here - below[cell] - 1
                    if low[cell] >= order[parent] and goal[parent] and min(below[cell], rest) > 0:
                        found[parent] = max(found.get(parent, 0), min(below[cell], rest))
            elif child < 0:
                continue
            elif order[child]:
                low[cell] = min(low[cell], order[child])
            else:
                clock += 1
                order[child] = low[child] = clock
                path.append((child, iter(neighbours[child])))
    return found
