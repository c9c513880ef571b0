"""Totes with parcels in compartments, and the places at an arm to which they are brought one after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from robots.errors import InputError
from twin.bullet.frames import Vector
from twin.cells.parcel import Parcel
from twin.cells.station_cell import STEP_S

TOTE_M: Final = (0.60, 0.40)  # inside, along x and y
_MARGIN_M: Final = 0.016  # around a parcel in its compartment, both sides together
_DIVISIONS: Final = ((4, 2), (2, 2), (2, 1), (1, 1))  # compartments along x and y
_EXCHANGE_S: Final = 5.0  # one tote leaves, the next one comes, on rollers at 0.5 m/s


class Tote(msgspec.Struct):
    """A tote: how it is divided, and which parcel lies in which compartment."""

    division: tuple[int, int]
    parcels: dict[int, int]

    def compartment(self, parcel: int) -> tuple[float, float]:
        """Return where the middle of a parcel's compartment is, metres from the middle of the tote."""
        return compartments(self.division)[self.parcels[parcel]]


class Presented(msgspec.Struct):
    """A place at the arm: the number of the tote that is there or comes, and in how many steps it is there."""

    tote: int = -1
    steps: int = 0


class StoreState(msgspec.Struct):
    """All of a store, for `ToteStore.restore`."""

    totes: list[Tote]
    places: list[Presented]


class ToteStore:
    """So many totes, of which those that are asked for are brought to places at an arm.

    places: middles of the floors of totes there. Totes at a place are not filled, so parcels that come in are in the
    store until their tote is brought.
    """

    def __init__(self, totes: int, places: Sequence[Vector]) -> None:
        self._most: Final = totes
        self.middles: Final = tuple(places)
        self._state = StoreState([], [Presented() for _ in places])
        self._tote_of: dict[int, int] = {}

    def put(self, parcels: Sequence[Parcel]) -> None:
        """Put parcels into compartments. Raises InputError, and does nothing, if there are none left for them."""
        before = msgspec.msgpack.encode(self._state)
        for parcel in parcels:
            if not self._put(parcel):
                self.restore(msgspec.msgpack.decode(before, type=StoreState))
                raise InputError(
                    f"parcel {parcel.id}", f"finds none of {self._most} totes with room", "let robots take some away"
                )

    def has(self, parcel: int) -> bool:
        """Whether a parcel has a compartment."""
        return parcel in self._tote_of

    @property
    def hidden(self) -> list[int]:
        """Parcels in totes that are not at the arm."""
        shown = {place.tote for place in self._state.places if not place.steps}
        return [parcel for parcel, tote in self._tote_of.items() if tote not in shown]

    @property
    def coming(self) -> bool:
        """Whether a tote is on its way."""
        return any(place.steps for place in self._state.places)

    def at_arm(self, parcel: int) -> bool:
        """Whether a parcel's tote is at the arm."""
        tote = self._tote_of[parcel]
        return any(place.tote == tote and not place.steps for place in self._state.places)

    def place(self, parcel: int) -> Vector:
        """Return where a parcel's compartment is, for one whose tote is at the arm."""
        tote = self._tote_of[parcel]
        at = next(at for at, place in enumerate(self._state.places) if place.tote == tote)
        x, y, z = self.middles[at]
        east, north = self._state.totes[tote].compartment(parcel)
        return x + east, y + north, z

    def call(self, wanted: Sequence[int]) -> list[int]:
        """Have the totes of wanted parcels brought, as far as there are places for them.

        wanted: in the order in which they are needed. Return the parcels that go away with the totes that were there.
        """
        totes = list(dict.fromkeys(self._tote_of[parcel] for parcel in wanted))
        taken = {place.tote for place in self._state.places}
        gone: list[int] = []
        for tote in (one for one in totes if one not in taken):
            free = next((place for place in self._state.places if not place.steps and place.tote not in totes), None)
            if free is None:
                break
            if free.tote >= 0:
                gone += self._state.totes[free.tote].parcels
            free.tote, free.steps = tote, round(_EXCHANGE_S / STEP_S)
        return gone

    def step(self) -> list[int]:
        """A step passes; return the parcels whose tote has just come."""
        come: list[int] = []
        for place in self._state.places:
            if place.steps:
                place.steps -= 1
                if not place.steps:
                    come += self._state.totes[place.tote].parcels
        return come

    def take(self, parcel: int) -> None:
        """A parcel will not come back."""
        del self._state.totes[self._tote_of.pop(parcel)].parcels[parcel]

    def state(self) -> StoreState:
        """Return all of it, for `restore`."""
        return self._state

    def restore(self, state: StoreState) -> None:
        """Go on from there."""
        self._state = state
        self._tote_of = {parcel: at for at, tote in enumerate(state.totes) for parcel in tote.parcels}

    def _put(self, parcel: Parcel) -> bool:
        division = division_for(parcel)
        if division is None:
            return False
        taken = {place.tote for place in self._state.places}
        for at, tote in enumerate(self._state.totes):
            if at in taken:
                continue
            if not tote.parcels:
                tote.division = division
            if tote.division == division and len(tote.parcels) < division[0] * division[1]:
                break
        else:
            if len(self._state.totes) == self._most:
                return False
            at, tote = len(self._state.totes), Tote(division, {})
            self._state.totes.append(tote)
        used = set(tote.parcels.values())
        tote.parcels[parcel.id] = next(number for number in range(division[0] * division[1]) if number not in used)
        self._tote_of[parcel.id] = at
        return True


def compartments(division: tuple[int, int]) -> list[tuple[float, float]]:
    """Return the middles of all compartments, metres from the middle of the tote."""
    across, along = division
    return [
        (TOTE_M[0] * ((column + 0.5) / across - 0.5), TOTE_M[1] * ((row + 0.5) / along - 0.5))
        for row in range(along)
        for column in range(across)
    ]


def division_for(parcel: Parcel) -> tuple[int, int] | None:
    """Return the finest division of a tote that a parcel fits; None if it fits no tote."""
    for division in _DIVISIONS:
        if _fits(parcel, division) or _fits(parcel, division, turned=True):
            return division
    return None


def lies_turned(parcel: Parcel) -> bool:
    """Whether a parcel lies in its compartment with its length along the tote's y."""
    division = division_for(parcel)
    return division is not None and not _fits(parcel, division)


def _fits(parcel: Parcel, division: tuple[int, int], *, turned: bool = False) -> bool:
    length, width, _ = parcel.size_m
    if turned:
        length, width = width, length
    return length + _MARGIN_M <= TOTE_M[0] / division[0] and width + _MARGIN_M <= TOTE_M[1] / division[1]
