"""Whatever the parameters: a world that a generator writes has no findings."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sim_worlds.check import check_world
from sim_worlds.generators.generate import write_world
from sim_worlds.generators.params import FloorParams, PickAndSortParams, SortationParams

_CHUTES = {"chute_rows": st.integers(1, 6), "chute_columns": st.integers(1, 6), "chute_lane": st.integers(2, 4)}
_COMMON = _CHUTES | {
    "main_lane": st.integers(2, 5),
    "station_docks": st.integers(1, 2),
    "station_depth": st.integers(1, 4),
    "pick_stations": st.integers(0, 2),
    "chargers": st.integers(1, 20),
    "parking": st.integers(1, 60),
    "destinations": st.just(1),
    "robots": st.just(2),
}


@st.composite
def pick_and_sort(draw: st.DrawFn) -> FloorParams:
    racks = {
        "zones": st.integers(2, 4),
        "aisles": st.integers(1, 4),
        "blocks": st.integers(1, 3),
        "rack_length": st.integers(1, 9),
        "cross_aisle": st.integers(2, 4),
        "induction_stations": st.integers(0, 2),
    }
    return PickAndSortParams(**draw(st.fixed_dictionaries(_COMMON | racks)))


@st.composite
def sortation(draw: st.DrawFn) -> FloorParams:
    stations = {"induction_stations": st.just(1), "pick_stations": st.integers(0, 1)}
    return SortationParams(**draw(st.fixed_dictionaries(_COMMON | stations)))


@settings(max_examples=40)
@given(pick_and_sort() | sortation())
def test_a_generated_world_has_no_findings(params: FloorParams) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert check_world(str(write_world(params, Path(folder)))) == []
