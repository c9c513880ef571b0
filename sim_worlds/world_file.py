"""Finding a world by its name or path, and loading it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sim_worlds.bare_world import scan_league_world, scan_map_world
from sim_worlds.described_world import Scan, scan_described_world
from sim_worlds.errors import WorldError
from sim_worlds.floor_check import floor_errors
from sim_worlds.service_times_file import SUFFIX
from sim_worlds.zone_check import zone_errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim_worlds.world import World

_SCANS: Final[dict[str, Callable[[Path], Scan]]] = {
    ".toml": scan_described_world,
    ".map": scan_map_world,
    ".json": scan_league_world,
}


def shipped_worlds() -> dict[str, Path]:
    """World files that come with the package, by name, sorted."""
    folder = Path(str(files("sim_worlds") / "worlds"))
    return {path.stem: path for path in sorted(folder.glob("*.toml")) if not path.name.endswith(SUFFIX)}


def find_world(name_or_path: str) -> Path:
    """Return the path of a shipped world's file, or of the named file; raises WorldError if it is neither."""
    shipped = shipped_worlds()
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(name_or_path)
    if path.suffix.lower() in _SCANS and "\0" not in name_or_path:
        return path
    remedy = f"name one of {', '.join(shipped)}, or a world file (.toml), a map (.map) or an instance (.json)"
    raise WorldError(name_or_path or "world ''", "there is no world of this name", remedy)


def scan_world(path: Path) -> Scan:
    """Read a world file, a bare map or a league instance, by the ending of its name, and note every problem."""
    return _SCANS[path.suffix.lower()](path)


def load_world(name_or_path: str) -> World:
    """Return a shipped world by name, or the world of a `.toml`, `.map` or league `.json` file.

    Raises WorldError with file, line and remedy for the first thing that would fail later.
    """
    scan = scan_world(find_world(name_or_path))
    if scan.world is None or scan.map_file is None:
        raise scan.findings[0].as_error()
    for finding in [*floor_errors(scan.world, scan.map_file), *zone_errors(scan.world)]:
        raise finding.as_error()
    return scan.world
