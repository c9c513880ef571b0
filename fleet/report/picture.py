"""Writing a figure into a picture file: whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fleet.errors import SettingError
from fleet.whole_file import whole_file

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

PICTURE_FORMATS: Final = (".png", ".svg", ".pdf")
_DPI: Final = 150
# For PNG: a third of the time for a file that is a little larger.
_QUICKLY: Final[dict[str, Any]] = {"pil_kwargs": {"compress_level": 2}}


def save_picture(figure: Figure, path: Path) -> None:
    """Write a figure into a file whose ending says the format, whole or not at all.

    Raises SettingError if the file cannot be written or its ending is not one of PICTURE_FORMATS.
    """
    ending = path.suffix.lower()
    if ending not in PICTURE_FORMATS:
        raise SettingError(str(path), "is no picture file", f"end its name in {', '.join(PICTURE_FORMATS)}")
    with whole_file(path, SettingError) as partial:
        figure.savefig(partial, format=ending[1:], dpi=_DPI, **_QUICKLY if ending == ".png" else {})
