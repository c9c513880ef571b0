"""Files that only their owner may change: keys and the allow-list. Whoever can write them can pass for anybody.

A file, and the folder that it stands in, must belong to the user of this process or to root, and no other may write
there; a secret no other may read. A link is as good as what it leads to.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from robots.errors import KeyFileError

SECRET_MODE: Final = 0o600
PUBLIC_MODE: Final = 0o644
FOLDER_MODE: Final = 0o700
_MAX_BYTES: Final = 4 * 2**20


def read_owned(path: Path, what: str, remedy: str, *, secret: bool = False) -> str:
    """Return the text of such a file, at most 4 MiB.

    what: names it in messages ("key file"); remedy: what to do if there is none. Raises KeyFileError.
    """
    try:
        # A pipe must not hold us up: it is opened, and refused.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise KeyFileError(str(path), f"there is no such {what}", remedy) from None
    except OSError as failure:
        raise KeyFileError(str(path), f"cannot be read: {failure.strerror}", "check its owner and mode") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise KeyFileError(str(path), f"is no file, let alone a {what}", "check the path")
        check_owned(path, found, 0o077 if secret else 0o022)
        for folder in {path.parent, path.resolve().parent}:
            check_owned(folder, folder.stat(), 0o022)
        raw = os.read(descriptor, _MAX_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(raw) > _MAX_BYTES:
        raise KeyFileError(str(path), f"is longer than any {what}", "check the path")
    try:
        return raw.decode()
    except UnicodeDecodeError as failure:
        line = raw.count(b"\n", 0, failure.start) + 1
        raise KeyFileError(f"{path}, line {line}", "is not UTF-8 text", "check the file") from None


def check_owned(path: Path, found: os.stat_result, forbidden: int) -> None:
    """Raise KeyFileError if a file or folder is another user's, or has one of the forbidden mode bits."""
    if found.st_uid not in {os.geteuid(), 0}:
        problem = f"belongs to user {found.st_uid}, this runs as user {os.geteuid()}"
        raise KeyFileError(str(path), problem, "run this as its owner, or change the owner with `chown`")
    mode = stat.S_IMODE(found.st_mode)
    # In a folder like /tmp (sticky) nobody may replace what is another's.
    if mode & forbidden and not (stat.S_ISDIR(found.st_mode) and mode & stat.S_ISVTX):
        may = "read or change" if forbidden & 0o044 else "change"
        raise KeyFileError(str(path), f"others may {may} it (mode {mode:04o})", f"run `chmod go-{_letters(forbidden)}`")


def make_folder(folder: Path) -> None:
    """Make a folder that is its owner's alone, or check one that is there. Raises KeyFileError."""
    try:
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    except OSError as failure:
        raise KeyFileError(str(folder), f"cannot be made: {failure.strerror}", "choose another folder") from None
    check_owned(folder, folder.stat(), 0o022)


def create_file(path: Path, text: str, mode: int) -> None:
    """Write a new file that has its mode from the first byte on, and wait until it is on the disk.

    Raises KeyFileError if there is one of that name or it cannot be made; OSError if the disk fails, and then leaves
    no file.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise KeyFileError(str(path), "is there already", "choose another name") from None
    except PermissionError as failure:
        raise KeyFileError(str(path), f"cannot be made: {failure.strerror}", "choose another folder") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        sync_folder(path.parent)
    except BaseException:
        path.unlink()
        raise


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _letters(bits: int) -> str:
    return "rwx" if bits & 0o055 else "w"
