"""Wires what a controller does about what sensors say of bins, chutes and roll cages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fleet.runtime.config import RunConfig
from fleet.runtime.dispatch import Dispatcher
from fleet.runtime.intake import Intake
from fleet.runtime.keeping.bin_stock import BinStock
from fleet.runtime.keeping.chute_keeping import ChuteKeeping, ChuteVisits, FillSource, JamSource
from fleet.runtime.keeping.chute_map import ChuteMap
from fleet.runtime.keeping.floor_keeping import FloorKeeping, Follower
from fleet.runtime.keeping.mapped_slotting import MappedSlotting
from fleet.runtime.keeping.refill_slotting import RefillSlotting
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.runtime.keeping.stock_keeping import StockKeeping, StockSource
from fleet.runtime.keeping.stocked_slotting import KnownPlaces, StockedSlotting
from fleet.tasks.events import EventSink
from fleet.tasks.model import ErrandKind
from fleet.tasks.pool import TaskPool
from fleet.tasks.splitting import OrderSplitter
from sim_worlds.world import World


@dataclass(frozen=True, slots=True)
class SensedFloor:
    """What is known of a floor with sensors: its bins, who says what is in them, in cages and in chutes, and who comes.

    followers  those of them that have to know of tasks and events
    """

    bins: StockBins
    stock: StockSource
    fills: FillSource
    jams: JamSource
    visits: ChuteVisits
    followers: tuple[Follower, ...] = ()


class FloorActs:
    """Bins that are refilled and chutes that are closed, of one floor: first its slotting, then its intake.

    slotting  the world's, but for empty bins and closed chutes
    """

    def __init__(self, world: World, places: KnownPlaces, sensed: SensedFloor, config: RunConfig) -> None:
        self._world = world
        self._sensed = sensed
        self._config = config
        self._stock = BinStock(sensed.bins, sensed.bins.share(config.stock.target_share))
        self._map = ChuteMap([chute.destination for chute in world.chutes])
        stocked = StockedSlotting(places, self._stock, world.layout.width)
        self.slotting = MappedSlotting(stocked, world.chutes, self._map)

    def intake(
        self, orders: Intake, pool: TaskPool, splitter: OrderSplitter, dispatcher: Dispatcher, events: EventSink
    ) -> FloorKeeping:
        """Return the intake of a floor that is kept; it has to hear of all events. splitter: that of the pool.

        Raises SettingError where nothing can come in for bins.
        """
        world, sensed = self._world, self._sensed
        chutes = ChuteKeeping(
            world.chutes,
            self._map,
            pool=pool,
            redirect=dispatcher.redirect,
            fills=sensed.fills,
            jams=sensed.jams,
            visits=sensed.visits,
            params=self._config.cages,
            events=events,
        )
        stock = StockKeeping(
            sensed.bins,
            self._stock,
            pool=pool,
            splitter=replace(splitter, slotting=RefillSlotting(world, sensed.bins), last=ErrandKind.PUT),
            source=sensed.stock,
            params=self._config.stock,
            robots=len(dispatcher.roster.task),
            events=events,
        )
        for follower in sensed.followers:
            follower.follow(pool)
        return FloorKeeping(orders, chutes, stock, sensed.followers)
