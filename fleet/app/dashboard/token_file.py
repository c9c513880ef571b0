"""Tokens of people and programs that use the HTTP API: a file that keeps their hashes, never themselves."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Final

import msgspec
import tomli_w
from msgspec import Meta

from fleet.app.dashboard.errors import ServerError
from robots.errors import KeyFileError
from robots.gateways.keys import NAME_PATTERN
from robots.gateways.owned_file import SECRET_MODE, create_file, read_owned, sync_folder

_REMEDY: Final = "make tokens with `futurepark token new`"
_TOKEN_BYTES: Final = 32
_MOST_TOKENS: Final = 1000
# Nobody sends so long a token by accident.
_LONGEST: Final = 200


class Role(StrEnum):
    """What a token allows: a viewer reads, an operator acts too."""

    VIEWER = "viewer"
    OPERATOR = "operator"


class Holder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose token it is; sha256: of the token, in hexadecimal."""

    name: Annotated[str, Meta(pattern=NAME_PATTERN)]
    role: Role
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    token: Annotated[tuple[Holder, ...], Meta(max_length=_MOST_TOKENS)] = ()


def read_tokens(path: Path) -> tuple[Holder, ...]:
    """Return the holders in a token file. Raises InputError if it is malformed, or open to others than its owner."""
    try:
        holders = msgspec.toml.decode(read_owned(path, "token file", _REMEDY, secret=True), type=_File).token
    except (msgspec.DecodeError, RecursionError) as failure:
        raise ServerError(str(path), f"is no token file: {failure}", _REMEDY) from None
    if len({holder.name for holder in holders}) != len(holders):
        raise ServerError(str(path), "names somebody twice", "remove one of both")
    return holders


def new_token(path: Path, name: str, role: Role, make: Callable[[], str] = lambda: token_urlsafe(_TOKEN_BYTES)) -> str:
    """Put somebody into a token file, which is made if need be; return the token, which is kept nowhere.

    Raises InputError for a name that is there already or cannot be one, and for a file that will not do.
    """
    if not re.match(NAME_PATTERN, name):
        raise ServerError(
            "NAME", f"{name!r} cannot be a name", "use up to 64 letters, digits, dots, dashes, underscores"
        )
    with _locked(path):
        holders = read_tokens(path) if path.exists() else ()
        if any(holder.name == name for holder in holders):
            raise ServerError(str(path), f"{name} has a token", "revoke it first, or choose another name")
        if len(holders) == _MOST_TOKENS:
            raise ServerError(str(path), f"has {_MOST_TOKENS} tokens", "revoke some")
        token = make()
        _write(path, (*holders, Holder(name, role, _hash(token))))
    return token


def revoke_token(path: Path, name: str) -> None:
    """Take somebody out of a token file. Raises InputError if nobody of that name is in it."""
    read_tokens(path)  # tells of a file that is not there, or bad, before anything is made
    with _locked(path):
        holders = read_tokens(path)
        left = tuple(holder for holder in holders if holder.name != name)
        if len(left) == len(holders):
            raise ServerError(str(path), f"nobody is called {name!r}", "see `futurepark token list`")
        _write(path, left)


class TokenFile:
    """The holders in a file, read again when it has changed.

    A file that has become bad, or open to others, is not used any more: nobody has a token then. `trouble` says why.
    Raises InputError if it is bad from the beginning.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._holders = read_tokens(path)
        self._seen = _stamp(path)
        self.trouble = ""

    def refresh(self) -> None:
        """Read the file again if it has changed."""
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._holders, self.trouble = read_tokens(self._path), ""
        except (ServerError, KeyFileError) as error:
            self._holders, self.trouble = (), f"{error.where}: {error.problem}"

    def holder(self, token: str) -> Holder | None:
        """Return whose token this is; takes the same time whether or not, and for whom, it is right."""
        wanted = _hash(token[:_LONGEST]) if len(token) <= _LONGEST else ""
        found = None
        for holder in self._holders:
            if compare_digest(holder.sha256, wanted):
                found = holder
        return found


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file does, its mode included."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Wait until no other command changes this file. A lock goes when its process does."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path.with_name(f".{path.name}.lock"), flags, SECRET_MODE)
    except OSError as failure:
        raise ServerError(str(path), f"cannot be made: {failure.strerror}", "choose another folder") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, holders: tuple[Holder, ...]) -> None:
    """Replace the file while it is locked."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)  # left by a command that was killed
    create_file(partial, tomli_w.dumps({"token": [msgspec.to_builtins(holder) for holder in holders]}), SECRET_MODE)
    partial.replace(path)
    sync_folder(path.parent)
