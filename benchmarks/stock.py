"""Stock from infrared: how many bins are known wrong after a shift, how sure that is, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import process_time
from typing import Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Chart, Options, Report, Series, Table
from benchmarks.stock_shift import ROUND_S, Demand, Moment, Shift
from fleet.app.crew import SHIPPED_ORDERS
from fleet.sensing.stock_filter import StockFilter, StockWork
from fleet.tasks.sources.csv_source import read_csv
from robots.arrays import Bool, Float32, Int32
from robots.truth import FloorTruth
from sim_worlds.assortment import KeptSku, read_assortment
from sim_worlds.stock_layout import StockLayout, lay_out_stock
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from twin.sensors.safety_sensors import SafetySensors
from twin.sensors.sensor_faults import SensorFaults
from twin.sensors.sensor_world import SensorWorld
from twin.sensors.stock_on_hand import Mistakes

_HOURS: Final = 8.0
_SHORT_BINS: Final = 240
_LOOK_S: Final = 600.0
_SEED: Final = 1
_COST_SENSORS, _COST_H, _WARM_ROUNDS = 5000, 0.05, 60
_ROBOTS, _RAYS, _RAY_HZ, _RAY_ROUNDS = 500, 500, 20.0, 40

_WRONG: Final = ("bins", "hours", "picks and fills", "known from", "wrong at end %", "wrong on average %", "goal %")
_SETS: Final = ("bins", "truth in 95 % set %", "at the worst look %", "goal %", "units in a set", "sure %")
_COSTS: Final = ("what", "times a second", "ms each", "% of a core", "goal %")
_NOTES: Final = (
    "future_park with the SKUs of the shipped orders; bins that people work at are left out, but not at the end",
    "mistakes: 0.5 % of picks and 1 % of fills of a wrong quantity, 0.2 % and 0.3 % at a wrong bin; 1.5 % miscounted",
    "sensor faults: the nominal ones of twin/sensors/sensor_faults.py",
    "counter: the first count and what was confirmed; readings: the last answer of each sensor, to the nearest unit",
    "cost is time of the processor; the shift is played on beams that are computed, equal to Bullet's rays",
)


def run(options: Options) -> Report:
    """Some of the floor's bins, all of them in the full form; then what a round costs."""
    world, assortment = load_world("future_park"), read_assortment(SHIPPED_ORDERS)
    layout = lay_out_stock(world, assortment)
    part = layout if options.full else first_bins(layout, _SHORT_BINS)
    options.say(f"{_HOURS:g} h at {part.bins} bins")
    found = play(part, shipped_demand(world, part.bins / layout.bins), _HOURS, _SEED)
    options.say(f"the cost of {_COST_SENSORS} sensors, and of {_RAYS} rays beside {_ROBOTS} robots")
    # As many SKUs again, under other names, for more bins than sensors.
    more = lay_out_stock(world, [*assortment, *(KeptSku(f"other {sku.name}", sku.size_m) for sku in assortment)])
    costs = _filter_cost(more, shipped_demand(world, 1.0)), *_ray_costs(world, layout)
    tables = (
        Table("Wrong bins", _WRONG, found.wrong_rows(part.bins)),
        Table("95 % sets", _SETS, (found.set_row(part.bins),)),
        Table("Cost", _COSTS, costs),
    )
    return Report(tables, _NOTES, (found.chart(),))


def first_bins(layout: StockLayout, bins: int) -> StockLayout:
    """Return the layout of the first bins alone."""
    beside = np.where(layout.neighbours < bins, layout.neighbours, -1)
    columns = ("cell", "sku", "capacity", "pitch_m", "empty_m", "eye_m", "heading")
    fewer = {name: getattr(layout, name)[:bins] for name in columns}
    return replace(layout, neighbours=beside[:bins], sensor_bin=layout.sensor_bin[layout.sensor_bin < bins], **fewer)


def shipped_demand(world: World, share: float) -> Demand:
    """Return the shipped order lines at the world's rate, those that are picked at faces, at a share of the bins."""
    orders = read_csv(SHIPPED_ORDERS)
    lines = [line for order in orders for line in order.lines]
    rate = world.orders.rate_per_hour * len(lines) / len(orders) * (1.0 - world.slotting_station_share)
    return Demand(tuple(line.sku for line in lines), tuple(line.quantity for line in lines), rate * share)


@dataclass(slots=True)
class Found:
    """What was found at each look: hours, and shares of bins; `works` is how many there were in all."""

    works: int = 0
    hours: list[float] = field(default_factory=list)
    wrong: dict[str, list[float]] = field(default_factory=lambda: {"filter": [], "counter": [], "readings": []})
    covered: list[float] = field(default_factory=list)
    units: list[float] = field(default_factory=list)
    sure: list[float] = field(default_factory=list)

    def wrong_rows(self, bins: int) -> tuple[tuple[Cell, ...], ...]:
        """Rows of the table of wrong bins."""
        goal = {"filter": 5.0}
        return tuple(
            (bins, self.hours[-1], self.works, name, 100 * shares[-1], 100 * float(np.mean(shares)), goal.get(name))
            for name, shares in self.wrong.items()
        )

    def set_row(self, bins: int) -> tuple[Cell, ...]:
        """The row of the table of sets."""
        mean, worst = 100 * float(np.mean(self.covered)), 100 * min(self.covered)
        return bins, mean, worst, 95.0, float(np.mean(self.units)), 100 * float(np.mean(self.sure))

    def chart(self) -> Chart:
        """Wrong bins over time."""
        series = (
            Series(name, tuple(zip(self.hours, (100 * share for share in shares), strict=True)), name != "filter")
            for name, shares in self.wrong.items()
        )
        return Chart("Wrong bins over a shift", "hours", "% of bins", tuple(series))


class _Onlookers:
    """Who follows the stock of a layout: the filter, a counter of what was confirmed, and the last readings."""

    def __init__(self, layout: StockLayout, counted: Int32) -> None:
        self.filter = StockFilter(layout, count=counted)
        self._layout = layout
        self._counter = counted.copy()
        self._last: Float32 = np.full(layout.sensors, np.nan, dtype=np.float32)

    def tell(self, moment: Moment) -> None:
        """Tell all of them what the controller is told."""
        tell(self.filter, moment)
        for work in moment.over:
            after = int(self._counter[work.bin]) + work.units if work.found < 0 else work.found
            self._counter[work.bin] = min(max(after, 0), int(self._layout.capacity[work.bin]))
        heard = np.isfinite(moment.readings.distance_m)
        self._last[heard] = moment.readings.distance_m[heard]

    def look(self, found: Found, truth: Int32, among: Bool, now_s: float) -> None:
        """Compare what they say of some bins with the truth."""
        layout = self._layout
        guess = self.filter.estimate(now_s)
        free = (layout.empty_m[layout.sensor_bin] - self._last) / layout.pitch_m[layout.sensor_bin]
        read = np.full(layout.bins, -1.0)
        read[layout.sensor_bin] = np.rint(np.nan_to_num(free, nan=-1.0))
        for name, count in (("filter", guess.count), ("counter", self._counter), ("readings", read)):
            found.wrong[name].append(float(np.mean(count[among] != truth[among])))
        found.hours.append(now_s / 3600.0)
        found.covered.append(float(np.mean(((guess.low <= truth) & (truth <= guess.high))[among])))
        found.units.append(float(np.mean((guess.high - guess.low + 1)[among])))
        found.sure.append(float(np.mean(guess.confidence[among])))


def tell(stock: StockFilter, moment: Moment) -> None:
    """Tell a filter what the controller knows of a round."""
    if moment.begun:
        stock.begin(np.array(moment.begun, dtype=np.int32))
    if moment.over:
        bins, units, seen = (np.array(column, dtype=np.int32) for column in zip(*moment.over, strict=True))
        stock.confirm(StockWork(bins, units))
        stock.counted(bins[seen >= 0], seen[seen >= 0])
    stock.observe(moment.readings)


def play(
    layout: StockLayout,
    demand: Demand,
    hours: float,
    seed: int,
    faults: SensorFaults | None = None,
    mistakes: Mistakes | None = None,
) -> Found:
    """Play a shift, and look every ten minutes at what is known."""
    shift = Shift(layout, demand, faults or SensorFaults(), mistakes or Mistakes(), seed)
    onlookers = _Onlookers(layout, shift.counted)
    found = Found()
    look_s = _LOOK_S
    for moment in shift.rounds(hours, lambda number: _likeliest(onlookers.filter, number)):
        found.works += len(moment.over)
        onlookers.tell(moment)
        if moment.time_s >= look_s:
            look_s += _LOOK_S
            at_end = moment.time_s >= hours * 3600.0
            onlookers.look(found, shift.count, shift.at_rest(moment.time_s) | at_end, moment.time_s)
    return found


def _likeliest(stock: StockFilter, number: int) -> int:
    return int(np.argmax(stock.probabilities(number)))


def _filter_cost(layout: StockLayout, demand: Demand) -> tuple[Cell, ...]:
    """Some minutes of a shift: all that the filter does in a round, with an estimate."""
    shift = Shift(layout, demand, SensorFaults(), Mistakes(), _SEED)
    stock = StockFilter(layout, count=shift.counted)
    spent: list[float] = []
    for moment in shift.rounds(_COST_H, lambda number: _likeliest(stock, number)):
        begun = process_time()
        tell(stock, moment)
        stock.estimate(moment.time_s)
        spent.append(process_time() - begun)
    return _cost(f"filter, {layout.sensors} sensors, {layout.bins} bins", 1.0 / ROUND_S, spent[_WARM_ROUNDS:], 5.0)


def _ray_costs(world: World, layout: StockLayout) -> tuple[tuple[Cell, ...], ...]:
    """Rays into lanes beside robots that move, and the lidars of those."""
    random = np.random.default_rng(_SEED)
    still = np.zeros(_ROBOTS, dtype=np.bool_)
    spent: list[tuple[float, float, float]] = []
    with SensorWorld(world, first_bins(layout, _RAYS), _ROBOTS) as floor:
        safety = SafetySensors(floor, world.robot, lambda: still)
        speed = np.full(_ROBOTS, world.robot.max_speed_mps)
        floor.stock(layout.capacity[:_RAYS] // 2)
        for _ in range(_RAY_ROUNDS):
            truth = _anywhere(world, random)
            begun = process_time()
            floor.mirror(truth)
            mirrored = process_time()
            floor.distances()
            cast = process_time()
            safety.read(truth, speed)
            spent.append((mirrored - begun, cast - mirrored, process_time() - cast))
    whats = f"{_ROBOTS} robots mirrored in Bullet", f"{_RAYS} rays in Bullet", f"{_ROBOTS} safety lidars in Bullet"
    return tuple(
        _cost(what, _RAY_HZ, list(each), None) for what, each in zip(whats, zip(*spent, strict=True), strict=True)
    )


def _anywhere(world: World, random: np.random.Generator) -> FloorTruth:
    cells = random.choice(world.layout.free_cells, _ROBOTS, replace=False)
    rows, columns = np.divmod(cells, world.layout.width)
    x, y = ((way + 0.5) * world.cell_m for way in (columns, rows))
    still, none = np.zeros(_ROBOTS, dtype=np.int32), np.zeros(0, dtype=np.int32)
    theta, displaced = random.uniform(0, 2 * np.pi, _ROBOTS), np.zeros(_ROBOTS, dtype=np.bool_)
    return FloorTruth(0.0, x, y, theta, displaced, still, still, still, none, none, none, none)


def _cost(what: str, hertz: float, seconds: list[float], goal: float | None) -> tuple[Cell, ...]:
    each = float(np.mean(seconds))
    return what, hertz, 1000 * each, 100 * each * hertz, goal


BENCHMARK = Benchmark("stock", "stock from infrared: wrong bins after a shift, 95 % sets, cost", run)
