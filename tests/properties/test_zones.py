"""Zones, whatever operators do: the columns, the record and the reasons are those of the slow oracle."""

import json
from dataclasses import replace
from math import inf, nan
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet.grid.layout import Layout
from fleet.traffic.zones.actions import (
    Close,
    ConfirmClear,
    Edge,
    EmergencyStop,
    FireAlarm,
    NamedZone,
    OneWay,
    Open,
    OutOfService,
    Pause,
    PersonInZone,
    Rectangle,
    RequestClear,
    Slow,
    WholeFloor,
)
from fleet.traffic.zones.refusal import ZoneRefusal
from fleet.traffic.zones.restriction import Restriction
from fleet.traffic.zones.zones import Zones
from robots.state import Heading
from tests.floors import floors
from tests.oracles.zones import Floor, SlowZones, floor_from_record, hasty_ends

NAMES = st.sampled_from(["anna", "anna", "anna", "ben", "", " "])
REFS = st.sampled_from(["", "", "", "x", "y"])
WHICH = st.integers(1, 5) | st.sampled_from([0, -1, 9, "x", "y", "z", ""])
TIMES = st.sampled_from([inf, inf, 1.0, 60.0, 0.0, -1.0, nan])
ROBOTS = 4
WHOM = st.sampled_from([0, 3, 3, 3, 4, -1])
LIMITS = st.sampled_from([0.3, 0.3, 0.5, 100.0, 0.0, nan, inf, -1.0])
AXIS = st.integers(0, 5) | st.integers(-1, 6)
RECTANGLES = st.builds(Rectangle, AXIS, AXIS, AXIS, AXIS)
PLACES = st.sampled_from([NamedZone("A"), NamedZone("A"), NamedZone("B"), NamedZone("C")]) | RECTANGLES
CELLS = st.tuples(AXIS, AXIS)
NEAR = st.tuples(CELLS, st.sampled_from([(0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (0, 0)])).map(
    lambda at: (at[0], (at[0][0] + at[1][0], at[0][1] + at[1][1]))
)
EDGES = st.builds(lambda ends, both: Edge(*ends, both=both), NEAR, st.booleans())
MAKING = st.one_of(
    st.builds(Close, area=PLACES | EDGES, by=NAMES, for_s=TIMES, ref=REFS),
    st.builds(Slow, area=PLACES, limit_mps=LIMITS, by=NAMES, for_s=TIMES, ref=REFS),
    st.builds(OneWay, area=PLACES, direction=st.sampled_from(Heading), by=NAMES, for_s=TIMES, ref=REFS),
    st.builds(PersonInZone, area=PLACES, by=NAMES, ref=REFS),
    st.builds(EmergencyStop, area=PLACES | st.just(WholeFloor()), by=NAMES, ref=REFS),
    st.builds(FireAlarm, by=NAMES, ref=REFS),
    st.builds(Pause, robot=WHOM, by=NAMES, for_s=TIMES, ref=REFS),
    st.builds(OutOfService, robot=WHOM, by=NAMES, for_s=TIMES, ref=REFS),
)
ENDING = st.one_of(
    st.builds(Open, restriction=WHICH, by=NAMES),
    st.builds(RequestClear, restriction=WHICH, by=NAMES),
    st.builds(ConfirmClear, restriction=WHICH, by=NAMES),
)
PASSING = st.sampled_from([0.0, 0.5, 1.0, 1.0, 60.0, 120.0, 120.5])
STEPS = st.lists(st.tuples(PASSING, MAKING | ENDING | ENDING | st.just("tick") | st.just("quarantine")), max_size=25)


@st.composite
def settings_of_zones(draw: st.DrawFn) -> tuple[Layout, dict[str, Any], Any]:
    layout = draw(floors())
    some = st.lists(st.sampled_from(layout.free_cells.tolist()), min_size=1, unique=True)
    parts = [np.array(sorted(draw(some)), dtype=np.int32) for _ in range(3)]
    return layout, {"A": parts[0], "B": parts[1]}, parts[2]


def as_sets(zones: Zones) -> Floor:
    limits = zones.speed_limit_mps
    return Floor(
        closed=set(np.flatnonzero(zones.closed).tolist()),
        halted=set(np.flatnonzero(zones.halted).tolist()),
        edges=set(map(tuple, np.argwhere(zones.closed_edges).tolist())),
        limits={cell: limits[cell] for cell in np.flatnonzero(np.isfinite(limits)).tolist()},
        alarm=zones.alarm,
        paused=set(np.flatnonzero(zones.paused).tolist()),
        out_of_service=set(np.flatnonzero(zones.out_of_service).tolist()),
    )


def of_the_floor(floor: Floor) -> Floor:
    """What holds for the floor, whatever holds for robots."""
    return replace(floor, paused=set(), out_of_service=set())


def in_float32(floor: Floor) -> Floor:
    floor.limits = {cell: np.float32(limit) for cell, limit in floor.limits.items()}
    return floor


@settings(max_examples=300, deadline=None)
@given(settings_of_zones(), STEPS)
def test_zones_are_what_the_slow_oracle_says(setting: Any, steps: list[tuple[float, Any]]) -> None:
    layout, named, keep_clear = setting
    events: list[dict[str, Any]] = []
    zones = Zones(layout, named, named["B"], keep_clear, events.append, robots=ROBOTS)
    slow = SlowZones(layout, named, keep_clear, ROBOTS)
    columns = [id(column) for column in (zones.closed, zones.closed_edges, zones.halted, zones.paused)]
    now, refused = 0.0, 0
    for passing, action in steps:
        now += passing
        before, version = as_sets(zones), zones.version
        if action == "tick":
            zones.expire(now)
            slow.tick(now)
        elif action == "quarantine":
            slow.tick(now)
            around = np.concatenate([named["A"][:1], layout.neighbours[named["A"][0]]])
            held = {int(cell) for cell in around if cell >= 0}
            assert zones.quarantine(around, 3, now) == slow.make("quarantine", "", held, set(), inf, inf)
        else:
            answer = zones.apply(action, now)
            refused += isinstance(answer, ZoneRefusal)
            assert (answer.reason if isinstance(answer, ZoneRefusal) else answer) == slow.apply(action, now)
        after = as_sets(zones)
        assert after == in_float32(slow.floor())
        assert after == in_float32(floor_from_record(events))
        assert zones.version - version == (of_the_floor(after) != of_the_floor(before))
        assert [(one.id, one.kind, one.ref) for one in zones.in_force()] == [
            (one.id, one.kind, one.ref) for one in slow.held
        ]
    assert hasty_ends(events) == []
    assert columns == [id(column) for column in (zones.closed, zones.closed_edges, zones.halted, zones.paused)]
    assert sum(zones.refusals.values()) == refused == sum(event["event"] == "zone_refused" for event in events)
    assert json.loads(json.dumps(events, allow_nan=False)) == events


@settings(max_examples=200, deadline=None)
@given(settings_of_zones(), STEPS)
def test_zones_are_the_same_after_a_restart_from_their_record(setting: Any, steps: list[tuple[float, Any]]) -> None:
    layout, named, keep_clear = setting
    events: list[dict[str, Any]] = []
    zones = Zones(layout, named, named["B"], keep_clear, events.append, robots=ROBOTS)
    now = 0.0
    for passing, action in steps:
        now += passing
        if action == "quarantine":
            zones.quarantine(named["A"][:1], 3, now)
        elif action != "tick":
            zones.apply(action, now)
    again: list[dict[str, Any]] = []
    restored = Zones(layout, named, named["B"], keep_clear, again.append, robots=ROBOTS)
    restored.restore(json.loads(json.dumps(events)))
    assert again == []
    assert as_sets(restored) == as_sets(zones)
    for zone in (zones, restored):
        zone.expire(now + 30)
    for old, new in zip(zones.in_force(), restored.in_force(), strict=True):
        assert (old.id, old.kind, old.ref, old.by, old.place) == (new.id, new.kind, new.ref, new.by, new.place)
        assert (old.since_s, old.until_s, old.limit_mps, old.robot) == (
            new.since_s,
            new.until_s,
            new.limit_mps,
            new.robot,
        )
        assert new.clear_requested_by == ""
    # What is made after the restart has a number of its own, and labels in force are still taken.
    fire = FireAlarm(by="anna", ref="x")
    assert type(zones.apply(fire, now + 30)) is type(restored.apply(fire, now + 30))
    assert zones.apply(FireAlarm(by="anna"), now + 30) == restored.apply(FireAlarm(by="anna"), now + 30)


def end(zones: Zones, one: Restriction, now: float) -> None:
    if one.kind.guarded:
        zones.apply(RequestClear(restriction=one.id, by="anna"), now)
        assert zones.apply(ConfirmClear(restriction=one.id, by="ben"), now + 1) == one.id
    else:
        assert zones.apply(Open(restriction=one.id, by="anna"), now) == one.id


@settings(max_examples=100, deadline=None)
@given(settings_of_zones(), st.lists(MAKING, max_size=8), st.randoms())
def test_whatever_ends_first_the_others_hold_until_all_is_open(setting: Any, actions: list[Any], random: Any) -> None:
    layout, named, keep_clear = setting
    events: list[dict[str, Any]] = []
    zones = Zones(layout, named, named["B"], keep_clear, events.append, robots=ROBOTS)
    for action in actions:
        zones.apply(action, 0.0)
    order = zones.in_force()
    random.shuffle(order)
    for number, one in enumerate(order):
        if one.until_s == inf:
            end(zones, one, 10.0 * number)
            assert as_sets(zones) == in_float32(floor_from_record(events))
    zones.expire(1e9)
    assert zones.in_force() == []
    assert as_sets(zones) == Floor()


@settings(max_examples=100, deadline=None)
@given(settings_of_zones(), st.lists(MAKING, max_size=6), st.lists(st.tuples(PASSING, MAKING | ENDING), max_size=12))
def test_a_refused_action_changes_nothing(setting: Any, made: list[Any], steps: list[tuple[float, Any]]) -> None:
    """What happens later is the same whether the refused actions were there or not, but for voided requests."""
    layout, named, keep_clear = setting
    kept: list[tuple[float, Any]] = []
    ends: list[list[dict[str, Any]]] = []
    now = 0.0
    timed = []
    for passing, action in [(0.0, action) for action in made] + steps:
        now += passing
        timed.append((now, action))
    for run in (timed, kept):
        events: list[dict[str, Any]] = []
        zones = Zones(layout, named, named["B"], keep_clear, events.append, robots=ROBOTS)
        for at, action in list(run):
            accepted = not isinstance(zones.apply(action, at), ZoneRefusal)
            if run is timed and accepted:
                kept.append((at, action))
        zones.expire(now)
        ends.append([event for event in events if event["event"] not in {"zone_refused", "zone_expired"}])
    assert ends[0] == ends[1]
