"""The documentation of reports, comparisons and exports keeps up with the code."""

from __future__ import annotations

import re

import pytest

from fleet.report.exports.run_tables import run_tables
from fleet.report.run_directory import RunReader
from fleet.report.story.comparison import compare, comparison_document
from fleet.report.story.limits import IDLE_SHARE, QUEUE, SPOT_GAIN, TAKEN_SHARE, WAITING_TASKS
from fleet.report.story.place_load import FRONT_CELLS
from fleet.report.story.run_groups import FIGURES, ComparedRun, group_runs
from tests.told_runs import write_told_run
from tests.unit.test_docs import codes, section, table, tables

COMPARING, EXPORTS = "Comparing runs", "Exports"


def test_every_limit_is_documented_in_order_with_its_threshold():
    limits = table("runs.md", "Report", "limit")
    assert list(limits) == ["orders", "chargers", "stations", "a spot", "robots"]
    says = {name: row["it is, if"] for name, row in limits.items()}
    assert f"{100 * IDLE_SHARE:g} %" in says["orders"]
    assert f"{100 * TAKEN_SHARE:g} %" in says["chargers"]
    assert f"{100 * TAKEN_SHARE:g} %" in says["stations"]
    assert f"{QUEUE:g} robots" in says["stations"]
    assert f"{100 * SPOT_GAIN:g} %" in says["a spot"]
    assert WAITING_TASKS == 1 / 10
    assert "one for ten robots" in section("runs.md", "Report")
    assert f"at most {FRONT_CELLS} cells away" in section("runs.md", "Report")


def test_every_compared_figure_and_field_is_documented(tmp_path):
    assert set(table("runs.md", COMPARING, "figure")) == {figure.key for figure in FIGURES}
    runs = [RunReader(write_told_run(tmp_path, seed=seed, robots=3, planner="pibt")) for seed in (1, 2)]
    runs += [RunReader(write_told_run(tmp_path, seed=seed, version="9.9.9")) for seed in (1, 2)]
    document = comparison_document(compare(group_runs([ComparedRun(r.path, r.config, r.summary) for r in runs])))
    group = document["groups"][1]
    fields = table("runs.md", COMPARING, "field")
    assert set(fields) == {*document, *group, "difference"}
    figure = group["figures"]["tasks_per_hour"]
    assert set(figure) <= set(codes(fields["figures"]["holds"]))
    assert set(figure["difference"]) == set(codes(fields["difference"]["holds"]))


def test_every_column_of_every_table_is_documented_with_its_type(tmp_path):
    written = {
        made.name: {column.name: column.kind for column in made.columns}
        for made in run_tables(RunReader(write_told_run(tmp_path)))
    }
    names = re.findall(r"^Table `(\w+)`:", section("runs.md", EXPORTS), re.MULTILINE)
    documented = {
        name: {column: row["type"] for column, row in rows.items()}
        for name, rows in zip(names, tables("runs.md", EXPORTS, "column"), strict=True)
    }
    assert documented == written


def test_every_format_is_documented():
    from fleet.app.export_command import ExportFormat

    assert set(table("runs.md", EXPORTS, "format")) == {form.value for form in ExportFormat}


@pytest.mark.parametrize("name", ["report", "compare", "export"])
def test_every_option_is_documented(name):
    from typer.main import get_command

    from fleet.app.main import command_line

    command = get_command(command_line()).commands[name]
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    told = section("runs.md", {"report": "Report", "compare": COMPARING, "export": EXPORTS}[name])
    assert options <= set(re.findall(r"--[a-z]+", told))
