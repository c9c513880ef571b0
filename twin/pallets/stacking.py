"""Stacks boxes onto a pallet one after another, each where it stands firmly and low."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from robots.arrays import Float64
from twin.cells.parcel import Parcel
from twin.pallets.load_paths import LoadPaths
from twin.pallets.mixed_pallet import DECK_M, HIGHEST_M, Box, MixedPallet
from twin.pallets.touching import face

_TOUCH_M: Final = 1e-9  # heights are exact here
_TRIED: Final = 12  # best places whose balance is computed


@dataclass(frozen=True, slots=True)
class StackingParams:
    """How boxes are stacked.

    least_support  share of a box's lower face that stands on something
    margin_m       how far inside what carries it the load of every box acts
    gap_m          least and greatest gap between neighbours, drawn for each box
    untidy_m       how much higher than the lowest place a box may be put for no reason
    """

    least_support: float = 0.6
    margin_m: float = 0.02
    gap_m: tuple[float, float] = (0.002, 0.015)
    untidy_m: float = 0.05


@dataclass(slots=True)
class Stack:
    """A pallet that is being loaded."""

    random: np.random.Generator
    params: StackingParams = field(default_factory=StackingParams)
    boxes: list[Box] = field(default_factory=list, init=False)
    _low: Float64 = field(default_factory=lambda: np.zeros((0, 3)), init=False)
    _high: Float64 = field(default_factory=lambda: np.zeros((0, 3)), init=False)
    _pile: LoadPaths = field(init=False)

    def __post_init__(self) -> None:
        self._pile = LoadPaths(self.params.margin_m)

    def put(self, parcel: Parcel) -> bool:
        """Put a parcel somewhere, turned or not; return whether there is a place where it and the pile are stable."""
        for box in self._places(parcel):
            low = np.array([box.x_m, box.y_m, box.z_m])
            high = low + np.array(box.parcel.size_m)
            if self._pile.put(len(self.boxes), box, face(low, high, self._low, self._high, _TOUCH_M)):
                self.boxes.append(box)
                self._low, self._high = np.vstack([self._low, low]), np.vstack([self._high, high])
                return True
        return False

    def pallet(self, *, mirror_x: bool = False, mirror_y: bool = False) -> MixedPallet:
        """Return the pallet as it is now, or a mirror image of it."""
        return MixedPallet(tuple(_mirrored(box, mirror_x, mirror_y) for box in self.boxes))

    def _places(self, parcel: Parcel) -> Iterator[Box]:
        """Yield a parcel where it has enough below it, turned or not, the best places first."""
        length, width, height = parcel.size_m
        turned = replace(parcel, size_m=(width, length, height))
        sizes = [np.array([length, width]), np.array([width, length])]
        corners = [self._corners(size) for size in sizes]
        low = np.vstack(corners)
        high = low + np.vstack([np.broadcast_to(size, spots.shape) for size, spots in zip(sizes, corners, strict=True)])
        bottom, share = self._support(low, high)
        fits = (bottom + height <= HIGHEST_M) & (share >= self.params.least_support)
        score = bottom + self.random.uniform(0.0, self.params.untidy_m, len(low))
        best = [row for row in np.argsort(score, kind="stable").tolist() if fits[row]][:_TRIED]
        for row in best:
            lies = parcel if row < len(corners[0]) else turned
            yield Box(lies, float(low[row, 0]), float(low[row, 1]), float(bottom[row]))

    def _corners(self, size: Float64) -> Float64:
        """Return places for a lower face, lowest corners, float64 (m, 2): beside boxes and flush with them."""
        gap = self.random.uniform(*self.params.gap_m, size=2)
        low, high = self._low[:, :2], self._high[:, :2]
        x0, y0, x1, y1 = low[:, 0], low[:, 1], high[:, 0], high[:, 1]
        spots = [np.zeros((1, 2))]
        for x, y in (
            (x0, y0), (x1 + gap[0], y0), (x0, y1 + gap[1]), (x1 - size[0], y0), (x0, y1 - size[1]),
            (x1 - size[0], y1 - size[1]), (x1 + gap[0], y1 - size[1]), (x1 - size[0], y1 + gap[1]),
            (x0 - size[0] - gap[0], y0), (x0, y0 - size[1] - gap[1]),
            (np.zeros_like(x0), y1 + gap[1]), (x1 + gap[0], np.zeros_like(y0)),
        ):  # fmt: skip
            spots.append(np.column_stack([x, y]))
        found = np.vstack(spots)
        inside = np.all((found >= 0.0) & (found + size <= np.array(DECK_M)), axis=1)
        return found[inside]

    def _support(self, low: Float64, high: Float64) -> tuple[Float64, Float64]:
        """Return the height at which boxes come to stand there, and the share of them that stands on something.

        They come from above: whatever they overlap is below them. Both float64 (m,).
        """
        apart = np.minimum(high[:, None], self._high[None, :, :2]) - np.maximum(low[:, None], self._low[None, :, :2])
        over = np.all(apart > 0.0, axis=2)
        tops = np.where(over, self._high[None, :, 2], 0.0)
        bottom = tops.max(axis=1, initial=0.0)
        carries = over & (tops >= bottom[:, None] - _TOUCH_M)
        area = np.where(carries, np.prod(np.maximum(apart, 0.0), axis=2), 0.0).sum(axis=1)
        return bottom, np.where(bottom <= _TOUCH_M, 1.0, area / np.prod(high - low, axis=1))


def _mirrored(box: Box, mirror_x: bool, mirror_y: bool) -> Box:
    length, width, _ = box.parcel.size_m
    return replace(
        box,
        x_m=DECK_M[0] - box.x_m - length if mirror_x else box.x_m,
        y_m=DECK_M[1] - box.y_m - width if mirror_y else box.y_m,
    )
