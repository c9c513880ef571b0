"""Files of faults: what they hold, and what is refused with file, line, field and remedy."""

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest

from tests.floors import drawn
from twin.fault_file import FIELDS, FaultError, read_faults
from twin.faults import OF_WHEELS, Fault, FaultKind

LAYOUT = drawn("..... .###. .....")
ROBOTS = 4


def read(folder: Path, *lines: dict[str, Any] | str, wheels: bool = True) -> list[Fault]:
    path = folder / "faults.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return read_faults(path, ROBOTS, LAYOUT, wheels=wheels)


GOOD: dict[str, tuple[dict[str, Any], Fault]] = {
    "dead": ({"robot": 3, "for_s": 30}, Fault(5.0, FaultKind.DEAD, robot=3, seconds=30.0)),
    "reboot": ({"robot": 0, "for_s": 2.5}, Fault(5.0, FaultKind.REBOOT, robot=0, seconds=2.5)),
    "mute": ({"robot": 1}, Fault(5.0, FaultKind.MUTE, robot=1, seconds=inf)),
    "stuck": ({"robot": 1, "for_s": 9}, Fault(5.0, FaultKind.STUCK, robot=1, seconds=9.0)),
    "slow": ({"robot": 1, "value": 0.4}, Fault(5.0, FaultKind.SLOW, robot=1, value=0.4)),
    "displaced": ({"robot": 2, "value": -0.7}, Fault(5.0, FaultKind.DISPLACED, robot=2, value=-0.7)),
    "slip": ({"cell": [2, 3], "for_s": 60, "value": 0.3}, Fault(5.0, FaultKind.SLIP, cell=13, seconds=60.0, value=0.3)),
    "stall": ({"robot": 2, "for_s": 3, "value": 1}, Fault(5.0, FaultKind.STALL, robot=2, seconds=3.0, value=1.0)),
    "drift": ({"robot": 2, "value": 0.05}, Fault(5.0, FaultKind.DRIFT, robot=2, value=0.05)),
    "blind": ({"robot": 2, "for_s": 40}, Fault(5.0, FaultKind.BLIND, robot=2, seconds=40.0)),
    "dropped_load": ({"robot": 0, "for_s": 300}, Fault(5.0, FaultKind.DROPPED_LOAD, robot=0, seconds=300.0)),
    "person": ({"cell": [2, 3], "value": 1.2}, Fault(5.0, FaultKind.PERSON, cell=13, value=1.2)),
    "obstacle": ({"cell": [2, 3], "for_s": 60}, Fault(5.0, FaultKind.OBSTACLE, cell=13, seconds=60.0)),
    "charger_out": ({"cell": [0, 0]}, Fault(5.0, FaultKind.CHARGER_OUT, cell=0)),
    "drained": ({"robot": 2, "value": 12}, Fault(5.0, FaultKind.DRAINED, robot=2, value=12.0)),
    "loss": ({"for_s": 60, "value": 0.2}, Fault(5.0, FaultKind.LOSS, seconds=60.0, value=0.2)),
    "delay": ({"value": 1.5}, Fault(5.0, FaultKind.DELAY, value=1.5)),
    "duplication": ({"value": 0.5}, Fault(5.0, FaultKind.DUPLICATION, value=0.5)),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_line_is_a_fault(kind: str, tmp_path: Path) -> None:
    line, fault = GOOD[kind]
    assert read(tmp_path, {"t": 5, "kind": kind, **line}) == [fault]


def test_every_kind_of_fault_can_stand_in_a_file() -> None:
    assert {FaultKind(kind) for kind in GOOD} == set(FIELDS) == set(FaultKind)


@pytest.mark.parametrize("kind", sorted(kind.value for kind in OF_WHEELS))
def test_robots_on_rails_have_no_faults_of_wheels(kind: str, tmp_path: Path) -> None:
    with pytest.raises(FaultError) as refused:
        read(tmp_path, {"t": 5, "kind": kind, **GOOD[kind][0]}, wheels=False)
    assert refused.value.where.endswith("faults.jsonl, line 1, field kind")
    assert kind in refused.value.problem
    assert "twin" in refused.value.remedy


def test_faults_come_by_time_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    lines = [{"t": 9, "kind": "mute", "robot": 0}, "", {"t": 1, "kind": "mute", "robot": 1}]
    assert [fault.robot for fault in read(tmp_path, *lines, {"t": 9, "kind": "mute", "robot": 2})] == [1, 0, 2]


DEAD = {"t": 1, "kind": "dead", "robot": 0}
BAD: dict[str, tuple[dict[str, Any] | str, str, str]] = {
    "not JSON": ("{", "line 2", "is not JSON"),
    "no object": ("[1]", "line 2", "expected `object`"),
    "no kind": ({"t": 1}, "line 2", "missing required field `kind`"),
    "unknown kind": ({"t": 1, "kind": "melted"}, "field kind", "'melted'"),
    "unknown key": (DEAD | {"why": 1}, "line 2", "unknown field `why`"),
    "no time": ({"kind": "dead", "robot": 0}, "line 2", "missing required field `t`"),
    "before the start": (DEAD | {"t": -1}, "field t", ">= 0"),
    "no robot": ({"t": 1, "kind": "dead"}, "field robot", "is missing"),
    "unknown robot": (DEAD | {"robot": 4}, "field robot", "there is no robot 4"),
    "a robot below zero": (DEAD | {"robot": -1}, "field robot", ">= 0"),
    "for no time": (DEAD | {"for_s": 0}, "field for_s", "> 0"),
    "a cell for a robot": (DEAD | {"cell": [0, 0]}, "field cell", "does not go with dead"),
    "a value too many": (DEAD | {"value": 1}, "field value", "does not go with dead"),
    "no cell": ({"t": 1, "kind": "obstacle"}, "field cell", "is missing"),
    "off the map": ({"t": 1, "kind": "obstacle", "cell": [3, 0]}, "field cell", "outside the 3 x 5 map"),
    "beside the map": ({"t": 1, "kind": "obstacle", "cell": [0, 5]}, "field cell", "outside the 3 x 5 map"),
    "a wall": ({"t": 1, "kind": "obstacle", "cell": [1, 1]}, "field cell", "is an obstacle"),
    "no value": ({"t": 1, "kind": "loss"}, "field value", "is missing"),
    "more than all": ({"t": 1, "kind": "loss", "value": 1.1}, "field value", "is 1.1"),
    "faster than it can": ({"t": 1, "kind": "slow", "robot": 0, "value": 2}, "field value", "is 2"),
    "no speed at all": ({"t": 1, "kind": "slow", "robot": 0, "value": 0}, "field value", "is 0"),
    "less than nothing": ({"t": 1, "kind": "drained", "robot": 0, "value": -1}, "field value", "is -1"),
    "off the floor": ({"t": 1, "kind": "displaced", "robot": 0, "value": 1e9}, "field value", "is 1e+09"),
    "no end of delay": ({"t": 1, "kind": "delay", "value": 1e9}, "field value", "is 1e+09"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_refused_with_its_place_and_a_remedy(name: str, tmp_path: Path) -> None:
    line, where, problem = BAD[name]
    with pytest.raises(FaultError) as caught:
        read(tmp_path, DEAD, line)
    assert "faults.jsonl, line 2" in caught.value.where
    assert where in caught.value.where
    assert problem in caught.value.problem
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_a_blank_file_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="blank"):
        read(tmp_path, text)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FaultError, match="there is no such fault file"):
        read_faults(tmp_path / "none.jsonl", ROBOTS, LAYOUT)
