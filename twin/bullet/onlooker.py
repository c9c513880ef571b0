"""What people want to see of a run: a picture at its end, a film, a window while it runs."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from robots.errors import InputError
from robots.truth import FloorTruth
from sim_worlds.world import World
from twin.bullet.camera import OVERVIEW, find_camera
from twin.bullet.film import Film, check_png, write_png
from twin.bullet.scene import Scene


class Onlooker:
    """Looks at a floor by one camera for as long as it runs; everything that can be refused is refused at once.

    camera  a name, see twin.bullet.camera; None for the overview
    png     where the picture of the end goes
    film, film_speed  see twin.bullet.film.Film
    window  shows the run in Bullet's window

    Raises InputError for a camera that there is not or that has nothing to look for, a file that is no picture or film,
    and, as BulletError, where there is no PyBullet or no display.
    """

    def __init__(
        self,
        world: World,
        robots: int,
        *,
        camera: str | None = None,
        png: Path | None = None,
        film: Path | None = None,
        film_speed: float = 1.0,
        window: bool = False,
    ) -> None:
        if camera is not None and png is None and film is None and not window:
            raise InputError("--camera", "takes no picture by itself", "use it with --png, --film or --gui")
        self._camera = find_camera(world, camera or OVERVIEW, robots)
        if png is not None:
            check_png(png)
        self._png = png
        with ExitStack() as made:
            self._film: Film | None = None
            if film is not None:
                self._film = Film(film, world, robots, camera=self._camera.name, speed=film_speed)
                made.callback(self._film.drop)
            self._scene = Scene(world, robots, window=window) if png is not None or window else None
            made.pop_all()
        self._window = self._scene if window else None
        self._placed = False  # afterwards the mouse moves the window's camera, unless that follows a robot

    def see(self, truth: FloorTruth) -> None:
        """Look at the floor after a tick."""
        if self._film is not None:
            self._film.add(truth)
        if self._window is not None and self._window.is_open:
            self._window.show(truth)
            if self._camera.robot >= 0 or not self._placed:
                self._placed = True
                self._window.look_from(self._camera, truth)

    def close(self, truth: FloorTruth | None) -> None:
        """Write what is to be written; truth: the floor at the end, None if the run has failed: then nothing is."""
        if self._film is not None:
            if truth is None:
                self._film.drop()
            self._film.close()
        if self._scene is not None:
            if self._png is not None and truth is not None:
                self._scene.show(truth)
                write_png(self._png, self._scene.picture(self._camera, truth))
            self._scene.close()
