"""What `futurepark robots` or `futurepark twin` was told, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet.errors import SettingError
from robots.gateways.keys import Key, load_key, load_public_key

_NUMBERED: Final = re.compile(r"([^\s,:]{0,60}?)([0-9]{1,9})")
_ENDPOINT: Final = re.compile(r"tcp://(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})|ipc://\S+")
_LOOPBACK: Final = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:", "ipc://")


@dataclass(frozen=True, slots=True)
class RobotsSettings:
    """Who is simulated, and whom they talk to.

    world      name or file
    endpoints  of controllers, tried in turn
    serials    of the robots; `skipped` robots of the world come before them: they stand on its first start cells
    gateways   their names; robots are divided evenly, in order
    keys       one for each gateway, and the controller's public key; None: no encryption
    state      file that survives the program; None: nothing does
    faults     file of faults; None for none
    driver     kinematic or twin, see fleet.app.simulated_bodies
    robot_model  a robot model file, empty for the world's own robots
    """

    world: str
    endpoints: tuple[str, ...]
    serials: tuple[str, ...]
    skipped: int
    gateways: tuple[str, ...]
    keys: tuple[tuple[Key, ...], bytes] | None
    seed: int
    state: Path | None
    faults: Path | None
    driver: str = "kinematic"
    robot_model: str = ""

    def robots_of(self, gateway: int) -> range:
        """Rows of the robots of a gateway."""
        n, g = len(self.serials), len(self.gateways)
        return range(gateway * n // g, (gateway + 1) * n // g)


def numbered_names(option: str, first: str | None, stem: str, count: int) -> tuple[tuple[str, ...], int]:
    """Return so many names that count up from the first one, and the number of the first.

    first: None for number 0 of the stem, with 3 digits or as many as are needed. Raises SettingError if it has no
    number at its end, or one that is too short to count on.
    """
    if first is None:
        first = f"{stem}-{0:0{max(3, len(str(count - 1)))}d}"
    found = _NUMBERED.fullmatch(first)
    if found is None:
        raise SettingError(option, f"{first!r} does not end in a number", f"write it like {stem}-000")
    number, digits = int(found[2]), len(found[2])
    if len(str(number + count - 1)) > digits:
        raise SettingError(option, f"{first!r} has too few digits for {count}", f"write it like {stem}-0000")
    return tuple(f"{found[1]}{number + k:0{digits}d}" for k in range(count)), number


def check_endpoints(text: str) -> tuple[str, ...]:
    """Return the endpoints of a list with commas. Raises SettingError if it is empty, or one can be none."""
    endpoints = tuple(part.strip() for part in text.split(","))
    for endpoint in endpoints:
        found = _ENDPOINT.fullmatch(endpoint)
        if found is None or (found[1] and not 0 < int(found[1]) < 65536):
            raise SettingError("--connect", f"{endpoint!r} is no endpoint", "write it like tcp://10.0.0.5:7100")
    return endpoints


def load_keys(
    directory: Path | None, server_key: Path | None, gateways: tuple[str, ...], endpoints: tuple[str, ...]
) -> tuple[tuple[Key, ...], bytes] | None:
    """Return the gateways' keys and the controller's. Raises SettingError where there are none and must be."""
    if directory is None and server_key is None:
        if all(endpoint.startswith(_LOOPBACK) for endpoint in endpoints):
            return None
        raise SettingError("--keys", "is left out", "give keys: only on this machine robots may do without")
    if directory is None or server_key is None:
        given, missing = ("--keys", "--server-key") if server_key is None else ("--server-key", "--keys")
        raise SettingError(missing, f"goes with {given}", "give both or none")
    keys = tuple(load_key(directory / f"{name}.key_secret") for name in gateways)
    return keys, load_public_key(server_key)
