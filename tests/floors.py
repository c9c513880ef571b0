"""Small layouts for tests: drawn as text, or at random."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from fleet.grid.layout import Layout
from robots.arrays import Bool

Place = tuple[int, int]


def drawn(art: str) -> Layout:
    """The layout of a drawing, a row a word: `#` is an obstacle, anything else is passable."""
    rows = art.split()
    return Layout(len(rows), len(rows[0]), np.array([[symbol != "#" for symbol in row] for row in rows]))


def marked(art: str) -> dict[str, int]:
    """The cell of each letter in a drawing."""
    return {symbol: cell for cell, symbol in enumerate("".join(art.split())) if symbol.isalpha()}


def places(layout: Layout) -> set[Place]:
    """(row, column) of every passable cell."""
    return {divmod(int(cell), layout.width) for cell in np.flatnonzero(layout.passable)}


def shut(layout: Layout, cells: Bool, edges: Bool | None = None) -> set[tuple[int, ...]]:
    """(row, column) of every closed cell, and (row, column, heading) of every move over a closed edge."""
    closed: set[tuple[int, ...]] = {divmod(int(cell), layout.width) for cell in np.flatnonzero(cells)}
    if edges is not None:
        closed |= {(*divmod(int(cell), layout.width), int(heading)) for cell, heading in np.argwhere(edges)}
    return closed


def flags(layout: Layout, *cells: int) -> Bool:
    """Bool (cells,), set for these cells."""
    found = np.zeros(layout.cells, dtype=np.bool_)
    found[list(cells)] = True
    return found


def edge_flags(layout: Layout, *edges: tuple[int, int]) -> Bool:
    """Bool (cells, 4), set for moves forward from these (cell, heading)."""
    found = np.zeros((layout.cells, 4), dtype=np.bool_)
    for cell, heading in edges:
        found[cell, heading] = True
    return found


@st.composite
def closures(draw: st.DrawFn, layout: Layout) -> tuple[Bool, Bool | None]:
    """Closed cells and edges of a floor: none, few or many; obstacles and moves that lead nowhere may be closed too."""
    seed, share = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.0, 0.1, 0.4, 1.0]))
    rng = np.random.default_rng(seed)
    edges = rng.random((layout.cells, 4)) < draw(st.sampled_from([0.0, 0.1, 0.4]))
    return rng.random(layout.cells) < share * rng.integers(2), draw(st.sampled_from([edges, None]))


@st.composite
def floors(draw: st.DrawFn, side: int = 6) -> Layout:
    """Floors up to `side` x `side`: open, scattered with obstacles, corridors, islands; at least one passable cell."""
    height, width = draw(st.integers(1, side)), draw(st.integers(1, side))
    obstacles = draw(st.sampled_from([0, 0, 1, 2, 4]))
    cell = st.integers(0, 5).map(lambda n: n >= obstacles)
    passable = draw(st.lists(cell, min_size=height * width, max_size=height * width))
    passable[draw(st.integers(0, height * width - 1))] = True
    return Layout(height, width, np.array(passable))
