"""What colours look like in print without colours, and to people who see no green."""

from __future__ import annotations

import numpy as np

# Deuteranopia on linear RGB, from table 1 of Machado, Oliveira and Fernandes, "A physiologically-based model for
# simulation of color vision deficiency" (2009).
_NO_GREEN = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])


def lightness(srgb):
    """CIE L* of colours (n, 3) from 0 to 1."""
    luminance = _linear(srgb) @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 0.008856, 116 * np.cbrt(luminance) - 16, 903.3 * luminance)


def without_green(srgb):
    """The colours (n, 3) as people with deuteranopia see them."""
    seen = np.clip(_linear(srgb) @ _NO_GREEN.T, 0.0, 1.0)
    return np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)


def _linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
