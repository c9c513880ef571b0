"""When what is known about ways has to be found anew."""

from __future__ import annotations

from typing import Final

import numpy as np

from robots.arrays import Bool

# Ways to chargers from everywhere cost a search for each charger, and closures often come in bursts.
_REFRESH_S: Final = 5.0


class FloorChanges:
    """Notices that ways or usable chargers have changed, and says when to act on it: at once, then every 5 s at most.

    fresh  ways have changed since the last `step`
    stale  something has changed that has not been acted on yet
    """

    def __init__(self, chargers: int) -> None:
        self._version = 0
        self._usable: Bool = np.ones(chargers, dtype=np.bool_)
        self._acted_s = -np.inf
        self.fresh = False
        self.stale = False

    def step(self, version: int, usable: Bool, now_s: float) -> bool:
        """Return whether to act now.

        version: `Fitness.floor_version`. usable bool (chargers,): chargers that are open and in order.
        """
        self.fresh = version != self._version
        self._version = version
        self.stale |= self.fresh or not np.array_equal(usable, self._usable)
        self._usable = usable.copy()
        if not self.stale or now_s < self._acted_s + _REFRESH_S:
            return False
        self._acted_s = now_s
        self.stale = False
        return True
