"""The people on the floor: they put robots back, clear what is over, open what they closed, and see to chargers."""

from __future__ import annotations

from collections import Counter
from math import isinf
from typing import Any, Final

import numpy as np

from fleet.runtime.dispatch import Dispatcher
from fleet.traffic.zones.actions import ConfirmClear, Open, RequestClear, ZoneAction
from fleet.traffic.zones.refusal import ZoneRefusal
from fleet.traffic.zones.restriction import Restriction, ZoneKind
from fleet.traffic.zones.zones import Zones
from robots.arrays import Bool, Float32
from twin.simulated_fleet import SimulatedFleet

# Seconds from when something is there to when somebody has come to see to it: least and most.
_PUTS_BACK_S: Final = (3.0, 25.0)
_REQUESTS_S: Final = (4.0, 40.0)
_CONFIRMS_S: Final = (1.2, 8.0)
_OPENS_S: Final = (5.0, 45.0)
_REPAIRS_S: Final = (20.0, 90.0)
_PUT_BACK, _REQUEST, _CONFIRM, _OPEN, _REPAIR, _RECHARGE = range(6)
_RECHARGES_S: Final = (15.0, 60.0)
_BROUGHT_PERCENT: Final = 30.0
_WHO: Final = "dora"


class Operator:
    """Reacts to what is wrong, each time after a while that depends only on the seed and on what it is about.

    done  how often each thing was done
    """

    def __init__(self, seed: int, zones: Zones, driver: SimulatedFleet, dispatcher: Dispatcher) -> None:
        self._seed = seed
        self._zones = zones
        self._driver = driver
        self._dispatcher = dispatcher
        # When a thing will be done, and how often it was, by what is done to whom.
        self._due_s: dict[tuple[int, int], float] = {}
        self._times: Counter[tuple[int, int]] = Counter()
        self._failed_chargers: set[int] = set()
        self.done: Counter[str] = Counter()

    def hear(self, event: dict[str, Any]) -> None:
        """Take in what the controller reports."""
        if event["event"] == "charger_failed":
            self._failed_chargers.add(int(event["cell"]))

    def step(self, now_s: float, charge_percent: Float32) -> None:
        """Do what is due; charge_percent float32 (n,), as robots show it."""
        displaced = self._driver.truth().displaced
        for robot in np.flatnonzero(displaced).tolist():
            if self._is_due(_PUT_BACK, robot, _PUTS_BACK_S, now_s):
                self._driver.put_back(robot)
                self.done["put_back"] += 1
        for robot in np.flatnonzero(charge_percent <= 0).tolist():
            if self._is_due(_RECHARGE, robot, _RECHARGES_S, now_s):
                self._driver.recharge(robot, _BROUGHT_PERCENT)
                self.done["recharged"] += 1
        for restriction in self._zones.in_force():
            if restriction.kind.guarded:
                self._clear(restriction, displaced, now_s)
            elif isinf(restriction.until_s) and self._is_due(_OPEN, restriction.id, _OPENS_S, now_s):
                self._do(Open(restriction=restriction.id, by=_WHO), now_s)
        for cell in sorted(self._failed_chargers):
            if self._is_due(_REPAIR, cell, _REPAIRS_S, now_s):
                self._failed_chargers.remove(cell)
                self._dispatcher.charger_cleared(cell)
                self.done["charger_cleared"] += 1

    def _clear(self, restriction: Restriction, displaced: Bool, now_s: float) -> None:
        """Two steps; a quarantine once its robot is back. Whoever is refused begins again."""
        if restriction.kind is ZoneKind.QUARANTINE and displaced[restriction.robot]:
            return
        if not restriction.clear_requested_by:
            self._due_s.pop((_CONFIRM, restriction.id), None)
            if self._is_due(_REQUEST, restriction.id, _REQUESTS_S, now_s):
                self._do(RequestClear(restriction=restriction.id, by=_WHO), now_s)
        elif self._is_due(_CONFIRM, restriction.id, _CONFIRMS_S, now_s):
            self._do(ConfirmClear(restriction=restriction.id, by=_WHO), now_s)

    def _do(self, action: ZoneAction, now_s: float) -> None:
        refused = isinstance(self._zones.apply(action, now_s), ZoneRefusal)
        self.done["refused" if refused else action.do] += 1

    def _is_due(self, what: int, whom: int, seconds: tuple[float, float], now_s: float) -> bool:
        """Whether it is time for something; the first question sets the time, and so does the first after it was."""
        key = what, whom
        if key not in self._due_s:
            rng = np.random.default_rng([self._seed, what, whom, self._times[key]])
            self._due_s[key] = now_s + float(rng.uniform(*seconds))
        if now_s < self._due_s[key]:
            return False
        del self._due_s[key]
        self._times[key] += 1
        return True
