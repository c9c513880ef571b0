"""How much charge a trip takes, and how much a robot must keep to reach a charger from wherever it is."""

from __future__ import annotations

from typing import Final

import numpy as np

from fleet.grid.distances import UNREACHABLE, DistanceFields
from robots.arrays import Bool, Float32, Float64, Int32
from robots.battery import StepPercent

_HEADINGS: Final = np.arange(4, dtype=np.int8)


class TripEnergy:
    """Upper estimates of battery charge, in percent of a full battery.

    distances    steps of free-flow travel
    chargers     int32, cells of the chargers
    percent      what a step of each activity draws; every step of a trip is counted as the hungriest of them
    step_s       seconds of a step
    trip_factor  how much longer a trip may take than free-flow travel
    floor_percent  charge that a robot should still have when it gets to a charger

    keep_percent  float32 (cells * 4,), at `cell * 4 + heading`: the charge with which a robot there must leave for the
                  nearest charger; 0 where no charger can be reached, so that a robot there works until it is empty.
                  It falls along every way by no more than the way takes: a robot that has the charge for a trip and to
                  keep at its end has the charge to keep all along it
    keep_at_end   float32 (cells,), the same by cell, for the worst heading
    step_percent  charge that a step on the way may take

    Making one, or refreshing it, takes time chargers x passable cells, and memory for the map alone.
    """

    def __init__(
        self,
        distances: DistanceFields,
        chargers: Int32,
        *,
        percent: StepPercent,
        step_s: float,
        trip_factor: float,
        floor_percent: float,
    ) -> None:
        layout = distances.layout
        self._distances = distances
        self._step_s = step_s
        self._service_percent = percent.service * trip_factor
        self.step_percent = percent.travel * trip_factor
        self._chargers: Int32 = np.array(chargers, dtype=np.int32)
        self._floor_percent = floor_percent
        self._cells: Int32 = np.repeat(layout.free_cells, 4)
        self._headings = np.tile(_HEADINGS, len(layout.free_cells))
        self.keep_percent: Float32 = np.zeros(layout.cells * 4, dtype=np.float32)
        self._has_charger: Bool = np.zeros(layout.cells, dtype=np.bool_)
        self.refresh()
        self._had_charger = self._has_charger

    def refresh(self, usable: Bool | None = None) -> None:
        """Find the ways to chargers anew: ways, or the chargers that can be used (bool (chargers,)), have changed."""
        cells, headings = self._cells, self._headings
        steps = np.full(len(cells), UNREACHABLE, dtype=np.uint16)
        chargers = self._chargers if usable is None else self._chargers[usable]
        for charger in range(len(chargers)):
            np.minimum(steps, self._distances.travel(chargers[charger : charger + 1], cells, headings)[0], out=steps)
        keep = self._floor_percent + steps.astype(np.float64) * self.step_percent
        self.keep_percent[cells * 4 + headings] = np.where(steps == UNREACHABLE, 0.0, keep)
        self._has_charger = np.zeros_like(self._has_charger)
        self._has_charger[cells[steps != UNREACHABLE]] = True
        self.keep_at_end: Float32 = self.keep_percent.reshape(-1, 4).max(axis=1)

    def has_charger(self, cells: Int32) -> Bool:
        """Whether some charger can be reached from these cells, bool of the same length."""
        has: Bool = self._has_charger[cells]
        return has

    def cut_off(self, cells: Int32) -> Bool:
        """Which of these cells have lost their way to chargers while others still have one, bool of the same length.

        Whoever goes there, if anybody can, does not come away again.
        """
        lost: Bool = (self._had_charger & ~self._has_charger)[cells] & self._has_charger.any()
        return lost

    def task_percent(self, cells: Int32, service_s: Float32, offsets: Int32) -> Float32:
        """Charge that a robot must have in the first cell of each task to take it on, float32 (m,).

        cells, service_s: int32 and float32 (e,), the errands in order; those of task t are rows offsets[t] to
        offsets[t + 1] - 1, offsets being int32 (m + 1,); every task has at least one. The answer covers the services,
        the ways between the errands, and what is to be kept in the last cell. It is infinite if there is no way between
        two errands. Time grows with errands, and with the map for first cells that nobody travelled to before.
        """
        service_steps = np.ceil(service_s.astype(np.float64) / self._step_s)
        of_errand = service_steps * self._service_percent + self._leg_percent(cells, offsets)
        ends = cells[offsets[1:] - 1]
        total = np.add.reduceat(of_errand, offsets[:-1]) + self.keep_at_end[ends]
        return total.astype(np.float32)

    def _leg_percent(self, cells: Int32, offsets: Int32) -> Float64:
        """Charge for the way to each errand from the one before, by its worst heading; 0 for first ones."""
        percent = np.zeros(len(cells))
        follows = np.ones(len(cells), dtype=np.bool_)
        follows[offsets[:-1]] = False
        legs = np.flatnonzero(follows)
        steps = self._distances.legs(cells[legs], cells[legs - 1])
        percent[legs] = np.where(steps == UNREACHABLE, np.inf, steps * self.step_percent)
        return percent
