"""Guidance files: read as they were written, refused with line and remedy, found for the floors they are for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fleet.grid.guidance_rules import GuidanceRules
from fleet.grid.layout import Layout
from sim_worlds import guidance_file
from sim_worlds.errors import WorldError
from sim_worlds.guidance_file import floor_digest, read_guidance, shipped_guidance, write_guidance
from sim_worlds.world_file import load_world
from tests.floors import drawn
from tests.worlds import MAP, TOML, line_of, write_world

RULES = GuidanceRules("streets", "><", "v^", 10, 90, 4, 6, 3, (0.5, 1.0), (2.0,))
LAYOUT = drawn("... .#. ...")
SHIPPED = sorted((Path(guidance_file.__file__).parent / "guidance").glob("*.toml"))


def test_rules_are_read_back_as_they_were_written(tmp_path):
    path = tmp_path / "a.toml"
    write_guidance(path, RULES, LAYOUT, {"by": "a test", "tasks_a_step": {"tuned": 1.5}})
    assert read_guidance(path) == RULES
    assert f'floor = "{floor_digest(LAYOUT)}"' in path.read_text()
    assert [file.name for file in tmp_path.iterdir()] == ["a.toml"]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(WorldError, match="cannot be written"):
        write_guidance(tmp_path / "no" / "a.toml", RULES, LAYOUT, {})


def test_the_table_alone_will_do(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('[guidance]\nlanes = "none"\nturn = 5\n')
    assert read_guidance(path) == GuidanceRules(lanes="none", turn=5)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[guidance\n", 1, "is not TOML"),
        ("[guidance]\n\nlane = 'none'\n", 3, "guidance.lane is an unknown key; did you mean lanes?"),
        ("[guidance]\nlanes = 'none'\nalong = 0\n", 3, "guidance.along is 0; use a whole number from 1 to 255"),
        ("guidance = 3\n", 1, "guidance is 3; add a table [guidance]"),
        ("floor = 3\n[guidance]\n", 1, "floor is 3; give a text"),
        ("tuned = 3\n[guidance]\n", 1, "tuned is 3; add a table [tuned]"),
        ("a = 1\n[guidance]\n", 1, "unknown key a; use one of: floor, guidance, tuned"),
    ],
)
def test_a_file_that_will_not_do_is_refused_with_its_line(tmp_path, text, line, says):
    path = tmp_path / "a.toml"
    path.write_text(text)
    with pytest.raises(WorldError) as refused:
        read_guidance(path)
    assert refused.value.where.startswith(f"{path}, line {line}")
    assert says in f"{refused.value.problem}; {refused.value.remedy}"


def test_a_file_without_the_table_is_refused(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("")
    with pytest.raises(WorldError, match="has no table \\[guidance\\]"):
        read_guidance(path)


def test_floors_have_the_same_digest_if_and_only_if_they_are_the_same():
    open_floor = Layout(2, 3, np.ones(6, dtype=np.bool_))
    others = [LAYOUT, Layout(3, 2, np.ones(6, dtype=np.bool_)), drawn("... ..#"), drawn("... #..")]
    digests = [floor_digest(layout) for layout in (open_floor, *others)]
    assert len(set(digests)) == len(digests)
    assert floor_digest(drawn("... ...")) == digests[0]
    assert len(digests[0]) == 32


def test_a_world_has_the_rules_in_its_file(tmp_path):
    table = '[guidance]\nlanes = "none"\nturn = 5\n\n'
    world = load_world(str(write_world(tmp_path, toml=TOML.replace("[slotting]", table + "[slotting]"))))
    assert world.guidance == GuidanceRules(lanes="none", turn=5)
    assert world.service_cells.tolist() == [73, 74, 37, 55]


def test_bad_rules_in_a_world_file_are_a_finding_with_their_line(tmp_path):
    toml = TOML.replace("[slotting]", '[guidance]\nlanes = "none"\nturn = 0\n\n[slotting]')
    with pytest.raises(WorldError) as refused:
        load_world(str(write_world(tmp_path, toml=toml)))
    assert refused.value.where == f"{tmp_path / 'small.toml'}, line {line_of(toml, 'turn = 0')}"
    assert "guidance.turn is 0; use a whole number" in f"{refused.value.problem}; {refused.value.remedy}"


def test_a_world_without_rules_has_those_that_are_shipped_for_its_floor(tmp_path, monkeypatch):
    path = write_world(tmp_path)
    assert load_world(str(path)).guidance is None
    layout = load_world(str(path)).layout
    monkeypatch.setattr(guidance_file, "_shipped", lambda: {floor_digest(layout): RULES})
    assert shipped_guidance(layout) == RULES
    assert load_world(str(path)).guidance == RULES
    # The same floor under any name, as a bare map too.
    bare = tmp_path / "other.map"
    bare.write_text(MAP.translate(str.maketrans("DCP", "...")))
    assert load_world(str(bare)).guidance == RULES
    own = TOML.replace("[slotting]", '[guidance]\nlanes = "none"\n\n[slotting]')
    assert load_world(str(write_world(tmp_path, toml=own))).guidance == GuidanceRules(lanes="none")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_rules_are_sound_and_name_their_floor(path):
    floor, rules = guidance_file._read(path)
    assert len(floor) == 32
    assert rules == read_guidance(path)
    assert guidance_file._shipped()[floor] == rules
    assert path.read_text().startswith("#")


@pytest.mark.parametrize("name", ["future_park", "tiny"])
def test_our_own_worlds_run_without_guidance(name):
    # None was proven to help there: see docs/guidance.md.
    assert load_world(name).guidance is None


def test_no_two_shipped_files_are_for_one_floor():
    assert len(SHIPPED) >= 3
    assert len(guidance_file._shipped()) == len(SHIPPED)
