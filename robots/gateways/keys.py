"""CURVE keys and their files, in the format of zmq.auth: NAME.key for everybody, NAME.key_secret for its owner alone.

Keys are Z85 text of 40 bytes (ZeroMQ RFC 32), which ZeroMQ's own options take.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import zmq
from zmq.utils import z85

from robots.errors import KeyFileError
from robots.gateways.owned_file import PUBLIC_MODE, SECRET_MODE, create_file, make_folder, read_owned

NAME_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
Z85_PATTERN: Final = r"^[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}\Z"
_FIELD: Final = re.compile(r"""\s+([\w-]+)\s*=\s*"?(.*?)"?\s*\Z""")
_PUBLIC_FILE: Final = """\
#   ZeroMQ CURVE Public Certificate
#   Exchange securely, or use a secure mechanism to verify the contents of this file after exchange.

metadata
curve
    public-key = "{public}"
"""
_KEY_FILE: Final = """\
#   ZeroMQ CURVE **Secret** Certificate
#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.

metadata
curve
    public-key = "{public}"
    secret-key = "{secret}"
"""


@dataclass(frozen=True, slots=True)
class Key:
    """Both halves of a key; the secret one is kept out of messages and logs."""

    public: bytes
    secret: bytes = field(repr=False)


def new_key(directory: Path, name: str) -> Path:
    """Make a key in a folder of mode 0700, which is made if need be; return the secret file, of mode 0600.

    Raises KeyFileError if there is a key of that name, or the name or folder will not do; nothing is left then.
    """
    if not re.match(NAME_PATTERN, name):
        problem = f"{name!r} cannot be the name of a key"
        raise KeyFileError(str(directory), problem, "use up to 64 letters, digits, dots, dashes and underscores")
    make_folder(directory)
    public, secret = (half.decode() for half in zmq.curve_keypair())
    secret_file, public_file = directory / f"{name}.key_secret", directory / f"{name}.key"
    create_file(secret_file, _KEY_FILE.format(public=public, secret=secret), SECRET_MODE)
    try:
        create_file(public_file, _PUBLIC_FILE.format(public=public), PUBLIC_MODE)
    except BaseException:
        secret_file.unlink()
        raise
    return secret_file


def load_key(path: Path) -> Key:
    """Return the key in a secret file. Raises KeyFileError if it is malformed, or open to others than its owner."""
    found = _read(path, secret=True)
    if "secret-key" not in found:
        raise KeyFileError(str(path), "has no secret key", "name the file that ends in .key_secret")
    key = Key(found["public-key"].encode(), found["secret-key"].encode())
    if zmq.curve_public(key.secret) != key.public:
        raise KeyFileError(str(path), "its public key is not that of its secret key", "make a new key")
    return key


def load_public_key(path: Path) -> bytes:
    """Return the key in a public file. Raises KeyFileError; for a secret file too, which has no business elsewhere."""
    found = _read(path, secret=False)
    if "secret-key" in found:
        raise KeyFileError(str(path), "is a secret key", "name the file that ends in .key, and keep this one at home")
    return found["public-key"].encode()


def is_key(text: str) -> bool:
    """Whether a text is a key: Z85 of 32 bytes."""
    if not re.match(Z85_PATTERN, text):
        return False
    try:
        z85.decode(text)
    except struct.error:  # five characters can say more than four bytes hold
        return False
    return True


def _read(path: Path, *, secret: bool) -> dict[str, str]:
    """Return the fields `public-key` and, if there is one, `secret-key` of a certificate; others are passed over."""
    text = read_owned(path, "key file", "make a key with `futurepark keys new`", secret=secret)
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        where = f"{path}, line {number}"
        entry = _FIELD.match(line)
        if entry is None:
            if line.strip() not in {"", "metadata", "curve"} and not line.startswith("#"):
                raise KeyFileError(where, "is no line of a key file", "make a key with `futurepark keys new`")
        elif entry[1] in {"public-key", "secret-key"}:
            if entry[1] in found or not is_key(entry[2]):
                problem = "is there twice" if entry[1] in found else "is no key of 40 characters"
                raise KeyFileError(where, f"{entry[1]} {problem}", "make a key with `futurepark keys new`")
            found[entry[1]] = entry[2]
    if "public-key" not in found:
        raise KeyFileError(str(path), "has no public key", "make a key with `futurepark keys new`")
    return found
