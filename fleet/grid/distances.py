"""How far it is from any (cell, heading) to a goal cell: fields found on demand, kept within a memory bound."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.errors import SettingError
from fleet.grid import _distances
from fleet.grid.guidance import HIGHEST_WEIGHT, Guidance
from fleet.grid.layout import NO_CELL, Layout
from robots.arrays import Bool, Int8, Int32, UInt8, UInt16, UInt32

UNREACHABLE: Final = 65535


class DistanceFields:
    """Distances over (cell, heading) with turns counted, one field a goal cell.

    A field is a word a passable cell, 4 bytes. It is found by one backward
    search when first asked for (time linear in passable cells) and kept until memory is needed for another; the field
    that has gone unused the longest goes first. `memory_mb` bounds the fields together; memory is taken as fields are
    filled, not in advance.

    Without guidance a distance is a number of steps; with it, the least sum of weights. `unit` is what a free step
    costs (1 without guidance), so that `distance / unit` is about a number of steps in both cases.

    Cells inside the fields are compact: `compact[cell]` is the row of a passable cell in `layout.free_cells`, -1 for
    obstacles. A word, `fields[slot, compact[cell]]`, uint32, has the distance from the best heading in its low 16 bits,
    UNREACHABLE (65535) where there is no way, and what each heading costs on top of it in four bits, from bit 16 up;
    `at` reads it.

    Cells and moves can be closed while a run goes on, see `close`. What is closed now:

    version        int, goes up with every change
    closed_cells   bool (cells,)
    closed_edges   bool (cells, 4), moves forward by the cell they begin in and the heading
    neighbours     int32 (cells, 4), the cell one step ahead by heading, NO_CELL where the move is not allowed now
    """

    def __init__(self, layout: Layout, memory_mb: int = 4096, guidance: Guidance | None = None) -> None:
        self.layout = layout
        self.guidance = Guidance.none(layout) if guidance is None else guidance
        if len(self.guidance.forward) != layout.cells:
            raise ValueError(f"guidance is for {len(self.guidance.forward)} cells, not {layout.cells}")
        self.unit = self.guidance.unit
        states = 4 * len(layout.free_cells)
        if states == 0:
            raise SettingError("layout", "has no passable cell", "use a map with free cells")
        bytes_a_field = states
        self.capacity = min(memory_mb * 2**20 // bytes_a_field, max(len(layout.free_cells), 2))
        if self.capacity < 2:
            raise SettingError(
                "distance memory",
                f"{memory_mb} MB cannot hold two distance fields of {bytes_a_field / 2**20:.1f} MB",
                "allow more memory",
            )
        self.compact: Int32 = np.full(layout.cells, NO_CELL, dtype=np.int32)
        self.compact[layout.free_cells] = np.arange(len(layout.free_cells), dtype=np.int32)
        self.version = 0
        self.closed_cells: Bool = _frozen(np.zeros(layout.cells, dtype=np.bool_))
        self.closed_edges: Bool = _frozen(np.zeros((layout.cells, 4), dtype=np.bool_))
        self.neighbours: Int32 = np.array(layout.neighbours)
        self._no_edges = self.closed_edges
        self._predecessors: Int32 = self._find_predecessors()
        # Pages of an empty array are taken from the system when they are first written, so the bound costs nothing.
        self.fields: UInt32 = np.empty((self.capacity, len(layout.free_cells)), dtype=np.uint32)
        self.computed = 0
        self._weights: UInt8 = np.ascontiguousarray(self.guidance.forward[layout.free_cells])
        self._costs: UInt16 = np.empty(states, dtype=np.uint16)
        self._queue: Int32 = np.empty(states if self.guidance.is_uniform else 3 * states + 4, dtype=np.int32)
        self._next_in_bucket: Int32 = np.empty(len(self._queue), dtype=np.int32)
        self._bucket: Int32 = np.empty(HIGHEST_WEIGHT + 1, dtype=np.int32)
        self._slot_of: Int32 = np.full(layout.cells, -1, dtype=np.int32)
        self._goal_in: Int32 = np.full(self.capacity, NO_CELL, dtype=np.int32)
        self._last_use = np.zeros(self.capacity, dtype=np.int64)
        self._in_use = 0
        self._clock = 0

    @property
    def held(self) -> int:
        """Fields in memory now."""
        return self._in_use

    @property
    def memory_bytes(self) -> int:
        """Bytes of the fields in memory now."""
        return self._in_use * int(self.fields[0].nbytes)

    def close(self, cells: Bool, edges: Bool | None = None) -> bool:
        """Set what is closed, in place of what was; return whether that is a change.

        cells: bool (cells,), not to be entered; a robot that stands on one may leave it. A goal there is out of reach
        except for who stands on it. edges: bool (cells, 4), moves forward that are not allowed, by the cell they begin
        in and the heading; None for no such move. Nothing set opens everything. A call that changes nothing costs a
        comparison. A change drops all fields: they are found anew when they are asked for, and rows that `slots`
        returned before are no longer valid. Raises ValueError for arrays of another shape or type.
        """
        edges = self._no_edges if edges is None else edges
        for name, given, now in (("cells", cells, self.closed_cells), ("edges", edges, self.closed_edges)):
            if given.dtype != np.bool_ or given.shape != now.shape:
                raise ValueError(f"closed {name} are {given.dtype} {given.shape}, not bool {now.shape}")
        if np.array_equal(cells, self.closed_cells) and np.array_equal(edges, self.closed_edges):
            return False
        self.closed_cells, self.closed_edges = _frozen(cells.copy()), _frozen(edges.copy())
        ahead = self.layout.neighbours
        self.neighbours[:] = np.where(edges | cells[ahead], NO_CELL, ahead)
        self._predecessors[:] = self._find_predecessors()
        self._slot_of[:] = -1
        self._in_use = 0
        self.version += 1
        return True

    def holds(self, goals: Int32) -> Bool:
        """Which of these goal cells have their fields in memory now, bool of the same length; NO_CELL has none."""
        held: Bool = (goals != NO_CELL) & (self._slot_of[goals] >= 0)
        return held

    def slots(self, goals: Int32) -> Int32:
        """Rows of `fields` for these goal cells, filling those that are missing; int32 of the same length.

        NO_CELL gives -1. The rows stay valid until the next call that has to fill a field. Raises SettingError when
        the goals together need more fields than the memory bound allows.
        """
        self._clock += 1
        none = goals == NO_CELL
        held: Int32 = self._slot_of[goals]
        held[none] = -1
        self._last_use[held[held >= 0]] = self._clock
        missing = goals[(held < 0) & ~none]
        if len(missing):
            self._fill(np.unique(missing), len(np.unique(goals[~none])))
            held = self._slot_of[goals]
            held[none] = -1
        return held

    def at(self, slots: Int32, cells: Int32, headings: Int8) -> UInt16:
        """Distances, in the units of the weights, from robot states to the goals of these slots, uint16.

        slots as returned by `slots`, each with the cell and heading in the same place (arrays that broadcast);
        UNREACHABLE (65535) where there is no way or the slot is -1.
        """
        words = self.fields[slots, self.compact[cells]]
        distance = (words & 0xFFFF) + ((words >> (16 + 4 * np.asarray(headings, dtype=np.uint32))) & 15)
        return np.where(slots < 0, np.uint16(UNREACHABLE), distance.astype(np.uint16))

    def travel(self, goals: Int32, cells: Int32, headings: Int8) -> UInt16:
        """Free steps from each robot state to each goal, rounded up, uint16 (goals, robots).

        65535 where there is no way or no goal. cells, headings: the robots' cells and headings, equal lengths. Any
        number of goals may be asked for: beyond the memory bound they are worked through in parts.
        """
        steps = np.empty((len(goals), len(cells)), dtype=np.uint16)
        rows = self.compact[cells]
        for start in range(0, len(goals), self.capacity):
            part = slice(start, start + self.capacity)
            slots = self.slots(np.asarray(goals[part], dtype=np.int32))
            _distances.read_fields(self.fields, slots, rows, headings, self.unit, steps[part])
        return steps

    def legs(self, goals: Int32, cells: Int32) -> UInt16:
        """Free steps from each cell to the goal in the same place, from its worst heading, rounded up, uint16 (k,).

        65535 where there is no way or no goal. Any number of goals may be asked for, as of `travel`.
        """
        steps = np.empty(len(goals), dtype=np.uint16)
        # By goals: one that is worked through in two parts is in memory the second time.
        order = np.argsort(goals, kind="stable")
        for start in range(0, len(goals), self.capacity):
            part = order[start : start + self.capacity]
            slots = self.slots(np.asarray(goals[part], dtype=np.int32))
            found = np.empty(len(part), dtype=np.uint16)
            _distances.read_worst(self.fields, slots, self.compact[cells[part]], self.unit, found)
            steps[part] = found
        return steps

    def warmup(self) -> None:
        """Compile the kernels."""
        goal = self.layout.free_cells[:1]
        self.travel(goal, goal, np.zeros(1, dtype=np.int8))
        self.legs(goal, goal)

    def _find_predecessors(self) -> Int32:
        """Return compact cells from which one may come in, by heading; int32 (n_free, 4), -1 for none."""
        behind = self.layout.neighbours[self.layout.free_cells][:, [2, 3, 0, 1]]
        allowed = (behind >= 0) & (self.neighbours[behind, np.arange(4)] >= 0)
        return np.where(allowed, self.compact[behind], NO_CELL).astype(np.int32)

    def _fill(self, missing: Int32, wanted: int) -> None:
        if wanted > self.capacity:
            raise SettingError(
                "distance memory",
                f"{wanted} different goals are wanted at once, but only {self.capacity} distance fields fit",
                "allow more memory for distances",
            )
        compact = self.compact[missing]
        if (compact < 0).any():
            cell = int(missing[np.argmin(compact)])
            raise ValueError(f"goal cell {cell} is an obstacle")
        fresh = min(len(missing), self.capacity - self._in_use)
        slots = np.arange(self._in_use, self._in_use + fresh, dtype=np.int32)
        self._in_use += fresh
        if fresh < len(missing):
            # Fields of this very call carry the newest stamp, and at least `wanted` fields fit: none of them goes.
            oldest = np.argsort(self._last_use[: self._in_use - fresh], kind="stable")[: len(missing) - fresh]
            self._slot_of[self._goal_in[oldest]] = -1
            slots = np.concatenate([slots, oldest.astype(np.int32)])
        if self.guidance.is_uniform:
            _distances.fill_fields(self._predecessors, compact, slots, self.fields, self._costs, self._queue)
        else:
            _distances.fill_weighted_fields(
                self._predecessors, self._weights, self.guidance.turn, compact, slots, self.fields, self._costs,
                self._queue, self._next_in_bucket, self._bucket,
            )  # fmt: skip
        self._slot_of[missing] = slots
        self._goal_in[slots] = missing
        self._last_use[slots] = self._clock
        self.computed += len(missing)


def _frozen(flags: Bool) -> Bool:
    flags.setflags(write=False)
    return flags
