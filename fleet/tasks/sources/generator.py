"""Orders made up from a seed, without end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fleet.tasks.arrivals import ArrivalProfile, arrival_times
from fleet.tasks.model import Order
from fleet.tasks.sources.catalogue import Catalogue


def generate_orders(
    catalogue: Catalogue, rate_per_hour: float, profile: ArrivalProfile, lead_time_s: float, seed: int
) -> Iterator[Order]:
    """Yield orders in release order, without end: the same for the same arguments, each due `lead_time_s` later.

    `rate_per_hour` is the mean rate of an ordinary day, see `fleet.tasks.arrivals`.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    for number, release_s in enumerate(arrival_times(rate_per_hour, profile, seed), start=1):
        yield Order(f"{seed}-{number}", catalogue.draw_lines(rng), release_s, release_s + lead_time_s)
