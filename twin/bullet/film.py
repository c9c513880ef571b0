"""Pictures and films of a floor as files. A file is whole or not there: written under another name, then renamed."""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import Any, Final

from fleet.whole_file import whole_file
from robots.errors import InputError
from robots.truth import FloorTruth
from sim_worlds.world import World
from twin.bullet.camera import OVERVIEW, find_camera
from twin.bullet.scene import SIZE, Picture, Scene

# How Pillow writes films, by the suffix of the file. None of the dependencies writes MP4.
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    ".webp": {"format": "WEBP", "quality": 80},
    ".gif": {"format": "GIF", "optimize": False},
}
_COLOURS: Final = 64  # of a frame: floors have few, and 8 bits a pixel are kept until the film is whole
_EPS_S: Final = 1e-6


def check_png(path: Path) -> None:
    """Raise InputError if that is no name of a PNG, or there is no such folder."""
    if path.suffix.lower() != ".png":
        raise InputError(str(path), "is no name of a PNG", "give one that ends in .png")
    _check_folder(path)


def write_png(path: Path, image: Picture) -> None:
    """Write a picture, uint8 (height, width, 3), as a PNG. Raises InputError if it cannot be written there."""
    from PIL import Image

    check_png(path)
    with whole_file(path, InputError) as unfinished:
        Image.fromarray(image).save(unfinished, format="PNG")


class Film:
    """A film of a run by one camera, drawn while it runs and written at its end.

    path     where to; .webp or .gif
    camera   see twin.bullet.camera
    speed    simulated seconds a second of the film
    frames_per_s  pictures a second of the film; one is drawn each `speed / frames_per_s` simulated seconds

    Raises InputError for another suffix, a folder or camera that there is not, or an impossible number. `add` takes
    50 ms when a picture is due; memory grows by a byte a pixel and picture until `close` writes the file, or `drop`
    gives it up.
    """

    def __init__(
        self,
        path: Path,
        world: World,
        robots: int,
        *,
        camera: str = OVERVIEW,
        speed: float = 1.0,
        frames_per_s: float = 10.0,
        size: tuple[int, int] = SIZE,
    ) -> None:
        if path.suffix.lower() not in _FORMATS:
            raise InputError(str(path), "films of that kind cannot be written", f"use {' or '.join(_FORMATS)}")
        _check_folder(path)
        for name, value in (("--film-speed", speed), ("--film-rate", frames_per_s)):
            if not (value > 0 and isfinite(value)):
                raise InputError(name, f"is {value}", "give a number greater than zero")
        self._path = path
        self._camera = find_camera(world, camera, robots)
        self._size = size
        self._frame_ms = 1000.0 / frames_per_s
        self._every_s = speed / frames_per_s
        self._due_s = float("-inf")
        self._frames: list[Any] = []
        self._scene = Scene(world, robots)

    def add(self, truth: FloorTruth) -> None:
        """Take a picture if one is due."""
        from PIL import Image

        if truth.time_s < self._due_s - _EPS_S:
            return
        behind = truth.time_s - self._due_s
        self._due_s = (self._due_s if behind < self._every_s else truth.time_s) + self._every_s
        self._scene.show(truth)
        seen = Image.fromarray(self._scene.picture(self._camera, truth, self._size))
        self._frames.append(seen.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))

    def close(self) -> None:
        """Write the film, if any picture was taken. May be called twice. Raises InputError if it cannot be written."""
        self._scene.close()
        frames, self._frames = self._frames, []
        if not frames:
            return
        kind = _FORMATS[self._path.suffix.lower()]
        with whole_file(self._path, InputError) as unfinished:
            frames[0].save(
                unfinished,
                save_all=True,
                append_images=(frame for frame in frames[1:]),
                duration=round(self._frame_ms),
                loop=0,
                **kind,
            )

    def drop(self) -> None:
        """Give the film up: nothing is written."""
        self._frames = []
        self._scene.close()


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise InputError(str(path), "cannot be written: there is no such folder", "choose another place")
