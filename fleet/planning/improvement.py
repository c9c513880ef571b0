"""Anytime improvement of EPIBT's plan: a large neighbourhood search over the operations of all robots.

What is minimised is the sum over robots of weight * cost. The cost is the distance that the operation leaves, as EPIBT
ranks it; but waiting, which comes last there whatever it costs, has a price: the distance left and eight free steps,
more than any operation of four or five steps can lose. The weight falls with the square of the robot's place in the
order of priority. On the 140 x 500 warehouse without guidance, 10,000 robots, 10,000 attempts a plan, 300 steps, equal
weights made 8 % fewer tasks than these, weights to the first and fourth power 1 and 3 % fewer; prices of waiting from 1
to 20 steps differ by less than the noise, but cheap waiting lets robots head on in a corridor stand still for ever.
A chain of pushes ends as soon as it loses as much as it gains: this made 2 % more tasks, annealing 1 % fewer.

Two threads work on two parts of the floor, cut by a line across its longer side that moves all the time. Robots that
could reach both sides are left alone, so the threads have nothing in common, and one thread that does both parts in
turn comes to the same plan.

Sources: Yukhnevich and Andreychuk, "Enhancing PIBT via Multi-Action Operations", AAAI-26; Lin and Kernighan, "An
Effective Heuristic Algorithm for the Traveling-Salesman Problem", 1973, for the chain that must gain throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.planning import _improvement
from fleet.planning.request import RequestColumns
from robots.arrays import Bool, Int8, Int32, Int64

COUNTS = ("attempts", "improved")

# Attempts of each part between two cuts; in between nobody looks at the time.
_ATTEMPTS_AT_ONCE = 500
# What waiting costs beyond the distance left, in free steps.
_PATIENCE = 8
_LARGEST_WEIGHT = 1000
# Of 1024 robots that could be pushed.
_SKIPPED = 205
# Floors shorter than so many windows are not cut: too many robots could reach both sides.
_WINDOWS_TO_CUT = 16
# An attempt in vain for each robot that could gain, so often: then the plan is taken to be as good as it gets.
_IN_VAIN = 20


@dataclass(frozen=True, slots=True)
class ImprovementParams:
    """Settings of the improvement.

    attempts   attempts a plan when no time is set for it, one more if two parts share an odd number
    threads    1 or 2; the plan is the same if attempts are counted
    max_tries  how many operations an attempt may try before it puts everything back
    max_depth  how many robots a chain of pushes may have, the one that begins it included
    seed       of the random numbers, together with the number of the plan
    """

    attempts: int = 10_000
    threads: int = 1
    max_tries: int = 200
    max_depth: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("attempts", "max_tries", "max_depth"):
            if getattr(self, name) < 1:
                raise SettingError(f"improvement {name}", f"is {getattr(self, name)}", "use 1 or more")
        if self.threads not in {1, 2}:
            raise SettingError("improvement threads", f"is {self.threads}", "use 1 or 2")
        if self.seed < 0:
            raise SettingError("improvement seed", f"is {self.seed}", "use 0 or more")


@dataclass(frozen=True, slots=True)
class Choice:
    """The operations that EPIBT chose, and what it knows of the others; improved in place. See `_epibt.py`.

    offsets   int32 (4, operations, w): cells from where the robot is, by heading
    reserved  int32 (cells, w + 1)
    chosen    int32 (n,)
    keys      int32 (n, operations); read for robots that are not on hold, and no longer in order afterwards
    best_key  int32 (n,): the smallest of each row
    """

    offsets: Int32
    reserved: Int32
    chosen: Int32
    keys: Int32
    best_key: Int32


class Improver:
    """Improves one plan after another; what it does depends on the seed, the plans so far and the number of attempts.

    Memory is 19 bytes a robot. The second thread, if wanted, is started by `warmup` or when there is work for it.
    """

    def __init__(self, distances: DistanceFields, params: ImprovementParams) -> None:
        self.params = params
        layout = distances.layout
        self._distances = distances
        self._width = layout.width
        self._along_columns = layout.width >= layout.height
        self._longer_side = max(layout.width, layout.height)
        self._pool = ThreadPoolExecutor(1, "improvement") if params.threads == 2 else None
        self._stacks = [_Stack(params.max_depth) for _ in range(2)]
        self._plans = 0
        self._allocate(0)

    def forget(self) -> None:
        """Begin the random numbers anew."""
        self._plans = 0

    def warmup(self, request: RequestColumns, choice: Choice) -> None:
        """Compile the kernels, start the thread; changes nothing. `improve` has seen a plan of as many robots."""
        robots: Int32 = np.zeros(1, dtype=np.int32)
        self._improve_parts(request, choice, {0: robots}, 0, [1, 1])
        self._improve_parts(request, choice, {0: robots, 1: robots}, 0, [1, 1])

    def improve(
        self, request: RequestColumns, slots: Int32, choice: Choice, time_left: Callable[[], bool] | None
    ) -> Int64:
        """Improve a choice in place until time is up; without `time_left` until the attempts have been made.

        Ends before that when nothing has been gained for long. slots: field rows of the goals. Returns int64 (2,), the
        figures of COUNTS. The choice is free of collisions whenever this returns, and never worse than it was.
        """
        if request.robots != len(self._chosen_key):
            self._allocate(request.robots)
        distances, params = self._distances, self.params
        rng = np.random.default_rng((params.seed, self._plans))
        self._plans += 1
        _improvement.price_waiting(
            request.cells, slots, request.hold, distances.fields, distances.compact, _PATIENCE * distances.unit,
            choice.chosen, choice.keys, choice.best_key, self._chosen_key,
        )  # fmt: skip
        self._is_sorted[:] = False
        self._weigh(request, slots)
        at: Int32 = request.cells % self._width if self._along_columns else request.cells // self._width
        free = np.sort(at[~request.hold])
        counts: Int64 = np.zeros(len(COUNTS), dtype=np.int64)
        in_vain = 0
        while time_left() if time_left else counts[0] < params.attempts:
            cut = self._cut(free, choice.offsets.shape[2], rng)
            # Those who could gain may all be near the cut; then this round is for the whole floor.
            parts = self._divide(request.hold, at, choice, cut) or self._divide(request.hold, at, choice, 0)
            if not parts:
                break
            in_vain_at_most = _IN_VAIN * sum(len(roots) for roots in parts.values())
            at_once = min(_ATTEMPTS_AT_ONCE, in_vain_at_most)
            if not time_left:
                at_once = min(at_once, -(-(params.attempts - int(counts[0])) // len(parts)))
            made = self._improve_parts(request, choice, parts, at_once, rng.integers(1, 2**32, 2).tolist())
            counts += made
            in_vain = 0 if made[1] else in_vain + int(made[0])
            if in_vain >= in_vain_at_most:
                break
        return counts

    def _weigh(self, request: RequestColumns, slots: Int32) -> None:
        """Weights by rank. Who has nowhere to go makes way for higher ranks only, as in EPIBT; others for anybody.

        Except for the first of all: it makes way for nobody, so that it gets on as it does under EPIBT. Otherwise two
        robots head on in a corridor may stay as they are, since whoever backs out loses more than the other gains.
        """
        n = request.robots
        share = 1 - request.rank / (n + 1)
        self._weights[:] = np.maximum(_LARGEST_WEIGHT * share * share, 1)
        self._claim[:] = np.where((slots < 0) | (request.rank == 0), request.rank, n)

    def _cut(self, free: Int32, window: int, rng: np.random.Generator) -> int:
        """Where the second part begins: near the middle of the robots, or 0 where all is one part."""
        if self._longer_side < _WINDOWS_TO_CUT * window or len(free) == 0:
            return 0
        third = len(free) // 3
        return int(free[rng.integers(third, len(free) - third)])

    def _divide(self, hold: Bool, at: Int32, choice: Choice, cut: int) -> dict[int, Int32]:
        """Set the part of each robot, -1 if it could reach both; return the robots of each part that could gain."""
        reach = choice.offsets.shape[2]
        self._part_of[:] = -1
        self._part_of[~hold & (at < cut - reach)] = 0
        self._part_of[~hold & (at >= cut + (reach if cut else 0))] = 1
        wanting = choice.best_key < self._chosen_key
        roots = {part: np.flatnonzero(wanting & (self._part_of == part)).astype(np.int32) for part in (0, 1)}
        return {part: robots for part, robots in roots.items() if len(robots)}

    def _improve_parts(
        self, request: RequestColumns, choice: Choice, parts: dict[int, Int32], attempts: int, seeds: list[int]
    ) -> Int64:
        def improve(part: int) -> Int64:
            stack = self._stacks[part]
            stack.counts[:] = 0
            _improvement.improve(
                request.cells, request.headings, request.rank, self._claim, self._part_of, part, parts[part],
                choice.offsets, self._weights, attempts, self.params.max_tries, _SKIPPED, seeds[part],
                choice.reserved, choice.chosen, choice.keys, self._chosen_key, self._is_sorted, self._on_stack,
                stack.robot, stack.next, stack.old, stack.gain, stack.counts,
            )  # fmt: skip
            return stack.counts

        if self._pool is not None and len(parts) > 1:
            other = self._pool.submit(improve, 1)
            return improve(0) + other.result()
        return sum((improve(part) for part in parts), np.zeros_like(self._stacks[0].counts))

    def _allocate(self, n: int) -> None:
        self._chosen_key: Int32 = np.zeros(n, dtype=np.int32)
        self._weights: Int64 = np.empty(n, dtype=np.int64)
        self._claim: Int32 = np.empty(n, dtype=np.int32)
        self._part_of: Int8 = np.empty(n, dtype=np.int8)
        self._is_sorted: Bool = np.empty(n, dtype=np.bool_)
        self._on_stack: Bool = np.zeros(n, dtype=np.bool_)


class _Stack:
    """Scratch of one part: the chain of pushes, and what was done."""

    def __init__(self, depth: int) -> None:
        self.robot: Int32 = np.empty(depth, dtype=np.int32)
        self.next: Int32 = np.empty(depth, dtype=np.int32)
        self.old: Int32 = np.empty(depth, dtype=np.int32)
        self.gain: Int64 = np.empty(depth, dtype=np.int64)
        self.counts: Int64 = np.zeros(len(COUNTS), dtype=np.int64)
