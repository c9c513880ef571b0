"""Figures of others, to stand beside ours. Each constant says where it comes from.

REFERENCE_CODE  the C++ reference code of EPIBT (Yukhnevich and Andreychuk, "Enhancing PIBT via Multi-Action
                Operations", AAAI-26), built with -O3, without guidance, measured by us on one core of a small machine:
                one-goal tasks, 500 steps. By (map, planner): {robots: (tasks a step, planning ms a step)}.
BEST_KNOWN      League of Robot Runners 2024, best solutions known, with 32 cores and one second a step:
                {instance: (tasks, steps)}.
"""

from __future__ import annotations

from typing import Final

REFERENCE_CODE: Final[dict[tuple[str, str], dict[int, tuple[float, float]]]] = {
    ("warehouse_large", "pibt"): {
        500: (1.44, 0.8), 1000: (2.19, 1.6), 2000: (2.56, 3.7), 5000: (2.8, 10.5), 10000: (2.5, 22.0),
    },
    ("warehouse_large", "epibt4"): {
        500: (1.70, 2.2), 1000: (3.21, 4.8), 2000: (5.86, 9.9), 5000: (12.1, 29.0), 10000: (17.0, 60.0),
    },
    ("sortation_large", "epibt4"): {1000: (3.40, 4.5), 5000: (14.0, 28.0), 10000: (22.6, 59.0)},
}  # fmt: skip
BEST_KNOWN: Final[dict[str, tuple[int, int]]] = {
    "random_32_32_20_100": (1186, 500),
    "sortation_large_2000": (15508, 2000),
    "warehouse_large_5000": (94232, 5000),
}

# Targets of our own.
REALTIME_FACTOR_TARGET: Final = 100.0  # 500 robots on future_park, one core
PLANNING_MS_TARGET: Final = 150.0  # 10,000 robots on sortation_large, one core
FIELD_MS_GUIDE: Final = 1.0  # a distance field on a 140 x 500 map
