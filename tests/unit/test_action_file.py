"""Files of operators' actions: what they hold, and what is refused with file, line, field and remedy."""

import json
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fleet.traffic.zones.action_file import KEYS, ActionError, read_actions
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
    TimedAction,
    WholeFloor,
    ZoneAction,
)
from robots.state import Heading
from tests.floors import drawn

LAYOUT = drawn("..... .###. .....")
NAMED = {"North aisle": np.arange(5, dtype=np.int32), "West": np.array([0, 5, 10], dtype=np.int32)}


def read(folder: Path, *lines: dict[str, Any] | str) -> list[TimedAction]:
    path = folder / "actions.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return read_actions(path, LAYOUT, NAMED, robots=3)


WEST, EDGE = NamedZone("West"), Edge((0, 0), (0, 1))
GOOD: dict[str, tuple[dict[str, Any], ZoneAction]] = {
    "zone": ({"do": "close", "zone": "West"}, Close(area=WEST, by="anna")),
    "rect": ({"do": "close", "rect": [0, 0, 1, 4]}, Close(area=Rectangle(0, 0, 1, 4), by="anna")),
    "cell": ({"do": "close", "cell": [2, 3], "for_s": 9}, Close(area=Rectangle(2, 3, 2, 3), by="anna", for_s=9.0)),
    "edge": ({"do": "close", "edge": [[0, 0], [0, 1]]}, Close(area=EDGE, by="anna", for_s=inf)),
    "edge back too": ({"do": "close", "edge": [[0, 0], [0, 1]], "both": True}, Close(area=EDGE, by="anna")),
    "edge one way": (
        {"do": "close", "edge": [[0, 0], [0, 1]], "both": False, "ref": "a b"},
        Close(area=Edge((0, 0), (0, 1), both=False), by="anna", ref="a b"),
    ),
    "slow": (
        {"do": "slow", "zone": "West", "limit_mps": 0.3, "for_s": 60, "ref": "x"},
        Slow(area=WEST, limit_mps=0.3, by="anna", for_s=60.0, ref="x"),
    ),
    "one way": (
        {"do": "one_way", "zone": "West", "direction": "south", "for_s": 60, "ref": "x"},
        OneWay(area=WEST, direction=Heading.SOUTH, by="anna", for_s=60.0, ref="x"),
    ),
    "person": (
        {"do": "person", "cell": [0, 0], "ref": "x"},
        PersonInZone(area=Rectangle(0, 0, 0, 0), by="anna", ref="x"),
    ),
    "stop of a zone": ({"do": "e_stop", "zone": "West", "floor": False}, EmergencyStop(area=WEST, by="anna")),
    "stop of the floor": (
        {"do": "e_stop", "floor": True, "ref": "x"},
        EmergencyStop(area=WholeFloor(), by="anna", ref="x"),
    ),
    "fire": ({"do": "fire", "ref": "x"}, FireAlarm(by="anna", ref="x")),
    "pause": ({"do": "pause", "robot": 0}, Pause(robot=0, by="anna")),
    "pause for a while": (
        {"do": "pause", "robot": 2, "for_s": 9, "ref": "x"},
        Pause(robot=2, by="anna", for_s=9.0, ref="x"),
    ),
    "out of service": (
        {"do": "out_of_service", "robot": 2, "for_s": 9, "ref": "x"},
        OutOfService(robot=2, by="anna", for_s=9.0, ref="x"),
    ),
}


@pytest.mark.parametrize("case", GOOD)
def test_a_line_becomes_its_action(tmp_path: Path, case: str) -> None:
    line, action = GOOD[case]
    assert read(tmp_path, {"t": 2.5, "by": "anna"} | line) == [TimedAction(2.5, action, 1)]


@pytest.mark.parametrize("direction", Heading)
def test_directions_are_those_of_the_map(tmp_path: Path, direction: Heading) -> None:
    line = {"t": 0, "do": "one_way", "zone": "West", "by": "anna", "direction": direction.name.lower()}
    (timed,) = read(tmp_path, line)
    assert isinstance(timed.action, OneWay)
    assert timed.action.direction is direction


def test_restrictions_are_ended_by_their_label(tmp_path: Path) -> None:
    actions = read(
        tmp_path,
        {"t": 0, "do": "close", "zone": "West", "by": "anna", "ref": "a"},
        {"t": 0, "do": "fire", "by": "anna", "ref": "b"},
        {"t": 1, "do": "open", "ref": "a", "by": "ben"},
        {"t": 1, "do": "request_clear", "ref": "b", "by": "ben"},
        {"t": 2, "do": "confirm_clear", "ref": "b", "by": "anna"},
    )
    assert [timed.action for timed in actions[2:]] == [
        Open(restriction="a", by="ben"),
        RequestClear(restriction="b", by="ben"),
        ConfirmClear(restriction="b", by="anna"),
    ]


def test_actions_come_by_time_and_at_one_time_as_they_stand(tmp_path: Path) -> None:
    times = [5, 1, 5, 0, 1]
    actions = read(tmp_path, "", *({"t": t, "do": "fire", "by": "anna"} for t in times), " ")
    assert [(timed.at_s, timed.line) for timed in actions] == [(0, 5), (1, 3), (1, 6), (5, 2), (5, 4)]


OPENING = {"do": "open", "ref": "a", "by": "ben"}
CLOSING = {"do": "close", "zone": "West", "ref": "a", "by": "ben"}

# What is changed in a sound line, the field that is named, the problem and the remedy.
BAD: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "unknown action": ({"do": "shut"}, "do", "invalid value 'shut'", "do is one of: close, slow"),
    "no action": ({"do": None}, "", "missing required field `do`", "do is one of: close, slow"),
    "action of no kind": ({"do": 3}, "do", "expected `str`", "do is one of: close, slow"),
    "unknown key": ({"colour": 1}, "", "unknown field `colour`", "close has t, do, by, ref, zone, rect"),
    "key of another action": ({"do": "e_stop", "for_s": 9}, "", "unknown field `for_s`", "e_stop has t, do, by"),
    "fire somewhere": ({"do": "fire"}, "", "unknown field `zone`", "fire has t, do, by, ref"),
    "no time": ({"t": None}, "", "missing required field `t`", "close has t"),
    "before the run": ({"t": -1}, "t", "expected `float` >= 0", "close has t"),
    "after any run": ({"t": 1e9}, "t", "expected `float` <= 2592000", "close has t"),
    "no name": ({"by": None}, "", "missing required field `by`", "close has t, do, by"),
    "blank name": ({"by": " "}, "by", "expected a text, neither empty nor with blanks", "close has t, do, by"),
    "no time to live": ({"for_s": 0}, "for_s", "expected `float` > 0", "close has"),
    "time to live below zero": ({"for_s": -3}, "for_s", "expected `float` > 0", "close has"),
    "no place": ({"zone": None}, "", "does not say where", "exactly one of zone, rect, cell, edge"),
    "two places": ({"cell": [0, 0]}, "", "has zone and cell", "exactly one of zone, rect, cell, edge"),
    "place and floor": ({"do": "e_stop", "floor": True}, "", "has zone and floor", "exactly one of"),
    "nowhere on the floor": (
        {"do": "e_stop", "zone": None, "floor": False},
        "",
        "does not say where",
        "exactly one of",
    ),
    "unknown zone": ({"zone": "Wets"}, "zone", "there is no zone 'Wets'", "did you mean 'West'?"),
    "outside": (
        {"zone": None, "rect": [0, 0, 0, 5]},
        "rect",
        "row 0, column 5 is outside the 3 x 5 map",
        "columns 0 to 4",
    ),
    "negative": ({"zone": None, "cell": [-1, 0]}, "cell[0]", "expected `int` >= 0", "close has"),
    "half a cell": ({"zone": None, "cell": [0.5, 0]}, "cell[0]", "expected `int`, got `float`", "close has"),
    "half a rectangle": ({"zone": None, "rect": [0, 0]}, "rect", "expected `array` of length 4", "close has"),
    "swapped": ({"zone": None, "rect": [2, 0, 0, 4]}, "rect", "ends before it begins", "north-west corner first"),
    "obstacle": ({"zone": None, "cell": [1, 1]}, "cell", "row 1, column 1 is an obstacle", "where robots drive"),
    "obstacles": ({"zone": None, "rect": [1, 1, 1, 3]}, "rect", "are obstacles only", "where robots drive"),
    "no edge": ({"zone": None, "edge": [[0, 0], [2, 0]]}, "edge", "there is no step from row 0", "share a side"),
    "both of a zone": ({"both": True}, "both", "goes with edge only", "leave it out, or give edge"),
    "slow without limit": ({"do": "slow"}, "", "missing required field `limit_mps`", "slow has"),
    "slow to nothing": ({"do": "slow", "limit_mps": 0}, "limit_mps", "expected `float` >= 0.01", "slow has"),
    "unknown direction": ({"do": "one_way", "direction": "up"}, "direction", "invalid enum value 'up'", "one_way has"),
    "direction missing": ({"do": "one_way"}, "", "missing required field `direction`", "one_way has"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_refused_with_line_field_and_remedy(tmp_path: Path, case: str) -> None:
    change, field, problem, remedy = BAD[case]
    sound = {"t": 600, "do": "close", "zone": "West", "by": "anna"}
    line = {key: value for key, value in (sound | change).items() if value is not None}
    with pytest.raises(ActionError) as caught:
        read(tmp_path, {"t": 0, "do": "fire", "by": "anna"}, "", line)
    where = f"{tmp_path / 'actions.jsonl'}, line 3"
    assert caught.value.where == (f"{where}, field {field}" if field else where)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


# Lines, the line that is refused, problem and remedy.
BAD_REFS: dict[str, tuple[list[dict[str, Any]], int, str, str]] = {
    "nothing": ([{"t": 1} | OPENING], 1, "nothing before 1 s has the ref 'a'", 'the action that makes it "ref"'),
    "a slip": (
        [{"t": 0} | CLOSING | {"ref": "spill"}, {"t": 1} | OPENING | {"ref": "spil"}],
        2,
        "nothing",
        "mean 'spill'?",
    ),
    "later": ([{"t": 5} | CLOSING, {"t": 1} | OPENING], 2, "nothing before 1 s", "at an earlier time"),
    "of one time": ([{"t": 1} | OPENING, {"t": 1} | CLOSING], 1, "nothing before 1 s", "at an earlier time"),
    "twice": (
        [{"t": 0} | CLOSING, {"t": 9} | CLOSING],
        2,
        "the ref 'a' stands on line 1",
        "give every restriction its own",
    ),
    "twice, later first": ([{"t": 9} | CLOSING, {"t": 0} | CLOSING], 1, "the ref 'a' stands on line 2", "its own"),
    "closure cleared": (
        [{"t": 0} | CLOSING, {"t": 1} | OPENING | {"do": "request_clear"}],
        2,
        "request_clear cannot end close (line 1)",
        "use open",
    ),
    "closure confirmed": (
        [{"t": 0} | CLOSING, {"t": 1} | OPENING | {"do": "confirm_clear"}],
        2,
        "confirm_clear cannot end close (line 1)",
        "use open",
    ),
    "stop opened": (
        [{"t": 0} | CLOSING | {"do": "person"}, {"t": 1} | OPENING],
        2,
        "open cannot end person (line 1)",
        "use request_clear and confirm_clear",
    ),
}


@pytest.mark.parametrize("case", BAD_REFS)
def test_labels_are_checked_in_the_order_of_time(tmp_path: Path, case: str) -> None:
    lines, number, problem, remedy = BAD_REFS[case]
    with pytest.raises(ActionError) as caught:
        read(tmp_path, *lines)
    assert caught.value.where == f"{tmp_path / 'actions.jsonl'}, line {number}, field ref"
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not JSON"),
        ('{"t": NaN, "do": "fire", "by": "anna"}', "is not JSON"),
        ('{"do": "clos", "t": ', "invalid value 'clos'"),
        ('{"x": ' + "[" * 100_000, "is not JSON"),
        ('{"do": "clos", "x": ' + "[" * 100_000, "invalid value 'clos'"),
        ("[]", "expected `object`, got `array`"),
        ('{"t": 1e999, "do": "fire", "by": "anna"}', "number out of range"),
        ('{"t": 1, "do": "close", "cell": [99999999999999999999, 0], "by": "anna"}', "expected `int` <="),
        ("", "the action file is blank"),
        (" \n\n", "the action file is blank"),
    ],
)
def test_a_file_that_is_no_list_of_actions_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ActionError) as caught:
        read(tmp_path, text)
    assert problem in caught.value.problem


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ActionError, match="there is no such action file; check the path"):
        read_actions(tmp_path / "none.jsonl", LAYOUT, NAMED, robots=3)


def test_every_action_has_its_keys() -> None:
    assert list(KEYS) == [
        "close", "slow", "one_way", "person", "e_stop", "fire", "pause", "out_of_service", "open", "request_clear",
        "confirm_clear",
    ]  # fmt: skip
    assert KEYS["pause"] == ("t", "do", "by", "ref", "robot", "for_s")
    assert KEYS["open"] == ("t", "do", "by", "ref")
