"""Result files of the League of Robot Runners, edition 2026, and a summary of a run.

Format: the organisers' Start-Kit, edition 2026 (Input_Output_Format.md). Where it says that a segment of a path begins
with the state at its begin, its code writes the state at the begin of the run; here it is the state at its begin.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np

from fleet.errors import SettingError
from fleet.report.league_result import schedule_texts, spread, task_rows
from fleet.runtime.league2026.record import SEGMENT_TICKS, TickRecord
from fleet.text_file import replace_text
from robots.arrays import Int32, UInt8

_LETTERS: Final = "FRCWT"


def tick_result_document(record: TickRecord) -> dict[str, Any]:
    """Return the result as JSON-ready values, keys in the order of the Start-Kit."""
    width = record.layout.width
    return {
        "actionModel": "MAPF_T",
        "version": "2026 LoRR",
        "teamSize": record.robots,
        "numTaskFinished": record.finished,
        "makespan": record.ticks,
        "numPlannerErrors": 0,
        "numScheduleErrors": len(record.schedule_errors),
        "numEntryTimeouts": record.late_ticks + record.missed_ticks,
        "agentMaxCounter": record.action_ticks,
        "outputSegmentSize": SEGMENT_TICKS,
        "delayIntervals": _delay_intervals(record),
        "start": [[cell // width, cell % width, "E"] for cell in record.starts.tolist()],
        "actualPaths": _paths(record.actual, record.snapshots),
        "events": record.events.tolist(),
        "tasks": task_rows(record.tasks, width),
        "plannerPaths": _paths(record.planned, record.snapshots),
        "plannerTimes": record.compute_s,
        "errors": [],
        "actualSchedule": schedule_texts(record.actual_schedule, record.robots),
        "plannerSchedule": schedule_texts(record.planned_schedule, record.robots),
        "scheduleErrors": [list(error) for error in record.schedule_errors],
    }


def write_tick_result(record: TickRecord, path: Path) -> None:
    """Write the result file whole or not at all; raises SettingError if it cannot be written."""
    replace_text(path, json.dumps(tick_result_document(record), separators=(",", ":")) + "\n", SettingError)


def tick_summary(record: TickRecord) -> dict[str, Any]:
    """Return what a person asks first about a run; shares of all robot ticks, times in milliseconds a call."""
    return {
        "robots": record.robots,
        "ticks": record.ticks,
        "tasks_finished": record.finished,
        "tasks_per_tick": round(record.finished / record.ticks, 4),
        "time_shares": {name: round(share, 4) for name, share in record.time_shares().items()},
        "planning_ms": spread(record.planning_s),
        "scheduling_ms": spread(record.scheduling_s),
        "executor_ms": spread(record.executor_s),
        "late_ticks": record.late_ticks,
        "missed_ticks": record.missed_ticks,
        "moves_refused": record.refused,
        "schedule_errors": len(record.schedule_errors),
        "collisions": len(record.collisions) + len(record.astray),
    }


def _delay_intervals(record: TickRecord) -> list[list[list[int]]]:
    parts: list[list[list[int]]] = [[] for _ in range(record.robots)]
    for robot, begin, end in record.delays.tolist():
        parts[robot].append([begin, end])
    return parts


def _paths(actions: UInt8, snapshots: Int32) -> list[str]:
    """One string a robot: `[(tick,row,column,heading,progress):(F 3,W 1,...)]` for each segment."""
    texts: list[list[str]] = [[] for _ in range(actions.shape[1])]
    for number, snapshot in enumerate(snapshots):
        begin = number * SEGMENT_TICKS
        segment = actions[begin : begin + SEGMENT_TICKS]
        for robot, (states, column) in enumerate(zip(snapshot.T.tolist(), segment.T, strict=True)):
            changes = np.flatnonzero(column[1:] != column[:-1]) + 1
            firsts = np.concatenate([[0], changes])
            lengths = np.diff(np.concatenate([firsts, [len(column)]]))
            runs = ",".join(
                f"{_LETTERS[action]} {length}"
                for action, length in zip(column[firsts].tolist(), lengths.tolist(), strict=True)
            )
            texts[robot].append(f"[({begin},{','.join(map(str, states))}):({runs})]")
    return ["".join(parts) for parts in texts]
