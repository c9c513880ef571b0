"""How probable each number of units in a bin is, by going through everything that may have happened.

A history says what came in each work, and which readings meant something. What a sensor should have read in a history
is known up to its errors, so all readings that mean something are one normal vector: no filter, no recursion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.stats import multivariate_normal

from fleet.sensing.stock_params import StockFilterParams, WorkErrors


@dataclass(frozen=True)
class Read:
    """A reading, at a time."""

    time_s: float
    distance_m: float


@dataclass(frozen=True)
class Worked:
    """A work at the bin that was confirmed, below 0 for units taken out; `beside`: at the only bin beside it."""

    units: int
    beside: bool = False


def outcomes(work: Worked, params: StockFilterParams, neighbours: int) -> list[tuple[int, float]]:
    """What may have come to the bin in a work, with probabilities."""
    errors: WorkErrors = params.picks if work.units < 0 else params.fills
    if work.beside:
        return [(0, 1 - errors.wrong_bin), (work.units, errors.wrong_bin)]
    elsewhere = errors.wrong_bin if neighbours else 0.0
    wrong = [abs(work.units) + off for off in range(-6, 7) if off and abs(work.units) + off >= 0]
    odds = [errors.spread ** (abs(many - abs(work.units)) - 1) for many in wrong]
    way = 1 if work.units > 0 else -1
    return [
        (work.units, 1 - elsewhere - errors.wrong_quantity),
        (0, elsewhere),
        *((way * many, errors.wrong_quantity * one / sum(odds)) for many, one in zip(wrong, odds, strict=True)),
    ]


def probabilities(
    prior: Sequence[float],
    happened: Sequence[Read | Worked],
    pitch_m: float,
    empty_m: float,
    params: StockFilterParams,
    neighbours: int = 0,
) -> list[float]:
    """Probabilities of 0, 1, ... units after all that happened, in order."""
    works = [what for what in happened if isinstance(what, Worked)]
    reads = [what for what in happened if isinstance(what, Read)]
    most = len(prior) - 1
    found = [0.0] * len(prior)
    choices = [outcomes(work, params, neighbours) for work in works]
    for start, before in enumerate(prior):
        for came in product(*choices):
            chance = before * float(np.prod([one for _, one in came]))
            if chance == 0.0:
                continue
            number, seen, left = start, [], list(came)
            for what in happened:
                if isinstance(what, Read):
                    seen.append(number)
                else:
                    number = min(max(number + left.pop(0)[0], 0), most)
            found[number] += chance * _likelihood(reads, seen, pitch_m, empty_m, params)
    return [one / sum(found) for one in found]


def _likelihood(
    reads: Sequence[Read], seen: Sequence[int], pitch_m: float, empty_m: float, params: StockFilterParams
) -> float:
    """Of the readings, if so many units were there at each."""
    total = 0.0
    for meant in product((True, False) if params.spurious > 1e-9 else (True,), repeat=len(reads)):
        chance = 1.0
        for one in meant:
            chance *= 1 - params.spurious if one else params.spurious / params.reach_m
        kept = [row for row, one in enumerate(meant) if one]
        if kept:
            far = np.array([empty_m - seen[row] * pitch_m for row in kept])
            said = np.array([reads[row].distance_m for row in kept])
            # A random walk has wandered by the earlier of two times; it begins with the first reading of all.
            hours = np.array([(reads[row].time_s - reads[0].time_s) / 3600 for row in kept])
            since = np.minimum.outer(hours, hours)
            offset = params.offset_m**2 + params.offset_drift_m**2 * since
            scale = params.scale**2 + params.scale_drift**2 * since
            covariance = offset + scale * np.outer(far, far) + params.noise_m**2 * np.eye(len(kept))
            chance *= float(multivariate_normal(far, covariance).pdf(said))
        total += chance
    return total
