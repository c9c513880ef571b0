"""A recorded run as the page plays it: frames, heat, events and samples out of its files."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from struct import Struct
from typing import Any, Final

import msgspec
import numpy as np

from fleet.app.dashboard.frames import FleetColumns, encode, encode_heat, fleet_columns
from fleet.app.dashboard.http_messages import MOST_FRAMES
from fleet.app.dashboard.live_heat import HeatMetric
from fleet.app.dashboard.page_messages import Sample
from fleet.app.dashboard.shown_floor import ShownFloor
from fleet.app.site.condition import Condition
from fleet.errors import RunError
from fleet.report.heat.congestion import METRICS, Window, count_congestion
from fleet.report.run_directory import EVENTS_FILE, RunReader
from fleet.report.summary import Summary
from fleet.runtime.activity import Activity
from robots.arrays import Int8, Int32, UInt8
from sim_worlds.errors import WorldError
from sim_worlds.world_file import load_world

_LENGTH: Final = Struct("<I")
_MOST_EVENTS: Final = 5000
# Times that are no further apart are the same, told by different sums of steps.
_MOMENT_S: Final = 1e-6
# So many points a chart shows; they are no nearer to each other than so many seconds.
_MOST_SAMPLES: Final = 720
_LEAST_EVERY_S: Final = 5.0
_RATE_OVER_S: Final = 60.0
_CONDITIONS: Final[dict[Activity, Condition]] = {
    Activity.DRIVING: Condition.DRIVING,
    Activity.TURNING: Condition.TURNING,
    Activity.WAITING: Condition.WAITING,
    Activity.SERVICE: Condition.SERVICE,
    Activity.CHARGING: Condition.CHARGING,
    Activity.IDLE: Condition.IDLE,
}
_CONDITION: Final = np.array([_CONDITIONS[activity] for activity in Activity], dtype=np.uint8)


class RecordedRun:
    """A run directory, read when it is opened; raises RunError, or WorldError for a world that is no more."""

    def __init__(self, path: Path) -> None:
        self._reader = RunReader(path)
        trace = self._reader.trace
        world = load_world(self._reader.config.world)
        if (world.layout.height, world.layout.width) != (trace.height, trace.width):
            problem = f"its floor has {trace.height} x {trace.width} cells, world {world.name} has others"
            raise WorldError(str(path), problem, "keep a world file as long as runs on it are looked at")
        self.floor = ShownFloor(world)
        self.summary: Summary = self._reader.summary
        self._events = path / EVENTS_FILE

    @property
    def memory_bytes(self) -> int:
        """About as much memory as it takes."""
        return 7 * self._reader.trace.steps * self._reader.trace.robots

    def frames(self, from_step: int, to_step: int | None) -> bytes:
        """Return frames of the steps from `from_step` to before `to_step`, each behind its length, u32 little-endian.

        The frame of step k is how robots are after it, at (k + 1) * step_s seconds; that of step -1 is the start, which
        goes before step 0. The first is a key frame. At most MOST_FRAMES are returned.
        """
        trace = self._reader.trace
        end = min(trace.steps if to_step is None else to_step, trace.steps, from_step + MOST_FRAMES)
        parts = []
        before: FleetColumns | None = None
        for step in range(-1 if from_step == 0 else from_step, end):
            columns = self._columns(step)
            frame = encode(columns, (step + 1) * trace.step_s, before)
            parts += [_LENGTH.pack(len(frame)), frame]
            before = columns
        return b"".join(parts)

    def heat(self, metric: HeatMetric, from_s: float, to_s: float | None) -> bytes:
        """Return the frame of a heatmap of a window; one in which no step begins is empty."""
        trace = self._reader.trace
        to_s = trace.duration_s if to_s is None else min(to_s, trace.duration_s)
        if from_s + 1e-6 >= to_s or np.ceil(from_s / trace.step_s) * trace.step_s >= to_s:
            return encode_heat(metric, np.zeros(trace.cells, dtype=np.float32), to_s)
        counted = count_congestion(trace, METRICS[metric], Window(from_s, to_s))
        return encode_heat(metric, counted.values.astype(np.float32).reshape(-1), to_s)

    def events(self, from_s: float, to_s: float | None) -> tuple[list[msgspec.Raw], bool]:
        """Return events between two moments, 5,000 or a little more, and whether there are later ones; raises RunError.

        Of a moment all are returned or none, however many they are: so it can be said where to go on.
        """
        found: list[msgspec.Raw] = []
        last_s = from_s
        for t_s, line in self._lines():
            if t_s < from_s:
                continue
            if to_s is not None and t_s > to_s:
                break
            if len(found) >= _MOST_EVENTS and t_s > last_s + _MOMENT_S:
                return found, True
            found.append(msgspec.Raw(line))
            last_s = t_s
        return found, False

    @cached_property
    def samples(self) -> list[Sample]:
        """Points for charts, over the whole run; raises RunError."""
        trace = self._reader.trace
        every_s = max(_LEAST_EVERY_S, trace.duration_s / _MOST_SAMPLES)
        counted = _Counted()
        records = iter(self._records())
        record = next(records, None)
        samples = []
        for number in range(1, int(trace.duration_s / every_s) + 1):
            t_s = number * every_s
            while record is not None and record["t"] <= t_s:
                counted.hear(record)
                record = next(records, None)
            activity = trace.activity[min(int(t_s / trace.step_s), trace.steps) - 1]
            samples.append(counted.sample(t_s, activity))
        return samples

    def _columns(self, step: int) -> FleetColumns:
        """What a frame tells of how robots are after a step; -1 is the start."""
        trace = self._reader.trace
        if step < 0:
            idle = np.full(trace.robots, Condition.IDLE, dtype=np.uint8)
            return self._rounded(trace.start_cell, trace.start_heading, idle)
        return self._rounded(trace.cell[step], trace.heading[step], _CONDITION[trace.activity[step]])

    def _rounded(self, cell: Int32, heading: Int8, condition: UInt8) -> FleetColumns:
        width, cell_m = self.floor.width, self.floor.cell_m
        return fleet_columns(
            ((cell % width + 0.5) * cell_m).astype(np.float32),
            ((cell // width + 0.5) * cell_m).astype(np.float32),
            (heading * (np.pi / 2)).astype(np.float32),
            condition,
            cell_m=cell_m,
            units=self.floor.units,
        )

    def _lines(self) -> Iterator[tuple[float, bytes]]:
        """The lines of the events with their times."""
        try:
            with self._events.open("rb") as file:
                for line in file:
                    yield msgspec.json.decode(line, type=_Timed).t, line.strip()
        except (OSError, msgspec.DecodeError) as failure:
            problem = f"cannot be read: {failure}"
            raise RunError(str(self._events), problem, "run it again: the file is not what was written") from None

    def _records(self) -> Iterator[dict[str, Any]]:
        return (msgspec.json.decode(line) for _, line in self._lines())


class _Timed(msgspec.Struct):
    t: float


class _Counted:
    """What the events of a run add up to."""

    def __init__(self) -> None:
        self._orders_open = 0
        self._tasks_waiting = 0
        self._done: deque[float] = deque()

    def hear(self, record: dict[str, Any]) -> None:
        """Take in an event."""
        event = record["event"]
        if event == "order_accepted":
            self._orders_open += 1
        elif event in ("order_done", "order_cancelled"):
            self._orders_open -= 1
        elif event in ("task_created", "task_released"):
            self._tasks_waiting += 1
        elif event == "task_assigned" or (event in ("task_cancelled", "task_failed") and record.get("robot", -1) < 0):
            self._tasks_waiting -= 1
        elif event == "task_done":
            self._done.append(record["t"])

    def sample(self, t_s: float, activity: UInt8) -> Sample:
        """Return how it is at `t_s` seconds; activity: uint8 (n,)."""
        while self._done and self._done[0] <= t_s - _RATE_OVER_S:
            self._done.popleft()
        return Sample(
            t_s=t_s,
            tasks_per_hour=round(3600.0 * len(self._done) / min(t_s, _RATE_OVER_S), 1),
            orders_open=max(0, self._orders_open),
            tasks_waiting=max(0, self._tasks_waiting),
            robots_waiting=int(np.count_nonzero(activity == Activity.WAITING)),
            robots_driving=int(np.count_nonzero((activity == Activity.DRIVING) | (activity == Activity.TURNING))),
        )
