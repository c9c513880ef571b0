"""A file that is written whole or not at all."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from robots.errors import InputError


@contextmanager
def whole_file(path: Path, error: type[InputError]) -> Iterator[Path]:
    """Give a temporary name in the folder of `path`, which is renamed at the end; what goes wrong leaves nothing of it.

    Raises `error` if the folder is missing or cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as failure:
        problem = f"cannot be written: {failure.strerror or failure}"
        raise error(str(path), problem, "choose another file or folder") from None
    finally:
        partial.unlink(missing_ok=True)
