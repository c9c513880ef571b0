"""Whole runs on the small shipped floor: no rule of the floor is broken and nothing is lost, whatever the seed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.app.compose import Simulation, compose
from fleet.planning.registry import PLANNERS
from fleet.report.trace import Trace
from fleet.runtime.activity import Activity
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from tests.oracles.rules import AHEAD

Events = list[dict[str, Any]]


def composed(config: RunConfig) -> tuple[Simulation, Events]:
    events: Events = []
    return compose(config, clock=SimulatedClock(), events=events.append), events


def recorded(simulation: Simulation) -> Trace:
    layout = simulation.world.layout
    return simulation.recorder.trace(simulation.world.name, layout.height, layout.width, simulation.loop.step_s)


def check_positions(trace: Trace, simulation: Simulation) -> None:
    """Follow every robot through the trace, one after the other: it drives ahead, turns or stays, and meets nobody."""
    width = trace.width
    free = set(simulation.world.layout.free_cells.tolist())
    chargers = set(simulation.world.chargers.tolist())
    cells, headings = trace.start_cell.tolist(), trace.start_heading.tolist()
    for step in range(trace.steps):
        after, turned = trace.cell[step].tolist(), trace.heading[step].tolist()
        activities = trace.activity[step].tolist()
        assert len(set(after)) == len(after)
        assert set(after) <= free
        moves = {(a, b) for a, b in zip(cells, after, strict=True) if a != b}
        assert not {(b, a) for a, b in moves} & moves
        for robot, activity in enumerate(activities):
            if cells[robot] != after[robot]:
                down, right = AHEAD[headings[robot]]
                assert after[robot] == cells[robot] + down * width + right
                assert turned[robot] == headings[robot]
                assert activity == Activity.DRIVING
            elif turned[robot] != headings[robot]:
                assert (turned[robot] - headings[robot]) % 4 in (1, 3)
                assert activity == Activity.TURNING
            if activity == Activity.CHARGING:
                assert after[robot] in chargers
        cells, headings = after, turned


def check_work(trace: Trace, events: Events, simulation: Simulation) -> None:
    """Recount from the events alone, and see that every errand was served where and as long as it must be."""
    counts = simulation.pool.counts()
    kinds = Counter(event["event"] for event in events)
    assert counts["orders"]["accepted"] == kinds["order_accepted"] + kinds["order_rejected"]
    assert counts["orders"]["done"] == kinds["order_done"]
    assert counts["tasks"]["created"] == kinds["task_created"]
    assert counts["tasks"]["done"] == kinds["task_done"]
    units = Counter({"pick": 0, "drop": 0})
    busy: dict[int, int] = {}
    for event in events:
        if event["event"] == "task_assigned":
            assert event["robot"] not in busy
            busy[event["robot"]] = event["task"]
        elif event["event"] == "errand_done":
            assert busy[event["robot"]] == event["task"]
            units[event["kind"]] += event["units"]
            last = round(event["t"] / trace.step_s)
            served = trace.activity[max(0, last - 3) : last, event["robot"]]
            assert (served == Activity.SERVICE).all()
            assert (trace.cell[max(0, last - 3) : last, event["robot"]] == event["cell"]).all()
        elif event["event"] == "task_done":
            assert busy.pop(event["robot"]) == event["task"]
    assert counts["units"]["picked"] == units["pick"]
    assert counts["units"]["dropped"] == units["drop"]
    assert counts["units"]["ordered"] >= units["pick"] >= units["drop"]


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**31),
    robots=st.integers(1, 8),
    planner=st.sampled_from(PLANNERS),
    assigner=st.sampled_from(["matching", "greedy"]),
    rate=st.sampled_from([200, 1500]),
    charge=st.sampled_from([12.0, 60.0]),
)
def test_no_rule_is_broken_and_nothing_is_lost(
    seed: int, robots: int, planner: str, assigner: str, rate: int, charge: float
) -> None:
    simulation, events = composed(
        RunConfig(
            world="tiny",
            robots=robots,
            duration_s=90.0,
            orders=f"poisson:{rate}",
            seed=seed,
            planner=planner,
            assigner=assigner,
            audit=True,
            initial_charge_percent=charge,
        )
    )
    simulation.loop.run(simulation.steps, simulation.pool.check)
    assert simulation.auditor is not None
    simulation.auditor.raise_findings()
    trace = recorded(simulation)
    check_positions(trace, simulation)
    check_work(trace, events, simulation)


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    def digest(seed: int) -> str:
        simulation, _ = composed(RunConfig(world="tiny", duration_s=60.0, orders="poisson:900", seed=seed))
        simulation.loop.run(simulation.steps)
        return simulation.recorder.digest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_running_in_parts_is_running_in_one_go() -> None:
    whole, _ = composed(RunConfig(world="tiny", duration_s=60.0, orders="poisson:900"))
    whole.loop.run(60)
    parts, _ = composed(RunConfig(world="tiny", duration_s=60.0, orders="poisson:900"))
    for steps in (1, 19, 40):
        parts.loop.run(steps)
    assert whole.recorder.digest() == parts.recorder.digest()


def test_a_robot_that_is_low_charges_before_it_works_and_nobody_runs_empty() -> None:
    config = RunConfig(world="tiny", robots=2, duration_s=120.0, orders="poisson:300", initial_charge_percent=11.0)
    simulation, events = composed(config)
    lowest = 100.0

    def watch() -> None:
        nonlocal lowest
        lowest = min(lowest, float(simulation.loop.state.charge_percent.min()))

    simulation.loop.run(120, watch)
    assert any(event["event"] == "charger_reserved" and event["t"] == 0 for event in events)
    assert lowest > 5.0
