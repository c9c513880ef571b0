"""Where a server of ours is to listen: HOST:PORT."""

from __future__ import annotations

import socket
from typing import NamedTuple

from fleet.errors import SettingError


class Place(NamedTuple):
    """What a socket is made of that listens at a host and port, and what it is bound to."""

    family: socket.AddressFamily
    kind: socket.SocketKind
    address: tuple[str | int | bytes, ...]


def address_of(text: str, option: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT; raises SettingError if it is none."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SettingError(option, f"{text!r} is no address", "give HOST:PORT, such as 127.0.0.1:8080")
    return host, int(port)


def place_of(host: str, port: int, option: str) -> Place:
    """Return where a host and a port are; raises SettingError for a host that is nowhere."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # A name that no network could have is refused by Python itself.
    except (OSError, UnicodeError) as failure:
        problem = f"{host} cannot be used: {getattr(failure, 'strerror', None) or failure}"
        raise SettingError(option, problem, "name an address of this machine") from None
    return Place(family, kind, address)


def free_address(text: str, option: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT, a free port for port 0; raises SettingError if it is none, or taken."""
    host, port = address_of(text, option)
    family, kind, address = place_of(host, port, option)
    try:
        with socket.socket(family, kind) as probe:
            # As the server does: connections that are just ending do not keep an address taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return host, int(probe.getsockname()[1])
    except OSError as failure:
        problem = f"{text} cannot be used: {failure.strerror or failure}"
        raise SettingError(option, problem, "name an address of this machine that nobody uses") from None
