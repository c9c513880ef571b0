"""Small layouts for tests: drawn as text, or at random."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from fleet.grid.layout import Layout

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


@st.composite
def floors(draw: st.DrawFn, side: int = 6) -> Layout:
    """Floors up to `side` x `side`: open, scattered with obstacles, corridors, islands; at least one passable cell."""
    height, width = draw(st.integers(1, side)), draw(st.integers(1, side))
    obstacles = draw(st.sampled_from([0, 0, 1, 2, 4]))
    cell = st.integers(0, 5).map(lambda n: n >= obstacles)
    passable = draw(st.lists(cell, min_size=height * width, max_size=height * width))
    passable[draw(st.integers(0, height * width - 1))] = True
    return Layout(height, width, np.array(passable))
