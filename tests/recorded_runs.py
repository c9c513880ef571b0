"""Recorded runs for tests: traces made of random numbers, and run directories around them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fleet.report.run_directory import RunWriter
from fleet.report.summary import (
    Charge,
    Lateness,
    OrderCounts,
    PlanningTime,
    Summary,
    TaskCounts,
    Throughput,
    TimeShare,
    UnitCounts,
)
from fleet.report.trace import Trace, TraceRecorder
from fleet.runtime.config import RunConfig, config_table
from sim_worlds.world_file import load_world


def random_trace(seed, steps=30, robots=5, height=6, width=8, step_s=0.5, cells=None, world="made_up"):
    """A trace of robots that jump about on `cells` (all of the map if left out) and stay put half of the time."""
    rng = np.random.default_rng(seed)
    cells = np.arange(height * width) if cells is None else cells
    cell = rng.choice(cells, (steps + 1, robots)).astype(np.int32)
    for step in range(1, steps + 1):
        stay = rng.random(robots) < 0.5
        cell[step][stay] = cell[step - 1][stay]
    return Trace(
        world=world,
        height=height,
        width=width,
        step_s=step_s,
        start_cell=cell[0],
        start_heading=rng.integers(0, 4, robots, dtype=np.int8),
        cell=cell[1:],
        heading=rng.integers(0, 4, (steps, robots), dtype=np.int8),
        activity=rng.integers(0, 6, (steps, robots), dtype=np.uint8),
        delayed=rng.random((steps, robots)) < 0.3,
    )


def record(trace: Trace, capacity_hint: int = 7) -> TraceRecorder:
    """A recorder that was told every step of a trace."""
    recorder = TraceRecorder(trace.robots, capacity_hint)
    recorder.start(trace.start_cell, trace.start_heading)
    for row in zip(trace.cell, trace.heading, trace.activity, trace.delayed, strict=True):
        recorder.append(*row)
    return recorder


def tiny_trace(seed=1, steps=60, robots=4) -> Trace:
    """A trace on the shipped world `tiny`."""
    layout = load_world("tiny").layout
    return random_trace(
        seed, steps, robots, layout.height, layout.width, step_s=1.0, cells=layout.free_cells, world="tiny"
    )


def summary_of(trace: Trace, **changes) -> Summary:
    """A summary that goes with a trace; `changes` replace fields."""
    fields = {
        "version": "0.1.0",
        "world": trace.world,
        "robots": trace.robots,
        "seed": 7,
        "planner": "epibt",
        "steps": trace.steps,
        "step_s": trace.step_s,
        "simulated_s": trace.duration_s,
        "wall_s": 0.5,
        "warmup_s": 1.5,
        "realtime_factor": trace.duration_s / 0.5,
        "orders": OrderCounts(accepted=10, done=6, open=3, rejected=1),
        "tasks": TaskCounts(created=12, done=8, open=3, failed=1),
        "units": UnitCounts(ordered=40, picked=30, dropped=25),
        "throughput_per_hour": Throughput(tasks=480.0, orders=360.0, units=1500.0),
        "planning_ms": PlanningTime(median=1.0, p95=2.0, max=3.0),
        "robot_time_share": TimeShare(0.5, 0.125, 0.125, 0.125, 0.0625, 0.0625),
        "lateness": Lateness(late=1, median_s=-20.0, max_s=4.0),
        "rejections": {"unit_too_heavy": 1},
        "failures": {"unreachable": 1},
        "charge": Charge(energy_wh=1234.0, lowest_percent=55.0, mean_percent=80.0),
        "violations": 0,
        "interrupted": False,
        "trace_hash": trace.digest(),
        "peak_rss_mb": 300.0,
    }
    return Summary(**(fields | changes))


def write_run(parent: Path, trace: Trace | None = None, **changes) -> Path:
    """A complete run directory below `parent`, of the world `tiny` unless a trace is given; returns its path."""
    trace = tiny_trace() if trace is None else trace
    with RunWriter(parent, trace.world, 7) as writer:
        writer.write_event({"t": 0.0, "event": "order_accepted", "order": "A"})
        writer.write_config(config_table(RunConfig(world=trace.world, seed=7)))
        writer.write_summary(summary_of(trace, **changes))
        writer.write_trace(trace)
        return writer.commit()


def scripted_trace(*scripts, width=8, height=3, starts=None, world="made_up"):
    """A trace of robots that do what is written, a word a step; all begin in column 0, facing east, a row each.

    E S W N: drives a cell that way; L R: a quarter turn left, right; w: waits, which is delay; s: service; i: idle.
    ! after a word: the step is delay.
    """
    moves, turns = {"E": 1, "S": width, "W": -1, "N": -width}, {"L": -1, "R": 1}
    start = np.array([row * width for row in range(len(scripts))] if starts is None else starts, dtype=np.int32)
    columns = []
    for script, first in zip(scripts, start.tolist(), strict=True):
        cell, heading, rows = first, 0, []
        for word in script.split():
            kind = word[0]
            cell, heading = cell + moves.get(kind, 0), (heading + turns.get(kind, 0)) % 4
            activity = 0 if kind in moves else 1 if kind in turns else {"w": 2, "s": 3, "i": 5}[kind]
            rows.append((cell, heading, activity, kind == "w" or word.endswith("!")))
        columns.append(rows)
    steps = np.array(columns).transpose(2, 1, 0)  # what, step, robot
    cell, heading, activity, delayed = steps
    return Trace(world, height, width, 1.0, start, np.zeros(len(start), dtype=np.int8), cell.astype(np.int32),
                 heading.astype(np.int8), activity.astype(np.uint8), delayed.astype(np.bool_))  # fmt: skip
