"""A gateway program as the kit sees it: a command line, and what it needs to know of its robots."""

from __future__ import annotations

import math
import subprocess
from dataclasses import dataclass
from pathlib import Path

GATEWAY = "gateway-1"


@dataclass(frozen=True)
class GatewayProgram:
    """How to start a program.

    command   words in which {endpoints} {gateway} {state} are filled in. The same command with the same {state}, a path
              that is in a folder of its own, is a restart
    keyed     words that follow with CURVE on; {key} {server_key} are files, {keys} the folder with both
    cell_m    side of a cell; robots stand in the middle of one
    hall_m    x and y from, x and y to: where the robots may drive
    lines     whether it takes lines on its standard input, see firmware_stubs/README.md
    """

    name: str
    command: tuple[str, ...]
    keyed: tuple[str, ...] = ("--key", "{key}", "--server-key", "{server_key}")
    cell_m: float = 1.0
    hall_m: tuple[float, float, float, float] = (0.0, 0.0, 20.0, 20.0)
    lines: bool = True

    def start(
        self, endpoints: str, state: Path, log: Path, keys: Path | None = None, server_key: Path | None = None
    ) -> subprocess.Popen[bytes]:
        """Start it; what it says goes to the log. keys: a folder with its key, the server's is there or elsewhere."""
        words = (*self.command, *(self.keyed if keys else ()))
        filled = {"endpoints": endpoints, "gateway": GATEWAY, "state": state, "keys": keys, "server_key": server_key}
        filled["key"] = keys / f"{GATEWAY}.key_secret" if keys else None
        with log.open("ab") as out:
            return subprocess.Popen(
                [word.format(**filled) for word in words], stdin=subprocess.PIPE, stdout=out, stderr=out
            )

    def cells_ahead(self, x: float, y: float, theta: float) -> int:
        """How many cells are free ahead of a place."""
        west, north, east, south = self.hall_m
        quarter = round(theta / (math.pi / 2)) % 4
        room = (east - x, south - y, x - west, y - north)[quarter]
        return int((room - self.cell_m / 2) / self.cell_m + 1e-6)


def stub(name: str, *command: str) -> GatewayProgram:
    """Return one of our firmware stubs: they take the same options and stand in the middle of cell (2, 2)."""
    options = "--connect {endpoints} --gateway {gateway} --robot amr-000 --at 2.5,2.5,0 --map hall --state {state}"
    return GatewayProgram(name, (*command, *options.split()))
