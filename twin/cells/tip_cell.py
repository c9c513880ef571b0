"""Tipping: a robot's tray tips its parcels into a sort chute, and they slide onto a roll cage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from robots.errors import InputError
from twin.bullet.client import quiet
from twin.bullet.frames import Vector
from twin.cells.cell_world import BoxState, WorldState
from twin.cells.chute_hood import add_hood
from twin.cells.driven_box import STILL
from twin.cells.line_cell import LineCell, LineThen
from twin.cells.parcel import Parcel
from twin.cells.robot_tray import LENGTH_M as TRAY_M
from twin.cells.robot_tray import LITRES as TRAY_LITRES
from twin.cells.robot_tray import WIDTH_M as TRAY_WIDTH_M
from twin.cells.robot_tray import RobotTray, TrayThen
from twin.cells.roll_cage import RIM_M, RollCage
from twin.cells.sort_chute import FALL_M, SortChute
from twin.cells.sort_chute import LENGTH_M as CHUTE_M
from twin.cells.stacking import lowest_place
from twin.cells.station_cell import STEP_S, LineState, Whereabouts
from twin.cells.stillness import Stillness, StillnessThen

_WHERE: Final = "tip cell"
# The robots drive on a floor above the cages, as they do where cages are to be filled to the rim.
_CHUTE_END_M: Final = RIM_M + 0.5
_TRAY_BEFORE_M, _TRAY_ABOVE_M = 0.03, 0.08  # from the upper end of the chute to the tray's hinge
_FALLEN_M: Final = 1.5  # what is lower, and not in the cage, has fallen
_LOAD_SHARE: Final = 0.6  # of the tray's volume that parcels may have: they do not lie close
_HEAVIEST_KG: Final = 30.0  # all together
_STILL_M: Final = 0.005
_AT_REST_S, _HANGS_S = 0.5, 1.5
_PUSH_MPS: Final = 1.2
_PUSHES: Final = 2  # that somebody tries before taking a parcel out by hand
_HANDS: Final = 1  # how often a parcel is laid onto the heap; one that falls off again is held until it lies there
_LONG_S: Final = 20.0  # a tip takes 2 to 6 s: what goes on for so long does not end by itself


@dataclass(frozen=True, slots=True)
class TipParams:
    """How a tip cell is set up.

    full_at   fill fraction from which on a cage is full
    loose     parcels of the heap that may still move, those that came last; the others lie fast
    attend_s  median time until somebody has put right what fell or hangs, seconds

    Raises InputError for values that no cell can have.
    """

    full_at: float = 0.9
    loose: int = 3
    attend_s: float = 12.0

    def __post_init__(self) -> None:
        problems = {
            "full_at": not 0.0 < self.full_at <= 1.0,
            "loose": self.loose < 0,
            "attend_s": not self.attend_s > 0.0,
        }
        for name, wrong in problems.items():
            if wrong:
                value = getattr(self, name)
                remedy = "take 0 < full_at <= 1, 0 or more loose parcels, attend_s > 0"
                raise InputError(_WHERE, f"{name} is {value}, which no cell can have", remedy)


class _Phase(IntEnum):
    """What the robot is about, if there is one."""

    STANDING = 0  # nothing was asked for yet
    ASKED = 1
    TIPPING = 2
    RETURNING = 3
    DONE = 4


class _Zone(IntEnum):
    TRAY = 0
    CHUTE = 1
    CAGE = 2
    FLOOR = 3


class _Then(msgspec.Struct, frozen=True, array_like=True):
    """All there is to know of a tip cell."""

    line: LineThen
    world: WorldState
    tray: TrayThen
    heap: dict[int, BoxState]
    still: StillnessThen
    phase: _Phase
    asked: list[int]
    full: bool
    pushes: dict[int, int]
    hands: dict[int, int]
    since: int


class TipCell(LineCell):
    """A StationCell. A robot comes with parcels on its tray, tips them into the chute, and leaves with an empty one.

    `feed` lets a robot come, with these parcels; `begin` is for all that are on its tray. It is `finished` when they
    are through the chute and the tray is level again. One that hangs is pushed by an attendant, and laid into the cage
    by hand if that does not help, as is one that falls. Nothing is tipped while the cage is full; see `swap`.

    Every visit ends, whatever bodies do. Those that shake against each other are never still: what takes too long is
    taken for what it ought to have become by then, at rest in the cage and stuck on its way there.
    """

    def __init__(self, seed: int, params: TipParams | None = None) -> None:
        params = TipParams() if params is None else params
        super().__init__(seed, params.attend_s)
        self._params = params
        client = self._world.client
        with quiet():
            self._chute = SortChute(client, (0.0, 0.0, _CHUTE_END_M))
            hinge = (-CHUTE_M - _TRAY_BEFORE_M, 0.0, _CHUTE_END_M + FALL_M + _TRAY_ABOVE_M)
            self._tray = RobotTray(client, hinge)
            self._cage = RollCage(client, 0.0)
            add_hood(client)
        self._still = Stillness(_STILL_M)
        self._phase = _Phase.STANDING
        self._asked: list[int] = []
        self._full = False
        self._pushes: dict[int, int] = {}
        self._hands: dict[int, int] = {}
        self._since = 0  # the tick from which on things may move because of what was done then
        self._keyframe()

    @property
    def finished(self) -> bool:
        """Whether all is through the chute, and the tray level."""
        return self._phase is _Phase.DONE

    @property
    def on_tray(self) -> tuple[int, ...]:
        """Parcels (ids) on the tray of the robot that is here."""
        return tuple(self._in(_Zone.TRAY, self._places()))

    @property
    def in_cage(self) -> tuple[int, ...]:
        """Parcels (ids) in the cage."""
        return *self._cage.heap, *self._in(_Zone.CAGE, self._places())

    @property
    def cage_full(self) -> bool:
        """Whether the cage was full when it was last looked at: before a tip."""
        return self._full

    def fill_fraction(self) -> float:
        """Return the share of the cage that lies under the surface of its heap, 0 to 1; see RollCage."""
        return self._cage.fill_fraction()

    def feed(self, parcels: Sequence[Parcel]) -> None:
        """Let a robot come with these parcels, or let it get them if it is here and has not tipped yet.

        Raises InputError for a parcel that was here before, for more than a tray holds, and if the robot is at it.
        """
        self._check_new(_WHERE, parcels)
        if self._phase not in {_Phase.STANDING, _Phase.ASKED}:
            raise InputError(_WHERE, "the robot tips", "let it leave first")
        if self._phase is _Phase.ASKED and not {parcel.id for parcel in parcels} <= set(self._asked):
            raise InputError(_WHERE, "the robot waits for other parcels", f"bring {self._asked}")
        load = [*(self._here[parcel] for parcel in self.on_tray), *parcels]
        litres, mass_kg = sum(parcel.litres for parcel in load), sum(parcel.mass_kg for parcel in load)
        if litres > _LOAD_SHARE * TRAY_LITRES or mass_kg > _HEAVIEST_KG:
            most = f"{_LOAD_SHARE * TRAY_LITRES:.0f} litres and {_HEAVIEST_KG:.0f} kg at most"
            raise InputError(
                _WHERE, f"{litres:.0f} litres and {mass_kg:.0f} kg are too much for a tray", f"load {most}"
            )
        for parcel in parcels:
            if parcel.size_m[0] > TRAY_M or parcel.size_m[1] > TRAY_WIDTH_M:
                most = f"{TRAY_M} x {TRAY_WIDTH_M} m"
                raise InputError(_WHERE, f"parcel {parcel.id} is too large for a tray", f"keep to {most}")
        self._come_in(parcels)
        self._tray.dock()
        for parcel in parcels:
            self._put(parcel, lowest_place(parcel, self._tray.inside, self._boxes(self.on_tray)))
        self._disturb()
        self._changed()

    def begin(self, parcels: Sequence[int]) -> None:
        """Tip all that is on the tray: these parcels, when they have all come.

        Raises InputError if the robot tips already, or for other parcels than those on the tray.
        """
        if self._phase is not _Phase.STANDING:
            raise InputError(_WHERE, "the robot tips already", "let it leave first")
        came = self._came_in.intersection(parcels)
        if came != set(self.on_tray) or len(set(parcels)) < len(parcels):
            problem = f"a tray tips as a whole, and on it are {list(self.on_tray)}, not {list(parcels)}"
            raise InputError(_WHERE, problem, "ask for all of them")
        self._tray.dock()
        self._asked = list(parcels)
        self._phase = _Phase.ASKED
        self._since = self._ticks
        self._changed()

    def leave(self) -> tuple[int, ...]:
        """The robot leaves with an empty tray: returns no ids."""
        if not self.finished:
            raise InputError(_WHERE, "the robot has not tipped", "let it leave when it is finished")
        self._tray.undock()
        self._asked = []
        self._phase = _Phase.STANDING
        self._since = self._ticks
        self._changed()
        return ()

    def swap(self) -> tuple[int, ...]:
        """The cage goes away with what is in it, and an empty one comes; return what went (ids).

        Parcels that stick out of it so far that they would fall off stay, and fall into the empty one. Raises
        InputError while parcels move.
        """
        if self.busy:
            raise InputError(_WHERE, "parcels may still be moving", "swap the cage when the cell is not busy")
        heap = self._cage.heap
        self._cage.restore({})
        for parcel, box in heap.items():
            self._world.put(parcel, msgspec.structs.replace(box, mass_kg=self._here[parcel].mass_kg))
        inside = self._in(_Zone.CAGE, self._places())
        taken = self._take_away([parcel for parcel, place in inside.items() if place[2] <= RIM_M])
        self._full = False
        self._disturb()
        self._changed()
        return taken

    def whereabouts(self) -> Whereabouts:
        """Count all units."""
        zones = [self._zone(place) for place in self._places().values()]
        return Whereabouts(
            came_in=len(self._came_in),
            waiting=zones.count(_Zone.CHUTE) + zones.count(_Zone.CAGE) + len(self._cage.heap),
            held=zones.count(_Zone.TRAY),
            loaded=0,
            fallen=zones.count(_Zone.FLOOR),
            gone=self._gone,
        )

    # What goes on

    def _drive(self) -> None:
        self._tray.drive()

    def _look(self) -> None:
        places = self._places()
        self._still.look(places, self._ticks)
        if self._attendant.called:
            if self._attendant.done(self._ticks):
                self._put_right(places)
        elif self._to_be_put_right(places):
            self._attendant.call(self._ticks)
        else:
            self._go_on_tipping(places)
        self._lay_fast(places)
        self._decide(self._places())

    def _go_on_tipping(self, places: Mapping[int, Vector]) -> None:
        on_tray = self._in(_Zone.TRAY, places)
        # What fell off the tray before it tipped was asked for, and is not on it any more.
        if self._phase is _Phase.ASKED and self._at_rest(places) and self._came_in.issuperset(self._asked):
            self._full = self._cage.fill_fraction() >= self._params.full_at
            if not self._full:
                self._phase = _Phase.TIPPING
                self._since = self._ticks
                self._tray.tip(over=True)
        elif self._phase is _Phase.TIPPING and self._tray.tipped and not on_tray:
            self._phase = _Phase.RETURNING
            self._tray.tip(over=False)
        elif self._phase is _Phase.RETURNING and self._tray.level and not self._in(_Zone.CHUTE, places):
            self._phase = _Phase.DONE

    def _decide(self, places: Mapping[int, Vector]) -> None:
        """Set all that follows from where things are."""
        asked, called = self._phase is _Phase.ASKED, self._attendant.called
        starved = asked and not self._came_in.issuperset(self._asked)
        waits = self._phase in {_Phase.STANDING, _Phase.DONE} or starved or (asked and self._full)
        self._asleep = waits and self._at_rest(places) and not called and not self._to_be_put_right(places)
        if called:
            self._state = LineState.RECOVERING
        elif starved:
            self._state = LineState.STARVED
        elif asked and self._full:
            self._state = LineState.BLOCKED
        else:
            self._state = LineState.IDLE if waits else LineState.WORKING

    def _disturb(self) -> None:
        """Something was done to parcels: they may move."""
        self._still.disturb()
        self._since = self._ticks

    @property
    def _takes_long(self) -> bool:
        return (self._ticks - self._since) * STEP_S >= _LONG_S

    def _at_rest(self, places: Mapping[int, Vector]) -> bool:
        """Whether nothing moves any more, but for what shakes."""
        return self._takes_long or self._still.seconds(places, self._ticks) >= _AT_REST_S

    def _hanging(self, places: Mapping[int, Vector]) -> dict[int, Vector]:
        """Parcels that ought to slide, and do not, or shake where they are."""
        ought_to_slide = self._in(_Zone.CHUTE, places) | (self._in(_Zone.TRAY, places) if self._tray.tipped else {})
        return {
            parcel: place
            for parcel, place in ought_to_slide.items()
            if self._takes_long or self._still.seconds([parcel], self._ticks) >= _HANGS_S
        }

    def _to_be_put_right(self, places: Mapping[int, Vector]) -> bool:
        """Whether a parcel hangs, or has fallen and there is room for it."""
        return bool(self._hanging(places)) or (not self._full and bool(self._in(_Zone.FLOOR, places)))

    def _put_right(self, places: Mapping[int, Vector]) -> None:
        """The attendant is here."""
        for parcel in self._in(_Zone.FLOOR, places):
            self._lay_by_hand(parcel)
        for parcel in self._hanging(places):
            self._pushes[parcel] = self._pushes.get(parcel, 0) + 1
            if self._pushes[parcel] > _PUSHES:
                self._lay_by_hand(parcel)
            else:
                down = self._tray.down if self._zone(places[parcel]) is _Zone.TRAY else self._chute.down
                velocity = (_PUSH_MPS * down[0], _PUSH_MPS * down[1], _PUSH_MPS * down[2])
                self._world.put(parcel, msgspec.structs.replace(self._world.box(parcel), velocity=velocity))
        self._disturb()

    def _lay_by_hand(self, parcel: int) -> None:
        """Lay a parcel onto the heap."""
        self._world.take(parcel)
        lying = [*self._cage.boxes(), *self._boxes(self._in(_Zone.CAGE, self._places()))]
        self._put(self._here[parcel], lowest_place(self._here[parcel], self._cage.inside, lying))
        self._hands[parcel] = self._hands.get(parcel, 0) + 1
        if self._hands[parcel] > _HANDS:
            self._fasten(parcel)

    def _fasten(self, parcel: int) -> None:
        """Let a parcel not move any more: it is a part of the heap."""
        box = self._world.take(parcel)
        self._cage.lay_fast(parcel, msgspec.structs.replace(box, mass_kg=0.0, velocity=STILL, spin=STILL))

    def _lay_fast(self, places: Mapping[int, Vector]) -> None:
        """Let what lies still in the cage not move any more, but for what came last."""
        in_cage = list(self._in(_Zone.CAGE, places))
        for parcel in in_cage[: max(len(in_cage) - self._params.loose, 0)]:
            if self._still.seconds([parcel], self._ticks) >= _AT_REST_S:
                self._fasten(parcel)

    def _zone(self, place: Vector) -> _Zone:
        if self._tray.holds(place):
            return _Zone.TRAY
        if self._cage.holds(place):
            return _Zone.CAGE
        return _Zone.CHUTE if place[2] > _FALLEN_M else _Zone.FLOOR

    # Checkpoints

    def _record(self) -> bytes:
        return msgspec.msgpack.encode(
            _Then(
                self._then(),
                self._world.state(),
                self._tray.then(),
                self._cage.heap,
                self._still.then(),
                self._phase,
                self._asked,
                self._full,
                self._pushes,
                self._hands,
                self._since,
            )
        )

    def _restore(self, record: bytes) -> None:
        then = msgspec.msgpack.decode(record, type=_Then)
        self._cage.restore(then.heap)
        self._tray.resume(then.tray)
        self._world.restore(then.world)
        self._go_on(then.line)
        self._still.resume(then.still)
        self._phase, self._asked, self._full, self._pushes = then.phase, then.asked, then.full, then.pushes
        self._hands, self._since = then.hands, then.since
