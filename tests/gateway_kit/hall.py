"""An empty hall for our own gateway's simulated robots, which begin on its chargers."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.gateway_kit.program import GatewayProgram

SIDE = 20
CELLS = {(2, 2): "C", (6, 2): "C", (10, 2): "C", (15, 10): "S", (15, 12): "E"}  # row, column
WORLD = """\
name = "hall"
title = "An empty hall"
map = "hall.map"
cell_m = 1.0
default_robots = 3

[legend]
"." = "free"
"S" = "pick_face"
"E" = "drop"
"C" = "charger"

[slotting]
seed = 1
station_share = 0.0
copies = 1

[orders]
rate_per_hour = 60.0
lead_time_s = 600.0

[pick_faces]
service_s = 6.0

[chutes]
service_s = 3.0

[[chute]]
name = "C1"
cell = [15, 12]
destination = "D1"
"""


def simulated_robots(folder: Path) -> GatewayProgram:
    """Write the hall into a folder, and return `futurepark robots` with three robots in it."""
    rows = ["".join(CELLS.get((row, column), ".") for column in range(SIDE)) for row in range(SIDE)]
    head = f"type octile\nheight {SIDE}\nwidth {SIDE}\nmap\n"
    (folder / "hall.map").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    (folder / "hall.toml").write_text(WORLD, encoding="utf-8")
    options = "--connect {endpoints} --count 3 --first-gateway {gateway} --state {state}"
    return GatewayProgram(
        "futurepark robots",
        (sys.executable, "-m", "fleet", "robots", str(folder / "hall.toml"), *options.split()),
        keyed=("--keys", "{keys}", "--server-key", "{server_key}"),
        hall_m=(0.0, 0.0, float(SIDE), float(SIDE)),
        lines=False,
    )
