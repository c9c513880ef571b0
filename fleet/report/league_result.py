"""Result files of the League of Robot Runners, edition 2024, and a summary of a run.

Format: the organisers' Start-Kit (Input_Output_Format.md, and where that differs, what its CompetitionSystem writes),
as its visualiser PlanViz reads it.
"""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

import numpy as np

from fleet.errors import SettingError
from fleet.runtime.league.record import LeagueRecord, LeagueTasks
from fleet.text_file import replace_text
from robots.arrays import Int32, UInt8

# Letters of the actions, then of a step that passed while the entry was still computing.
_LETTERS: Final = np.frombuffer(b"FRCWT", dtype=np.uint8)


def result_document(record: LeagueRecord) -> dict[str, Any]:
    """Return the result as JSON-ready values, keys in the order of the Start-Kit."""
    width = record.layout.width
    return {
        "actionModel": "MAPF_T",
        "version": "2024 LoRR",
        "teamSize": record.robots,
        "start": [[cell // width, cell % width, "E"] for cell in record.starts.tolist()],
        "numTaskFinished": record.finished,
        "sumOfCost": int(record.busy_steps.sum()),
        "makespan": int(record.busy_steps.max(initial=0)),
        "numPlannerErrors": len(record.errors),
        "numScheduleErrors": len(record.schedule_errors),
        "numEntryTimeouts": record.missed_steps,
        "actualPaths": _paths(record.actual),
        "plannerPaths": _paths(record.planned),
        "plannerTimes": record.compute_s,
        "errors": [list(error) for error in record.errors],
        "actualSchedule": schedule_texts(record.actual_schedule, record.robots),
        "plannerSchedule": schedule_texts(record.planned_schedule, record.robots),
        "scheduleErrors": [list(error) for error in record.schedule_errors],
        "events": record.events.tolist(),
        "tasks": task_rows(record.tasks, width),
    }


def check_writable(path: Path) -> None:
    """Raise SettingError if a result cannot be written to `path`, before the run rather than after it."""
    if path.is_dir():
        raise SettingError("--out", f"{path} is a folder", "give the name of a file")
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as failure:
        problem = f"{path} cannot be written: {failure.strerror}"
        raise SettingError("--out", problem, "give a file in a folder that is there and may be written to") from None


def write_result(record: LeagueRecord, path: Path) -> None:
    """Write the result file whole or not at all; raises SettingError if it cannot be written."""
    replace_text(path, json.dumps(result_document(record), separators=(",", ":")) + "\n", SettingError)


def league_summary(record: LeagueRecord) -> dict[str, Any]:
    """Return what a person asks first about a run; times in milliseconds a step."""
    return {
        "robots": record.robots,
        "steps": record.steps,
        "tasks_finished": record.finished,
        "tasks_per_step": round(record.finished / record.steps, 4),
        "planning_ms": spread(record.planning_s),
        "scheduling_ms": spread(record.scheduling_s),
        "missed_steps": record.missed_steps,
        "planner_errors": len(record.errors),
        "schedule_errors": len(record.schedule_errors),
        "violations": len(record.findings),
    }


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and most of some times, in milliseconds."""
    figures = np.percentile(1000.0 * np.array(seconds), [50, 95, 100]).round(3).tolist()
    return dict(zip(("median", "p95", "max"), figures, strict=True))


def _paths(actions: UInt8) -> list[str]:
    """One string a robot: letters separated by commas."""
    steps, robots = actions.shape
    text = np.full((robots, 2 * steps - 1), ord(","), dtype=np.uint8)
    text[:, ::2] = _LETTERS[actions.T]
    return [row.tobytes().decode("ascii") for row in text]


def schedule_texts(changes: Int32, robots: int) -> list[str]:
    """One string a robot: `time:task` for each change, separated by commas."""
    parts: list[list[str]] = [[] for _ in range(robots)]
    for time, robot, task in changes.tolist():
        parts[robot].append(f"{time}:{task}")
    return [",".join(part) for part in parts]


def task_rows(tasks: LeagueTasks, width: int) -> list[list[Any]]:
    """[number, step of release, [row, column, row, column, ...]] of every task revealed."""
    places = np.stack([tasks.errand_cells // width, tasks.errand_cells % width], axis=1).reshape(-1).tolist()
    bounds = (2 * tasks.offsets).tolist()
    lines = len(bounds) - 1
    return [
        [task, released, places[bounds[task % lines] : bounds[task % lines + 1]]]
        for task, released in enumerate(tasks.released.tolist())
    ]
