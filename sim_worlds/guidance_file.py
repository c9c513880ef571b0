"""Guidance files, and the guidance that is shipped for known floors.

A guidance file is TOML: a table `[guidance]`, the same that a world file may have, and before it, if wanted, `floor`,
the digest of the floor that the rules were made for. A table `[tuned]` says how they came about; it is not read.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import tomli_w

from fleet.errors import SettingError
from fleet.grid.guidance_rules import GuidanceRules
from fleet.text_file import read_text, replace_text
from sim_worlds.errors import WorldError
from sim_worlds.toml_table import TomlTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.grid.layout import Layout

_DIGEST_BYTES: Final = 16


def floor_digest(layout: Layout) -> str:
    """Return what tells floors apart: a digest of height, width and passable cells, 32 hexadecimal digits."""
    digest = blake2b(f"{layout.height} x {layout.width}\n".encode(), digest_size=_DIGEST_BYTES)
    digest.update(np.packbits(layout.passable).tobytes())
    return digest.hexdigest()


def read_guidance(path: Path) -> GuidanceRules:
    """Read the rules in a guidance file; raises WorldError with file, line and remedy for the first thing wrong."""
    return _read(path)[1]


def write_guidance(path: Path, rules: GuidanceRules, layout: Layout, tuned: Mapping[str, Any]) -> None:
    """Write a guidance file whole or not at all; `tuned`: how the rules came about, TOML values.

    Raises WorldError if it cannot be written.
    """
    document = {"floor": floor_digest(layout), "guidance": rules.as_table(), "tuned": dict(tuned)}
    replace_text(path, tomli_w.dumps(document), WorldError)


def read_guidance_table(root: TomlTable) -> GuidanceRules | None:
    """Return the rules in the table `[guidance]` of a TOML file, None if there is none or it has a finding."""
    table = root.optional_table("guidance")
    if table is None:
        return None
    try:
        return GuidanceRules.from_table(table.table)
    except SettingError as failure:
        key = failure.where.removeprefix("guidance.")
        root.note(f"{failure.where} {failure.problem}", failure.remedy, "guidance", key)
        return None


def shipped_guidance(layout: Layout) -> GuidanceRules | None:
    """Return the rules that are shipped for this very floor, wherever its map lies; None if there are none."""
    return _shipped().get(floor_digest(layout))


@cache
def _shipped() -> dict[str, GuidanceRules]:
    folder = Path(str(files("sim_worlds") / "guidance"))
    return dict(_read(path) for path in sorted(folder.glob("*.toml")))


def _read(path: Path) -> tuple[str, GuidanceRules]:
    """Digest of the floor, empty if the file does not say it, and rules."""
    root = TomlTable.parse(path, read_text(path, WorldError, "guidance file"))
    floor = root.optional_text("floor")
    rules = read_guidance_table(root)
    root.optional_table("tuned")
    root.close()
    for finding in root.findings:
        raise finding.as_error()
    if rules is None:
        raise WorldError(str(path), "has no table [guidance]", "add one, or run `futurepark tune`")
    return floor, rules
