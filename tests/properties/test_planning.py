"""Planners on any floor, with any fleet, whatever happens between two plans."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL, Layout
from fleet.planning.planner import PlanRequest
from fleet.planning.registry import make_planner
from tests.fleets import Fleet, after, check_window, every_planner, request
from tests.floors import closures, drawn, edge_flags, flags, floors, places, shut
from tests.oracles.distances import steps_to
from tests.oracles.rules import WAIT

CORRIDOR = drawn("........")
CORRIDOR_WITH_BAY = drawn("....... ###.###")
DEAD_ENDS = drawn("#.#.# ..... #.#.# ..... #.#.#")
RING = drawn("... .#. ...")


@dataclass(frozen=True)
class Session:
    """A floor and what is done with it: the rest follows from the seed."""

    layout: Layout
    robots: int
    calls: int
    seed: int


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Floors drawn and random, with few robots or many, up to one in every cell."""
    layout = draw(st.one_of(floors(side=5), st.sampled_from([CORRIDOR, CORRIDOR_WITH_BAY, DEAD_ENDS, RING])))
    cells = len(layout.free_cells)
    robots = draw(st.one_of(st.just(cells), st.integers(1, cells)))
    return Session(layout, robots, draw(st.integers(2, 8)), draw(st.integers(0, 2**32 - 1)))


class Happenings:
    """What may happen to a fleet between two plans; every request is asked for as if nothing had been promised."""

    def __init__(self, session: Session) -> None:
        self.layout = session.layout
        self.free = session.layout.free_cells.tolist()
        self.rng = random.Random(session.seed)
        self.draw_robots(session.robots)

    def draw_robots(self, robots: int) -> None:
        self.cells = self.rng.sample(self.free, robots)
        self.headings = self.rng.choices(range(4), k=robots)
        self.goals, self.next_goals = self.some_goals(), self.some_goals()

    def some_goals(self) -> list[int]:
        shared = self.rng.choice(self.free)
        return [self.rng.choice([NO_CELL, shared, *self.rng.sample(self.free, 1)]) for _ in self.cells]

    def some(self, share: float) -> list[bool]:
        return [self.rng.random() < share for _ in self.cells]

    def close(self, distances: DistanceFields) -> None:
        """Now and then, close cells and edges, or open them."""
        layout, rng = self.layout, self.rng
        if rng.random() < 0.3:
            cells = rng.sample(range(layout.cells), rng.choice([0, 0, 1, layout.cells // 4, layout.cells]))
            edges = [(cell, heading) for cell in range(layout.cells) for heading in range(4)]
            edges = rng.sample(edges, rng.choice([0, 0, 1, layout.cells, 3 * layout.cells]))
            distances.close(flags(layout, *cells), edge_flags(layout, *edges))

    def request(self) -> PlanRequest:
        rng = self.rng
        if rng.random() < 0.3:
            self.goals, self.next_goals = self.some_goals(), self.some_goals()
        closed = rng.sample(self.free, rng.randint(1, len(self.free))) if rng.random() < 0.4 else []
        delays = rng.choice([[0], [0], [0, 1], [0, 1, 2, 3, 4, 5, 255]])
        return request(
            self.layout, self.cells, closed,
            headings=self.headings, goals=self.goals, next_goals=self.next_goals,
            priorities=rng.choices([-1.0, 0.0, 0.5, 7.0], k=len(self.cells)),
            dwell=self.some(rng.choice([0, 0.5])), hold=self.some(rng.choice([0, 0, 0.2])),
            delays=rng.choices(delays, k=len(self.cells)),
        )  # fmt: skip

    def pass_by(self, actions: np.ndarray) -> None:
        """Carry out part of the window, or only some robots their first step; then, now and then, something else."""
        happening = self.rng.randrange(8)
        if happening < 4:
            self.cells, self.headings = self.some_a_step(actions[0])
        else:
            part = actions[: self.rng.randint(0, len(actions))]
            self.cells, self.headings = after(self.layout, self.cells, self.headings, part)
        if happening == 0:
            self.draw_robots(len(self.cells))
        elif happening == 1:
            self.draw_robots(self.rng.randint(1, len(self.free)))
        elif happening == 2:
            self.headings = [self.rng.choice([heading, self.rng.randrange(4)]) for heading in self.headings]

    def some_a_step(self, row: np.ndarray) -> tuple[list[int], list[int]]:
        """Cells and headings when some robots have carried out an action, and none has run into another."""
        cells, headings = list(self.cells), list(self.headings)
        for robot in self.rng.sample(range(len(cells)), self.rng.randint(0, len(cells))):
            (cell,), (heading,) = after(self.layout, [cells[robot]], [headings[robot]], row[None, robot : robot + 1])
            if cell == cells[robot] or cell not in cells:
                cells[robot], headings[robot] = cell, heading
        return cells, headings


def windows_of(name: str, session: Session) -> list[np.ndarray]:
    """Every window of a session, checked."""
    happenings, distances = Happenings(session), DistanceFields(session.layout)
    strategy = make_planner(name, distances)
    windows = []
    for _ in range(session.calls):
        happenings.close(distances)
        asked = happenings.request()
        actions = strategy.plan(asked).actions.copy()
        check_window(session.layout, asked, actions, distances)
        windows.append(actions)
        happenings.pass_by(actions)
        if happenings.rng.random() < 0.1:
            strategy.forget()
    return windows


@every_planner
@given(session=sessions())
def test_every_window_keeps_the_rules_of_the_floor(name, session):
    windows_of(name, session)


@every_planner
@given(session=sessions())
def test_same_requests_give_the_same_actions(name, session):
    for one, other in zip(windows_of(name, session), windows_of(name, session), strict=True):
        assert one.tolist() == other.tolist()


@every_planner
@given(data=st.data())
def test_a_lone_robot_takes_a_shortest_way(name, data):
    layout = data.draw(floors())
    start, goal = (data.draw(st.sampled_from(layout.free_cells.tolist())) for _ in range(2))
    heading = data.draw(st.integers(0, 3))
    steps = steps_to(places(layout), (*divmod(start, layout.width), heading), divmod(goal, layout.width))
    assume(steps is not None)
    dwell = data.draw(st.booleans())
    assert Fleet(layout, name, [start], heading).steps_until_there([goal], steps, dwell=[dwell]) == steps


@every_planner
@given(data=st.data())
def test_a_lone_robot_takes_a_shortest_way_around_what_is_closed(name, data):
    layout = data.draw(floors())
    start, goal = (data.draw(st.sampled_from(layout.free_cells.tolist())) for _ in range(2))
    heading = data.draw(st.integers(0, 3))
    fleet = Fleet(layout, name, [start], heading)
    if data.draw(st.booleans()):
        fleet.plan(goals=[goal])
    cells, edges = data.draw(closures(layout))
    fleet.distances.close(cells, edges)
    robot = (*divmod(start, layout.width), heading)
    steps = steps_to(places(layout), robot, divmod(goal, layout.width), shut(layout, cells, edges))
    if steps is None:
        assert (fleet.plan(goals=[goal]) == WAIT).all()
    else:
        assert fleet.steps_until_there([goal], steps) == steps


@every_planner
@given(data=st.data())
def test_what_comes_next_costs_a_lone_robot_two_steps_at_most(name, data):
    layout = data.draw(floors())
    start, goal, following = (data.draw(st.sampled_from(layout.free_cells.tolist())) for _ in range(3))
    heading = data.draw(st.integers(0, 3))
    steps = steps_to(places(layout), (*divmod(start, layout.width), heading), divmod(goal, layout.width))
    assume(steps is not None)
    fleet = Fleet(layout, name, [start], heading)
    assert fleet.steps_until_there([goal], steps + 2, next_goals=[following]) is not None


@every_planner
@given(session=sessions())
def test_a_robot_never_runs_through_a_goal_where_it_will_dwell(name, session):
    happenings = Happenings(session)
    fleet = Fleet(session.layout, name, happenings.cells, happenings.headings)
    goals, dwell = happenings.goals, happenings.some(0.7)
    for _ in range(session.calls):
        cells, headings = fleet.cells, fleet.headings
        actions = fleet.step(goals=goals, next_goals=happenings.next_goals, dwell=dwell)
        # One that rests at its goal already may be pushed aside, unless it is held.
        coming = [robot for robot, goal in enumerate(goals) if dwell[robot] and cells[robot] != goal]
        there: set[int] = set()
        for row in actions[:, None]:
            cells, headings = after(session.layout, cells, headings, row)
            there |= {robot for robot in coming if cells[robot] == goals[robot]}
            assert all(cells[robot] == goals[robot] for robot in there)
