"""Changes of the allow-list: one at a time, whole or not at all, whatever other commands do at the same time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import tomli_w

from robots.errors import KeyFileError
from robots.gateways.allow_list import FILE_NAME, Peer, parse_peers, read_peers
from robots.gateways.owned_file import PUBLIC_MODE, SECRET_MODE, create_file, make_folder, sync_folder

_LOCK_NAME: Final = ".allowed.lock"


def allow(directory: Path, *peers: Peer) -> None:
    """Put peers on the allow-list of a folder, or change role and robots of those that are there; all or none.

    Folder and list are made if need be. Raises KeyFileError if the list is bad, or would be: a name keeps its key, a
    revoked name stays revoked, nothing belongs to two peers.
    """
    make_folder(directory)
    path = directory / FILE_NAME
    with _locked(directory):
        allowed = {peer.name: peer for peer in (read_peers(path) if path.exists() else ())}
        for peer in peers:
            before = allowed.get(peer.name)
            if before is not None and (before.revoked or before.public_key != peer.public_key):
                problem = f"peer {peer.name} {'is revoked' if before.revoked else 'has another key'}"
                raise KeyFileError(
                    str(path), problem, "a name keeps its key for ever: allow a new key under a new name"
                )
            allowed[peer.name] = peer
        _write(path, tuple(allowed.values()))


def revoke(directory: Path, name: str) -> bool:
    """Revoke a peer; return whether it was not revoked before. Raises KeyFileError if the list has none of that name.

    It stays on the list, so that its name and key are not used again.
    """
    path = directory / FILE_NAME
    read_peers(path)  # tells of a list that is not there, or bad, before anything is made
    with _locked(directory):
        peers = read_peers(path)
        peer = next((each for each in peers if each.name == name), None)
        if peer is None:
            raise KeyFileError(str(path), f"there is no peer {name!r}", "see `futurepark keys list`")
        revoked = msgspec.structs.replace(peer, revoked=True)
        _write(path, tuple(revoked if each is peer else each for each in peers))
    return not peer.revoked


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Wait until no other command changes this list. A lock goes when its process does."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(directory / _LOCK_NAME, flags, SECRET_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, peers: tuple[Peer, ...]) -> None:
    """Replace the list while it is locked; comments are not kept. Raises KeyFileError if it would be refused."""
    text = tomli_w.dumps({"peer": [msgspec.to_builtins(peer) for peer in peers]})
    parse_peers(text, f"{path} as it would be")
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)  # left by a command that was killed
    create_file(partial, text, PUBLIC_MODE)
    partial.replace(path)
    sync_folder(path.parent)
