"""How full bays are, from the images of the cameras over them: images one after another, swaps, confidence, age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, sqrt
from typing import Final

import numpy as np

from fleet.sensing.estimates import FillEstimate
from fleet.sensing.fill_height import HeightMap, HeightParams, HeightReader
from fleet.sensing.fill_mounting import Tolerance, fit_mounting
from robots.arrays import Float64
from robots.depth_cameras import BayCamera
from robots.errors import InputError
from robots.readings import DepthImage

_WITHIN: Final = 0.03  # of the truth: what `confidence` of a FillEstimate is about


@dataclass(frozen=True, slots=True)
class FillParams:
    """How sure images are. Errors are standard deviations of a fill fraction, measured: see benchmarks/fill.py.

    height         how an image becomes heights
    tolerance      to which cameras are mounted
    image_error    of one image, from noise and what is hidden, new in each image
    hidden_error   the same, if nothing but a cell or two were seen: it counts by the share of cells that was not
    fitted_error   common to all images of a camera whose mounting was fitted to the empty bay
    believed_error the same, of one whose mounting is only believed
    leap           by more than this a bay does not grow from one image to the next
    growth_per_s   how quickly bays fill: by this an estimate becomes unsure as it grows old
    empty_explains least share of an image that an empty bay must explain, to fit a mounting to it
    """

    height: HeightParams = field(default_factory=HeightParams)
    tolerance: Tolerance = field(default_factory=Tolerance)
    image_error: float = 0.004
    hidden_error: float = 0.10
    fitted_error: float = 0.008
    believed_error: float = 0.065
    leap: float = 0.10
    growth_per_s: float = 0.0002
    empty_explains: float = 0.8

    def __post_init__(self) -> None:
        errors = self.image_error, self.hidden_error, self.fitted_error, self.believed_error, self.leap
        if not (all(error > 0 for error in errors) and self.growth_per_s >= 0 and 0 < self.empty_explains <= 1):
            raise InputError("sensing.fill", f"cannot be: {self}", "give errors above zero, and a share up to 1")


_STILL_EMPTY: Final = 0.1  # up to this fill a bay is tried to be seen as empty after a swap
_NOISY: Final = 2.0  # standard deviations: what is further off than noise is growth


@dataclass(slots=True)
class _BayFill:
    """What is known of one bay: `variance` is of errors that are new in each image, `common` the error of all."""

    believed: BayCamera
    reader: HeightReader
    common: float
    fraction: float = 0.0
    variance: float = inf
    seen_s: float = -inf
    doubted: float | None = None
    swapped: bool = False


class FillEstimator:
    """Estimates for n bays, one camera each; the camera of row i has number i in images.

    After `swapped` a bay is empty: its next image, if that looks like an empty bay, also tells how its camera really
    hangs.
    """

    def __init__(self, cameras: Sequence[BayCamera], params: FillParams | None = None) -> None:
        self._params = params = params or FillParams()
        self._bays = [
            _BayFill(camera, HeightReader(camera, params.height), params.believed_error) for camera in cameras
        ]

    def take(self, image: DepthImage) -> None:
        """Look at an image; one from before the last image or swap is left out, it says nothing that is not known.

        Raises InputError if it is of no camera of ours, or not of this camera's size and kind.
        """
        bay = self._bay(image.camera)
        if image.time_s < bay.seen_s:
            return
        heights = bay.reader.read(image)
        if heights.empty:
            return
        if bay.swapped:
            heights = self._look_again(bay, image, heights)
        self._update(bay, image.time_s, heights)

    def swapped(self, row: int, time_s: float) -> None:
        """An empty cage stands there now, or the bay was emptied. Raises InputError if there is no such row."""
        bay = self._bay(row)
        bay.fraction, bay.variance, bay.doubted = 0.0, self._params.image_error**2, None
        bay.seen_s, bay.swapped = max(bay.seen_s, time_s), True

    def estimate(self, time_s: float) -> FillEstimate:
        """Return what is known now; a bay that was never seen or swapped is 0 with confidence 0."""
        fractions = np.array([bay.fraction for bay in self._bays], dtype=np.float32)
        ages = np.array([max(0.0, time_s - bay.seen_s) for bay in self._bays])
        errors = np.array([self._error(bay, age) for bay, age in zip(self._bays, ages.tolist(), strict=True)])
        return FillEstimate(time_s, fractions, confidence(errors).astype(np.float32), ages.astype(np.float32))

    def heights(self, image: DepthImage) -> HeightMap:
        """Return the heights that an image shows, by what is known of its camera; nothing else changes."""
        return self._bay(image.camera).reader.read(image)

    def _bay(self, row: int) -> _BayFill:
        if not 0 <= row < len(self._bays):
            raise InputError(f"camera {row}", f"is none of {len(self._bays)}", "number cameras from 0 in their order")
        return self._bays[row]

    def _look_again(self, bay: _BayFill, image: DepthImage, heights: HeightMap) -> HeightMap:
        """Fit the mounting, if the bay is still empty."""
        params = self._params
        fit = fit_mounting(image, bay.believed, params.tolerance)
        if fit.explained >= params.empty_explains:
            bay.reader = HeightReader(fit.camera, params.height)
            bay.common = params.fitted_error
            bay.swapped = False
            return bay.reader.read(image)
        bay.swapped = heights.fraction(bay.believed.bay.height_m) < _STILL_EMPTY
        return heights

    def _update(self, bay: _BayFill, time_s: float, heights: HeightMap) -> None:
        """Kalman filter of a random walk that lets go of the past when an image differs by more than its noise.

        A leap is believed when the next image shows it, too: a person or a robot may have been in the way.
        """
        params = self._params
        seen = heights.fraction(bay.believed.bay.height_m)
        noise = params.image_error**2 + (params.hidden_error * heights.missing) ** 2
        known = isfinite(bay.variance)
        leaps = known and abs(seen - bay.fraction) > params.leap
        if leaps and (bay.doubted is None or abs(seen - bay.doubted) > params.leap):
            bay.doubted = seen
        else:
            off = seen - bay.fraction
            aged = (params.growth_per_s * (time_s - bay.seen_s)) ** 2 if known else inf
            prior = max(bay.variance + aged, off**2 - _NOISY**2 * noise)
            gain = prior / (prior + noise) if isfinite(prior) else 1.0
            bay.fraction += gain * off
            bay.variance = gain * noise
            bay.doubted = None
            bay.seen_s = time_s

    def _error(self, bay: _BayFill, age_s: float) -> float:
        """Standard deviation of the error of what is published."""
        doubt = 0.0 if bay.doubted is None else bay.doubted - bay.fraction
        aged = self._params.growth_per_s * age_s if isfinite(age_s) else inf
        return sqrt(bay.variance + bay.common**2 + doubt**2 + aged**2)


def confidence(errors: Float64) -> Float64:
    """Return the probability that what has a normal error, with these standard deviations, is within 3 points."""
    from scipy.special import erf

    probability: Float64 = erf(_WITHIN / (np.maximum(errors, 1e-9) * sqrt(2.0)))
    return probability
