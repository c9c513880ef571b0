"""The trace of a run: where every robot was after each step and what it did in it, in columns."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from fleet.errors import RunError
from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from robots.arrays import Bool, Int8, Int32, UInt8

_DTYPES: Final[dict[str, type[np.generic]]] = {
    "cell": np.int32,
    "heading": np.int8,
    "activity": np.uint8,
    "delayed": np.bool_,
}
_STARTS: Final[dict[str, type[np.generic]]] = {"start_cell": np.int32, "start_heading": np.int8}
_FACTS: Final = ("world", "height", "width", "step_s")
_ARRAYS: Final = (*_STARTS, *_DTYPES, *_FACTS)


@dataclass(frozen=True, slots=True)
class Trace:
    """A run step by step. Row t of every column is step t, which leads from t * step_s to (t + 1) * step_s seconds.

    cell      int32 (steps, n), where each robot was after the step, row * width + column
    heading   int8 (steps, n), after the step: 0 east, 1 south, 2 west, 3 north
    activity  uint8 (steps, n), see fleet.runtime.activity.Activity
    delayed   bool (steps, n), the robot had somewhere to be and did not come a step nearer, turns counted
    start_cell int32 (n,), start_heading int8 (n,): before the first step
    world     name of the world; height, width: its map in cells
    """

    world: str
    height: int
    width: int
    step_s: float
    start_cell: Int32
    start_heading: Int8
    cell: Int32
    heading: Int8
    activity: UInt8
    delayed: Bool

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.cell)

    @property
    def robots(self) -> int:
        """Number of robots, n."""
        return len(self.start_cell)

    @property
    def cells(self) -> int:
        """Cells of the map, obstacles included."""
        return self.height * self.width

    @property
    def duration_s(self) -> float:
        """Simulated seconds from the first step's start to the last one's end."""
        return self.steps * self.step_s

    def digest(self) -> str:
        """Hash of the columns, step by step: equal to that of the recorder which recorded them."""
        digest = blake2b(digest_size=16)
        digest.update(_little_endian_bytes(self.start_cell))
        digest.update(_little_endian_bytes(self.start_heading))
        for row in zip(self.cell, self.heading, self.activity, self.delayed, strict=True):
            for column in row:
                digest.update(_little_endian_bytes(column))
        return digest.hexdigest()


class TraceRecorder:
    """Takes in a run step by step: `start` once, then `append` for each step. 7 bytes of memory a robot and step.

    `capacity_hint` is the number of steps that are expected; more are taken in as well.
    """

    def __init__(self, robots: int, capacity_hint: int) -> None:
        self._robots = robots
        self._steps = 0
        self._digest = blake2b(digest_size=16)
        self._start_cell: Int32 = np.empty(0, dtype=np.int32)
        self._start_heading: Int8 = np.empty(0, dtype=np.int8)
        self._columns: dict[str, Any] = {
            name: np.empty((max(capacity_hint, 1), robots), dtype=dtype) for name, dtype in _DTYPES.items()
        }

    def start(self, cell: Int32, heading: Int8) -> None:
        """Record where the robots are before the first step; columns (n,), which are copied."""
        self._start_cell = np.array(cell, dtype=np.int32)
        self._start_heading = np.array(heading, dtype=np.int8)
        self._digest.update(_little_endian_bytes(self._start_cell))
        self._digest.update(_little_endian_bytes(self._start_heading))

    def append(self, cell: Int32, heading: Int8, activity: UInt8, delayed: Bool) -> None:
        """Record one step; columns (n,) as in `Trace`, which are copied."""
        row = self._steps
        if row == len(self._columns["cell"]):
            self._grow()
        for name, column in zip(_DTYPES, (cell, heading, activity, delayed), strict=True):
            self._columns[name][row] = column
            self._digest.update(_little_endian_bytes(self._columns[name][row]))
        self._steps += 1

    def digest(self) -> str:
        """Hash of all that was recorded, blake2b of 16 bytes in hexadecimal; independent of how it is stored."""
        return self._digest.hexdigest()

    def trace(self, world: str, height: int, width: int, step_s: float) -> Trace:
        """Return what was recorded, without copying it: valid until the next `append`."""
        columns = {name: column[: self._steps] for name, column in self._columns.items()}
        return Trace(world, height, width, step_s, self._start_cell, self._start_heading, **columns)

    def _grow(self) -> None:
        for name, column in self._columns.items():
            more = np.empty((len(column) // 2 + 1, self._robots), dtype=column.dtype)
            self._columns[name] = np.concatenate([column, more])


def write_trace(path: Path, trace: Trace) -> None:
    """Write a trace as a compressed `.npz` file; its arrays are the fields of `Trace` by name."""
    columns: dict[str, Any] = {name: getattr(trace, name) for name in _ARRAYS}
    with path.open("wb") as file:
        np.savez_compressed(file, **columns)


def read_trace(path: Path) -> Trace:
    """Read a trace; raises RunError if the file is missing, damaged, or holds no possible run."""
    remedy = "run it again: the file is no trace any more"
    try:
        # numpy would leave a file open that it opened itself and could not read.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            columns: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
    except KeyError as missing:
        raise RunError(str(path), f"has no array named {missing.args[0].split()[0]!r}", remedy) from None
    except FileNotFoundError:
        raise RunError(str(path), "there is no such file", "name a run directory with a trace") from None
    except (BadZipFile, zlib.error, EOFError, ValueError, OSError, TypeError, RuntimeError, MemoryError) as damage:
        raise RunError(str(path), f"is damaged: {damage}", remedy) from None
    problem = _problem(columns)
    if problem is not None:
        raise RunError(str(path), problem, remedy)
    facts = {name: columns.pop(name).item() for name in _FACTS}
    return Trace(**facts, **columns)


def _problem(columns: dict[str, Any]) -> str | None:
    """What makes the arrays of a file impossible, if anything does."""
    shape = columns["cell"].shape
    if len(shape) != 2 or 0 in shape:
        return f"cell has shape {shape}, not (steps, robots)"
    wanted = [(name, dtype, shape) for name, dtype in _DTYPES.items()]
    wanted += [(name, dtype, shape[1:]) for name, dtype in _STARTS.items()]
    for name, dtype, size in wanted:
        column = columns[name]
        if column.dtype != dtype or column.shape != size:
            return f"{name} is {column.dtype} {column.shape}, not {np.dtype(dtype)} {size}"
    for name, kind in zip(_FACTS, "Uiif", strict=True):
        if columns[name].shape != () or columns[name].dtype.kind != kind:
            return f"{name} is {columns[name].dtype} {columns[name].shape}, not a single value"
    cells = int(columns["height"]) * int(columns["width"])
    for start, name, end in (("start_cell", "cell", cells), ("start_heading", "heading", 4)):
        if min(columns[start].min(), columns[name].min()) < 0 or max(columns[start].max(), columns[name].max()) >= end:
            return f"a {name} is none of 0 to {end - 1}"
    if columns["activity"].max() >= len(Activity):
        return f"an activity is none of 0 to {len(Activity) - 1}"
    if not (np.isfinite(columns["step_s"]) and columns["step_s"] > 0):
        return f"step_s is {columns['step_s']}"
    return None


def _little_endian_bytes(column: npt.NDArray[Any]) -> bytes:
    return column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes()
