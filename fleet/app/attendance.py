"""What goes on beside a simulated run: a recording, a camera that looks, and Bullet that simulates some robots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fleet.errors import SettingError
from fleet.runtime.config import RunConfig
from robots.truth import FloorTruth
from sim_worlds.world import World
from twin.cells.served_fleet import ServedFleet
from twin.physics.body_model import BodyModel
from twin.physics.host import BodyHost
from twin.recording.recording import Recording
from twin.recording.trace_parts import TraceHeader
from twin.recording.trace_writer import TraceWriter
from twin.simulated_fleet import SimulatedFleet

_NEAR: Final = "near:"


@dataclass(frozen=True, slots=True)
class Attendance:
    """What people want beside the run itself; options of `futurepark run`, not settings of the run.

    record  file for a trace, see twin.recording
    camera, png, film, film_speed, gui  see twin.bullet.onlooker
    bullet  robots that Bullet simulates: their numbers, with commas, or near:STATION; empty for none
    cell_processes  in which work cells run, beside the fleet; 0 for the process of the fleet

    Raises SettingError for options that do not go together.
    """

    record: Path | None = None
    camera: str | None = None
    png: Path | None = None
    film: Path | None = None
    film_speed: float = 1.0
    gui: bool = False
    bullet: str = ""
    cell_processes: int = 0

    def __post_init__(self) -> None:
        if self.film_speed != 1.0 and self.film is None:
            raise SettingError("--film-speed", f"is {self.film_speed:g}, and there is no film", "use it with --film")
        if self.bullet and self.record is not None:
            problem = "cannot be replayed with robots that Bullet simulates"
            raise SettingError("--record", problem, "leave out --record or --bullet")

    @property
    def looks(self) -> bool:
        """Whether a camera is wanted."""
        return bool(self.camera or self.png or self.film or self.gui)

    def refuse(self, where: str) -> None:
        """Raise SettingError for the first thing wanted, where robots do not really drive."""
        wanted = {
            "--record": self.record,
            "--camera": self.camera,
            "--png": self.png,
            "--film": self.film,
            "--gui": self.gui,
            "--bullet": self.bullet,
        }
        for option, value in wanted.items():
            if value:
                remedy = "use it with --driver twin" if option == "--bullet" else "use it with --execution grants"
                raise SettingError(option, f"is not possible with {where}", remedy)


NOBODY: Final = Attendance()


def chosen_robots(text: str, world: World, robots: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the robots that `--bullet` names, and the cells around which it wants all robots; one of them is empty.

    Raises SettingError for a robot or a station that there is not.
    """
    if text.startswith(_NEAR):
        name = text.removeprefix(_NEAR)
        for station in world.stations:
            if station.name == name:
                return (), station.docks
        names = ", ".join(station.name for station in world.stations[:8])
        raise SettingError("--bullet", f"there is no station {name!r}", f"stations are {names}, ...")
    try:
        rows = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise SettingError("--bullet", f"is {text!r}", "give robots like 3,17 or near:STATION") from None
    for row in rows:
        if not 0 <= row < robots:
            raise SettingError("--bullet", f"there is no robot {row}", f"robots are 0 to {robots - 1}")
    return rows, ()


class Attendants:
    """Those who attend a run, from when it is wired until it is over; a context.

    Left with an error, films and pictures are not written and a recording keeps its temporary name.
    """

    def __init__(self, wanted: Attendance = NOBODY) -> None:
        self._wanted = wanted
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def refuse(self, where: str) -> None:
        """Raise SettingError for the first thing wanted, where robots do not really drive."""
        self._wanted.refuse(where)

    def host(self, config: RunConfig, world: World, robots: int, body: BodyModel) -> BodyHost | None:
        """Return Bullet for the robots that it is to simulate; None if there are none. Raises InputErrors."""
        if not self._wanted.bullet:
            return None
        if config.driver != "twin":
            raise SettingError("--bullet", "needs robots with bodies", "use it with --driver twin")
        chosen_robots(self._wanted.bullet, world, robots)
        from twin.bullet.host import BulletHost
        from twin.physics.chassis import substep_s

        host = BulletHost(robots, world.robot, body, world.layout, world.cell_m, dt=substep_s(config.grants.tick_s))
        return self._stack.enter_context(host)

    @property
    def cell_processes(self) -> int:
        """In how many processes work cells are to run, 0 for this one."""
        return self._wanted.cell_processes

    def watchers(self, fleet: SimulatedFleet, world: World, robots: int) -> tuple[Callable[[FloorTruth], None], ...]:
        """Return who looks at the floor after each tick. Raises InputErrors for cameras and displays that are not."""
        return (*self._hand_over(fleet, world, robots), *self._look(fleet, world, robots))

    def recorded(self, fleet: SimulatedFleet, header: Callable[[], TraceHeader]) -> SimulatedFleet | Recording:
        """Return the fleet, with who records it; header: of a trace of this run. Raises InputErrors for the file.

        The last to be asked for: what a killed run has left in the file, a recording replaces.
        """
        if self._wanted.record is None:
            return fleet
        writer = TraceWriter(self._wanted.record)
        self._stack.callback(writer.close)
        return Recording(fleet, writer, header())

    def closing(self, fleet: ServedFleet) -> ServedFleet:
        """Return a fleet whose work cells are let go of when the run is over, however it ends."""
        self._stack.callback(fleet.close)
        return fleet

    def _hand_over(self, fleet: SimulatedFleet, world: World, robots: int) -> Iterator[Callable[[FloorTruth], None]]:
        """Yield who hands robots over to Bullet."""
        if self._wanted.bullet:
            from twin.bullet.handover import Handover
            from twin.physics.wheeled import Wheeled

            rows, cells = chosen_robots(self._wanted.bullet, world, robots)
            places = [divmod(cell, world.layout.width) for cell in cells]
            middles = [((column + 0.5) * world.cell_m, (row + 0.5) * world.cell_m) for row, column in places]
            if isinstance(fleet.bodies, Wheeled):
                yield Handover(fleet.bodies, rows, middles).follow

    def _look(self, fleet: SimulatedFleet, world: World, robots: int) -> Iterator[Callable[[FloorTruth], None]]:
        """Yield who looks by a camera."""
        wanted = self._wanted
        if not wanted.looks:
            return
        from twin.bullet.onlooker import Onlooker

        onlooker = Onlooker(
            world,
            robots,
            camera=wanted.camera,
            png=wanted.png,
            film=wanted.film,
            film_speed=wanted.film_speed,
            window=wanted.gui,
        )

        def close(kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
            onlooker.close(fleet.truth() if kind is None else None)

        self._stack.push(close)
        yield onlooker.see
