"""What cells with belts and chutes have in common: parcels as bodies, a look around now and then, times of states."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from math import cos, log, sin
from typing import Final

import msgspec
import numpy as np

from robots.errors import InputError
from twin.bullet.frames import Quaternion, Vector
from twin.cells.bullet_cell import BulletCell
from twin.cells.cell_world import BoxState
from twin.cells.driven_box import add_fixed
from twin.cells.line_times import LineTimes
from twin.cells.parcel import Parcel
from twin.cells.stacking import Box
from twin.cells.station_cell import LineState

_LOOK_STEPS: Final = 24
_FLOOR_HALF_M, _FLOOR_M = (10.0, 10.0, 0.5), 0.001
# Of the solver: heaps of thin parcels cost half of what they do with Bullet's 50, and lie as still.
_ITERATIONS: Final = 20
_FRICTION, _FRICTION_SPREAD = 0.5, 0.2  # of parcels: the median, and the spread of its logarithm
_THINNEST_M: Final = 0.003  # of a body: envelopes bulge, and photo-eyes must see them
_ARRIVING, _GRIPPING = 0, 1  # what random numbers are for


class LineThen(msgspec.Struct, frozen=True, array_like=True):
    """What a LineCell remembers besides its world."""

    ticks: int
    times: tuple[int, ...]
    state: LineState
    asleep: bool
    came_in: tuple[int, ...]
    gone: int
    here: list[Parcel]
    attendant: tuple[int, int | None]


class LineCell(BulletCell):
    """A cell that somebody looks at every 0.1 s and then decides what goes on; see StationCell for what methods do.

    seed      of everything random: how parcels come in, how slippery they are, how long an attendant takes
    attend_s  median time until somebody has put right what fell or got stuck, seconds

    Nothing random is drawn in turn: a parcel's numbers follow from the seed and its id.
    """

    def __init__(self, seed: int, attend_s: float) -> None:
        super().__init__(seed, attend_s)
        self._world.client.setPhysicsEngineParameter(numSolverIterations=_ITERATIONS)
        # On top of the world's own floor, see `add_fixed`.
        add_fixed(self._world.client, _FLOOR_HALF_M, 1.0, (0.0, 0.0, _FLOOR_M - _FLOOR_HALF_M[2]))
        self._ticks = 0  # steps that were simulated: what was decided must not depend on idle time
        self._state = LineState.IDLE
        self._asleep = True
        self._came_in: set[int] = set()
        self._gone = 0
        self._here: dict[int, Parcel] = {}

    @property
    def busy(self) -> bool:
        """Whether anything in it moves or is still to be done."""
        return not self._asleep

    @property
    def state(self) -> LineState:
        """What it does now."""
        return self._state

    def _step(self) -> None:
        self._times.add(self._state, 1)
        if self._ticks % _LOOK_STEPS == 0:
            self._look()
        self._drive()
        self._world.step()
        self._ticks += 1

    def _changed(self) -> None:
        """Something was done from outside: see what it means, and write it down."""
        self._decide(self._places())
        self._keyframe()

    @abstractmethod
    def _look(self) -> None:
        """See what has become of everything, and decide what is to be done."""

    @abstractmethod
    def _decide(self, places: Mapping[int, Vector]) -> None:
        """Set what follows from where things are: `_state` and `_asleep` at least."""

    @abstractmethod
    def _drive(self) -> None:
        """Get belts and trays ready for a step."""

    @abstractmethod
    def _zone(self, place: Vector) -> IntEnum:
        """Return in which part of the cell a place is."""

    # Parcels

    def _check_new(self, where: str, parcels: Sequence[Parcel]) -> None:
        """Raise InputError if one of them was here before, or comes twice."""
        ids = [parcel.id for parcel in parcels]
        for name in ids:
            if name in self._came_in or ids.count(name) > 1:
                raise InputError(where, f"parcel {name} has come in before", "give every parcel an id of its own")

    def _come_in(self, parcels: Iterable[Parcel]) -> None:
        for parcel in parcels:
            self._came_in.add(parcel.id)
            self._here[parcel.id] = parcel

    def _put(self, parcel: Parcel, place: Vector, yaw: float = 0.0, velocity: Vector = (0.0, 0.0, 0.0)) -> None:
        rotation: Quaternion = (0.0, 0.0, sin(yaw / 2), cos(yaw / 2))
        random = np.random.default_rng((self._seed, _GRIPPING, parcel.id))
        friction = float(random.lognormal(log(_FRICTION), _FRICTION_SPREAD))
        length, width, height = parcel.size_m
        size = (max(length, _THINNEST_M), max(width, _THINNEST_M), max(height, _THINNEST_M))
        self._world.put(parcel.id, BoxState(size, parcel.mass_kg, place, rotation, velocity, friction=friction))

    def _take_away(self, parcels: Iterable[int]) -> tuple[int, ...]:
        """These parcels leave the cell for good; return their ids."""
        taken = tuple(parcels)
        for parcel in taken:
            self._world.take(parcel)
            del self._here[parcel]
        self._gone += len(taken)
        return taken

    def _arrival(self, parcel: Parcel) -> np.random.Generator:
        """Random numbers of how a parcel comes in."""
        return np.random.default_rng((self._seed, _ARRIVING, parcel.id))

    def _places(self) -> dict[int, Vector]:
        """Where the middle of every parcel is that has a body."""
        return {parcel: self._world.place(parcel)[0] for parcel in self._world}

    def _in(self, zone: IntEnum, places: Mapping[int, Vector]) -> dict[int, Vector]:
        """The parcels that are in a zone, and where."""
        return {parcel: place for parcel, place in places.items() if self._zone(place) is zone}

    def _boxes(self, parcels: Iterable[int]) -> list[Box]:
        """Upright boxes around parcels."""
        client, world = self._world.client, self._world
        return [Box(*client.getAABB(world.number(parcel))) for parcel in parcels]

    # Checkpoints

    def _then(self) -> LineThen:
        return LineThen(
            self._ticks,
            self._times.steps,
            self._state,
            self._asleep,
            tuple(sorted(self._came_in)),
            self._gone,
            list(self._here.values()),
            self._attendant.then(),
        )

    def _go_on(self, then: LineThen) -> None:
        self._ticks, self._state, self._asleep = then.ticks, then.state, then.asleep
        self._times = LineTimes(then.times)
        self._came_in, self._gone = set(then.came_in), then.gone
        self._here = {parcel.id: parcel for parcel in then.here}
        self._attendant.resume(then.attendant)
