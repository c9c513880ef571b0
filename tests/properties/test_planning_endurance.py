"""A million planned robot-steps on floors of every kind: each plan is valid, whatever is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.grid.distances import DistanceFields
from fleet.grid.guidance import Guidance
from fleet.grid.layout import NO_CELL, Layout
from fleet.planning.auditor import PlanAuditor
from fleet.planning.planner import PlanRequest
from fleet.planning.registry import DEFAULT_PLANNER, PLANNERS, make_planner

ROBOT_STEPS = {name: 1_000_000 if name == DEFAULT_PLANNER else 100_000 for name in PLANNERS}

pytestmark = pytest.mark.jit


def open_floor(rng, height, width):
    return np.ones((height, width), dtype=np.bool_)


def scattered(rng, height, width):
    return rng.random((height, width)) > rng.choice([0.1, 0.3, 0.5])


def corridors(rng, height, width):
    """Rows that meet at one end, at both, or not at all."""
    passable = np.zeros((height, width), dtype=np.bool_)
    passable[::2] = True
    passable[:, 0] = rng.random() < 0.7
    passable[:, -1] = rng.random() < 0.5
    passable[::2, 0] = True
    return passable


def dead_ends(rng, height, width):
    """A spine with a blind alley on either side, wherever chance puts one."""
    passable = np.zeros((height, width), dtype=np.bool_)
    passable[height // 2] = True
    passable[:, rng.random(width) < 0.4] = True
    return passable


def islands(rng, height, width):
    """Blocks that nothing joins: most goals are out of reach, some cells are alone."""
    passable = np.ones((height, width), dtype=np.bool_)
    passable[rng.random(height) < 0.3] = False
    passable[:, rng.random(width) < 0.3] = False
    return passable


def single_cell(rng, height, width):
    return np.ones((1, 1), dtype=np.bool_)


FLOORS = [open_floor, scattered, corridors, dead_ends, islands, single_cell]


def draw_layout(rng, kind, side):
    passable = kind(rng, int(rng.integers(1, side)), int(rng.integers(1, side)))
    if not passable.any():
        passable[0, 0] = True
    return Layout(*passable.shape, passable)


def draw_request(rng, layout, cells, headings, goals, next_goals):
    robots = len(cells)
    blocked = None
    if rng.random() < 0.5:
        # Another set at every step, now and then all the floor.
        blocked = rng.random(layout.cells) < rng.choice([0.02, 0.3, 1.0])
    return PlanRequest(
        cells=cells,
        headings=headings,
        goals=goals,
        next_goals=next_goals,
        priorities=rng.integers(-5, 5, robots).astype(np.float32),
        dwell=rng.random(robots) < rng.choice([0.0, 0.5]),
        hold=rng.random(robots) < rng.choice([0.0, 0.0, 0.1]),
        blocked=blocked,
        delays=rng.integers(0, 6, robots).astype(np.uint8) if rng.random() < 0.3 else None,
    )


def draw_closures(rng, distances):
    """Another set now and then: from nothing to most of the floor."""
    cells = distances.layout.cells
    if rng.random() < 0.3:
        share = rng.choice([0.0, 0.02, 0.3])
        distances.close(rng.random(cells) < share, rng.random((cells, 4)) < share)


def draw_goals(rng, layout, robots):
    goals = rng.choice(layout.free_cells, robots).astype(np.int32)
    goals[rng.random(robots) < rng.choice([0.0, 0.2])] = NO_CELL
    goals[rng.random(robots) < rng.choice([0.0, 0.3])] = rng.choice(layout.free_cells)
    return goals


def plan_on(name, kind, seed, side, calls):
    """Plan some times on a floor drawn from the seed, audit every step of every window; return robot-steps planned."""
    rng = np.random.default_rng(seed)
    layout = draw_layout(rng, kind, side)
    free = len(layout.free_cells)
    robots = free if rng.random() < 0.2 else int(rng.integers(1, free + 1))
    weights = rng.integers(1, 256, (layout.cells, 4)).astype(np.uint8)
    guidance = Guidance(weights, int(rng.integers(1, 8)), 20) if rng.random() < 0.5 else None
    distances = DistanceFields(layout, guidance=guidance)
    strategy = make_planner(name, distances)
    cells = rng.permutation(layout.free_cells)[:robots].astype(np.int32)
    headings = rng.integers(0, 4, robots).astype(np.int8)
    goals, next_goals = draw_goals(rng, layout, robots), draw_goals(rng, layout, robots)
    planned = 0
    for _ in range(calls):
        draw_closures(rng, distances)
        request = draw_request(rng, layout, cells, headings, goals, next_goals)
        actions = strategy.plan(request).actions
        closed = distances.closed_cells if request.blocked is None else distances.closed_cells | request.blocked
        auditor = PlanAuditor(layout)
        after = request.cells, request.headings
        carried_out = int(rng.integers(1, len(actions) + 1))
        for step, row in enumerate(actions):
            after = auditor.check(*after, row, request.hold, closed, distances.closed_edges)
            if step + 1 == carried_out:
                cells, headings = after[0].copy(), after[1].copy()
        auditor.raise_findings()
        planned += actions.size
        there = cells == goals
        goals[there] = draw_goals(rng, layout, int(there.sum()))
    return planned


@pytest.mark.parametrize("name", PLANNERS)
def test_a_million_robot_steps_are_planned_without_a_broken_rule(name):
    planned = 0

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(kind=st.sampled_from(FLOORS), seed=st.integers(0, 2**32 - 1))
    def some_floors(kind, seed):
        nonlocal planned
        planned += plan_on(name, kind, seed, side=24, calls=12)

    while planned < ROBOT_STEPS[name]:
        some_floors()
    assert planned >= ROBOT_STEPS[name]
