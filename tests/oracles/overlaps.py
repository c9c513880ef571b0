"""How deep two rectangles overlap, by sampling their points."""

from __future__ import annotations

import numpy as np

HALF_LENGTH, HALF_WIDTH = 0.36, 0.33


def overlap(one, other, samples: int = 60) -> float:
    """The greatest depth in `other` of any point of `one`, or the other way round, metres; 0 if there is none."""
    return max(_depth(one, other, samples), _depth(other, one, samples))


def _depth(inner, outer, samples):
    along, across = np.meshgrid(
        np.linspace(-HALF_LENGTH, HALF_LENGTH, samples), np.linspace(-HALF_WIDTH, HALF_WIDTH, samples)
    )
    c, s = np.cos(float(inner["theta"])), np.sin(float(inner["theta"]))
    dx = float(inner["x"]) + along * c - across * s - float(outer["x"])
    dy = float(inner["y"]) + along * s + across * c - float(outer["y"])
    c, s = np.cos(float(outer["theta"])), np.sin(float(outer["theta"]))
    depth = np.minimum(HALF_LENGTH - abs(dx * c + dy * s), HALF_WIDTH - abs(dy * c - dx * s))
    return max(float(depth.max()), 0.0)
