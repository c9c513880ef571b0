"""Hypothesis settings for every test: the same examples in every run, and fewer when kernels are interpreted."""

from __future__ import annotations

import os

from hypothesis import settings

_INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}

settings.register_profile(
    "futurepark", derandomize=True, deadline=None, database=None, max_examples=20 if _INTERPRETED else 150
)
settings.load_profile("futurepark")
