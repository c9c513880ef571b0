"""Sockets of the API and the feed, with their limits and keys set before they are bound or connected."""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import zmq

from fleet.errors import SettingError
from robots.gateways.keys import Key, load_key, load_public_key

CONTROLLER: Final = "controller"
_HANDSHAKE_MS: Final = 2000
_LINGER_MS: Final = 500
_REMEDY: Final = "give tcp://HOST:PORT or ipc://PATH"

Context = zmq.Context[zmq.Socket[bytes]]
Socket = zmq.Socket[bytes]
Options = Mapping[zmq.SocketOption, int]
# Makes a socket let in only those whose keys are on the allow-list; see robots.gateways.authenticator.
Guard = Callable[[Socket], None]


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """What a client needs to show who it is, and to know the controller: its key pair, and the controller's half."""

    own: Key
    controller: bytes

    @classmethod
    def load(cls, directory: Path, name: str) -> ClientKeys:
        """Read NAME.key_secret and controller.key in a folder; raises InputError for what is missing or too open."""
        return cls(load_key(directory / f"{name}.key_secret"), load_public_key(directory / f"{CONTROLLER}.key"))


def bind(context: Context, kind: int, endpoint: str, guard: Guard | None, options: Options, option: str) -> Socket:
    """Return a socket that is bound; tcp port 0 takes a free one. `option` names the setting in messages.

    guard: None, for no keys, only for loopback, or ipc in a folder of ours alone. Raises SettingError for an endpoint
    that is none, is taken, or is open to others without keys.
    """
    check_endpoint(endpoint, option)
    if guard is None:
        _check_private(endpoint, option)
    socket = _socket(context, kind, endpoint, options)
    if guard is not None:
        guard(socket)
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as failure:
        socket.close(linger=0)
        problem = f"{endpoint} cannot be bound: {failure.strerror}"
        raise SettingError(option, problem, "name an address of this machine that nobody uses") from None
    return socket


def prepare(context: Context, kind: int, endpoint: str, keys: ClientKeys | None, options: Options) -> Socket:
    """Return a socket that has yet to `connect` to an endpoint; so it can be watched from its first attempt on."""
    socket = _socket(context, kind, endpoint, options)
    if keys is not None:
        socket.curve_serverkey = keys.controller
        socket.curve_secretkey = keys.own.secret
        socket.curve_publickey = keys.own.public
    return socket


def connect(socket: Socket, endpoint: str) -> None:
    """Let a socket connect, now and again whenever it has to. Raises SettingError for what is no endpoint."""
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as failure:
        socket.close(linger=0)
        raise SettingError("--connect", f"{endpoint} is no endpoint: {failure.strerror}", _REMEDY) from None


def check_endpoint(endpoint: str, option: str) -> None:
    """Raise SettingError unless this is tcp://HOST:PORT or ipc://PATH."""
    scheme, _, rest = endpoint.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme == "tcp" and host and port.isdecimal() and int(port) < 65536:
        return
    # A path longer than that fits in no socket address.
    if scheme == "ipc" and 0 < len(rest.encode()) < 108 and "\0" not in rest:
        return
    raise SettingError(option, f"{endpoint!r} is no endpoint", _REMEDY)


def _check_private(endpoint: str, option: str) -> None:
    scheme, _, rest = endpoint.partition("://")
    if scheme == "tcp":
        host = rest.rpartition(":")[0].strip("[]")
        try:
            private = ip_address(host).is_loopback
        except ValueError:
            private = host == "localhost"
        if not private:
            remedy = "give --keys, or bind to 127.0.0.1"
            raise SettingError(option, f"{endpoint} can be reached from other machines, without keys", remedy)
        return
    folder = Path(rest).parent
    try:
        mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as failure:
        raise SettingError(option, f"there is no folder {folder}: {failure.strerror}", "make it first") from None
    if mode & 0o077:
        remedy = f"give --keys, or close the folder: chmod 700 {folder}"
        raise SettingError(option, f"{folder} has mode {mode:04o}: others could use the API, without keys", remedy)


def _socket(context: Context, kind: int, endpoint: str, options: Options) -> Socket:
    socket: Socket = context.socket(kind)
    common: Options = {zmq.LINGER: _LINGER_MS, zmq.HANDSHAKE_IVL: _HANDSHAKE_MS, zmq.IPV6: int("[" in endpoint)}
    for name, value in {**common, **options}.items():
        socket.setsockopt(name, value)
    return socket
