"""The benchmarks by name, in the order in which they are run."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from benchmarks import (
    belts,
    calibration,
    cells,
    champions,
    congestion_truth,
    delays,
    distances,
    execution,
    failover,
    fidelity,
    fill,
    forecast,
    frames,
    gateways,
    heatmaps,
    journal,
    league,
    live_page,
    live_server,
    mixed_fleet,
    pallets,
    planning,
    recording,
    report_time,
    scheduling,
    service_times,
    simulation,
    site,
    stock,
    twin,
    twin_floor,
    whole_twin,
)
from benchmarks.benchmark import Benchmark
from fleet.errors import SettingError

CATALOGUE: Final[dict[str, Benchmark]] = {
    module.BENCHMARK.name: module.BENCHMARK
    for module in (
        simulation,
        execution,
        twin,
        twin_floor,
        distances,
        planning,
        scheduling,
        league,
        champions,
        delays,
        frames,
        gateways,
        journal,
        site,
        failover,
        mixed_fleet,
        fidelity,
        service_times,
        calibration,
        recording,
        forecast,
        whole_twin,
        cells,
        belts,
        pallets,
        stock,
        fill,
        heatmaps,
        congestion_truth,
        report_time,
        live_page,
        live_server,
    )
}


def find_benchmark(name: str) -> Benchmark:
    """Return a benchmark by name; raises SettingError if there is none."""
    if name not in CATALOGUE:
        close = get_close_matches(name, CATALOGUE, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(CATALOGUE)}"
        raise SettingError("bench", f"there is no benchmark named {name!r}", hint)
    return CATALOGUE[name]
