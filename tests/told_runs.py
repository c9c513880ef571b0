"""Runs told by hand: a few robots on the world `tiny` do a few tasks, and events, trace and summary say the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fleet.report.run_directory import RunWriter
from fleet.report.summary import Lateness, OrderCounts, TaskCounts, Throughput, TimeShare, UnitCounts
from fleet.report.trace import Trace
from fleet.runtime.activity import Activity
from fleet.runtime.config import RunConfig, config_table
from sim_worlds.world_file import load_world
from tests.recorded_runs import summary_of

STEPS, ROBOTS = 60, 3


def told_trace(world="tiny") -> Trace:
    """Robot 0 stands at the first dock and is served; robot 1 drives to and fro; robot 2 waits beside the dock.

    Robot 0: served for 10 steps, then idle. Robot 1: drives all the time. Robot 2: waits for 20 steps, then idle.
    """
    tiny = load_world("tiny")
    layout = tiny.layout
    dock = tiny.stations[0].docks[0]
    beside = int(next(cell for cell in layout.neighbours[dock] if cell >= 0))
    lane = int(next(c for c in layout.free_cells if layout.neighbours[c, 0] >= 0 and c not in (dock, beside)))
    cell = np.zeros((STEPS, ROBOTS), dtype=np.int32)
    cell[:, 0], cell[:, 2] = dock, beside
    cell[:, 1] = np.where(np.arange(STEPS) % 2 == 0, layout.neighbours[lane, 0], lane)
    activity = np.full((STEPS, ROBOTS), Activity.IDLE, dtype=np.uint8)
    activity[:10, 0], activity[:, 1], activity[:20, 2] = Activity.SERVICE, Activity.DRIVING, Activity.WAITING
    delayed = np.zeros((STEPS, ROBOTS), dtype=np.bool_)
    delayed[:20, 2] = True
    start = np.array([dock, lane, beside], dtype=np.int32)
    heading = np.zeros((STEPS, ROBOTS), dtype=np.int8)
    return Trace(world, layout.height, layout.width, 1.0, start, heading[0], cell, heading, activity, delayed)


def told_events(order="A", other="B") -> list[dict]:
    """`order` has two tasks, both done, late; `other` one that goes from robot 2 to robot 1 and stays open.

    A third order is rejected.
    """
    tiny = load_world("tiny")
    dock, chute = tiny.stations[0].docks[0], tiny.chutes[0].cell
    face = int(tiny.pick_faces[0])

    def made(task, of, at, cell):
        picks = [["mug", 2, int(cell)], ["book", 1, face]]
        return {
            "t": at,
            "event": "task_created",
            "task": task,
            "order": of,
            "picks": picks,
            "drop": chute,
            "mass_kg": 1.5,
        }

    def taken(of, at, tasks, due_s):
        return {"t": at, "event": "order_accepted", "order": of, "destination": "D1", "tasks": tasks,
                "units": 3 * tasks, "release_s": at, "due_s": due_s, "priority": 0}  # fmt: skip

    def done(task, robot, errand, at, kind, cell, units):
        return {"t": at, "event": "errand_done", "task": task, "robot": robot, "errand": errand, "kind": kind,
                "cell": int(cell), "units": units}  # fmt: skip

    return [
        taken(order, 0.0, 2, 25.0),
        made(0, order, 0.0, dock),
        made(1, order, 0.0, face),
        {"t": 0.0, "event": "task_assigned", "task": 0, "robot": 0},
        {"t": 2.0, "event": "charger_reserved", "robot": 1, "charge_percent": 20.0},
        {"t": 4.0, "event": "task_assigned", "task": 1, "robot": 1},
        taken(other, 5.0, 1, 500.0),
        made(2, other, 5.0, dock),
        {"t": 6.0, "event": "order_rejected", "order": "C", "reason": "unit_too_heavy", "detail": "<b>30 kg</b>"},
        {"t": 8.0, "event": "task_assigned", "task": 2, "robot": 2},
        done(0, 0, 0, 10.0, "pick", dock, 2),
        done(0, 0, 1, 12.0, "pick", face, 1),
        done(1, 1, 0, 14.0, "pick", face, 2),
        done(0, 0, 2, 15.0, "drop", chute, 3),
        {"t": 15.0, "event": "task_done", "task": 0, "robot": 0},
        {"t": 20.0, "event": "task_released", "task": 2, "robot": 2},
        {"t": 21.0, "event": "robot_down", "robot": 2, "cell": 5, "reason": "silent"},
        done(1, 1, 1, 25.0, "pick", face, 1),
        done(1, 1, 2, 30.0, "drop", chute, 3),
        {"t": 30.0, "event": "task_done", "task": 1, "robot": 1},
        {"t": 30.0, "event": "order_done", "order": order, "late_s": 5.0},
        {"t": 40.0, "event": "task_assigned", "task": 2, "robot": 1},
    ]  # fmt: skip


def write_told_run(parent: Path, *, world="tiny", order="A", other="B", seed=7, events=None, **changes) -> Path:
    """A run directory of all that; `changes` replace fields of its summary. Returns its path."""
    trace = told_trace(world)
    shares = np.bincount(trace.activity.ravel(), minlength=len(Activity)) / trace.activity.size
    counts = {
        "seed": seed,
        "orders": OrderCounts(accepted=3, done=1, open=1, rejected=1),
        "tasks": TaskCounts(created=3, done=2, open=1, failed=0),
        "units": UnitCounts(ordered=9, picked=6, dropped=6),
        "throughput_per_hour": Throughput(tasks=120.0, orders=60.0, units=360.0),
        "robot_time_share": TimeShare(*shares.tolist()),
        "lateness": Lateness(late=1, median_s=5.0, max_s=5.0),
        "failures": {},
    }
    with RunWriter(parent, "tiny", seed) as writer:
        for event in told_events(order, other) if events is None else events:
            writer.write_event(event)
        writer.write_config(config_table(RunConfig(world="tiny", seed=seed)))
        writer.write_summary(summary_of(trace, **(counts | changes)))
        writer.write_trace(trace)
        return writer.commit()
