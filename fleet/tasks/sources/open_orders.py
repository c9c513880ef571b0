"""From what a person writes after `--orders` to a stream of orders."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from fleet.errors import OrderError
from fleet.tasks.arrivals import ArrivalProfile, arrival_times
from fleet.tasks.model import Order
from fleet.tasks.sources.catalogue import Catalogue
from fleet.tasks.sources.csv_source import read_csv
from fleet.tasks.sources.draft import with_times
from fleet.tasks.sources.generator import generate_orders
from fleet.tasks.sources.jsonl_source import read_jsonl
from fleet.tasks.sources.rejects import RejectSink

# Orders in release order. Those of a file end, those of a generator do not: read no further than time has come.
OrderSource = Iterator[Order]

_READERS: Final = {".csv": read_csv, ".jsonl": read_jsonl}
_MOST_ORDERS_PER_HOUR: Final = 1e6
_RATE: Final = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_PROFILES: Final = "|".join(ArrivalProfile)


def open_orders(
    spec: str,
    *,
    seed: int,
    rate_per_hour: float,
    lead_time_s: float,
    catalogue: Path,
    destinations: Collection[str] | None = None,
    rejects: RejectSink | None = None,
) -> OrderSource:
    """Open an order source: a path that ends in .csv or .jsonl, or `poisson:RATE[:flat|daily|peak]`, orders an hour.

    Files are read whole, here. Orders without a release time arrive as a Poisson process of `rate_per_hour`, those
    without a due time are due `lead_time_s` after release. `catalogue` is a CSV file of order lines that generated
    orders resemble. With `rejects`, bad rows are set aside and its file is written before this returns; its
    `refusals` are then to be counted by the task pool.

    Raises OrderError on a spec that is neither, on a bad file, and on a bad row unless `rejects` is given.
    """
    if spec.startswith("poisson:"):
        rate, profile = _parse_poisson(spec)
        if rejects is not None:
            raise OrderError("--rejects", f"generated orders ({spec}) have no bad rows", "leave --rejects out")
        return generate_orders(Catalogue.learn(read_csv(catalogue)), rate, profile, lead_time_s, seed)
    path = Path(spec)
    if path.suffix.lower() not in _READERS or "\0" in spec:
        remedy = f"give a .csv or .jsonl file, or poisson:RATE[:{_PROFILES}] with a rate in orders an hour"
        raise OrderError("--orders", f"{spec!r} is no order source", remedy)
    if rejects is not None and rejects.path.resolve() == path.resolve():
        raise OrderError("--rejects", f"{spec} is the order file itself", "name another file")
    drafts = _READERS[path.suffix.lower()](path, destinations, rejects)
    if rejects is not None:
        rejects.write()
    return iter(with_times(drafts, arrival_times(rate_per_hour, ArrivalProfile.FLAT, seed), lead_time_s))


def _parse_poisson(spec: str) -> tuple[float, ArrivalProfile]:
    _, rate, *rest = spec.split(":")
    profile = rest[0] if rest else ArrivalProfile.FLAT.value
    if not (_RATE.fullmatch(rate) and 0 < float(rate) <= _MOST_ORDERS_PER_HOUR):
        remedy = f"give orders an hour, greater than 0, at most {_MOST_ORDERS_PER_HOUR:g}, as in poisson:4000"
        raise OrderError("--orders", f"{spec!r} has the rate {rate!r}", remedy)
    if len(rest) > 1 or profile not in list(ArrivalProfile):
        raise OrderError("--orders", f"{spec!r} has the profile {':'.join(rest)!r}", f"use poisson:{rate}:{_PROFILES}")
    return float(rate), ArrivalProfile(profile)
