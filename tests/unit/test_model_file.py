"""Robot model files: written whole, read with every key checked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from robots.model import RobotModel
from twin.calibration.model_file import ModelFileError, read_model_file, write_model_file
from twin.physics.body_model import BodyModel

ROBOT = replace(RobotModel(), name="heavy", payload_kg=80.0)
BODY = replace(BodyModel(), name="heavy", mass_kg=140.0, traction=0.45)


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "heavy.toml"
    write_model_file(path, ROBOT, BODY, {"pieces": 3, "intervals": {"traction": [0.4, 0.5]}})
    assert read_model_file(path) == (ROBOT, BODY)
    assert [file.name for file in tmp_path.iterdir()] == ["heavy.toml"]


def test_keys_that_are_missing_take_the_defaults(tmp_path):
    path = tmp_path / "light.toml"
    path.write_text("[body]\nmass_kg = 20\n")
    assert read_model_file(path) == (RobotModel(), replace(BodyModel(), mass_kg=20))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[robot]\nspeed = 1\n", "model.toml, robot.speed: unknown key"),
        ("[body]\nmass = 1\n", "model.toml, body.mass: unknown key"),
        ("[body]\nmass_kg = '1'\n", "model.toml, body.mass_kg: is '1', not a number"),
        ("[body]\ntraction = 0\n", "model.toml, body.traction: is 0"),
        ("[robot]\ntotes = 1.5\n", "model.toml, robot.totes: is 1.5"),
        ("[world]\n[robot]\n", "model.toml, world: unknown table"),
        ("robot = 5\n", "model.toml, robot: is not a table"),
        ("[fitted]\n", "model.toml: has neither [robot] nor [body]"),
        ("[robot\n", "model.toml: is not TOML"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_key(tmp_path, text, said):
    path = tmp_path / "model.toml"
    path.write_text(text)
    with pytest.raises(ModelFileError) as caught:
        read_model_file(path)
    assert said in f"{caught.value.where}: {caught.value.problem}"
    assert caught.value.remedy


def test_files_that_are_not_there_and_folders_that_are_not_are_refused(tmp_path):
    with pytest.raises(ModelFileError, match="no such robot model file"):
        read_model_file(tmp_path / "none.toml")
    with pytest.raises(ModelFileError, match="cannot be written"):
        write_model_file(tmp_path / "none" / "model.toml", ROBOT, BODY)
