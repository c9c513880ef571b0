"""Figures of others, to stand beside ours. Each constant says where it comes from.

REFERENCE_CODE  the C++ reference code of EPIBT (Yukhnevich and Andreychuk, "Enhancing PIBT via Multi-Action
                Operations", AAAI-26), built with -O3, measured by us on one core of a small machine: one-goal tasks,
                500 steps. By (map, planner, guidance): {robots: (tasks a step, planning ms a step)}; "lanes" are the
                winners' own weights.
BEST_KNOWN      League of Robot Runners 2024, best solutions known, with 32 cores and one second a step:
                {instance: (tasks, steps)}. Of instances with 10,000 robots only the result is public.
DEFAULT_2026    tasks of the organisers' own default on one core in so many ticks, by instance of the 2026 edition.
"""

from __future__ import annotations

from typing import Final

REFERENCE_CODE: Final[dict[tuple[str, str, str], dict[int, tuple[float, float]]]] = {
    ("warehouse_large", "pibt", "none"): {
        500: (1.44, 0.8), 1000: (2.19, 1.6), 2000: (2.56, 3.7), 5000: (2.8, 10.5), 10000: (2.5, 22.0),
    },
    ("warehouse_large", "epibt3", "none"): {
        500: (1.64, 1.1), 1000: (2.99, 2.4), 2000: (5.47, 5.5), 5000: (10.9, 19.0), 10000: (16.2, 39.0),
    },
    ("warehouse_large", "epibt4", "none"): {
        500: (1.70, 2.2), 1000: (3.21, 4.8), 2000: (5.86, 9.9), 5000: (12.1, 29.0), 10000: (17.0, 60.0),
    },
    ("warehouse_large", "epibt5", "none"): {1000: (3.26, 10.4), 5000: (13.2, 56.0), 10000: (17.9, 123.0)},
    ("warehouse_large", "epibt4", "lanes"): {
        1000: (3.59, 3.7), 2000: (7.04, 8.2), 5000: (16.9, 23.0), 10000: (30.7, 51.0),
    },
    ("warehouse_large", "pibt", "lanes"): {2000: (6.71, 2.9), 5000: (6.35, 7.5), 10000: (3.2, 18.0)},
    ("sortation_large", "epibt4", "none"): {1000: (3.40, 4.5), 5000: (14.0, 28.0), 10000: (22.6, 59.0)},
    ("sortation_large", "epibt4", "lanes"): {1000: (3.51, 3.8), 10000: (32.5, 55.0)},
}  # fmt: skip
BEST_KNOWN: Final[dict[str, tuple[int, int]]] = {
    "random_32_32_20_100": (1186, 500),
    "sortation_large_2000": (15508, 2000),
    "warehouse_large_5000": (94232, 5000),
    "warehouse_large_10000": (154834, 5000),
    "sortation_large_10000": (152714, 5000),
}
DEFAULT_2026: Final[dict[str, tuple[int, int]]] = {"fulfill-example_2500": (1541, 1500)}

# Targets of our own.
REALTIME_FACTOR_TARGET: Final = 100.0  # 500 robots on future_park, one core
# One core, without guidance, milliseconds a step by robots on warehouse_large.
PLANNING_MS_TARGETS: Final = {1000: 5.0, 5000: 29.0, 10000: 60.0}
FIELD_MS_GUIDE: Final = 1.0  # a distance field on a 140 x 500 map
