"""Writing a figure into a picture file: whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from fleet.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

PICTURE_FORMATS: Final = (".png", ".svg", ".pdf")
_DPI: Final = 150
# For PNG: a third of the time for a file that is a little larger.
_QUICKLY: Final[dict[str, Any]] = {"pil_kwargs": {"compress_level": 2}}


def save_picture(figure: Figure, path: Path) -> None:
    """Write a figure into a file whose ending says the format: to a temporary name in its folder, then renamed.

    Raises SettingError if the file cannot be written or its ending is not one of PICTURE_FORMATS.
    """
    ending = path.suffix.lower()
    if ending not in PICTURE_FORMATS:
        raise SettingError(str(path), "is no picture file", f"end its name in {', '.join(PICTURE_FORMATS)}")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        figure.savefig(partial, format=ending[1:], dpi=_DPI, **_QUICKLY if ending == ".png" else {})
        partial.replace(path)
    except OSError as failure:
        partial.unlink(missing_ok=True)
        raise SettingError(str(path), f"cannot be written: {failure.strerror}", "choose another file") from None
