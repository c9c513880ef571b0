"""Who is in whose way, on any floor, under any guidance and closures; and where chains of waiting robots lead."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fleet.grid.distances import UNREACHABLE, DistanceFields
from fleet.grid.guidance import Guidance
from fleet.runtime import _waits
from tests.floors import closures, floors, places, shut
from tests.oracles import waits as oracle
from tests.oracles.distances import least_cost


@st.composite
def scenes(draw):
    """A floor, distances under guidance and closures, robots at distinct cells with goals, and who holds what."""
    layout = draw(floors(side=5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    guidance = None
    if draw(st.booleans()):
        guidance = Guidance(
            rng.integers(1, 4, (layout.cells, 4)).astype(np.uint8), turn=int(rng.integers(1, 4)), unit=1
        )
    distances = DistanceFields(layout, guidance=guidance)
    distances.close(*draw(closures(layout)))
    free = layout.free_cells
    n = min(len(free), draw(st.integers(1, 6)))
    cells = rng.permutation(free)[:n].astype(np.int32)
    ends = np.where(rng.random(n) < 0.5, cells, rng.choice(free, n)).astype(np.int32)
    holder = np.full(layout.cells, -1, dtype=np.int32)
    more = rng.permutation(free)[: int(rng.integers(0, len(free) + 1))]
    holder[more] = rng.integers(0, n, len(more))
    holder[cells] = np.arange(n)
    headings, end_headings = (rng.integers(0, 4, n).astype(np.int8) for _ in range(2))
    goals = np.where(rng.random(n) < 0.8, rng.choice(free, n), -1).astype(np.int32)
    return layout, distances, (cells, headings), (ends, end_headings), goals, holder


def weights(layout, distances):
    """What a move forward costs from each (row, column, heading)."""
    forward = distances.guidance.forward
    return {(*divmod(c, layout.width), h): int(forward[c, h]) for c in range(layout.cells) for h in range(4)}


@given(scenes())
def test_in_the_way_is_who_holds_the_next_cell_of_the_best_way(scene):
    layout, distances, (cells, headings), (ends, end_headings), goals, holder = scene
    n = len(cells)
    here, ahead, blocker = np.zeros(n, np.uint16), np.zeros(n, np.uint16), np.full(n, 99, np.int32)
    _waits.look_ahead(
        distances.fields, distances.slots(goals), distances.compact, distances.neighbours,
        distances.guidance.forward, distances.guidance.turn, cells, headings, ends, end_headings, holder, here, ahead,
        blocker,
    )  # fmt: skip
    passable, closed = places(layout), shut(layout, distances.closed_cells, distances.closed_edges)
    turn = distances.guidance.turn
    forward = weights(layout, distances)
    holders = {divmod(c, layout.width): int(robot) for c, robot in enumerate(holder) if robot >= 0}
    for robot in range(n):
        if goals[robot] < 0:
            assert blocker[robot] == _waits.NOBODY
            continue
        goal = divmod(int(goals[robot]), layout.width)
        now, then = (
            (*divmod(int(cell), layout.width), int(heading))
            for cell, heading in ((cells[robot], headings[robot]), (ends[robot], end_headings[robot]))
        )
        for place, measured in ((now, here[robot]), (then, ahead[robot])):
            cost = least_cost(passable, forward, turn, place, goal, closed)
            assert measured == (UNREACHABLE if cost is None else cost)
        expected = oracle.blocker(passable, forward, turn, then, goal, holders, robot, closed)
        assert blocker[robot] == {None: _waits.NOBODY, oracle.NO_WAY: _waits.NO_WAY}.get(expected, expected)


@given(scenes(), st.integers(0, 2**32 - 1))
def test_without_a_way_the_first_that_stands_where_it_would_be_is_in_the_way(scene, seed):
    layout, closures_of, (cells, _), (ends, end_headings), goals, holder = scene
    stands = np.random.default_rng(seed).random(len(cells)) < 0.5
    distances = DistanceFields(layout, guidance=closures_of.guidance)
    blocker = np.full(len(cells), 99, np.int32)
    _waits.look_along(
        distances.fields, distances.slots(goals), distances.compact, distances.neighbours,
        distances.guidance.forward, distances.guidance.turn, closures_of.closed_cells, closures_of.closed_edges, ends,
        end_headings, holder, stands, blocker,
    )  # fmt: skip
    passable, closed, turn = (
        places(layout),
        shut(layout, closures_of.closed_cells, closures_of.closed_edges),
        distances.guidance.turn,
    )
    forward = weights(layout, distances)
    holders = {divmod(c, layout.width): int(robot) for c, robot in enumerate(holder) if robot >= 0 and stands[robot]}
    for robot in range(len(cells)):
        if goals[robot] < 0:
            assert blocker[robot] == _waits.NOBODY
            continue
        end = (*divmod(int(ends[robot]), layout.width), int(end_headings[robot]))
        goal = divmod(int(goals[robot]), layout.width)
        expected = oracle.standing_ahead(passable, forward, turn, end, goal, holders, robot, closed)
        assert blocker[robot] == {None: _waits.NOBODY, oracle.NO_WAY: _waits.NO_WAY}.get(expected, expected)


@given(st.integers(1, 12).flatmap(lambda n: st.lists(st.integers(-1, n - 1), min_size=n, max_size=n)))
def test_every_chain_is_followed_to_its_end_or_into_a_ring(chosen):
    waits_for = np.array(chosen, dtype=np.int32)
    end, ring = np.full(len(chosen), 99, dtype=np.int32), np.full(len(chosen), 99, dtype=np.int32)
    _waits.follow(waits_for, end, ring)
    for robot in range(len(chosen)):
        walked = oracle.chain(chosen, robot)
        around = walked.count(walked[-1]) > 1
        assert end[robot] == (-1 if around else walked[-1])
        # A robot is in a ring if it is the one that its own chain comes back to.
        assert ring[robot] == (min(walked) if around and walked[-1] == robot else -1)
