"""The allow-list: who may connect with which key, as what, and for which robots. A TOML file, one table a peer.

    [[peer]]
    name = "gw-1"
    public_key = "..."          Z85, 40 characters
    role = "gateway"            or "operator", "viewer"
    robots = ["amr-000"]        of a gateway, and of no other
    revoked = false

A name and a key belong together for ever: who gets a new key gets a new name, so that whoever is connected as that name
has that key.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from robots.errors import KeyFileError
from robots.gateways.keys import NAME_PATTERN, is_key
from robots.gateways.owned_file import read_owned

FILE_NAME: Final = "allowed.toml"
Role = Literal["gateway", "operator", "viewer"]
Serial = Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f,:]{1,64}\Z")]
_REMEDY: Final = "allow a peer with `futurepark keys allow`"
_TABLE: Final = re.compile(r"^[ \t]*\[\[[ \t]*peer[ \t]*\]\]", re.MULTILINE)
_PLACE: Final = re.compile(r" - at `\$(?:\.peer\[(\d+)\])?\.?(.*)`$")


class Peer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may connect; `name` is the User-Id of its messages, `public_key` is Z85. A revoked peer may not."""

    name: Annotated[str, Meta(pattern=NAME_PATTERN)]
    public_key: str
    role: Role
    robots: tuple[Serial, ...] = ()
    revoked: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    peer: tuple[Peer, ...] = ()


class AllowList:
    """The allow-list as it was last good. Reading it is safe from any thread while one thread refreshes it.

    Raises KeyFileError if the file cannot be trusted or understood.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._signature = _signature(path)
        self._listed = _Listed(read_peers(path))

    @property
    def peers(self) -> tuple[Peer, ...]:
        """All peers in the order of the file, revoked ones too."""
        return self._listed.peers

    def peer(self, name: str) -> Peer | None:
        """Return the peer of a name, revoked or not."""
        return self._listed.by_name.get(name)

    def owner(self, public_key: str) -> Peer | None:
        """Return the peer that a key (Z85) belongs to, revoked or not."""
        return self._listed.by_key.get(public_key)

    def refresh(self) -> bool:
        """Read the file again if it changed; return whether it did. A few microseconds if it did not.

        Raises KeyFileError, once for each change, if it cannot be used as it is now; what was read before stays valid.
        """
        signature = _signature(self._path)
        if signature == self._signature:
            return False
        self._signature = signature
        peers = read_peers(self._path)
        for peer in peers:
            before = self.peer(peer.name)
            if before is not None and before.public_key != peer.public_key:
                problem = f"peer {peer.name} has another key than before"
                raise KeyFileError(str(self._path), problem, "revoke the peer and allow the new key under a new name")
        self._listed = _Listed(peers)
        return True


class _Listed:
    """Peers and their indices: replaced as one, so that no thread sees half of a change."""

    def __init__(self, peers: tuple[Peer, ...]) -> None:
        self.peers = peers
        self.by_name = {peer.name: peer for peer in peers}
        self.by_key = {peer.public_key: peer for peer in peers}


def read_peers(path: Path) -> tuple[Peer, ...]:
    """Return the peers of a file in its order. Raises KeyFileError, with the line where there is one."""
    return parse_peers(read_owned(path, "allow-list", _REMEDY), str(path))


def parse_peers(text: str, where: str) -> tuple[Peer, ...]:
    """Return the peers of an allow-list's text; `where` names it in messages. Raises KeyFileError."""
    try:
        peers = msgspec.convert(tomllib.loads(text), _File).peer
    except tomllib.TOMLDecodeError as error:
        raise KeyFileError(where, f"is no TOML: {error}", "correct the line") from None
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        row, name = (place[1], place[2]) if place else (None, "")
        at = _place(text, where, None if row is None else int(row), name)
        raise KeyFileError(at, str(error).partition(" - at ")[0], "correct the entry") from None
    _check(peers, text, where)
    return peers


def _check(peers: tuple[Peer, ...], text: str, where: str) -> None:
    """Check what concerns more than one value: nothing may belong to two peers."""
    names: dict[str, str] = {}
    keys: dict[str, str] = {}
    robots: dict[str, str] = {}
    for row, peer in enumerate(peers):
        if not is_key(peer.public_key):
            raise KeyFileError(_place(text, where, row, "public_key"), "is no key of 40 characters", "copy it whole")
        if (peer.role == "gateway") != bool(peer.robots):
            problem = f"a {peer.role} speaks for {'some robot' if peer.role == 'gateway' else 'no robots'}"
            raise KeyFileError(_place(text, where, row, "robots"), problem, "correct the role or the robots")
        # A revoked gateway's robots may have been given to another one.
        speaks_for = () if peer.revoked else peer.robots
        for kind, values, owners in (
            ("name", (peer.name,), names),
            ("public_key", (peer.public_key,), keys),
            ("robots", speaks_for, robots),
        ):
            for value in values:
                if value in owners:
                    problem = f"{value} belongs to peer {owners[value]} already"
                    raise KeyFileError(_place(text, where, row, kind), problem, "remove one of them")
                owners[value] = peer.name


def _place(text: str, where: str, row: int | None, name: str) -> str:
    """Name a place: the file, the line where table number `row` begins, the key in it."""
    starts = [match.start() for match in _TABLE.finditer(text)]
    line = "" if row is None or row >= len(starts) else f", line {text.count(chr(10), 0, starts[row]) + 1}"
    return f"{where}{line}{f', key {name}' if name else ''}"


def _signature(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written or replaced; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
