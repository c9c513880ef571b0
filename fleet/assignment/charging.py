"""Who charges where and when: chargers are reserved for robots before their charge runs low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fleet.assignment.charging_params import ChargingParams
from fleet.assignment.matching import minimum_cost_matching
from fleet.assignment.travel import TravelTimes
from fleet.assignment.trip_energy import TripEnergy
from fleet.grid.distances import UNREACHABLE
from fleet.grid.layout import NO_CELL, NO_ROBOT
from robots.arrays import Bool, Float32, Int8, Int32, Int64

_NO_CHARGER: Final = -1


@dataclass(slots=True)
class ChargingDecision:
    """What a step of the policy decided.

    sent      int32, robots that have now been given a charger: `ChargingPolicy.charger_cell[sent]`. One that has a
              task is critical: it goes to charge first and to its task after that
    left      int32, robots whose charger has now been taken back: they are full, give way, are lost, or it cannot be
              used now
    may_work  bool (n,), robots that may be given a new task. Some of them hold a charger; one that takes a task must
              be named to `ChargingPolicy.release`
    waiting   robots that ought to charge and have no charger, because none that they can reach is free
    stranded  robots that ought to charge and have no way to any charger
    cut_off   int32, low robots without a charger that have lost their way to all of them, whatever they are doing: they
              may not be given a task. Empty as long as `usable` is not said
    """

    sent: Int32
    left: Int32
    may_work: Bool
    waiting: int
    stranded: int
    cut_off: Int32


class ChargingPolicy:
    """Decides in every step who goes to which charger and who leaves. One charger serves one robot.

    A charger belongs to a robot from the decision to send it until the decision that it leaves: full, called to work,
    or giving way. Robots with the least charge left on arrival go first; among those that go, ways are short in sum.
    Robots that are low and have no charger may go on working until they are critical, then they stand and wait.

    Where a share s of the chargers cannot be used, robots charge earlier and longer: low_percent rises by s of the way
    to opportunity_percent, and that one by s of the way to full_percent.

    chargers      int32, cells of the chargers, as handed in
    charger_cell  int32 (n,), the charger that each robot holds, NO_CELL for none. A robot charges exactly while it
                  stands there: `charge = cells == charger_cell` after all decisions of a step are made

    A step without decisions costs a few vector operations over the robots. Matching is done only when a robot that
    wants to charge meets a free charger; it grows with the robots that want to times the free chargers.
    """

    def __init__(
        self, travel: TravelTimes, chargers: Int32, energy: TripEnergy, params: ChargingParams, robots: int
    ) -> None:
        self._travel = travel
        self.chargers: Int32 = np.array(chargers, dtype=np.int32)
        self._energy = energy
        self._params = params
        self._holder: Int32 = np.full(len(chargers), NO_ROBOT, dtype=np.int32)
        self._usable: Bool = np.ones(len(chargers), dtype=np.bool_)
        self._everybody: Bool = np.ones(robots, dtype=np.bool_)
        self._charger_of: Int32 = np.full(robots, _NO_CHARGER, dtype=np.int32)
        self.charger_cell: Int32 = np.full(robots, NO_CELL, dtype=np.int32)

    def step(
        self,
        cells: Int32,
        headings: Int8,
        charge_percent: Float32,
        idle: Bool,
        waiting_tasks: int,
        *,
        fit: Bool | None = None,
        lost: Bool | None = None,
        usable: Bool | None = None,
    ) -> ChargingDecision:
        """Decide for all robots; columns of length n.

        cells int32, headings int8, charge_percent float32: as the driver reported them. idle bool: the robot has no
        task (it stands, parks, charges or is on its way to do so). waiting_tasks: tasks that wait for a robot, without
        those that the assigner refused when it was last asked: robots that are too low for all of them may as well
        charge. fit bool: whom decisions are made for, the others keep what they have; None: all. lost bool:
        unfit for so long that their chargers are taken back; None: nobody. usable bool (chargers,): a charger that is
        not is taken from whoever fit holds it and given to nobody; None: all are.
        """
        fit = self._everybody if fit is None else fit
        low, opportunity = self._params.low_percent, self._params.opportunity_percent
        displaced = without_way = np.zeros(0, dtype=np.int64)
        if usable is not None:
            displaced = self._take_out_of_use(usable, fit)
            low, opportunity = self._early(usable)
            without_way = self._without_way(cells, charge_percent, fit)
        left = self._take_back(charge_percent, fit, lost)
        keep = self._energy.keep_percent[cells * 4 + headings]
        critical = charge_percent <= keep
        without = fit & (self._charger_of == _NO_CHARGER)
        wants = without & (critical | (idle & (charge_percent <= low)))
        wants[displaced] |= (idle & (charge_percent < opportunity))[displaced]
        sent = np.zeros(0, dtype=np.int64)
        waiting = stranded = 0
        if wants.any():
            wanting = np.flatnonzero(wants)
            has_charger = self._energy.has_charger(cells[wanting])
            stranded = int(len(wanting) - has_charger.sum())
            wanting = wanting[has_charger]
            gave_way = self._make_way(charge_percent, len(wanting), opportunity, fit)
            left = np.concatenate([left, gave_way])
            sent = self._reserve(wanting, cells, headings, charge_percent - keep)
            waiting = len(wanting) - len(sent)
        elif waiting_tasks == 0 and self._free().any():
            wanting = np.flatnonzero(without & idle & (charge_percent < opportunity))
            wanting = wanting[self._energy.has_charger(cells[wanting])]
            sent = self._reserve(wanting, cells, headings, charge_percent - keep)
        may_work = idle & fit & ~critical & ((self._charger_of == _NO_CHARGER) | (charge_percent >= opportunity))
        may_work[without_way] = False
        return ChargingDecision(
            sent=sent.astype(np.int32),
            left=np.concatenate([displaced, left]).astype(np.int32),
            may_work=may_work,
            waiting=waiting,
            stranded=stranded,
            cut_off=without_way.astype(np.int32),
        )

    def _free(self) -> Bool:
        free: Bool = (self._holder == NO_ROBOT) & self._usable
        return free

    def _take_back(self, charge_percent: Float32, fit: Bool, lost: Bool | None) -> Int64:
        """Take chargers from robots that are full or lost; return these, ascending."""
        over = fit & (charge_percent >= self._params.full_percent)
        if lost is not None:
            over |= lost
        left = np.flatnonzero(over & (self._charger_of != _NO_CHARGER))
        self.release(left)
        return left

    def _take_out_of_use(self, usable: Bool, fit: Bool) -> Int64:
        """Take chargers that cannot be used from those who hold them; return these, ascending."""
        self._usable = usable
        displaced = np.sort(self._holder[~usable & (self._holder != NO_ROBOT)]).astype(np.int64)
        displaced = displaced[fit[displaced]]
        self.release(displaced)
        return displaced

    def _early(self, usable: Bool) -> tuple[float, float]:
        """Return low_percent and opportunity_percent as they are with these chargers."""
        params = self._params
        missing = 1.0 - float(usable.mean()) if len(usable) else 0.0
        low = params.low_percent + missing * (params.opportunity_percent - params.low_percent)
        return low, params.opportunity_percent + missing * (params.full_percent - params.opportunity_percent)

    def _without_way(self, cells: Int32, charge_percent: Float32, fit: Bool) -> Int64:
        """Return robots that are low by the ordinary threshold and have no way to any charger of a floor with some."""
        is_low = (charge_percent <= self._params.low_percent) & (self._charger_of == _NO_CHARGER)
        low = np.flatnonzero(is_low & fit)
        if len(self.chargers) == 0:
            return low[:0]
        return low[~self._energy.has_charger(cells[low])]

    def release(self, robots: Int32 | Int64) -> None:
        """Take back the chargers of these robots, those among them that hold one."""
        chargers = self._charger_of[robots]
        self._holder[chargers[chargers != _NO_CHARGER]] = NO_ROBOT
        self._charger_of[robots] = _NO_CHARGER
        self.charger_cell[robots] = NO_CELL

    def _make_way(self, charge_percent: Float32, wanted: int, opportunity: float, fit: Bool) -> Int64:
        """Take back chargers from robots with charge enough, the fullest first, if more are wanted than free."""
        lacking = wanted - int(self._free().sum())
        if lacking <= 0:
            return np.zeros(0, dtype=np.int64)
        holders = self._holder[self._holder != NO_ROBOT]
        enough = holders[fit[holders] & (charge_percent[holders] >= opportunity)]
        fullest = enough[np.lexsort((enough, -charge_percent[enough]))]
        gave_way: Int64 = fullest[:lacking].astype(np.int64)
        self.release(gave_way)
        return gave_way

    def _reserve(self, wanting: Int64, cells: Int32, headings: Int8, left_on_arrival: Float32) -> Int64:
        """Give free chargers to these robots; return those that got one, ascending."""
        free = np.flatnonzero(self._free())
        if len(free) == 0 or len(wanting) == 0:
            return np.zeros(0, dtype=np.int64)
        wanting = wanting[np.argsort(left_on_arrival[wanting], kind="stable")]
        steps = self._travel(self.chargers[free], cells[wanting], headings[wanting]).T
        rank, charger = (steps != UNREACHABLE).nonzero()
        # One place in the order outweighs all ways together: the robots that go are the first that can, in order.
        costs = rank * float(UNREACHABLE * (len(free) + 1)) + steps[rank, charger]
        matched, to = minimum_cost_matching(rank, charger, costs, len(wanting))
        robots: Int64 = wanting[matched]
        self._holder[free[to]] = robots
        self._charger_of[robots] = free[to]
        self.charger_cell[robots] = self.chargers[free[to]]
        return np.sort(robots)
