"""Torture schedules: drawn from a seed, written, read, and refused with file, field and remedy."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fleet.app.torture.drawing import draw_schedule
from fleet.app.torture.errors import ScheduleError
from fleet.app.torture.floors import FLOORS, torture_world
from fleet.app.torture.schedule import Schedule, kind_of, read_schedule, write_schedule
from fleet.traffic.zones.action_file import action_of
from fleet.traffic.zones.actions import TimedAction
from twin.fault_file import fault_of
from twin.faults import OF_WHEELS, FaultKind

SMALL = 14


def test_a_seed_always_draws_the_same_schedule_and_another_one_another() -> None:
    assert draw_schedule(5, SMALL) == draw_schedule(5, SMALL)
    assert draw_schedule(5, SMALL).events != draw_schedule(6, SMALL).events


def test_robots_are_as_many_as_asked_for_or_as_the_seed_says() -> None:
    assert draw_schedule(5, SMALL).robots == SMALL
    assert 48 <= draw_schedule(5).robots <= 96


def test_twenty_schedules_hold_every_kind_of_fault_action_and_trouble_of_the_controller() -> None:
    drawn = {kind_of(event) for seed in range(20) for event in draw_schedule(seed, 60).events}
    zones = {"close", "one_way", "slow", "person", "e_stop", "fire", "pause", "out_of_service"}
    of_rails = {kind.value for kind in set(FaultKind) - OF_WHEELS}
    assert drawn == of_rails | zones | {"stall", "restart"}


@pytest.mark.parametrize("seed", range(12))
def test_events_are_in_order_and_possible_on_their_floor(seed: int) -> None:
    schedule = draw_schedule(seed, SMALL)
    world = torture_world(schedule.floor, SMALL)
    times = [event["t"] for event in schedule.events]
    assert times == sorted(times)
    assert all(0 <= time <= schedule.orders_s + 0.1 for time in times)
    assert 60 <= schedule.orders_s <= 180
    for event in schedule.events:
        text = json.dumps(event)
        if "kind" in event:
            assert fault_of("here", text, SMALL, world.layout).at_s == event["t"]
        elif "do" in event:
            assert isinstance(action_of("here", text, world.layout, world.zones, SMALL), TimedAction)


@pytest.mark.parametrize("floor", FLOORS)
def test_floors_have_room_for_their_robots_and_more_chargers_the_more_there_are(floor: str) -> None:
    small, large = torture_world(floor, SMALL), torture_world(floor, 70)
    assert len(small.parking) + len(small.chargers) >= SMALL
    assert len(large.parking) + len(large.chargers) >= 70
    assert len(large.chargers) > len(small.chargers)


def test_aisles_of_one_lane_floors_are_one_cell_wide() -> None:
    world = torture_world("one_lane", SMALL)
    neighbours = world.layout.neighbours[world.pick_faces]
    assert (neighbours[:, [0, 2]] < 0).all()


def test_a_written_schedule_reads_back_as_it_was(tmp_path: Path) -> None:
    schedule = draw_schedule(3, SMALL)
    write_schedule(tmp_path / "s.json", schedule)
    assert read_schedule(tmp_path / "s.json") == schedule


def test_a_schedule_is_over_when_its_last_event_is() -> None:
    events = ({"t": 10.0, "kind": "dead", "robot": 1, "for_s": 95.0}, {"t": 20.0, "controller": "stall", "for_s": 1.0})
    schedule = replace_events(draw_schedule(3, SMALL), events)
    assert schedule.over_s == max(105.0, schedule.orders_s)


def replace_events(schedule: Schedule, events: tuple[dict[str, Any], ...]) -> Schedule:
    return msgspec.structs.replace(schedule, events=events)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a field too many": ({"speed": 3}, "unknown field"),
    "no such floor": ({"floor": "moon"}, "field floor: is 'moon'"),
    "seed below zero": ({"seed": -1}, "field seed"),
    "too many robots": ({"robots": 10000}, "field robots"),
    "charge beyond full": ({"charge_percent": 101.0}, "field charge_percent"),
    "an event of no kind": ({"events": [{"t": 1.0}]}, "events[0]: is none or several"),
    "an event of two kinds": ({"events": [{"t": 1.0, "kind": "dead", "do": "fire"}]}, "events[0]: is none or several"),
    "an event without time": ({"events": [{"kind": "dead"}]}, "events[0]: has t None"),
    "an event for minus a second": ({"events": [{"t": 1, "kind": "dead", "for_s": -1}]}, "events[0]: has for_s -1"),
    "unknown trouble": ({"events": [{"t": 1, "controller": "melt", "for_s": 1}]}, "has controller 'melt'"),
    "trouble without end": ({"events": [{"t": 1, "controller": "stall"}]}, "events[0]"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_malformed_schedule_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    change, words = BAD[name]
    table = json.loads(msgspec.json.encode(draw_schedule(3, SMALL)))
    path = tmp_path / "s.json"
    path.write_text(json.dumps(table | change))
    with pytest.raises(ScheduleError) as caught:
        read_schedule(path)
    assert str(path) in caught.value.where
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"seed": 1}'])
def test_what_is_no_schedule_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_text(text)
    with pytest.raises(ScheduleError):
        read_schedule(path)
