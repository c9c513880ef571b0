"""Induction: parcels come in on belts, are pulled apart, and are carried one by one onto the tray of a docked robot."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from enum import IntEnum
from math import cos, sin
from typing import Final

import msgspec

from robots.errors import InputError
from twin.bullet.client import quiet
from twin.bullet.frames import Vector
from twin.cells.cell_world import WorldState
from twin.cells.driven_box import add_fixed
from twin.cells.induction_line import END_M, TOP_M, WIDTH_M, BeltsThen, InductionLine, InductionParams, Span
from twin.cells.line_cell import LineCell, LineThen
from twin.cells.parcel import Parcel
from twin.cells.robot_tray import LENGTH_M as TRAY_M
from twin.cells.robot_tray import LITRES as TRAY_LITRES
from twin.cells.robot_tray import RobotTray, TrayThen
from twin.cells.stacking import lowest_place
from twin.cells.station_cell import LineState, Whereabouts
from twin.cells.stillness import Stillness, StillnessThen

_WHERE: Final = "induction"
_TRAY_TOP_M: Final = 0.38  # of its floor; its rim is below the belt
_TO_TRAY_M: Final = 0.03
_GUIDE_M, _GUIDE_THICK_M, _GUIDE_FRICTION = 0.2, 0.05, 0.4
_FALLEN_M: Final = 0.5  # what is lower, and not on the tray, has fallen
_LONGEST_M, _WIDEST_M, _HEAVIEST_KG = 0.5, 0.4, 30.0
_APART_M: Final = 0.15  # least gap between parcels that come in
_LOAD_SHARE: Final = 0.6  # of the tray's volume that parcels may have: they do not lie close
_TURNED: Final = 0.1  # rad, standard deviation with which parcels come in
_ASIDE_M: Final = 0.03  # the same of their middle across the belt
_GUIDE_GAP_M: Final = 0.01
_ABOVE_M: Final = 0.002  # the belt, at first
_STILL_M, _AT_REST_S, _STUCK_S = 0.01, 0.3, 3.0


class _Zone(IntEnum):
    LINE = 0
    TRAY = 1
    FLOOR = 2


class _Then(msgspec.Struct, frozen=True, array_like=True):
    """All there is to know of an induction."""

    line: LineThen
    world: WorldState
    belts: BeltsThen
    tray: TrayThen
    still: StillnessThen
    outside: list[int]
    asked: list[int]
    finished: bool


class InductionCell(LineCell):
    """A StationCell. A belt on which parcels come in, a faster one that pulls them apart, and the robot at its end.

    `feed` puts parcels at the end of the line; who finds no room on the belts yet waits outside. `begin` asks for the
    next ones in `line`. A parcel that falls, or sticks, is put right by an attendant: onto the tray if the robot waits
    for it, else back to the beginning of the belts; so long the belts stand still.
    """

    def __init__(self, seed: int, params: InductionParams | None = None) -> None:
        params = InductionParams() if params is None else params
        super().__init__(seed, params.attend_s)
        self._params = params
        client = self._world.client
        with quiet():
            self._belts = InductionLine(client, params)
            self._tray = RobotTray(client, (END_M + _TO_TRAY_M + TRAY_M, 0.0, _TRAY_TOP_M))
            edges = (END_M / 2, _GUIDE_THICK_M / 2, _GUIDE_M)
            for side in (-1, 1):
                middle = (END_M / 2, side * (WIDTH_M + _GUIDE_THICK_M) / 2, TOP_M)
                add_fixed(client, edges, _GUIDE_FRICTION, middle)
        self._still = Stillness(_STILL_M)
        self._outside: deque[int] = deque()
        self._asked: list[int] = []
        self._finished = False
        self._keyframe()

    @property
    def line(self) -> tuple[int, ...]:
        """Parcels (ids) in the order in which they will come to a robot."""
        places = self._places()
        on_belts = [parcel for parcel, place in places.items() if self._zone(place) is _Zone.LINE]
        return (*sorted(on_belts, key=lambda parcel: -places[parcel][0]), *self._outside)

    @property
    def finished(self) -> bool:
        """Whether all that was asked for lies on the tray."""
        return self._finished

    def feed(self, parcels: Sequence[Parcel]) -> None:
        """Let parcels come in, one behind the other, behind all others.

        Raises InputError for one that came in before or does not go through the line, for another one than those that
        a docked robot still waits for, and if its tray will not hold them.
        """
        self._check_new(_WHERE, parcels)
        for parcel in parcels:
            length, width, height = parcel.size_m
            if length > _LONGEST_M or max(width, height) > _WIDEST_M or parcel.mass_kg > _HEAVIEST_KG:
                most = f"{_LONGEST_M} x {_WIDEST_M} x {_WIDEST_M} m and {_HEAVIEST_KG} kg"
                raise InputError(_WHERE, f"parcel {parcel.id} is too large for the belts", f"keep to {most}")
        awaited = [parcel for parcel in self._asked if parcel not in self._came_in]
        for expected, parcel in zip(awaited, parcels, strict=False):
            if parcel.id != expected:
                problem = f"parcel {parcel.id} would come before parcel {expected}, for which a robot waits"
                raise InputError(_WHERE, problem, "feed in the order that was asked for")
        _check_load([parcel for parcel in (*self._here.values(), *parcels) if parcel.id in self._asked])
        self._come_in(parcels)
        self._outside.extend(parcel.id for parcel in parcels)
        self._changed()

    def begin(self, parcels: Sequence[int]) -> None:
        """A robot has docked for these parcels: the next ones in `line`, and then any that have not come in yet.

        Raises InputError if there is a robot already, for other parcels, and for more than its tray holds.
        """
        if self._tray.here:
            raise InputError(_WHERE, "there is a robot already", "let it leave first")
        came = [parcel for parcel in parcels if parcel in self._came_in]
        if list(parcels[: len(came)]) != came or tuple(came) != self.line[: len(came)]:
            problem = f"parcels {list(parcels)} are not the next ones: those are {list(self.line[:5])} ..."
            raise InputError(_WHERE, problem, "ask for parcels in the order of the line")
        if len(came) < min(len(parcels), len(self.line)) or len(set(parcels)) < len(parcels):
            raise InputError(
                _WHERE, f"parcels {list(parcels)} cannot come one after the other", "ask for those in line"
            )
        _check_load([self._here[parcel] for parcel in came])
        self._tray.dock()
        self._asked = list(parcels)
        self._belts.allowed = len(self._asked)
        self._still.disturb()
        self._changed()

    def leave(self) -> tuple[int, ...]:
        """The robot leaves with what is on its tray: what was asked for, and what came along with it."""
        if not self._finished:
            raise InputError(_WHERE, "the robot has not got all that it asked for", "let it leave when it is finished")
        taken = self._take_away([parcel for parcel, place in self._places().items() if self._tray.holds(place)])
        self._tray.undock()
        self._asked = []
        self._belts.allowed = 0
        self._finished = False
        self._still.disturb()
        self._changed()
        return taken

    def whereabouts(self) -> Whereabouts:
        """Count all units."""
        zones = [self._zone(place) for place in self._places().values()]
        return Whereabouts(
            came_in=len(self._came_in),
            waiting=zones.count(_Zone.LINE) + len(self._outside),
            held=0,
            loaded=zones.count(_Zone.TRAY),
            fallen=zones.count(_Zone.FLOOR),
            gone=self._gone,
        )

    # What goes on

    def _drive(self) -> None:
        self._belts.control(go=not self._attendant.called)
        self._tray.drive()

    def _look(self) -> None:
        places = self._places()
        self._still.look(places, self._ticks)
        if self._attendant.called:
            if self._attendant.done(self._ticks):
                self._put_right(places)
        elif self._in(_Zone.FLOOR, places) or self._stuck(places):
            self._attendant.call(self._ticks)
        elif self._outside and self._room():
            self._take_in(self._here[self._outside.popleft()])
        self._decide(self._places())

    def _decide(self, places: Mapping[int, Vector]) -> None:
        """Set all that follows from where things are."""
        on_tray = self._in(_Zone.TRAY, places)
        wanted = [parcel for parcel in self._asked if parcel not in on_tray]
        starved = bool(wanted) and self._came_in.isdisjoint(wanted)
        called, here = self._attendant.called, self._tray.here
        on_belts = self._on_belts(places)
        self._belts.see(on_belts.values())
        at_rest = self._still.seconds(places, self._ticks) >= _AT_REST_S and not self._belts.carries
        ready = self._still.seconds(on_tray, self._ticks) >= _AT_REST_S and not self._belts.over_end
        self._finished = here and not wanted and not called and ready
        waits = not here or self._finished or starved
        self._asleep = not called and at_rest and waits and not (self._outside and self._room())
        if called:
            self._state = LineState.RECOVERING
        elif here and not self._finished:
            self._state = LineState.STARVED if starved else LineState.WORKING
        elif self._belts.held_at_end or (self._outside and self._asleep):
            self._state = LineState.BLOCKED
        else:
            self._state = LineState.WORKING if on_belts or self._outside else LineState.IDLE

    def _stuck(self, places: Mapping[int, Vector]) -> list[int]:
        """Parcels that belts ought to move and do not, the foremost first; the next one if the robot waits in vain."""
        on_belts = self._on_belts(places)
        still = [parcel for parcel in on_belts if self._still.seconds([parcel], self._ticks) >= _STUCK_S]
        stuck = [parcel for parcel in still if self._belts.moves(on_belts[parcel])]
        if not stuck and len(still) == len(on_belts) and not on_belts.keys().isdisjoint(self._asked):
            stuck = still
        return sorted(stuck, key=lambda parcel: -places[parcel][0])

    def _put_right(self, places: Mapping[int, Vector]) -> None:
        """The attendant is here: what fell, or else the first that sticks, is laid where it belongs."""
        for parcel in list(self._in(_Zone.FLOOR, places)) or self._stuck(places)[:1]:
            if parcel in self._asked:
                on_tray = self._boxes(self._in(_Zone.TRAY, self._places()))
                self._put(self._here[parcel], lowest_place(self._here[parcel], self._tray.inside, on_tray))
            else:
                self._world.take(parcel)
                self._outside.appendleft(parcel)
        places = self._places()
        on_belts = self._on_belts(places)
        to_come = [parcel for parcel in self._asked if parcel not in places]
        self._belts.begin_anew([span for parcel, span in on_belts.items() if parcel in self._asked], len(to_come))
        self._still.disturb()

    def _on_belts(self, places: Mapping[int, Vector]) -> dict[int, Span]:
        """Where parcels lie along the belts."""
        on_belts = self._in(_Zone.LINE, places)
        boxes = self._boxes(on_belts)
        return {parcel: Span(box.low[0], box.high[0]) for parcel, box in zip(on_belts, boxes, strict=True)}

    def _room(self) -> bool:
        """Whether the next parcel from outside has room where the belts begin."""
        on_belts = self._on_belts(self._places())
        if len(on_belts) >= self._params.buffer:
            return False
        reach = 2 * self._lies(self._here[self._outside[0]])[0] + _APART_M
        return all(span.tail_m >= reach for span in on_belts.values())

    def _take_in(self, parcel: Parcel) -> None:
        half_length, across, yaw = self._lies(parcel)
        self._put(parcel, (half_length, across, TOP_M + parcel.size_m[2] / 2 + _ABOVE_M), yaw)

    def _lies(self, parcel: Parcel) -> tuple[float, float, float]:
        """How a parcel comes in: half its length along the belt, how far aside its middle is, and how it is turned."""
        aside, turned = self._arrival(parcel).normal(size=2).tolist()
        length, width, _ = parcel.size_m
        yaw = _TURNED * turned
        half_length = (length * cos(yaw) + width * abs(sin(yaw))) / 2
        half_width = (width * cos(yaw) + length * abs(sin(yaw))) / 2
        most = max(WIDTH_M / 2 - half_width - _GUIDE_GAP_M, 0.0)
        return half_length, min(max(_ASIDE_M * aside, -most), most), yaw

    def _zone(self, place: Vector) -> _Zone:
        if self._tray.holds(place):
            return _Zone.TRAY
        return _Zone.LINE if place[2] > _FALLEN_M else _Zone.FLOOR

    # Checkpoints

    def _record(self) -> bytes:
        return msgspec.msgpack.encode(
            _Then(
                self._then(),
                self._world.state(),
                self._belts.then(),
                self._tray.then(),
                self._still.then(),
                list(self._outside),
                self._asked,
                self._finished,
            )
        )

    def _restore(self, record: bytes) -> None:
        then = msgspec.msgpack.decode(record, type=_Then)
        self._tray.resume(then.tray)
        self._belts.resume(then.belts)
        self._world.restore(then.world)
        self._go_on(then.line)
        self._still.resume(then.still)
        self._outside = deque(then.outside)
        self._asked, self._finished = then.asked, then.finished


def _check_load(parcels: Sequence[Parcel]) -> None:
    """Raise InputError for more than a tray holds."""
    litres = sum(parcel.litres for parcel in parcels)
    if litres > _LOAD_SHARE * TRAY_LITRES:
        most = f"{_LOAD_SHARE * TRAY_LITRES:.0f} litres"
        raise InputError(_WHERE, f"parcels of {litres:.0f} litres are too much for a tray", f"load {most} at most")
