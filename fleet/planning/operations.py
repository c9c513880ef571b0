"""Multi-action operations: the short action sequences among which EPIBT lets every robot choose.

Source: Yukhnevich and Andreychuk, "Enhancing PIBT via Multi-Action Operations", AAAI-26. Two sequences that put a robot
in the same cells at the same times are one operation, and turns after the last move are left out: the robot decides
again at every step. That leaves 17, 48 and 136 operations for windows of 3, 4 and 5 steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import COLUMN_STEP, ROW_STEP
from fleet.planning import _operations
from robots.arrays import Int8, Int16, Int32, UInt8, UInt16, UInt64
from robots.state import Action

WINDOWS = (3, 4, 5)

_TURN = {Action.FORWARD: 0, Action.TURN_CW: 1, Action.TURN_CCW: 3, Action.WAIT: 0}


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of one window length; operation 0 is to wait throughout.

    window    w, steps
    actions   uint8 (operations, w)
    rows, columns  int8 (4, operations, w): where the robot is after each step, relative to its cell, by first heading
    headings  int8 (4, operations): heading at the end, by first heading
    moves     int16 (operations,): cells moved forward
    trailing  int8 (operations,): waits at the end, in which the robot may turn without changing anybody's way

    A robot that can act only after a delay of d steps, d = 0..w, can carry out the operations that stay where they
    begin for long enough. By delay:

    within    uint64 (w + 1, words): bit o is set if operation o can be carried out
    delayed   uint8 (w + 1, operations, w): actions that begin with d waits and put the robot in the same cells at the
              same times as the operation; waits where there are none
    inherited int32 (w + 1, operations): the operation that carries on with these actions after their first step
    """

    window: int
    actions: UInt8
    rows: Int8
    columns: Int8
    headings: Int8
    moves: Int16
    trailing: Int8
    within: UInt64
    delayed: UInt8
    inherited: Int32

    @property
    def count(self) -> int:
        """Number of operations."""
        return len(self.actions)


class PossibleOperations:
    """Which operations are possible where, with the closures of distance fields.

    bits  uint64 (n_free * 4, words), bit o of a row for operation o; rows are states, `compact[cell] * 4 + heading`

    Time and memory grow with passable cells x operations, once a map; after that, time grows with the cells from which
    an operation leads to what has been closed or opened.
    """

    def __init__(self, operations: Operations, distances: DistanceFields) -> None:
        self._operations = operations
        self._distances = distances
        layout = distances.layout
        # Copies can be written, so that kernels have one signature.
        self._floor: Int32 = np.array(layout.neighbours)
        self._neighbours: Int32 = self._floor.copy()
        self._version = 0
        self._near: Int32 = np.array(layout.free_cells)
        self._distance: Int32 = np.full(layout.cells, -1, dtype=np.int32)
        words = -(-operations.count // 64)
        self.bits: UInt64 = np.empty((4 * len(layout.free_cells), words), dtype=np.uint64)
        self._find(len(self._near))

    def follow(self) -> bool:
        """Take over what has been closed and opened since the last call; return whether that is anything."""
        distances = self._distances
        if distances.version == self._version:
            return False
        self._version = distances.version
        changed = np.flatnonzero((self._neighbours != distances.neighbours).any(axis=1)).astype(np.int32)
        self._neighbours[:] = distances.neighbours
        reach = self._operations.window - 1
        self._find(_operations.find_near(changed, self._floor, reach, self._distance, self._near))
        return True

    def _find(self, cells: int) -> None:
        near, compact = self._near[:cells], self._distances.compact
        _operations.find_possible(near, compact, self._neighbours, self._operations.actions, self.bits)


def operation_surcharges(operations: Operations, distances: DistanceFields, possible: UInt64) -> UInt16:
    """What the moves of each operation cost beyond free steps: uint16 (n_free * 4, operations), rows as above.

    possible: the bits of what is possible with nothing closed.

    No rows at all without guidance, when the answer would be zero throughout. Time and memory as above.
    """
    if distances.guidance.is_uniform:
        return np.empty((0, operations.count), dtype=np.uint16)
    layout = distances.layout
    surcharges: UInt16 = np.empty((4 * len(layout.free_cells), operations.count), dtype=np.uint16)
    offsets = operations.rows.astype(np.int32) * layout.width + operations.columns
    forward = np.asarray(distances.guidance.forward)
    _operations.find_surcharges(
        layout.free_cells, possible, offsets, operations.actions, forward, distances.unit, surcharges
    )
    return surcharges


@lru_cache(maxsize=len(WINDOWS))
def operations(window: int) -> Operations:
    """Return the operations of a window of 3, 4 or 5 steps; raises SettingError for other lengths."""
    if window not in WINDOWS:
        raise SettingError("planner window", f"is {window}", f"use one of {', '.join(map(str, WINDOWS))}")
    chosen = _canonical(window)
    number = {_visits(actions): index for index, actions in enumerate(chosen)}
    within = np.zeros((window + 1, -(-len(chosen) // 64)), dtype=np.uint64)
    delayed = np.full((window + 1, len(chosen), window), Action.WAIT, dtype=np.uint8)
    inherited = np.zeros((window + 1, len(chosen)), dtype=np.int32)
    for delay in range(window + 1):
        for visits, actions in _laziest(window, delay).items():
            index = number[visits]
            within[delay, index // 64] |= np.uint64(1 << index % 64)
            delayed[delay, index] = actions
            inherited[delay, index] = number[_visits((*actions[1:], Action.WAIT))]
    rows = np.zeros((4, len(chosen), window), dtype=np.int8)
    columns = np.zeros_like(rows)
    headings = np.zeros((4, len(chosen)), dtype=np.int8)
    for first, (index, actions) in product(range(4), enumerate(chosen)):
        row, column, heading = 0, 0, first
        for step, action in enumerate(actions):
            if action is Action.FORWARD:
                row, column = row + ROW_STEP[heading], column + COLUMN_STEP[heading]
            heading = (heading + _TURN[action]) % 4
            rows[first, index, step], columns[first, index, step] = row, column
        headings[first, index] = heading
    return Operations(
        window=window,
        actions=np.array(chosen, dtype=np.uint8),
        rows=rows,
        columns=columns,
        headings=headings,
        moves=np.array([actions.count(Action.FORWARD) for actions in chosen], dtype=np.int16),
        trailing=np.array([_trailing_waits(actions) for actions in chosen], dtype=np.int8),
        within=within,
        delayed=delayed,
        inherited=inherited,
    )


def _canonical(window: int) -> list[tuple[Action, ...]]:
    """One action sequence for each distinct way through space and time, waiting first, then early movers first."""
    waiting = (Action.WAIT,) * window
    ways = _laziest(window, delay=0).values()
    return sorted(ways, key=lambda actions: (actions != waiting, _lateness(actions), actions))


def _laziest(window: int, delay: int) -> dict[tuple[tuple[int, int], ...], tuple[Action, ...]]:
    """The action sequence for each way through space and time that can be taken after waiting for some steps."""
    best: dict[tuple[tuple[int, int], ...], tuple[Action, ...]] = {}
    for acting in product(Action, repeat=window - delay):
        actions = (Action.WAIT,) * delay + acting
        if _is_pointless(actions):
            continue
        visits = _visits(actions)
        if visits not in best or _laziness(actions) < _laziness(best[visits]):
            best[visits] = actions
    return best


def _trailing_waits(actions: tuple[Action, ...]) -> int:
    """Waits after the last move (or turn before it)."""
    return next((k for k, action in enumerate(reversed(actions)) if action is not Action.WAIT), len(actions))


def _is_pointless(actions: tuple[Action, ...]) -> bool:
    """Turns after the last move: they change no cell, and the next plan can still make them."""
    moves = [step for step, action in enumerate(actions) if action is Action.FORWARD]
    after = actions[moves[-1] + 1 :] if moves else actions
    return any(action is not Action.WAIT for action in after)


def _visits(actions: tuple[Action, ...]) -> tuple[tuple[int, int], ...]:
    """Cells after each step, for a robot that starts in (0, 0) facing east."""
    row, column, heading = 0, 0, 0
    visits = []
    for action in actions:
        if action == Action.FORWARD:
            row, column = row + ROW_STEP[heading], column + COLUMN_STEP[heading]
        heading = (heading + _TURN[Action(action)]) % 4
        visits.append((row, column))
    return tuple(visits)


def _laziness(actions: tuple[Action, ...]) -> tuple[int, tuple[bool, ...], tuple[Action, ...]]:
    """Order among equal ways: fewest turns, then turning as early as possible."""
    turns = sum(action in {Action.TURN_CW, Action.TURN_CCW} for action in actions)
    return turns, tuple(action is Action.WAIT for action in actions), actions


def _lateness(actions: tuple[Action, ...]) -> tuple[int, ...]:
    """Order among operations: many moves first, early moves first."""
    steps = tuple(step for step, action in enumerate(actions) if action is Action.FORWARD)
    return (-len(steps), *steps)
