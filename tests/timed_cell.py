"""A station cell whose times are set by a test: no Bullet, no chance."""

from __future__ import annotations

from collections.abc import Sequence

from robots.errors import InputError
from twin.cells.parcel import Parcel
from twin.cells.station_cell import LineState, Whereabouts

STEPS_A_SECOND = 240


class TimedCell:
    """A cell in which a parcel is loaded so many seconds after the one before as it weighs kilograms.

    settle_s    how long it moves after parcels came in; until then it loads none
    restless    whether something always moves in it
    retract_s   from the last unit on the robot until the robot may leave
    room        units that it has room for, besides `keeps` that stay in it after a service
    begins      units of a service that it begins at most
    slips       parcels (ids) that fall off the robot a second after they were loaded first, and take as long again
    """

    def __init__(
        self,
        *,
        settle_s: float = 0.5,
        restless: bool = False,
        retract_s: float = 1.0,
        room: int = 9,
        keeps: int = 0,
        begins: int = 99,
        slips: Sequence[int] = (),
    ) -> None:
        self._restless = restless
        self._keeps, self._begins, self._kept = keeps, begins, 0
        self._settle_s, self._retract_s, self._room, self._slips = settle_s, retract_s, room, tuple(slips)
        self.steps = 0
        self.closed = 0
        self._moves_until = 0.0
        self._waiting: dict[int, Parcel] = {}
        self._loads_at: list[float] = []
        self._off: list[tuple[float, float]] = []
        self._ends_at: float | None = None
        self._gone = self._fell = 0

    @property
    def now_s(self) -> float:
        return self.steps / STEPS_A_SECOND

    @property
    def busy(self) -> bool:
        return self._restless or self.now_s < self._moves_until or not (self._ends_at is None or self.finished)

    @property
    def state(self) -> LineState:
        if any(since <= self.now_s < until for since, until in self._off):
            return LineState.RECOVERING
        return LineState.WORKING if self.busy else LineState.IDLE

    def feed(self, parcels: Sequence[Parcel]) -> None:
        if self._kept + len(self._waiting) + len(parcels) > self._room:
            raise InputError("timed cell", "has no room", "feed less")
        self._waiting |= {parcel.id: parcel for parcel in parcels}
        self._moves_until = self.now_s + self._settle_s

    def begin(self, parcels: Sequence[int]) -> None:
        if len(parcels) > self._begins:
            raise InputError("timed cell", "does not begin that", "ask for less")
        at = max(self.now_s, self._moves_until)
        for parcel in parcels:
            takes_s = self._waiting.pop(parcel).mass_kg
            at += takes_s
            if parcel in self._slips:
                self._loads_at.append(at)
                self._off.append((at + 1.0, at + 1.0 + takes_s))
                at += 1.0 + takes_s
            else:
                self._loads_at.append(at)
        self._ends_at = at + self._retract_s

    @property
    def finished(self) -> bool:
        return self._ends_at is not None and self.now_s >= self._ends_at

    def leave(self) -> tuple[int, ...]:
        assert self.finished
        self._kept = self._keeps
        taken = tuple(range(len(self._loads_at)))
        self._gone += len(self._loads_at)
        self._fell = len(self._off)
        self._loads_at, self._off, self._ends_at = [], [], None
        return taken

    def advance(self, steps: int) -> None:
        self.steps += steps

    def whereabouts(self) -> Whereabouts:
        off = sum(since <= self.now_s < until for since, until in self._off)
        loaded = sum(at <= self.now_s for at in self._loads_at) - off
        begun = len(self._loads_at)
        came_in = len(self._waiting) + begun + self._gone
        return Whereabouts(came_in, len(self._waiting) + begun - loaded - off, 0, loaded, off, self._gone)

    def retried(self) -> int:
        """Units of the last service that fell off once."""
        return self._fell

    def checkpoint(self) -> bytes:
        raise NotImplementedError

    def resume(self, checkpoint: bytes) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.closed += 1
