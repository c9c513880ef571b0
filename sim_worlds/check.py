"""Everything that is wrong with a world, at once."""

from __future__ import annotations

from sim_worlds.finding import Finding
from sim_worlds.floor_check import floor_errors, floor_warnings
from sim_worlds.world_file import find_world, scan_world
from sim_worlds.zone_check import zone_errors, zone_warnings


def check_world(name_or_path: str) -> list[Finding]:
    """Return all findings about a shipped world, a world file, a bare map or a league instance; none if it is sound.

    What stands in the files is checked first, and the floor only once that is right. Raises WorldError if there is
    no such world.
    """
    scan = scan_world(find_world(name_or_path))
    if scan.world is None or scan.map_file is None:
        return scan.findings
    return [
        *scan.findings,
        *floor_errors(scan.world, scan.map_file),
        *floor_warnings(scan.world, scan.map_file),
        *zone_errors(scan.world),
        *zone_warnings(scan.world),
    ]
