"""docs/guidance.md keeps up with the code: every key, kind of lanes, option and field stands there."""

from __future__ import annotations

import json
from dataclasses import fields
from itertools import chain

from typer.main import get_command

from fleet.app.main import command_line
from fleet.grid.guidance_rules import LANES, GuidanceRules
from tests.unit.test_docs import codes, table, tables


def test_every_key_of_the_rules_is_documented_with_its_default():
    documented, lanes = table("guidance.md", "Rules", "key"), tables("guidance.md", "Rules", "`lanes`")[0]
    defaults = {key: json.loads(row["default"].strip("`")) for key, row in documented.items()}
    assert defaults == {
        field.name: list(field.default) if isinstance(field.default, tuple) else field.default
        for field in fields(GuidanceRules)
    }
    assert set(lanes) == set(LANES)


def test_every_option_of_tune_is_documented():
    command = get_command(command_line()).commands["tune"]
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert set(table("guidance.md", "Tuning", "option")) == options


def test_every_field_of_the_outcome_is_documented():
    rows = table("guidance.md", "Tuning", "field")
    assert set(rows) == {
        "world", "robots", "steps", "generations", "seed", "start", "tasks_a_step", "kept", "gain_over_none",
        "gain_over_start", "rules", "out",
    }  # fmt: skip
    assert set(chain(codes(rows["gain_over_none"]["holds"]))) == {"mean", "margin", "percent", "proven"}
