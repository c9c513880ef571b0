"""What goes wrong between what a depth camera looks at and what it says."""

from __future__ import annotations

from dataclasses import astuple, dataclass, replace
from math import radians
from typing import Final

import numpy as np

from robots.arrays import Bool, Float32, Float64, Int32
from robots.depth_cameras import BayCamera, Lens, Mounting
from robots.errors import InputError
from twin.sensors.exact_depth import WALL, ExactDepth


@dataclass(frozen=True, slots=True)
class DepthFaults:
    """Faults of a depth camera; shares are of pixels, and of those that it concerns.

    noise_at_1m_m  standard deviation of a depth of 1 m; it grows with the square of the depth. For stereo cameras
                   it is subpixel error / (focal length * baseline) (Intel, "Tuning depth cameras for best performance":
                   depth RMS error); 0.08 px, 446 px and 50 mm are those of a D435
    scale          a camera's depths are all too long or too short by at most this share
    quantum_m      step of depths
    dropout        pixels without answer, anywhere
    edge_m         neighbours that are so much nearer or further make an edge of a pixel
    edge_dropout, edge_mixed  pixels at edges without answer, and those that are a mixture of both sides
    dark, dark_dropout  parcels that are dark, and their pixels without answer
    mesh           pixels of walls without answer: the mesh lets the light through
    dirt           pixels behind dirt on the lens, which stays where it is
    shift_m, turn_rad  how far a camera hangs, at most, off where it should, along and about each axis
    """

    noise_at_1m_m: float = 0.0036
    scale: float = 0.005
    quantum_m: float = 0.001
    dropout: float = 0.01
    edge_m: float = 0.05
    edge_dropout: float = 0.4
    edge_mixed: float = 0.2
    dark: float = 0.05
    dark_dropout: float = 0.7
    mesh: float = 0.3
    dirt: float = 0.02
    shift_m: float = 0.03
    turn_rad: float = radians(3.0)

    def __post_init__(self) -> None:
        shares = self.dropout, self.edge_dropout, self.edge_mixed, self.dark, self.dark_dropout, self.mesh, self.dirt
        sizes = self.noise_at_1m_m, self.scale, self.quantum_m, self.edge_m, self.shift_m, self.turn_rad
        if not (all(size >= 0 for size in sizes) and all(0 <= share <= 1 for share in shares)):
            raise InputError("depth faults", f"cannot be: {self}", "give shares of 0 to 1, and nothing below zero")

    @staticmethod
    def none() -> DepthFaults:
        """Return those of a camera without any."""
        return DepthFaults(*(0.0 for _ in astuple(DepthFaults())))


_SMEAR: Final = 0.06  # radius of a patch of dirt, share of an image's height


def mounted(believed: BayCamera, faults: DepthFaults, random: np.random.Generator) -> BayCamera:
    """Return the camera as somebody put it up."""
    off = random.uniform(-1.0, 1.0, 6) * np.array((faults.shift_m,) * 3 + (faults.turn_rad,) * 3)
    there = np.array(astuple(believed.mounting)) + off
    return replace(believed, mounting=Mounting(*there.tolist()))


class DepthSensor:
    """The inside of one camera, with its dirt and its scale: from what is there to what it says."""

    def __init__(self, lens: Lens, faults: DepthFaults, random: np.random.Generator) -> None:
        self._faults, self._random = faults, random
        self._scale = 1.0 + random.uniform(-faults.scale, faults.scale)
        self._dirt = _dirt(lens, faults.dirt, random)

    def say(self, exact: ExactDepth) -> Float32:
        """Return depths as the camera gives them, float32 metres, nan where there is no answer."""
        faults, random = self._faults, self._random
        depth, shape = exact.depth_m, exact.depth_m.shape
        said = depth.copy()
        lost = random.random(shape, dtype=np.float32) < faults.dropout
        lost |= self._dirt
        lost |= (exact.owner == WALL) & (random.random(shape, dtype=np.float32) < faults.mesh)
        lost |= _dark(exact.owner, faults.dark) & (random.random(shape, dtype=np.float32) < faults.dark_dropout)
        edge, other = _edges(depth, faults.edge_m)
        what = random.random(shape, dtype=np.float32)
        lost |= edge & (what < faults.edge_dropout)
        mixed = edge & (what >= 1.0 - faults.edge_mixed)
        part = random.random(shape, dtype=np.float32)[mixed]
        said[mixed] += part * (other[mixed] - said[mixed])
        said *= self._scale
        said += random.standard_normal(shape, dtype=np.float32) * (faults.noise_at_1m_m * said * said)
        if faults.quantum_m:
            said = np.rint(said / faults.quantum_m) * faults.quantum_m
        said[lost | (said <= 0)] = np.nan
        return said.astype(np.float32)


def _dirt(lens: Lens, share: float, random: np.random.Generator) -> Bool:
    """Draw round patches until so much of the image is covered."""
    rows, columns = np.mgrid[: lens.height, : lens.width]
    dirty = np.zeros((lens.height, lens.width), dtype=np.bool_)
    while dirty.mean() < share:
        row, column = random.random(2) * (lens.height, lens.width)
        radius = _SMEAR * lens.height * random.uniform(0.3, 1.0)
        dirty |= (rows - row) ** 2 + (columns - column) ** 2 <= radius * radius
    return dirty


def _dark(owner: Int32, share: float) -> Bool:
    """Where parcels are dark: which are is in their numbers, scattered by Knuth's multiplicative hash."""
    scattered = (owner.astype(np.uint32) * np.uint32(2654435761)).astype(np.float64) / 2.0**32
    return (owner >= 0) & (scattered < share)


def _edges(depth: Float64, step: float) -> tuple[Bool, Float64]:
    """Where a pixel's right or lower neighbour is much nearer or further, and the depth of that neighbour."""
    edge = np.zeros(depth.shape, dtype=np.bool_)
    other = depth.copy()
    with np.errstate(invalid="ignore"):
        beside = np.abs(np.diff(depth, axis=1)) > step
        below = np.abs(np.diff(depth, axis=0)) > step
    edge[:, :-1] |= beside
    other[:, :-1][beside] = depth[:, 1:][beside]
    edge[:-1] |= below
    other[:-1][below] = depth[1:][below]
    return edge, other
