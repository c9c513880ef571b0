"""Wires sensors into a simulation: the stock and the roll cages that there really are, and what is seen of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np

from fleet.app.crew import orders_of
from fleet.app.floor_acts import SensedFloor
from fleet.app.simulated_chutes import SimulatedChutes
from fleet.errors import SettingError
from fleet.runtime.config import RunConfig
from fleet.runtime.keeping.chute_visits import SimulatedVisits
from fleet.runtime.keeping.filtered_stock import FilteredStock
from fleet.runtime.keeping.refill_slotting import bin_at
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.runtime.keeping.watched_cages import WatchedCages
from fleet.sensing.estimates import StockEstimate
from fleet.sensing.fill_estimator import FillEstimator
from fleet.sensing.fill_watch import FillWatch
from fleet.sensing.stock_filter import StockFilter
from fleet.tasks.model import OrderLine
from fleet.tasks.pool import TaskPool
from robots.arrays import Bool
from robots.depth_cameras import ROLL_CAGE, BayCamera, Lens
from sim_worlds.assortment import KeptSku
from sim_worlds.stock_layout import StockLayout, lay_out_stock
from sim_worlds.world import World
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import ParcelSizes
from twin.sensors.depth_faults import DepthFaults
from twin.sensors.drawn_camera import DrawnCamera
from twin.sensors.drawn_heap import DrawnHeap
from twin.sensors.range_sensors import RangeSensors
from twin.sensors.sensor_faults import SensorFaults
from twin.sensors.stock_on_hand import Mistakes, StockOnHand

_ORDERS_SEEN: Final = 5000  # the SKUs that a floor keeps in bins are those that are ordered most in these
_MOST_BINS: Final = 5000
_FULLEST, _EMPTIEST = 1.0, 0.4  # of bins at the beginning
_IMAGE_EVERY_S: Final = 30.0  # of a cage into which something has fallen
_LENS: Final = Lens.opening(160, 120, 74.6)
# What random numbers are for.
_FILL, _CAGES = 11, 12


@dataclass(frozen=True, slots=True)
class SimulatedSensors:
    """A floor with sensors, in simulation: what the controller gets of it, and what there really is."""

    sensed: SensedFloor
    stock: SimulatedStock
    chutes: SimulatedChutes


def simulated_sensors(world: World, config: RunConfig) -> SimulatedSensors:
    """Return the sensors of a run: over 5,000 bins at most, of the SKUs that are ordered most, all chutes and cages.

    Raises InputErrors for orders and worlds that cannot be used.
    """
    measures = _ordered_most(world, config)
    layout = lay_out_stock(world, [KeptSku.of_litres(sku, unit.unit_litres) for sku, unit in measures.items()])
    if not layout.bins:
        raise SettingError("--sensors", f"{world.name} keeps nothing in racks", "use a world with pick faces")
    bins = StockBins.of(layout.cell, layout.sku, layout.capacity, measures, world.pick_face_service_s)
    stock = SimulatedStock(layout, bins, config.seed)
    chutes = SimulatedChutes(len(world.chutes), config.seed)
    cages = SimulatedCages(world, config.seed, chutes)
    visits = SimulatedVisits(config.cages, config.seed, chutes.stuck)
    followers = (stock, cages, *stock.followers, *cages.followers)
    return SimulatedSensors(SensedFloor(bins, stock, cages, chutes, visits, followers), stock, chutes)


class SimulatedStock:
    """A `StockSource`: sensors are read when somebody wants to know, and the filter makes of it what it can.

    Units come and go with the errands that are done at bins, wrongly at times (`Mistakes`).
    """

    def __init__(self, layout: StockLayout, bins: StockBins, seed: int) -> None:
        share = np.random.default_rng([seed, _FILL]).uniform(_EMPTIEST, _FULLEST, layout.bins)
        count = np.maximum(np.floor(share * layout.capacity), 1).astype(np.int32)
        self._layout = layout
        self._stock = StockOnHand(layout, count, Mistakes(), seed)
        self._sensors = RangeSensors(SensorFaults(), layout.sensors, seed)
        self._filter = FilteredStock(StockFilter(layout, count=count), bins)
        self._row_of = bins.by_place()
        self._pool: TaskPool | None = None
        self.followers = (self._filter,)

    def follow(self, pool: TaskPool) -> None:
        """Take work at bins from this pool."""
        self._pool = pool

    def hear(self, event: dict[str, Any]) -> None:
        """Units were picked from a bin, or put into it."""
        if event["event"] != "errand_done" or event["kind"] == "drop" or self._pool is None:
            return
        if event["kind"] == "put":
            filled = bin_at(self._pool.destination(event["task"]))
            if filled is not None:
                self._stock.fill(filled, event["units"])
            return
        errand = self._pool.task_record(event["task"]).task.errands[event["errand"]]
        picked = self._row_of.get((event["cell"], errand.sku))
        if picked is not None:
            self._stock.take(picked, event["units"])

    def estimate(self, now_s: float) -> StockEstimate:
        """Read all sensors, and return what is believed."""
        seen = self._layout.distance_m(self._stock.count)[self._layout.sensor_bin]
        self._filter.observe(self._sensors.read(now_s, seen))
        return self._filter.estimate(now_s)

    def wrong(self, now_s: float) -> tuple[int, int]:
        """Return in how many bins the number of units is believed wrong, and is not even in the 95 % set."""
        known, truth = self._filter.estimate(now_s), self._stock.count
        outside = (truth < known.low) | (truth > known.high)
        return int((known.count != truth).sum()), int(outside.sum())


class SimulatedCages:
    """A `FillSource`: a depth camera over the roll cage of each chute, which looks when something has fallen in.

    What is dropped falls in as far as it comes through its chute.
    """

    def __init__(self, world: World, seed: int, chutes: SimulatedChutes) -> None:
        camera = BayCamera.above(ROLL_CAGE, _LENS)
        cages = range(len(world.chutes))
        self._heaps = [DrawnHeap(ROLL_CAGE, np.random.default_rng([seed, _CAGES, cage, 0])) for cage in cages]
        self._cameras = [
            DrawnCamera(cage, camera, DepthFaults(), np.random.default_rng([seed, _CAGES, cage, 1])) for cage in cages
        ]
        watch = FillWatch(np.full(len(cages), ROLL_CAGE.litres))
        estimator = FillEstimator([camera for _ in cages])
        for cage in cages:
            estimator.swapped(cage, 0.0)
        self._watched = WatchedCages(world.chutes, estimator, watch)
        self._chutes = chutes
        self._cage_at = {chute.cell: cage for cage, chute in enumerate(world.chutes)}
        self._cage_of = {chute.name: cage for cage, chute in enumerate(world.chutes)}
        self._sizes = ParcelSizes.read()
        self._parcels = 0
        self._looked_s = [-np.inf] * len(cages)
        self._to_look = dict.fromkeys(cages)
        self._pool: TaskPool | None = None
        self.followers = (self._watched,)

    def follow(self, pool: TaskPool) -> None:
        """Take drops from this pool."""
        self._pool = pool

    def hear(self, event: dict[str, Any]) -> None:
        """Units were dropped, a chute was freed, or an empty cage took the place of another."""
        if event["event"] == "cage_swapped":
            cage = self._cage_of[event["chute"]]
            self._heaps[cage].clear()
            self._to_look[cage], self._looked_s[cage] = None, -np.inf
        elif event["event"] == "errand_done" and event["kind"] == "drop" and self._pool is not None:
            cage = self._cage_at[event["cell"]]
            dropped = self._dropped(self._pool, event["task"])
            self._fall(cage, self._chutes.dropped(cage, dropped, event["t"]))
        elif event["event"] == "chute_freed":
            cage = self._cage_of[event["chute"]]
            self._fall(cage, self._chutes.freed(cage, event["t"]))

    def full(self, now_s: float) -> Bool:
        """Look where something has changed, and return which cages are called full."""
        due = [cage for cage in self._to_look if now_s - self._looked_s[cage] >= _IMAGE_EVERY_S]
        for cage in due:
            self._watched.take(self._cameras[cage].look(self._heaps[cage], now_s))
            self._looked_s[cage] = now_s
            del self._to_look[cage]
        return self._watched.full(now_s)

    def _fall(self, cage: int, parcels: Sequence[Parcel]) -> None:
        """Let parcels fall into a cage."""
        if parcels:
            self._heaps[cage].drop(parcels)
            self._to_look[cage] = None

    def _dropped(self, pool: TaskPool, task: int) -> Sequence[Parcel]:
        """The goods of a task as parcels."""
        kept = pool.task_record(task)
        lines = {line.sku: line for line in pool.order_record(kept.order_row).order.lines}
        parcels = []
        for errand in kept.task.errands[:-1]:
            line = lines[errand.sku]
            for _ in range(errand.units):
                self._parcels += 1
                parcels.append(self._sizes.of_line(self._parcels, line.sku, line.unit_litres, line.unit_kg))
        return parcels


def _ordered_most(world: World, config: RunConfig) -> dict[str, OrderLine]:
    """The SKUs that are kept in bins, those that are ordered most first, with their measures."""
    lines: Counter[str] = Counter()
    measures: dict[str, OrderLine] = {}
    for order in islice(orders_of(config, world), _ORDERS_SEEN):
        for line in order.lines:
            lines[line.sku] += 1
            measures.setdefault(line.sku, line)
    most = sorted(lines, key=lambda sku: (-lines[sku], sku))[: _MOST_BINS // world.slotting_copies]
    return {sku: measures[sku] for sku in most}
