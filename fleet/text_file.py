"""Reading and writing whole text files: each way to fail is an InputError with place and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.whole_file import whole_file

if TYPE_CHECKING:
    from pathlib import Path

    from robots.errors import InputError


def read_text(path: Path, error: type[InputError], what: str) -> str:
    """Return the text of a UTF-8 file, with line ends as `\\n`; `what` names it in messages ("map file").

    Raises `error` if the file is missing, a folder, unreadable or not UTF-8 (with the bad byte's line).
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise error(str(path), f"there is no such {what}", "check the path") from None
    except IsADirectoryError:
        raise error(str(path), f"is a folder, not a {what}", "name a file in it") from None
    except OSError as failure:
        raise error(str(path), f"cannot be read: {failure.strerror}", "check the path and its permissions") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = raw.count(b"\n", 0, failure.start) + 1
        problem = f"byte 0x{raw[failure.start]:02x} is not UTF-8 text"
        raise error(f"{path}, line {line}", problem, "save the file as UTF-8") from None
    return text.replace("\r\n", "\n")


def replace_text(path: Path, text: str, error: type[InputError]) -> None:
    """Write a file whole or not at all.

    Raises `error` if the folder is missing or cannot be written.
    """
    with whole_file(path, error) as partial:
        partial.write_bytes(text.encode())
