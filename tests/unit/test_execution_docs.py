"""docs/execution.md keeps up with the code: every kind of fault, key and option, the incidents and their pictures."""

from __future__ import annotations

import re
from dataclasses import fields

from typer.main import get_command

from benchmarks.incidents import INCIDENTS
from fleet.app.main import command_line
from fleet.runtime.config import FloorParams
from fleet.traffic.params import GrantParams, WatchParams
from sim_worlds.world_file import load_world
from tests.unit.test_docs import ROOT, codes, section, table
from twin.fault_file import FIELDS, read_faults

PAGE = ROOT / "docs" / "execution.md"


def test_every_kind_of_fault_is_documented_with_its_keys():
    rows = table("execution.md", "The file of faults", "kind")
    documented = {kind: set(codes(row["keys besides `t` and `kind`"])) for kind, row in rows.items()}
    assert documented == {kind.value: set(names) for kind, names in FIELDS.items()}


def test_the_example_of_a_fault_file_can_be_read(tmp_path):
    (example,) = re.findall(r"```json\n(.*?)```", section("execution.md", "The file of faults"), re.DOTALL)
    (tmp_path / "faults.jsonl").write_text(example, encoding="utf-8")
    faults = read_faults(tmp_path / "faults.jsonl", 500, load_world("future_park").layout)
    assert len(faults) == len(example.splitlines())


def test_every_setting_of_execution_is_explained():
    tables = {"grants": GrantParams, "watch": WatchParams, "floor": FloorParams}
    keys = {f"{name}.{field.name}" for name, kind in tables.items() for field in fields(kind)}
    assert set(table("execution.md", "Settings", "key")) == keys | {"actions"}


def test_every_option_of_execution_is_mentioned():
    options = {option for parameter in get_command(command_line()).commands["run"].params for option in parameter.opts}
    text = PAGE.read_text(encoding="utf-8")
    for option in ("--execution", "--actions", "--faults", "--loss", "--dead"):
        assert option in options
        assert option in text


def test_the_actions_and_pictures_of_every_incident_are_shown():
    text = section("execution.md", "Incidents")
    shown = [line for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    assert shown == [line for incident in INCIDENTS.values() for line in incident.actions]
    pictures = {f"images/{name}_{kind}.png" for name in INCIDENTS for kind in ("timeline", "floor")}
    assert set(re.findall(r"\]\((images/[^)]+)\)", text)) == pictures


def test_pictures_are_small():
    for picture in (ROOT / "docs" / "images").glob("*.png"):
        assert picture.stat().st_size < 250_000, picture
