"""A small world, sound as it stands, for tests to spoil."""

from pathlib import Path

MAP = """\
type octile
height 8
width 10
map
@@@@@@@@@@
@........@
@..TST...@
@P.TST.E.@
@C.....O.@
@P...E...@
@......O.@
@@@DD@@@@@
"""

TOML = """\
name = "small"
title = "A small floor"
map = "small.map"
cell_m = 1.5
default_robots = 2

[robot]
totes = 2

[legend]
"." = "free"
"S" = "pick_face"
"D" = "dock"
"E" = "drop"
"C" = "charger"
"P" = "parking"
"@" = "wall"
"T" = "rack"
"O" = "opening"

[slotting]
seed = 7
station_share = 0.5
copies = 2

[orders]
rate_per_hour = 60.0
lead_time_s = 600.0

[pick_faces]
service_s = 6.0

[chutes]
service_s = 3.0

[[station]]
name = "Pick 1"
kind = "pick"
docks = [[7, 3], [7, 4]]
service_s = 5.0

[[chute]]
name = "north"
cell = [3, 7]
destination = "Lyon"

[[chute]]
name = "south"
cell = [5, 5]
destination = "Metz"
"""


def write_world(folder: Path, *, toml: str = TOML, map_text: str = MAP) -> Path:
    """Write a world's two files and return the path of its TOML file."""
    (folder / "small.map").write_text(map_text)
    path = folder / "small.toml"
    path.write_text(toml)
    return path


def line_of(text: str, part: str) -> int:
    """Number of the line of a text that holds a part of it, counted from 1."""
    return text[: text.index(part)].count("\n") + 1
