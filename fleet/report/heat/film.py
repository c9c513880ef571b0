"""The heatmap of a run as a film: one picture for each part of the time, MP4 or GIF."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from fleet.errors import SettingError
from fleet.report.heat.congestion import Window
from fleet.report.heat.floor_picture import clock, shown_values
from fleet.report.heat.map_layer import MapLayer
from fleet.report.heat.map_sheet import MapSheet
from fleet.report.heat.map_values import change
from fleet.report.round_times import ROUND_TIMES_S
from fleet.whole_file import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleet.report.heat.floor_picture import FloorPicture, PicturedRun
    from fleet.report.heat.map_values import MapValues
    from robots.arrays import UInt8
    from sim_worlds.world import World

FILM_FORMATS: Final = (".mp4", ".gif")
# Pictures a second, how many there are if nobody says, and how many there may be: nearly seven minutes of film.
PICTURES_A_SECOND: Final = 5
_PICTURES, _MOST_PICTURES = 60, 2000
_DPI: Final = 90
_COLOURS: Final = 128


@dataclass(frozen=True, slots=True)
class Film:
    """A metric of a run, or what it changed since another one, part by part of the run's window.

    Raises SettingError if a part has no step of the run, or there are too many parts.

    every_s  seconds of the run in each picture, one after the other; a rest at the end that is shorter is left out
    """

    run: PicturedRun
    metric: str
    every_s: float
    against: PicturedRun | None = None

    def __post_init__(self) -> None:
        from_s, to_s = self.run.span_s
        parts = int((to_s - from_s) / self.every_s + 1e-9)
        if self.every_s < self.run.trace.step_s or parts < 1:
            problem = f"{self.every_s:g} s is not between a step, {self.run.trace.step_s:g} s, and {to_s - from_s:g} s"
            raise SettingError("--every", problem, "choose a time between")
        if parts > _MOST_PICTURES:
            problem = f"{self.every_s:g} s makes {parts:,} pictures, more than {_MOST_PICTURES:,}"
            raise SettingError("--every", problem, f"use {ceil((to_s - from_s) / _MOST_PICTURES)}s or more")

    def windows(self) -> list[Window]:
        """Return the parts of the run, one a picture."""
        from_s, to_s = self.run.span_s
        parts = int((to_s - from_s) / self.every_s + 1e-9)
        return [Window(from_s + part * self.every_s, from_s + (part + 1) * self.every_s) for part in range(parts)]

    def shown(self, window: Window) -> MapValues:
        """Return the numbers of a part."""
        here = shown_values(replace(self.run, window=window), self.metric)
        if self.against is None:
            return here
        return change(here, shown_values(replace(self.against, window=window), self.metric))


def default_every(run: PicturedRun) -> float:
    """Return a round number of seconds of a run for each picture, no less than a step, so that there are at most 60."""
    from_s, to_s = run.span_s
    least_s = max(run.trace.step_s, (to_s - from_s) / _PICTURES)
    return float(next((every for every in ROUND_TIMES_S if least_s <= every <= to_s - from_s), to_s - from_s))


def save_film(path: Path, film: Film, told: FloorPicture, world: World) -> None:
    """Draw a film into a file whose ending says the format; `told` is the picture of the whole window.

    Raises SettingError if the file cannot be written, its ending is that of no film, or the package for MP4 is missing.
    """
    ending = path.suffix.lower()
    if ending not in FILM_FORMATS:
        raise SettingError(str(path), "is no film file", f"end its name in {' or '.join(FILM_FORMATS)}")
    write = _write_mp4 if ending == ".mp4" else _write_gif
    with whole_file(path, SettingError) as partial:
        write(partial, _pictures(film, told, world))


def _pictures(film: Film, told: FloorPicture, world: World) -> Iterator[UInt8]:
    """Pictures one after the other, uint8 (height, width, 3), sides even, as video codecs want them.

    Everything that stays the same is drawn once; for each picture the layer of numbers and what is above it.
    """
    windows = film.windows()
    top = max(film.shown(window).top() for window in windows)
    sheet = MapSheet(world, told.shown.title, told.facts)
    sheet.figure.set_dpi(_DPI)
    canvas: Any = FigureCanvasAgg(sheet.figure)  # its methods have no types
    layer = MapLayer(sheet.axes, film.shown(windows[0]), top)
    sheet.colour_bar(layer.drawn, told.shown.unit, beyond="both" if told.shown.signed else "max")
    sheet.list_spots(told.heading, told.explained, told.spots)
    time = sheet.axes.text(1.0, 1.01, "", transform=sheet.axes.transAxes, ha="right", va="bottom", fontsize=12)
    changing = [layer.drawn, *sheet.marks, time]
    for artist in changing:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(sheet.figure.bbox)
    for window in windows:
        layer.show(film.shown(window).values)
        time.set_text(f"{clock(window.from_s)} to {clock(window.to_s)}")
        canvas.restore_region(still)
        for artist in changing:
            sheet.axes.draw_artist(artist)
        picture = np.asarray(canvas.buffer_rgba())
        high, wide = picture.shape[0] // 2 * 2, picture.shape[1] // 2 * 2
        yield picture[:high, :wide, :3].copy()


def _write_mp4(path: Path, pictures: Iterator[UInt8]) -> None:
    """H.264 with the colours that every player shows."""
    try:
        import av
    except ImportError:
        raise SettingError(
            str(path), "MP4 needs the package av", "install futurepark[video], or write a .gif"
        ) from None
    first = next(pictures)
    with av.open(str(path), "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=PICTURES_A_SECOND)
        stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in chain([first], pictures):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def _write_gif(path: Path, pictures: Iterator[UInt8]) -> None:
    """All pictures with the palette of the last one, which has seen the most, so that still parts stay still."""
    from PIL import Image

    frames = [Image.fromarray(picture) for picture in pictures]
    palette = frames[-1].quantize(_COLOURS)
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    shown_ms = 1000 // PICTURES_A_SECOND
    indexed[0].save(path, format="GIF", save_all=True, append_images=indexed[1:], duration=shown_ms, loop=0)
