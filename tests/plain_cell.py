"""A StationCell without Bullet: a stand-in for tests of what stands around cells."""

from __future__ import annotations

import msgspec

from robots.errors import InputError
from twin.cells.station_cell import LineState, Whereabouts


class PlainCell:
    """Sets parcels onto the robot, a fixed number of steps each; with `takes` takes them. Refuses more than `most`."""

    def __init__(self, steps_each=60, *, takes=False, most=5):
        self._each, self._takes, self._most = steps_each, takes, most
        self.steps = self._worked = 0
        self._came, self._store, self._asked, self._loaded, self._gone = 0, [], [], [], 0
        self._left = -1

    @property
    def busy(self):
        return self._left > 0

    @property
    def state(self):
        return LineState.WORKING if self.busy else LineState.IDLE

    def feed(self, parcels):
        if len(parcels) > self._most:
            raise InputError("parcels", f"are {len(parcels)}", f"give at most {self._most}")
        self._came += len(parcels)
        self._store += [parcel.id for parcel in parcels]

    def begin(self, parcels):
        if self._left >= 0:
            raise InputError("begin", "comes while a robot is there", "let it leave first")
        self._asked, self._left = list(parcels), self._each * len(parcels)

    @property
    def finished(self):
        return self._left == 0

    def leave(self):
        taken, self._loaded, self._left = tuple(self._loaded), [], -1
        self._gone += len(taken)
        return taken

    def advance(self, steps):
        self.steps += steps
        if self._left <= 0:
            return
        self._worked += min(steps, self._left)
        self._left = max(self._left - steps, 0)
        done = len(self._asked) - -(-self._left // self._each)
        for number in self._asked[len(self._loaded) : done] if not self._takes else []:
            self._store.remove(number)
            self._loaded.append(number)

    def whereabouts(self):
        return Whereabouts(self._came, len(self._store), 0, len(self._loaded), 0, self._gone)

    def seconds_in_states(self):
        return {LineState.WORKING: self._worked / 240.0, LineState.IDLE: (self.steps - self._worked) / 240.0}

    def checkpoint(self):
        return msgspec.msgpack.encode(
            [self.steps, self._worked, self._came, self._store, self._asked, self._loaded, self._gone, self._left]
        )

    def resume(self, checkpoint):
        then = msgspec.msgpack.decode(checkpoint)
        self.steps, self._worked, self._came, self._store, self._asked, self._loaded, self._gone, self._left = then

    def close(self):
        pass
