"""The largest values that an order source believes; beyond them somebody mixed up a column or a unit."""

from __future__ import annotations

from typing import Final

MOST_LINE_BYTES: Final = 2**20
MOST_LINES: Final = 500  # in one order
MOST_UNITS: Final = 10_000  # in one order line
MOST_MM: Final = 100_000.0  # 100 m
MOST_LITRES: Final = 1e6
MOST_KG: Final = 1e6
MOST_SECONDS: Final = 1e9  # about 30 years
MOST_PRIORITY: Final = 1000  # and -1000 is the least
