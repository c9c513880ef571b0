"""docs/twin.md keeps up with the twin: faults, keys of robot model files, columns of logs, topics, and its example."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields

from tests import recorded_fleets
from tests.unit.test_docs import codes, section, table
from twin.calibration.drive_log import LEAST_ROWS, OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from twin.calibration.fit import Calibration, Errors
from twin.calibration.model_file import read_model_file
from twin.calibration.parameters import COMMON
from twin.faults import OF_WHEELS
from twin.physics.body_model import BodyModel
from twin.physics.body_records import PATCHES, PEOPLE
from twin.recording.mcap_writer import _SCHEMAS

FILES = "Robot model files"


def test_every_fault_of_robots_with_wheels_stands_there():
    assert set(table("twin.md", "Running it", "fault")) == {kind.value for kind in OF_WHEELS}
    assert f"up to {PATCHES} such cells" in section("twin.md", "Running it")
    assert f"radius, up to {PEOPLE}, who walk" in section("twin.md", "What it is")


def test_every_key_of_a_body_stands_there_with_its_default():
    rows = table("twin.md", FILES, "key of `[body]`")
    documented = {key: row["default"].strip("`") for key, row in rows.items()}
    assert documented == {field.name: str(field.default) for field in fields(BodyModel)}


def test_what_is_fitted_is_said():
    rows = table("twin.md", FILES, "key of `[body]`")
    fitted = {parameter.name for parameter in COMMON} - {"give"} | {"creep_mps"}
    assert fitted <= {key for key, row in rows.items() if row["fitted"] == "yes"}


def test_every_key_about_a_fit_stands_there():
    told = Calibration(BodyModel(), (), Errors({}, {}, {}), pieces=4, held_out=1).provenance()
    assert set(table("twin.md", FILES, "key of `[fitted]`")) == set(told)


def test_the_example_of_a_model_file_can_be_read(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", section("twin.md", FILES), re.DOTALL)
    (tmp_path / "sorter.toml").write_text(example, encoding="utf-8")
    _, body = read_model_file(tmp_path / "sorter.toml")
    assert body == BodyModel(**tomllib.loads(example)["body"])


def test_every_column_of_a_log_stands_there():
    rows = table("twin.md", "Calibration", "column")
    assert set(rows) == {*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS}
    optional = {column for column, row in rows.items() if row["value"].startswith("optional")}
    assert optional == set(OPTIONAL_COLUMNS)
    assert f"at least {LEAST_ROWS} rows" in section("twin.md", "Calibration")


def test_every_topic_stands_there_with_its_schema():
    rows = table("twin.md", "Recordings", "topic")
    documented = {topic: codes(row["schema"])[0] for topic, row in rows.items()}
    assert documented == {topic: kind.DESCRIPTOR.full_name for topic, kind in _SCHEMAS.items()}


def test_the_example_rewinds_a_fleet():
    (example,) = re.findall(r"```python\n(.*?)```", section("twin.md", "Checkpoints and rewinding"), re.DOTALL)
    exec(example, {"fleet": recorded_fleets.new_fleet(), "header": recorded_fleets.header()})
