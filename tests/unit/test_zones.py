"""Zones: what each kind does to the columns, how it ends, and what goes on record."""

from math import inf
from typing import Any

import numpy as np
import pytest

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
    ZoneAction,
)
from fleet.traffic.zones.refusal import ZoneRefusal, ZoneRefusalReason
from fleet.traffic.zones.zones import Zones
from robots.state import Heading
from tests.floors import drawn

# Cells 0 to 4, 5 to 9, 10 to 14.
LAYOUT = drawn("..... .###. .....")
NAMED = {"North aisle": np.arange(5, dtype=np.int32), "West": np.array([0, 5, 10], dtype=np.int32)}
ROW_0 = Rectangle(0, 0, 0, 4)
FREE = [0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14]


class Desk:
    """Zones, with everything that went on record."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        muster, keep_clear = np.array([14], dtype=np.int32), np.array([2], dtype=np.int32)
        self.zones = Zones(LAYOUT, NAMED, muster, keep_clear, self.events.append, robots=3)

    def done(self, action: ZoneAction, now_s: float = 0.0) -> int:
        answer = self.zones.apply(action, now_s)
        assert isinstance(answer, int), answer
        return answer

    def refused(self, action: ZoneAction, now_s: float = 0.0) -> ZoneRefusal:
        answer = self.zones.apply(action, now_s)
        assert isinstance(answer, ZoneRefusal), answer
        return answer

    @property
    def closed(self) -> list[int]:
        return cells(self.zones.closed)

    @property
    def halted(self) -> list[int]:
        return cells(self.zones.halted)


def cells(column: Any) -> list[int]:
    return [int(cell) for cell in np.flatnonzero(column)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_at_first_nothing_is_restricted(desk: Desk) -> None:
    zones = desk.zones
    assert (desk.closed, desk.halted, zones.alarm, zones.version) == ([], [], False, 0)
    assert zones.closed_edges.shape == (15, 4)
    assert not zones.closed_edges.any()
    assert np.isinf(zones.speed_limit_mps).all()
    assert [column.dtype for column in (zones.closed, zones.halted, zones.speed_limit_mps)] == [bool, bool, np.float32]


@pytest.mark.parametrize(
    ("area", "closed"),
    [(NamedZone("West"), [0, 5, 10]), (Rectangle(0, 3, 1, 4), [3, 4, 9]), (Rectangle(2, 1, 2, 1), [11])],
)
def test_a_closure_closes_its_cells_and_halts_nobody(desk: Desk, area: Any, closed: list[int]) -> None:
    desk.done(Close(area=area, by="anna"))
    assert (desk.closed, desk.halted) == (closed, [])


@pytest.mark.parametrize(("both", "edges"), [(True, [[1, 0], [2, 2]]), (False, [[1, 0]])])
def test_a_closed_edge_forbids_a_step_one_way_or_both(desk: Desk, both: bool, edges: list[list[int]]) -> None:
    desk.done(Close(area=Edge((0, 1), (0, 2), both=both), by="anna"))
    assert np.argwhere(desk.zones.closed_edges).tolist() == edges
    assert desk.closed == []


@pytest.mark.parametrize(
    ("direction", "edges"),
    [
        (Heading.EAST, [[1, 2], [2, 2], [3, 2], [4, 2]]),
        (Heading.WEST, [[0, 0], [1, 0], [2, 0], [3, 0]]),
        (Heading.NORTH, []),
    ],
)
def test_a_one_way_forbids_steps_against_it_between_its_own_cells(
    desk: Desk, direction: Heading, edges: list[list[int]]
) -> None:
    desk.done(OneWay(area=ROW_0, direction=direction, by="anna"))
    assert np.argwhere(desk.zones.closed_edges).tolist() == edges
    assert (desk.closed, desk.halted) == ([], [])


def test_a_one_way_that_ends_at_the_edge_of_the_map_forbids_no_step_over_it(desk: Desk) -> None:
    desk.done(OneWay(area=Rectangle(2, 0, 2, 4), direction=Heading.EAST, by="anna"))
    assert np.argwhere(desk.zones.closed_edges).tolist() == [[11, 2], [12, 2], [13, 2], [14, 2]]


def test_where_slow_zones_overlap_the_lowest_limit_counts(desk: Desk) -> None:
    slow = desk.done(Slow(area=ROW_0, limit_mps=0.25, by="anna"))
    desk.done(Slow(area=NamedZone("West"), limit_mps=0.5, by="anna"))
    assert desk.zones.speed_limit_mps[[0, 1, 5, 9]].tolist() == [0.25, 0.25, 0.5, inf]
    desk.done(Open(restriction=slow, by="anna"))
    assert desk.zones.speed_limit_mps[[0, 1, 5, 9]].tolist() == [0.5, inf, 0.5, inf]


@pytest.mark.parametrize("kind", [PersonInZone, EmergencyStop])
def test_a_stop_closes_its_cells_and_halts_who_is_inside(desk: Desk, kind: Any) -> None:
    desk.done(kind(area=NamedZone("West")))
    assert (desk.closed, desk.halted) == ([0, 5, 10], [0, 5, 10])


def test_an_emergency_stop_of_the_floor_halts_everybody(desk: Desk) -> None:
    desk.done(EmergencyStop(area=WholeFloor()))
    assert (desk.closed, desk.halted) == (FREE, FREE)


def test_a_fire_alarm_is_on_until_the_last_one_is_cleared(desk: Desk) -> None:
    first, second = desk.done(FireAlarm(by="anna")), desk.done(FireAlarm(by="ben"))
    assert (desk.zones.alarm, desk.closed, desk.halted, desk.zones.version) == (True, [], [], 1)
    for number, alarm in ((first, True), (second, False)):
        desk.done(RequestClear(restriction=number, by="anna"), 10)
        desk.done(ConfirmClear(restriction=number, by="anna"), 12)
        assert desk.zones.alarm is alarm
    assert desk.zones.version == 2


def test_a_quarantine_passes_over_what_is_no_cell(desk: Desk) -> None:
    number = desk.zones.quarantine(np.array([5, -1, 0, -1, 10, 6], dtype=np.int32), 7, 3.0)
    (one,) = desk.zones.in_force()
    assert (one.id, one.robot, one.by, one.kind) == (number, 7, "controller", "quarantine")
    assert desk.closed == desk.halted == [0, 5, 6, 10]
    assert (desk.events[-1]["event"], desk.events[-1]["robot"]) == ("quarantine", 7)


@pytest.mark.parametrize("around", [[], [-1], [15], [-2, 3]])
def test_a_quarantine_of_no_cell_or_one_outside_is_a_defect_of_the_caller(desk: Desk, around: list[int]) -> None:
    with pytest.raises(ValueError, match="robot 7"):
        desk.zones.quarantine(np.array(around, dtype=np.int32), 7, 3.0)
    assert desk.zones.in_force() == []


def test_opening_does_not_open_what_something_else_closes(desk: Desk) -> None:
    first = desk.done(Close(area=ROW_0, by="anna"))
    desk.done(Close(area=NamedZone("West"), by="anna"))
    desk.done(Open(restriction=first, by="ben"))
    assert desk.closed == [0, 5, 10]


def test_a_closure_ends_at_its_time_and_not_before(desk: Desk) -> None:
    desk.done(Close(area=ROW_0, by="anna", for_s=30.0), 10.0)
    desk.zones.expire(39.9)
    assert desk.closed == [0, 1, 2, 3, 4]
    desk.zones.expire(40.0)
    assert desk.closed == []
    assert desk.events[-1]["event"] == "zone_expired"


def test_an_action_finds_what_has_outlived_its_time_gone(desk: Desk) -> None:
    number = desk.done(Close(area=ROW_0, by="anna", for_s=30.0))
    assert desk.refused(Open(restriction=number, by="anna"), 30.0).reason is ZoneRefusalReason.ENDED
    assert desk.closed == []


def test_stops_never_end_by_themselves(desk: Desk) -> None:
    for stop in (PersonInZone(area=ROW_0), EmergencyStop(area=ROW_0), FireAlarm()):
        desk.done(stop)
    desk.zones.quarantine(np.array([3], dtype=np.int32), 1, 0.0)
    desk.zones.expire(1e12)
    assert len(desk.zones.in_force()) == 4


def test_the_version_stays_while_the_columns_do(desk: Desk) -> None:
    desk.done(Close(area=ROW_0, by="anna"))
    version = desk.zones.version
    inner = desk.done(Close(area=Rectangle(0, 1, 0, 2), by="anna"))
    desk.done(Open(restriction=inner, by="anna"))
    assert desk.zones.version == version == 1


def test_the_columns_stay_where_they_are(desk: Desk) -> None:
    closed = desk.zones.closed
    desk.done(Close(area=ROW_0, by="anna"))
    assert cells(closed) == [0, 1, 2, 3, 4]


# Clearing


def stopped(desk: Desk) -> int:
    return desk.done(EmergencyStop(area=NamedZone("West"), ref="stop"))


@pytest.mark.parametrize("passing", [1.0, 120.0])
def test_two_steps_clear_a_stop_at_any_time_from_1_to_120_s(desk: Desk, passing: float) -> None:
    number = stopped(desk)
    assert desk.done(RequestClear(restriction=number, by="anna"), 50.0) == number
    assert desk.halted == [0, 5, 10]
    assert desk.done(ConfirmClear(restriction="stop", by="ben"), 50.0 + passing) == number
    assert (desk.halted, desk.closed) == ([], [])


@pytest.mark.parametrize(
    ("passing", "reason"), [(0.9, "too_soon"), (0.0, "too_soon"), (-5.0, "too_soon"), (120.1, "too_late")]
)
def test_a_hasty_or_late_confirmation_is_refused(desk: Desk, passing: float, reason: str) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 50.0 + passing).reason == reason
    assert desk.halted == [0, 5, 10]


def test_after_a_double_click_the_request_stays(desk: Desk) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    desk.refused(ConfirmClear(restriction=number, by="anna"), 50.1)
    desk.done(ConfirmClear(restriction=number, by="anna"), 51.2)


def test_a_late_confirmation_voids_the_request(desk: Desk) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    desk.refused(ConfirmClear(restriction=number, by="anna"), 500.0)
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 501.0).reason == "not_requested"


def test_a_second_request_starts_anew(desk: Desk) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    desk.done(RequestClear(restriction=number, by="ben"), 150.0)
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 150.5).reason == "too_soon"
    assert [one.clear_requested_by for one in desk.zones.in_force()] == ["ben"]
    desk.done(ConfirmClear(restriction=number, by="anna"), 200.0)


@pytest.mark.parametrize(
    "second",
    [
        EmergencyStop(area=NamedZone("West")),
        EmergencyStop(area=WholeFloor()),
        PersonInZone(area=Rectangle(2, 0, 2, 0)),
        FireAlarm(),
    ],
)
def test_a_confirmation_is_refused_once_robots_were_stopped_there_again(desk: Desk, second: Any) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    again = desk.done(second, 51.0)
    assert desk.zones.in_force()[0].clear_requested_by == ""
    # Even if that has been cleared by then: nobody has looked since.
    desk.done(RequestClear(restriction=again, by="anna"), 52.0)
    desk.done(ConfirmClear(restriction=again, by="anna"), 53.0)
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 54.0).reason == "changed"
    assert desk.halted == [0, 5, 10]
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 55.0).reason == "not_requested"
    desk.done(RequestClear(restriction=number, by="anna"), 56.0)
    desk.done(ConfirmClear(restriction=number, by="anna"), 57.0)


def test_a_change_counts_for_more_than_haste(desk: Desk) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    stopped_again = desk.done(EmergencyStop(area=NamedZone("West")), 50.2)
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 50.5).reason == "changed"
    assert [one.id for one in desk.zones.in_force()] == [number, stopped_again]


def test_a_quarantine_upsets_a_clearing_too(desk: Desk) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    desk.zones.quarantine(np.array([10], dtype=np.int32), 1, 51.0)
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 52.0).reason == "changed"


@pytest.mark.parametrize("other", [EmergencyStop(area=Rectangle(0, 4, 0, 4)), Close(area=NamedZone("West"), by="ben")])
def test_stops_elsewhere_and_closures_do_not_upset_a_clearing(desk: Desk, other: Any) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    desk.done(other, 51.0)
    desk.done(ConfirmClear(restriction=number, by="anna"), 52.0)


def test_any_stop_upsets_the_clearing_of_a_fire_alarm(desk: Desk) -> None:
    number = desk.done(FireAlarm())
    desk.done(RequestClear(restriction=number, by="anna"), 50.0)
    desk.done(PersonInZone(area=Rectangle(2, 4, 2, 4)), 51.0)
    assert desk.refused(ConfirmClear(restriction=number, by="anna"), 52.0).reason == "changed"


# Refusals

BAD: dict[str, tuple[ZoneAction, str, str]] = {
    "zone that is not there": (
        Close(area=NamedZone("North isle"), by="anna"), "unknown_zone", "did you mean 'North aisle'?"),
    "zone like nothing there": (
        Close(area=NamedZone("XYZ"), by="anna"), "unknown_zone", "use one of: North aisle, West"),
    "corner outside": (Close(area=Rectangle(0, 0, 3, 1), by="anna"), "outside_map", "rows are 0 to 2, columns 0 to 4"),
    "corner left of it": (Close(area=Rectangle(0, -1, 1, 1), by="anna"), "outside_map", "rows are 0"),
    "corners swapped": (Close(area=Rectangle(2, 0, 0, 1), by="anna"), "bad_rectangle", "north-west corner first"),
    "columns swapped": (Close(area=Rectangle(0, 2, 0, 1), by="anna"), "bad_rectangle", "north-west corner first"),
    "a rack": (Close(area=Rectangle(1, 1, 1, 3), by="anna"), "no_floor", "where robots drive"),
    "edge outside": (Close(area=Edge((0, 4), (0, 5)), by="anna"), "outside_map", "columns 0 to 4"),
    "edge into a rack": (Close(area=Edge((0, 1), (1, 1)), by="anna"), "no_floor", "where robots drive"),
    "edge over two cells": (Close(area=Edge((0, 1), (0, 3)), by="anna"), "not_neighbours", "share a side"),
    "edge across": (Close(area=Edge((0, 1), (0, 1)), by="anna"), "not_neighbours", "share a side"),
    "no speed": (Slow(area=ROW_0, limit_mps=0.0, by="anna"), "bad_limit", "0.01 to 100 m/s"),
    "no number": (Slow(area=ROW_0, limit_mps=float("nan"), by="anna"), "bad_limit", "0.01 to 100 m/s"),
    "any speed": (Slow(area=ROW_0, limit_mps=inf, by="anna"), "bad_limit", "0.01 to 100 m/s"),
    "no time": (Close(area=ROW_0, by="anna", for_s=0.0), "bad_time_to_live", "more than 0"),
    "time that is no number": (
        OneWay(area=ROW_0, direction=Heading.EAST, by="anna", for_s=float("nan")), "bad_time_to_live", "more than 0"),
    "nobody closes": (Close(area=ROW_0, by=" "), "no_name", "say who does it"),
    "nobody opens": (Open(restriction=1, by=""), "no_name", "say who does it"),
    "nobody requests": (RequestClear(restriction=2, by=""), "no_name", "say who does it"),
    "nobody confirms": (ConfirmClear(restriction=2, by=" "), "no_name", "say who does it"),
    "label taken": (Close(area=ROW_0, by="anna", ref="a closure"), "ref_taken", "another label"),
    "id of nothing": (Open(restriction=4, by="anna"), "unknown_restriction", "one that is in force"),
    "id before the first": (Open(restriction=0, by="anna"), "unknown_restriction", "one that is in force"),
    "label of nothing": (Open(restriction="stopp", by="anna"), "unknown_restriction", "one that is in force"),
    "no label": (Open(restriction="", by="anna"), "unknown_restriction", "one that is in force"),
    "what is over": (Open(restriction="over", by="anna"), "ended", "leave it"),
    "opening a stop": (Open(restriction="a stop", by="anna"), "needs_clearing", "confirm_clear"),
    "clearing a closure": (RequestClear(restriction="a closure", by="anna"), "needs_opening", "use open"),
    "confirming a closure": (ConfirmClear(restriction="a closure", by="anna"), "needs_opening", "use open"),
    "confirming at once": (ConfirmClear(restriction="a stop", by="anna"), "not_requested", "request it"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_refused_with_its_reason_counted_and_on_record(desk: Desk, case: str) -> None:
    action, reason, remedy = BAD[case]
    desk.done(Close(area=NamedZone("West"), by="anna", ref="a closure"))
    desk.done(EmergencyStop(area=NamedZone("West"), ref="a stop"))
    desk.done(Close(area=NamedZone("West"), by="anna", ref="over"))
    desk.done(Open(restriction="over", by="anna"))
    before = [desk.closed, desk.halted, desk.zones.version, len(desk.zones.in_force())]
    refusal = desk.refused(action, 5.0)
    assert (refusal.reason, remedy in refusal.remedy) == (reason, True)
    assert [desk.closed, desk.halted, desk.zones.version, len(desk.zones.in_force())] == before
    assert desk.zones.refusals == {reason: 1}
    named = getattr(action, "restriction", None)
    assert desk.events[-1] == {
        "t": 5.0,
        "event": "zone_refused",
        "by": action.by,
        "id": action.ref if named is None else named,
        "kind": action.do,
        "reason": reason,
        "detail": f"{refusal.problem}; {refusal.remedy}",
    }


def test_a_world_without_zones_says_so() -> None:
    none = np.zeros(0, dtype=np.int32)
    answer = Zones(LAYOUT, {}, none, none, lambda _event: None, robots=0).apply(
        Close(area=NamedZone("West"), by="anna"), 0.0
    )
    assert isinstance(answer, ZoneRefusal)
    assert answer.remedy == "this world names no zones: give a rectangle"


def test_a_label_is_free_again_once_its_restriction_is_over(desk: Desk) -> None:
    first = desk.done(Close(area=ROW_0, by="anna", ref="spill"))
    desk.done(Open(restriction="spill", by="anna"))
    second = desk.done(Close(area=ROW_0, by="anna", ref="spill"))
    assert desk.done(Open(restriction="spill", by="anna")) == second != first


# The record


def test_the_record_tells_who_did_what_where_and_until_when(desk: Desk) -> None:
    desk.done(Close(area=Rectangle(0, 0, 0, 1), by="anna", for_s=60.0, ref="spill"), 5.0)
    assert desk.events == [
        {
            "t": 5.0,
            "event": "zone_closed",
            "by": "anna",
            "id": 1,
            "kind": "close",
            "ref": "spill",
            "place": "rows 0 to 0, columns 0 to 1",
            "cells": [0, 1],
            "edges": [],
            "until": 65.0,
            "limit_mps": None,
            "robot": -1,
        }
    ]


MADE = {
    "zone_closed": Close(area=Edge((0, 0), (0, 1)), by="anna"),
    "zone_slowed": Slow(area=ROW_0, limit_mps=0.5, by="anna"),
    "zone_one_way": OneWay(area=ROW_0, direction=Heading.EAST, by="anna"),
    "person_in_zone": PersonInZone(area=ROW_0, by="anna"),
    "e_stop": EmergencyStop(area=WholeFloor(), by="anna"),
    "fire_alarm": FireAlarm(by="anna"),
}


@pytest.mark.parametrize("event", MADE)
def test_every_kind_has_an_event_of_its_own(desk: Desk, event: str) -> None:
    number = desk.done(MADE[event])
    (record,) = desk.events
    (one,) = desk.zones.in_force()
    assert (record["event"], record["id"], record["by"], record["until"]) == (event, number, "anna", None)
    assert (record["cells"], record["edges"]) == (one.cells.tolist(), one.edges.tolist())
    assert record["kind"] == MADE[event].do
    assert record["place"] == one.place


def test_a_fire_alarm_records_the_cells_to_keep_clear(desk: Desk) -> None:
    desk.done(FireAlarm())
    assert desk.events[0]["cells"] == [2]


def test_clearing_is_on_record_with_both_names(desk: Desk) -> None:
    number = stopped(desk)
    desk.done(RequestClear(restriction=number, by="anna"), 5.0)
    desk.done(ConfirmClear(restriction=number, by="ben"), 9.0)
    assert [(event["t"], event["event"], event["by"], event["id"]) for event in desk.events] == [
        (0.0, "e_stop", "", 1),
        (5.0, "clear_requested", "anna", 1),
        (9.0, "clear_confirmed", "ben", 1),
    ]
    assert desk.events[2]["cells"] == [0, 5, 10]


# Robots


@pytest.mark.parametrize(
    ("kind", "column", "event"),
    [(Pause, "paused", "robot_paused"), (OutOfService, "out_of_service", "robot_out_of_service")],
)
def test_a_robot_is_held_back_until_that_is_opened_or_its_time_is_over(
    desk: Desk, kind: Any, column: str, event: str
) -> None:
    held = desk.done(kind(robot=1, by="anna", ref="wheel"))
    desk.done(kind(robot=2, by="anna", for_s=60.0))
    assert getattr(desk.zones, column).tolist() == [False, True, True]
    assert (desk.closed, desk.halted, desk.zones.version) == ([], [], 0)
    assert desk.events[0] == {
        "t": 0.0, "event": event, "by": "anna", "id": held, "kind": kind.do, "ref": "wheel", "place": "robot 1",
        "cells": [], "edges": [], "until": None, "limit_mps": None, "robot": 1,
    }  # fmt: skip
    desk.zones.expire(60.0)
    assert getattr(desk.zones, column).tolist() == [False, True, False]
    desk.done(Open(restriction="wheel", by="ben"), 70.0)
    assert not getattr(desk.zones, column).any()
    assert [entry["event"] for entry in desk.events[2:]] == ["zone_expired", "zone_opened"]


def test_a_robot_may_be_paused_and_out_of_service_but_not_twice(desk: Desk) -> None:
    desk.done(Pause(robot=1, by="anna"))
    desk.done(OutOfService(robot=1, by="anna"))
    refusal = desk.refused(Pause(robot=1, by="ben", ref="x"), 1.0)
    assert refusal.reason == "already"
    assert "by restriction 1 (pause)" in refusal.problem
    desk.done(Open(restriction=1, by="ben"), 2.0)
    assert desk.zones.paused.tolist() == [False, False, False]
    assert desk.zones.out_of_service.tolist() == [False, True, False]
    desk.done(Pause(robot=1, by="ben"), 3.0)


@pytest.mark.parametrize("robot", [-1, 3])
def test_a_robot_that_there_is_not_cannot_be_held_back(desk: Desk, robot: int) -> None:
    refusal = desk.refused(Pause(robot=robot, by="anna"))
    assert (refusal.reason, refusal.remedy) == ("unknown_robot", "robots are 0 to 2")


def test_holding_a_robot_back_takes_a_name_and_some_time_and_is_no_stop(desk: Desk) -> None:
    assert desk.refused(Pause(robot=0, by=" ")).reason == "no_name"
    assert desk.refused(OutOfService(robot=0, by="anna", for_s=0.0)).reason == "bad_time_to_live"
    pause = desk.done(Pause(robot=0, by="anna"))
    assert desk.refused(RequestClear(restriction=pause, by="anna")).reason == "needs_opening"


def test_who_is_held_back_is_held_back_after_a_restart(desk: Desk) -> None:
    desk.done(Pause(robot=2, by="anna"))
    desk.done(OutOfService(robot=0, by="anna", for_s=60.0))
    again = Desk()
    again.zones.restore(desk.events)
    assert again.zones.paused.tolist() == [False, False, True]
    again.zones.expire(60.0)
    assert again.zones.out_of_service.tolist() == [False, False, False]
