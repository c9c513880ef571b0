"""From parameters to the two files of a world."""

from __future__ import annotations

import json
import shlex
from dataclasses import fields
from typing import TYPE_CHECKING, Final

from fleet.grid.map_file import map_text
from fleet.text_file import replace_text
from sim_worlds.errors import WorldError
from sim_worlds.generators.floor import Floor, draw_floor_plan
from sim_worlds.generators.params import FloorParams, PickAndSortParams
from sim_worlds.legend import STANDARD_LEGEND

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sim_worlds.generators.zones import Docks, Rect

FUTURE_PARK: Final = PickAndSortParams()
TINY: Final = PickAndSortParams(
    name="tiny",
    title="Small floor to look at and to test with",
    main_lane=2,
    zones=2,
    aisles=1,
    blocks=1,
    rack_length=6,
    cross_aisle=2,
    chute_rows=2,
    chute_columns=2,
    chute_lane=2,
    destinations=4,
    pick_stations=1,
    induction_stations=1,
    station_depth=2,
    parking=9,
    chargers=3,
    robots=6,
    copies=4,
    station_share=0.2,
    orders_per_hour=120.0,
)


def generate(params: FloorParams) -> tuple[str, str]:
    """Return the text of a world's map file and of its TOML file; raises WorldError if the parameters do not fit."""
    floor = draw_floor_plan(params)
    return map_text(floor.rows), _toml_text(params, floor)


def write_world(params: FloorParams, folder: Path) -> Path:
    """Write a world's two files into a folder, which is made if need be, and return the path of the TOML file.

    Raises WorldError if the parameters do not fit or the files cannot be written.
    """
    map_file_text, toml_text = generate(params)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise WorldError(str(folder), f"cannot be made: {failure.strerror}", "choose another folder") from None
    replace_text(folder / f"{params.name}.map", map_file_text, WorldError)
    path = folder / f"{params.name}.toml"
    replace_text(path, toml_text, WorldError)
    return path


def _command(params: FloorParams) -> str:
    """The command line that writes this world, without its folder."""
    chosen = [
        f"--{spec.name.replace('_', '-')} {shlex.quote(str(getattr(params, spec.name)))}"
        for spec in fields(params)
        if getattr(params, spec.name) != spec.default
    ]
    return " ".join(["futurepark world new", params.kind, *chosen])


def _toml_text(params: FloorParams, floor: Floor) -> str:
    parts = [
        f"# Written by: {_command(params)}",
        f"name = {_quoted(params.name)}",
        f"title = {_quoted(params.title)}",
        f"map = {_quoted(params.name + '.map')}",
        f"cell_m = {float(params.cell_m)}",
        f"default_robots = {params.robots}",
        "",
        "[legend]",
        *(f"{_quoted(symbol)} = {_quoted(kind.value)}" for symbol, kind in STANDARD_LEGEND.items()),
        "",
        "[slotting]",
        f"seed = {params.seed}",
        f"station_share = {float(params.station_share)}",
        f"copies = {params.copies}",
        "",
        "[orders]",
        f"rate_per_hour = {float(params.orders_per_hour)}",
        f"lead_time_s = {float(params.lead_time_s)}",
        "",
        "[pick_faces]",
        f"service_s = {float(params.pick_face_service_s)}",
        "",
        "[chutes]",
        f"service_s = {float(params.drop_service_s)}",
        *_station_lines("Pick", "pick", floor.pick_docks, params.pick_station_service_s),
        *_station_lines("Induction", "induction", floor.induction_docks, params.induction_service_s),
        *_chute_lines(params, floor),
        *_zone_lines(floor),
        "",
        "[muster]",
        f"rects = [{_rects(floor.muster)}]",
    ]
    return "\n".join(parts) + "\n"


def _station_lines(label: str, kind: str, stations: Docks, service_s: float) -> list[str]:
    lines = []
    for number, docks in enumerate(stations, start=1):
        cells = ", ".join(f"[{row}, {column}]" for row, column in docks)
        lines += ["", "[[station]]", f'name = "{label} {number}"', f'kind = "{kind}"']
        lines += [f"docks = [{cells}]", f"service_s = {float(service_s)}"]
    return lines


def _chute_lines(params: FloorParams, floor: Floor) -> list[str]:
    digits, lines = len(str(len(floor.drops))), []
    for number, (row, column) in enumerate(floor.drops):
        destination = number % params.destinations + 1
        lines += ["", "[[chute]]", f'name = "C{number + 1:0{digits}}"', f"cell = [{row}, {column}]"]
        lines += [f'destination = "D{destination:0{len(str(params.destinations))}}"']
    return lines


def _zone_lines(floor: Floor) -> list[str]:
    lines = []
    for zone in floor.zones:
        lines += ["", "[[zone]]", f"name = {_quoted(zone.name)}", f"rects = [{_rects(zone.rects)}]"]
        if zone.keep_clear:
            lines.append("keep_clear = true")
    return lines


def _rects(rects: Iterable[Rect]) -> str:
    return ", ".join(str(list(rect)) for rect in rects)


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's is one."""
    return json.dumps(text, ensure_ascii=False)
