"""The belts of an induction, and their control: one parcel after another, with gaps between, up to the robot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from robots.errors import InputError
from twin.bullet.client import BulletClient
from twin.cells.conveyor import Conveyor
from twin.cells.photo_eye import PhotoEye
from twin.cells.station_cell import STEP_S

BUFFER_M: Final = 3.0
METERING_M: Final = 1.2
WIDTH_M: Final = 0.5
TOP_M: Final = 0.65  # height of the first belt
DROP_M: Final = 0.004  # the second one is so much lower, so that parcels do not catch at its edge
END_M: Final = BUFFER_M + METERING_M
_EYE_M: Final = 0.12  # from an eye to the end of its belt: farther than a parcel slides when the belt stops
_BEAM_M: Final = 0.002  # above the belt; nearer to it, Bullet finds the belt in the beam
_ASIDE_M: Final = 0.002  # from the guides to sender and receiver
_FLICKER_M: Final = 0.1  # a beam that is free for less of the belt's way has not been left


@dataclass(frozen=True, slots=True)
class InductionParams:
    """How an induction is set up.

    buffer        most parcels on its belts
    buffer_mps    speed of the belt on which they come in
    metering_mps  speed of the belt that carries them to the robot; it is the faster one and pulls them apart
    gap_m         least distance between two parcels on it
    attend_s      median time until somebody has put right what fell or got stuck, seconds

    Raises InputError for values that no line can have.
    """

    buffer: int = 8
    buffer_mps: float = 0.4
    metering_mps: float = 0.8
    gap_m: float = 0.25
    attend_s: float = 12.0

    def __post_init__(self) -> None:
        problems = {
            "buffer": self.buffer < 1,
            "buffer_mps": not 0.0 < self.buffer_mps <= self.metering_mps,
            "metering_mps": not 0.0 < self.metering_mps <= 1.0,
            "gap_m": not 0.0 <= self.gap_m <= METERING_M / 2,
            "attend_s": not self.attend_s > 0.0,
        }
        for name, wrong in problems.items():
            if wrong:
                value = getattr(self, name)
                remedy = (
                    "take a buffer of 1 or more, 0 < buffer_mps <= metering_mps <= 1, gap_m of 0 to 0.6, attend_s > 0"
                )
                raise InputError("induction", f"{name} is {value}, which no line can have", remedy)


class Span(NamedTuple):
    """From where to where a parcel lies along the belts, metres."""

    tail_m: float
    nose_m: float


class BeltsThen(msgspec.Struct, frozen=True):
    """What the control of an induction remembers."""

    allowed: int
    held_at_end: bool
    held_in_middle: bool
    end_free_m: float
    middle_free_m: float
    in_middle: bool
    loaded: bool
    on_first: bool
    comes_on: bool
    over_end: bool
    speeds: tuple[float, float]


class InductionLine:
    """Two belts in a row, each with an eye near its end; parcels go along x, from 0 to END_M.

    A parcel whose nose comes into the second eye passes if one more is `allowed`, else the belts stop. One whose nose
    comes into the first eye passes if the second belt runs and its last one is far enough away.
    """

    def __init__(self, client: BulletClient, params: InductionParams) -> None:
        self._params = params
        self.buffer = Conveyor(client, 0.0, BUFFER_M, WIDTH_M, TOP_M)
        self.metering = Conveyor(client, BUFFER_M, END_M, WIDTH_M, TOP_M - DROP_M)
        self._middle = _eye_across(client, self.buffer)
        self._end = _eye_across(client, self.metering)
        self.allowed = 0
        self.held_at_end = False
        self._held_in_middle = False
        self._in_middle = False
        self._loaded = self._on_first = self._comes_on = self._over_end = False
        self._end_free_m = _FLICKER_M
        self._middle_free_m = params.gap_m

    @property
    def runs(self) -> bool:
        """Whether a belt does."""
        return self.buffer.speed_mps > 0.0 or self.metering.speed_mps > 0.0

    @property
    def carries(self) -> bool:
        """Whether something is to be carried now, or would be if nobody had stopped the belts."""
        return self._loaded and self.runs

    @property
    def over_end(self) -> bool:
        """Whether a parcel reaches over the end."""
        return self._over_end

    def see(self, parcels: Iterable[Span]) -> None:
        """What is on the belts now; without anything to carry they stand still."""
        spans = list(parcels)
        self._loaded = bool(spans)
        self._on_first = any(span.tail_m < BUFFER_M for span in spans)
        self._comes_on = any(span.nose_m < BUFFER_M - _EYE_M for span in spans)
        self._over_end = any(span.nose_m > END_M for span in spans)

    def moves(self, parcel: Span) -> bool:
        """Whether all belts below a parcel run, so that it ought to move."""
        on_first, on_second = parcel.tail_m < BUFFER_M, parcel.nose_m > BUFFER_M
        return (not on_first or self.buffer.speed_mps > 0.0) and (not on_second or self.metering.speed_mps > 0.0)

    def begin_anew(self, asked: Sequence[Span], to_come: int) -> None:
        """Somebody has put things right; parcels that were asked for are there, and others are still to come."""
        self.held_at_end = any(span.tail_m < END_M - _EYE_M < span.nose_m for span in asked)
        self.allowed = sum(span.tail_m < END_M - _EYE_M for span in asked) + to_come
        self._end_free_m = _FLICKER_M

    def control(self, *, go: bool) -> None:
        """Read the eyes and tell the belts what to do in the step that follows; without `go` they stand still."""
        go = go and self._loaded
        if go:
            self._watch_end()
        metering_mps = self._params.metering_mps if go and not self.held_at_end else 0.0
        self.metering.run(metering_mps)
        if go:
            self._watch_middle()
        useful = self._on_first if metering_mps else self._comes_on and not self._in_middle
        self.buffer.run(self._params.buffer_mps if go and useful and not self._held_in_middle else 0.0)
        self.metering.drive()
        self.buffer.drive()

    def then(self) -> BeltsThen:
        """What it remembers, for `resume`."""
        return BeltsThen(
            self.allowed,
            self.held_at_end,
            self._held_in_middle,
            self._end_free_m,
            self._middle_free_m,
            self._in_middle,
            self._loaded,
            self._on_first,
            self._comes_on,
            self._over_end,
            (self.buffer.speed_mps, self.metering.speed_mps),
        )

    def resume(self, then: BeltsThen) -> None:
        """Go on from there."""
        self.allowed, self.held_at_end, self._held_in_middle = then.allowed, then.held_at_end, then.held_in_middle
        self._end_free_m, self._middle_free_m, self._in_middle = then.end_free_m, then.middle_free_m, then.in_middle
        self._loaded, self._on_first, self._comes_on = then.loaded, then.on_first, then.comes_on
        self._over_end = then.over_end
        for belt, speed_mps in zip((self.buffer, self.metering), then.speeds, strict=True):
            belt.resume(speed_mps)

    def _watch_end(self) -> None:
        if self.held_at_end:
            if self.allowed:
                self.allowed -= 1
                self.held_at_end = False
                self._end_free_m = 0.0
        elif not self._end.interrupted:
            self._end_free_m += self.metering.speed_mps * STEP_S
        else:
            if self._end_free_m >= _FLICKER_M:  # a nose
                self.held_at_end = not self.allowed
                self.allowed = max(self.allowed - 1, 0)
            self._end_free_m = 0.0

    def _watch_middle(self) -> None:
        self._middle_free_m += self.metering.speed_mps * STEP_S
        free = self.metering.speed_mps > 0.0 and self._middle_free_m >= self._params.gap_m
        if self._held_in_middle:
            self._held_in_middle = not free
            self._in_middle = True
            return
        was_in_middle, self._in_middle = self._in_middle, self._middle.interrupted
        if self._in_middle and not was_in_middle:
            self._held_in_middle = not free
        if self._in_middle and not self._held_in_middle:
            self._middle_free_m = 0.0


def _eye_across(client: BulletClient, belt: Conveyor) -> PhotoEye:
    at, beside, above = belt.end_m - _EYE_M, belt.width_m / 2 - _ASIDE_M, belt.top_m + _BEAM_M
    return PhotoEye(client, (at, -beside, above), (at, beside, above))
