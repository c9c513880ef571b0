"""The service times that come with future_park: of all its places and parcels, and enough of them."""

from __future__ import annotations

import pytest

from fleet.app.measured_services import classed_service_times
from sim_worlds.drawn_services import DrawnServices
from sim_worlds.service_times import PlaceKind, ServiceDistribution
from sim_worlds.service_times_file import services_path
from sim_worlds.world_file import find_world, load_world
from tests.service_times import class_of

TIMES = classed_service_times(services_path(find_world("future_park")))
MEASURED = [
    (f"{kind.value}, {name}", distribution)
    for kind, by_class in TIMES.kinds.items()
    for name, distribution in by_class.items()
]


def test_all_places_with_a_cell_were_measured() -> None:
    assert set(TIMES.kinds) == {PlaceKind.PICK, PlaceKind.INDUCTION, PlaceKind.DROP}
    assert not TIMES.stations
    DrawnServices(load_world("future_park"), TIMES, class_of, seed=1)


def test_the_file_says_by_which_command_it_was_written() -> None:
    first = services_path(find_world("future_park")).read_text().splitlines()[0]
    assert first.startswith("# Written by: futurepark twin stations future_park --measure --samples ")


@pytest.mark.parametrize(("name", "distribution"), MEASURED, ids=[name for name, _ in MEASURED])
def test_services_were_measured_often_and_what_is_drawn_has_their_mean(
    name: str, distribution: ServiceDistribution
) -> None:
    measured = distribution.measured
    assert measured.services == 200
    # Parts of a service add up, so the mean of services is that of one with the mean number of units.
    of_parts = distribution.mean_s(measured.units / measured.services)
    assert of_parts == pytest.approx(measured.mean_s, rel=0.01)
    assert measured.p5_s <= measured.p50_s <= measured.p95_s
