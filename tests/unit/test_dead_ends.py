"""Dead ends: who has to come out of one, against a slow and obvious answer."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.grid.dead_ends import DeadEnds
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import Layout
from tests.floors import closures, drawn, floors, marked


def mouths(layout: Layout, ways: set[tuple[int, int]], is_open: set[int]) -> dict[int, set[int]]:
    """For each cell of a dead end: what is cut off from the rest of the floor together with it, when it is taken away.

    A cell is in a dead end if it lies on no round trip and on no way between two of them.
    """
    near = {cell: {b for a, b in ways if a == cell} | {a for a, b in ways if b == cell} for cell in is_open}
    core = set(is_open)
    while loose := {cell for cell in core if len(near[cell] & core) <= 1}:
        core -= {min(loose)}
    found = {}
    for cell in is_open - core:
        beyond, ring = {cell}, [cell]
        # Everything that is cut off from the core together with this cell.
        while ring:
            here = ring.pop()
            for other in near[here] - beyond:
                if other not in core and not reaches(near, other, core, without=here):
                    beyond.add(other)
                    ring.append(other)
        found[cell] = beyond
    return found


def reaches(near: dict[int, set[int]], start: int, goals: set[int], without: int) -> bool:
    seen, ring = {start, without}, [start]
    while ring:
        here = ring.pop()
        if here in goals:
            return True
        ring += near[here] - seen
        seen |= near[here]
    return False


@given(st.data())
def test_who_leaves_is_who_has_its_goal_not_beyond_it(data: st.DataObject) -> None:
    layout = data.draw(floors())
    distances = DistanceFields(layout)
    cells, edges = data.draw(closures(layout))
    distances.close(cells, edges)
    is_open = {int(cell) for cell in np.flatnonzero(layout.passable & ~cells)}
    ways = {(cell, int(other)) for cell in is_open for other in distances.neighbours[cell].tolist() if other in is_open}
    dead = DeadEnds(distances)
    everywhere = np.arange(layout.cells, dtype=np.int32)
    beyond = mouths(layout, ways, is_open)
    linked = connected(ways, is_open)
    for cell in range(layout.cells):
        leaving = dead.leaving(np.full(layout.cells, cell, dtype=np.int32), everywhere)
        assert cell in beyond or not leaving.any()
        for goal in is_open:
            # On an island that is all dead end there is no mouth to come out of: either way will do.
            if cell in beyond and (linked[cell] & (is_open - set(beyond))):
                assert leaving[goal] == (goal not in beyond[cell]), (cell, goal)


def connected(ways: set[tuple[int, int]], is_open: set[int]) -> dict[int, set[int]]:
    near = {cell: {b for a, b in ways if a == cell} | {a for a, b in ways if b == cell} for cell in is_open}
    found = {}
    for cell in is_open:
        seen, ring = {cell}, [cell]
        while ring:
            here = ring.pop()
            ring += near[here] - seen
            seen |= near[here]
        found[cell] = seen
    return found


ART = """
    ....#.
    .##.#.
    ..a.bc
    ###.##
    ###d##
"""


def test_a_pocket_is_a_dead_end_and_a_loop_is_none() -> None:
    layout, at = drawn(ART), marked(ART)
    dead = DeadEnds(DistanceFields(layout))

    def leaves(cell: str, goal: str) -> bool:
        one = np.array([at[cell]], dtype=np.int32)
        return bool(dead.leaving(one, np.array([at.get(goal, -1)], dtype=np.int32))[0])

    assert leaves("d", "a")
    assert leaves("c", "a")
    assert leaves("c", "b")
    assert leaves("b", "d")
    assert not leaves("b", "c")
    assert not leaves("d", "d")
    assert not leaves("a", "d")
    assert not leaves("d", "nowhere")


def test_an_aisle_becomes_a_dead_end_where_it_is_closed_and_no_longer_when_it_is_open() -> None:
    layout = drawn("..... .###. .....")
    distances = DistanceFields(layout)
    dead = DeadEnds(distances)
    cells, goals = np.array([9], dtype=np.int32), np.array([0], dtype=np.int32)
    assert not dead.leaving(cells, goals)[0]
    closed = np.zeros(15, dtype=np.bool_)
    closed[4] = True
    distances.close(closed)
    assert dead.leaving(cells, goals)[0]
    distances.close(np.zeros(15, dtype=np.bool_))
    assert not dead.leaving(cells, goals)[0]
