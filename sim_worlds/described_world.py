"""A world on disk: a TOML file that describes a floor and names its MovingAI map."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from fleet.grid.layout import NO_CELL
from fleet.grid.map_file import MapFile, scan_map
from fleet.text_file import read_text
from robots.errors import RobotModelError
from robots.model import RobotModel
from sim_worlds.claims import Claims
from sim_worlds.errors import WorldError
from sim_worlds.finding import Finding
from sim_worlds.guidance_file import read_guidance_table, shipped_guidance
from sim_worlds.legend import CellKind, Legend, impassable_symbols, read_legend
from sim_worlds.toml_table import TomlTable
from sim_worlds.world import Chute, OrderProfile, Station, StationKind, World
from sim_worlds.zone_tables import read_muster, read_zones

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

    from robots.arrays import Int32

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_GOLDEN: Final = (5**0.5 - 1) / 2


@dataclass(frozen=True, slots=True)
class Scan:
    """What could be read of a world, and every problem met. `world` is None if any of them is an error."""

    world: World | None
    map_file: MapFile | None
    findings: list[Finding]


def scan_described_world(path: Path) -> Scan:
    """Read a world's TOML file and its map, and note every problem of either."""
    try:
        root = TomlTable.parse(path, read_text(path, WorldError, "world file"))
    except WorldError as failure:
        return Scan(None, None, [Finding.of(failure)])
    legend = _read_legend(root)
    map_file = _read_map(root, path, legend)
    fields: dict[str, Any] = {
        "name": _read_name(root),
        "title": root.text("title"),
        "path": path,
        "cell_m": root.positive("cell_m"),
        "default_robots": root.whole("default_robots", least=1),
        "robot": _read_robot(root),
        **_read_slotting(root),
        "orders": _read_orders(root),
        "guidance": read_guidance_table(root),
    }
    claims = Claims(map_file, legend) if map_file else None
    fields |= _read_pick_faces(root, claims)
    fields |= {"stations": _read_stations(root, claims), "chutes": _read_chutes(root, claims)}
    layout = map_file.layout if map_file else None
    fields |= read_zones(root, layout)
    fields["parking"] = spread(claims.cells(CellKind.PARKING)) if claims else np.zeros(0, dtype=np.int32)
    fields["muster"] = read_muster(root, layout, fields["parking"])
    root.close()
    if map_file is None or claims is None:
        return Scan(None, None, root.findings)
    if fields["guidance"] is None:
        fields["guidance"] = shipped_guidance(map_file.layout)
    fields["chargers"] = spread(claims.cells(CellKind.CHARGER))
    _note_lacks(root, fields)
    findings = [
        *root.findings,
        *claims.unclaimed(CellKind.DOCK, "station"),
        *claims.unclaimed(CellKind.DROP, "chute"),
    ]
    world = None if findings else World(layout=map_file.layout, symbols=map_file.rows, **fields)
    return Scan(world, map_file, findings)


def spread(cells: Int32) -> Int32:
    """Reorder cells so that any first part of them is spread over the whole (by turns of the golden angle)."""
    return cells[np.argsort((np.arange(len(cells)) * _GOLDEN) % 1.0, kind="stable")]


def _read_name(root: TomlTable) -> str:
    name = root.text("name")
    if name and not _NAME.fullmatch(name):
        root.note(f"name is {name!r}", "use letters, digits, - and _ only: run folders are named after it", "name")
    return name


def _read_robot(root: TomlTable) -> RobotModel:
    table = root.optional_table("robot")
    try:
        return RobotModel.from_table(table.table) if table else RobotModel()
    except RobotModelError as failure:
        key = failure.where.removeprefix("robot.")
        root.note(f"{failure.where} {failure.problem}", failure.remedy, "robot", key)
        return RobotModel()


def _read_legend(root: TomlTable) -> Legend:
    table = root.sub_table("legend")
    legend = read_legend(table)
    table.close()
    return legend


def _read_map(root: TomlTable, path: Path, legend: Legend) -> MapFile | None:
    name = root.text("map")
    if not name:
        return None
    if not (path.parent / name).is_file():
        root.note(f"there is no map file {name!r}", "give a path relative to the world file", "map")
        return None
    map_file, problems = scan_map(path.parent / name, impassable_symbols(legend), legend)
    root.findings.extend(Finding.of(problem) for problem in problems)
    return map_file


def _read_slotting(root: TomlTable) -> dict[str, Any]:
    table = root.sub_table("slotting")
    fields = {
        "slotting_seed": table.whole("seed", least=0),
        "slotting_station_share": table.share("station_share"),
        "slotting_copies": table.whole("copies", least=1),
    }
    table.close()
    return fields


def _read_orders(root: TomlTable) -> OrderProfile:
    table = root.sub_table("orders")
    orders = OrderProfile(table.positive("rate_per_hour"), table.positive("lead_time_s"))
    table.close()
    return orders


def _read_pick_faces(root: TomlTable, claims: Claims | None) -> dict[str, Any]:
    cells = claims.cells(CellKind.PICK_FACE) if claims else np.zeros(0, dtype=np.int32)
    table = root.sub_table("pick_faces") if len(cells) else root.optional_table("pick_faces")
    service_s = 0.0
    if table is not None:
        service_s = table.positive("service_s")
        table.close()
    return {"pick_faces": cells, "pick_face_service_s": service_s}


def _read_stations(root: TomlTable, claims: Claims | None) -> tuple[Station, ...]:
    stations: dict[str, Station] = {}
    for entry in root.entries("station"):
        name = _read_own_name(entry, stations)
        kind = StationKind(entry.choice("kind", [kind.value for kind in StationKind]))
        service_s = entry.positive("service_s")
        at = entry.cells("docks")
        owner = f"a dock of {name}"
        docks = [claims.claim(entry, "docks", dock, CellKind.DOCK, owner) for dock in at] if claims else []
        stations[name] = Station(name, kind, tuple(docks), service_s)
        entry.close()
    return tuple(stations.values())


def _read_chutes(root: TomlTable, claims: Claims | None) -> tuple[Chute, ...]:
    table = root.sub_table("chutes")
    service_s = table.positive("service_s")
    table.close()
    chutes: dict[str, Chute] = {}
    for entry in root.entries("chute"):
        name = _read_own_name(entry, chutes)
        destination = entry.text("destination")
        for at in entry.cell("cell"):
            cell = claims.claim(entry, "cell", at, CellKind.DROP, f"chute {name}") if claims else NO_CELL
            chutes[name] = Chute(name, cell, destination, service_s)
        entry.close()
    return tuple(chutes.values())


def _note_lacks(root: TomlTable, fields: dict[str, Any]) -> None:
    if not fields["stations"] and not len(fields["pick_faces"]):
        root.note("there is nothing to pick from", "add pick faces to the map or a [[station]]", "station")
    if not fields["chutes"]:
        root.note("there is no chute to drop at", "add drop cells to the map and a [[chute]] for each", "chutes")
    places = sum(len(fields[kind]) for kind in ("parking", "chargers", "pick_faces"))
    if fields["default_robots"] > places:
        problem = f"default_robots is {fields['default_robots']}, but robots can begin on {places} cells only"
        root.note(problem, "lower it, or add parking, chargers or pick faces to the map", "default_robots")


def _read_own_name(entry: TomlTable, taken: Container[str]) -> str:
    name = entry.text("name")
    if name and name in taken:
        entry.note(f"the name {name!r} is taken", "give every one a name of its own", "name")
    return name
