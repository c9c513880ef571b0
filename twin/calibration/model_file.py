"""Robot model files: what a robot is told to do at most, `[robot]`, and what its body is like, `[body]`, in TOML.

Keys are the fields of `robots.model.RobotModel` and `twin.physics.body_model.BodyModel`; missing ones take the
defaults. A table `[fitted]` says how the numbers came about; it is not read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import tomli_w

from fleet.text_file import read_text, replace_text
from robots.errors import RobotModelError
from robots.model import RobotModel
from twin.calibration.errors import ModelFileError
from twin.physics.body_model import BodyModel

_TABLES: Final = ("robot", "body", "fitted")


def read_model_file(path: Path) -> tuple[RobotModel, BodyModel]:
    """Read a robot model file.

    Raises ModelFileError, with the file and the key, if it is missing, no TOML, or has an unknown table or key, a wrong
    type or an impossible value.
    """
    try:
        document = tomllib.loads(read_text(path, ModelFileError, "robot model file"))
    except (ValueError, RecursionError) as failure:
        raise ModelFileError(str(path), f"is not TOML: {failure}", "correct the file") from None
    for name, table in document.items():
        if name not in _TABLES:
            raise ModelFileError(f"{path}, {name}", "unknown table", "a robot model file has [robot] and [body]")
        if not isinstance(table, dict):
            raise ModelFileError(f"{path}, {name}", "is not a table", f"write [{name}] and its keys below")
    if not ("robot" in document or "body" in document):
        raise ModelFileError(str(path), "has neither [robot] nor [body]", "add the tables of a robot model")
    try:
        return RobotModel.from_table(document.get("robot", {})), BodyModel.from_table(document.get("body", {}))
    except RobotModelError as failure:
        raise ModelFileError(f"{path}, {failure.where}", failure.problem, failure.remedy) from None


def write_model_file(path: Path, robot: RobotModel, body: BodyModel, fitted: Mapping[str, Any] | None = None) -> None:
    """Write a robot model file whole or not at all; `fitted`: how its numbers came about, TOML values.

    Raises ModelFileError if it cannot be written.
    """
    document: dict[str, Any] = {"robot": asdict(robot), "body": asdict(body)}
    if fitted:
        document["fitted"] = dict(fitted)
    replace_text(path, tomli_w.dumps(document), ModelFileError)
