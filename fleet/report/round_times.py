"""Lengths of time that people find round, for parts of a run and for marks on its axes."""

from __future__ import annotations

from typing import Final

ROUND_TIMES_S: Final = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400,
)  # fmt: skip
