"""League of Robot Runners 2024 instances: what is read, and what is refused with file, line and remedy."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fleet.errors import InstanceError
from sim_worlds.league import read_league

SHIPPED = Path(__file__).parents[1] / "data" / "lorr2024" / "random_32_32_20_100.json"
KEYS = {
    "mapFile": "floor.map",
    "agentFile": "floor.agents",
    "teamSize": 2,
    "taskFile": "floor.tasks",
    "numTasksReveal": 1.5,
    "version": "2024 LoRR",
}
FILES = {
    "floor.map": "type octile\nheight 2\nwidth 4\nmap\n.@SE\n....\n",
    "floor.agents": "# version for LoRR 2024\n3\n0\n4\n7\n",
    "floor.tasks": "# version for LoRR 2024\n3\n2,3\n5\n 7, 3 ,2\n",
}


def written(folder: Path, *, text: str | None = None, keys: dict[str, Any] | None = None, **files: str) -> Path:
    for name, content in (FILES | {name.replace("_", "."): content for name, content in files.items()}).items():
        (folder / name).write_text(content)
    path = folder / "instance.json"
    path.write_text(json.dumps(KEYS | (keys or {}), indent=1) if text is None else text)
    return path


def test_starts_and_tasks_are_read(tmp_path: Path) -> None:
    instance = read_league(written(tmp_path))
    assert instance.name == "instance"
    assert instance.starts.tolist() == [0, 4]
    assert instance.errand_cells.tolist() == [2, 3, 5, 7, 3, 2]
    assert instance.offsets.tolist() == [0, 2, 3, 6]
    assert (instance.tasks, instance.team_size, instance.reveal) == (3, 2, 1.5)
    assert (instance.starts.dtype, instance.errand_cells.dtype, instance.offsets.dtype) == (
        np.dtype(np.int32),
        np.dtype(np.int32),
        np.dtype(np.int64),
    )


def test_service_and_emitter_points_are_passable(tmp_path: Path) -> None:
    instance = read_league(written(tmp_path))
    assert instance.map_file.rows == (".@SE", "....")
    assert np.flatnonzero(~instance.layout.passable).tolist() == [1]


def test_comments_and_blank_lines_may_stand_anywhere(tmp_path: Path) -> None:
    instance = read_league(written(tmp_path, floor_tasks="# a\n\n2\n2,3\n# b\n5\n\n"))
    assert instance.offsets.tolist() == [0, 2, 3]


def test_the_version_may_be_left_out(tmp_path: Path) -> None:
    keys = {key: value for key, value in KEYS.items() if key != "version"}
    assert read_league(written(tmp_path, text=json.dumps(keys))).version == ""


def test_a_public_instance_is_read_as_it_is() -> None:
    instance = read_league(SHIPPED)
    assert (instance.layout.height, instance.layout.width) == (32, 32)
    assert (instance.team_size, len(instance.starts), instance.tasks) == (100, 100, 2000)
    assert instance.starts[:3].tolist() == [360, 636, 886]
    assert instance.errand_cells[:4].tolist() == [627, 871, 802, 623]


BAD_FILES = {
    "fewer robots than teamSize": ("floor_agents", "1\n0\n", r"floor.agents: has 1 robots, teamSize is 2"),
    "robot on an obstacle": ("floor_agents", "2\n0\n1\n", r"line 3: a robot starts on cell 1, which is an obstacle"),
    "two robots on a cell": ("floor_agents", "2\n5\n5\n", r"line 3: .*cell 5, as does the one of line 2"),
    "robot outside the map": (
        "floor_agents",
        "2\n0\n8\n",
        r"line 3: .*cell 8, outside the 2 x 4 map; cells are 0 to 7",
    ),
    "robot not a number": ("floor_agents", "2\n0\nx1\n", r"line 3: 'x1' is not a cell"),
    "robot with two cells": ("floor_agents", "2\n0\n4,5\n", r"line 3: '4,5' is not a cell"),
    "count not a number": ("floor_agents", "two\n0\n4\n", r"line 1: 'two' is not a number of robots"),
    "count wrong": ("floor_agents", "# c\n4\n0\n4\n", r"line 2: 4 robots are announced, 2 follow"),
    "no robots": ("floor_agents", "# nothing\n", r"floor.agents: the file is empty"),
    "no tasks": ("floor_tasks", "0\n", r"line 1: there are no tasks"),
    "task outside the map": ("floor_tasks", "2\n2\n3,800\n", r"line 3: .*cell 800, outside the 2 x 4 map"),
    "task on an obstacle": (
        "floor_tasks",
        "1\n2,1\n",
        r"line 2: .*cell 1, which is an obstacle \(.*map, line 5, column 2\)",
    ),
    "negative cell": ("floor_tasks", "1\n2,-3\n", r"line 2: '2,-3' is not a list of cells"),
    "broken cell": ("floor_tasks", "1\n2,3.5\n", r"line 2: '2,3.5' is not a list of cells"),
    "no cell between commas": ("floor_tasks", "1\n2,,3\n", r"line 2: '2,,3' is not a list of cells"),
    "huge cell": ("floor_tasks", "1\n99999999999999999999\n", r"line 2: '9+' is not a list of cells"),
    "task count wrong": ("floor_tasks", "5\n2\n", r"line 1: 5 tasks are announced, 1 follow"),
    "map malformed": ("floor_map", "type octile\nheight 2\nwidth 4\nmap\n....\n", r"the map has 1 rows"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_of_an_instance_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    name, content, message = BAD_FILES[case]
    with pytest.raises(Exception, match=message) as caught:
        read_league(written(tmp_path, **{name: content}))
    assert type(caught.value).__name__ in ("InstanceError", "MapError")
    assert caught.value.where.startswith(str(tmp_path / name.replace("_", ".")))


BAD_KEYS = {
    "unknown key": ({"agentCounter": 3}, "line 8: unknown key agentCounter; .*2024 edition"),
    "teamSize zero": ({"teamSize": 0}, "line 4: teamSize is 0"),
    "teamSize not whole": ({"teamSize": 2.5}, "line 4: teamSize is 2.5"),
    "teamSize a truth value": ({"teamSize": True}, "line 4: teamSize is True"),
    "reveal a text": ({"numTasksReveal": "many"}, "line 6: numTasksReveal is 'many'"),
    "reveal negative": ({"numTasksReveal": -1}, "line 6: numTasksReveal is -1"),
    "reveal not a number": ({"numTasksReveal": float("nan")}, "line 6: numTasksReveal is nan"),
    "map name not a text": ({"mapFile": 5}, "line 2: mapFile is 5, not a string"),
    "map file missing": ({"mapFile": "no.map"}, "line 2: mapFile 'no.map' is not there; give a path relative"),
}


@pytest.mark.parametrize("case", BAD_KEYS)
def test_a_bad_key_of_an_instance_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    keys, message = BAD_KEYS[case]
    with pytest.raises(InstanceError, match=message):
        read_league(written(tmp_path, keys=keys))


@pytest.mark.parametrize("key", ["mapFile", "agentFile", "taskFile", "teamSize", "numTasksReveal"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    text = json.dumps({name: value for name, value in KEYS.items() if name != key})
    with pytest.raises(InstanceError, match=f"instance.json: the key {key} is missing"):
        read_league(written(tmp_path, text=text))


BAD_TEXT = {
    "not JSON": ('{"mapFile": "a"\n "b": 1}', "line 2, column 2: is not JSON"),
    "not an object": ("[1, 2]", "holds no JSON object"),
    "number too long": ('{"teamSize": ' + "9" * 5000 + "}", "is not usable JSON"),
    "nested too deep": ("[" * 100_000, "is not usable JSON"),
}


@pytest.mark.parametrize("case", BAD_TEXT)
def test_text_that_is_no_instance_is_refused(tmp_path: Path, case: str) -> None:
    text, message = BAD_TEXT[case]
    with pytest.raises(InstanceError, match=message):
        read_league(written(tmp_path, text=text))


def test_a_missing_instance_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="there is no such instance file"):
        read_league(tmp_path / "instance.json")
