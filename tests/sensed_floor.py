"""A simulated floor whose bins and cages are really counted, and sensors and estimators that are never wrong."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np

from fleet.app.compose import compose_on
from fleet.app.floor_acts import SensedFloor
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from fleet.runtime.keeping.chute_visits import SimulatedVisits
from fleet.runtime.keeping.params import CageParams
from fleet.runtime.keeping.stock_bins import StockBins
from fleet.sensing.estimates import StockEstimate
from fleet.tasks.model import OrderLine
from sim_worlds.slotting import WorldSlotting
from sim_worlds.world_file import load_world


def tiny(destinations="1234"):
    """The shipped world tiny; its four chutes are for these destinations."""
    world = load_world("tiny")
    chutes = tuple(
        replace(chute, destination=f"D{name}") for chute, name in zip(world.chutes, destinations, strict=True)
    )
    return replace(world, chutes=chutes)


def skus_in_racks(world, number):
    """SKUs that are kept at pick faces alone."""
    places, faces = WorldSlotting(world), set(world.pick_faces.tolist())
    names = (f"sku-{n}" for n in range(1000))
    found = (name for name in names if set(places.pick_places(name).tolist()) <= faces)
    return [next(found) for _ in range(number)]


class TrueFloor:
    """What really is in bins, chutes and cages, counted from events alone; estimates that are exact, about everything.

    jam_every every so-manieth drop gets stuck, and all that is dropped into that chute until somebody frees it; 0: none
    problems  what must not happen: goods of two destinations in a cage, a bin that runs over, a chute that opens with
              the cage that it was closed with, or with something stuck in it
    short     units that were to be picked from bins and were not there
    """

    def __init__(self, world, skus=(), capacity=12, stock=12, cage_units=10**9, rows=None, jam_every=0):
        places = WorldSlotting(world)
        rows = [(cell, sku) for sku in skus for cell in places.pick_places(sku).tolist()] if rows is None else rows
        self.row_of = {place: row for row, place in enumerate(rows)}
        measures = {sku: OrderLine(sku, 1, 1.0, 1.0) for _, sku in rows}
        self.bins = StockBins.of(
            np.array([cell for cell, _ in rows], dtype=np.int32),
            tuple(sku for _, sku in rows),
            np.array(np.broadcast_to(capacity, len(rows)), dtype=np.int32),
            measures,
            4.0,
        )
        self.count = np.array(np.broadcast_to(stock, len(rows)), dtype=np.int32)
        self.unsure = 0
        self.stock_source, self.followers = None, ()
        self.chutes = {chute.cell: number for number, chute in enumerate(world.chutes)}
        self.names = {chute.name: number for number, chute in enumerate(world.chutes)}
        self.cages = [Counter() for _ in world.chutes]
        self.piles = [Counter() for _ in world.chutes]
        self.jam_every, self.drops = jam_every, 0
        self.taken_away = Counter()
        self.cage_units = cage_units
        self.called = np.zeros(len(world.chutes), dtype=bool)
        self.closed = {}
        self.events = []
        self.problems = []
        self.short = 0
        self._tasks = {}
        self._destination = {}

    def hear(self, event):
        self.events.append(event)
        match event:
            case {"event": "order_accepted"}:
                self._destination[event["order"]] = event["destination"]
            case {"event": "task_created"}:
                self._tasks[event["task"]] = event
            case {"event": "errand_done", "kind": "pick"}:
                sku, units, cell = self._tasks[event["task"]]["picks"][event["errand"]]
                assert (units, cell) == (event["units"], event["cell"])
                if (cell, sku) in self.row_of:
                    self._take(self.row_of[cell, sku], units)
            case {"event": "errand_done", "kind": "put"}:
                row = int(self._goes_to(event).removeprefix("bin "))
                self.count[row] += event["units"]
                if self.count[row] > self.bins.capacity[row] or event["cell"] != self.bins.cell[row]:
                    self.problems.append(f"{event} overfills bin {row}, or is beside it")
            case {"event": "errand_done", "kind": "drop"}:
                self._drop(event)
            case {"event": "chute_closed"}:
                self.closed[event["chute"]] = event["reason"]
            case {"event": "chute_freed"}:
                chute = self.names[event["chute"]]
                if event["stuck"] != bool(self.piles[chute]):
                    self.problems.append(f"{event}, but {self.piles[chute]} were stuck")
                self.cages[chute] += self.piles[chute]
                self.piles[chute].clear()
            case {"event": "cage_swapped"}:
                chute = self.names[event["chute"]]
                cage = self.cages[chute]
                if cage.total() != event["units"] or self.piles[chute]:
                    self.problems.append(f"{event}, but {cage} were in it, {self.piles[chute]} stuck above")
                self.taken_away += cage
                cage.clear()
            case {"event": "chute_opened"}:
                chute, reason = self.names[event["chute"]], self.closed.pop(event["chute"], "nothing")
                left = self.piles[chute] if reason == "jammed" else self.piles[chute] + self.cages[chute]
                if reason == "nothing" or left:
                    self.problems.append(f"{event} was closed for {reason}, and {left} are there")

    def _goes_to(self, event):
        return self._destination[self._tasks[event["task"]]["order"]]

    def _take(self, row, units):
        self.short += max(0, units - int(self.count[row]))
        self.count[row] = max(0, int(self.count[row]) - units)

    def _drop(self, event):
        chute = self.chutes[event["cell"]]
        self.drops += 1
        sticks = self.jam_every and self.drops % self.jam_every == 0
        (self.piles if sticks or self.piles[chute] else self.cages)[chute][self._goes_to(event)] += event["units"]
        if len(self.cages[chute] + self.piles[chute]) > 1:
            self.problems.append(f"{event}: goods of two destinations, {self.cages[chute]}, {self.piles[chute]}")

    # Sensors and estimators

    def estimate(self, now_s):
        n = len(self.count)
        low = np.maximum(self.count - self.unsure, 0).astype(np.int32)
        high = np.minimum(self.count + self.unsure, self.bins.capacity).astype(np.int32)
        sure = np.full(n, 0.99, dtype=np.float32)
        return StockEstimate(now_s, self.count.copy(), sure, low, high, np.zeros(n, dtype=np.float32))

    def full(self, now_s):
        return self.called | np.array([cage.total() >= self.cage_units for cage in self.cages])

    def jammed(self, now_s):
        return np.array([bool(pile) for pile in self.piles])

    def sensed(self, params=None, seed=1):
        visits = SimulatedVisits(params or CageParams(), seed, lambda chute: bool(self.piles[chute]))
        return SensedFloor(self.bins, self.stock_source or self, self, self, visits, self.followers)

    def said(self, *kinds):
        return [event for event in self.events if event["event"] in kinds]


def order_file(folder, orders):
    """A file of orders: (id, SKU, units, destination, second in which it comes)."""
    path = folder / "orders.jsonl"
    lines = [
        {
            "id": name,
            "release_s": release_s,
            "due_s": release_s + 3600,
            "destination": destination,
            "lines": [{"sku": sku, "quantity": units, "unit_litres": 1.0, "unit_kg": 1.0}],
        }
        for name, sku, units, destination, release_s in orders
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def simulated(world, true_floor, orders, duration_s=1800.0, cages=None, **settings):
    """A run on this floor, composed; `orders` is a file of them."""
    settings = {"cages": cages or CageParams()} | settings
    config = RunConfig(orders=orders, duration_s=duration_s, audit=True, robots=4, **settings)
    sensed = true_floor.sensed(config.cages, config.seed)
    return compose_on(world, None, config, clock=SimulatedClock(), events=true_floor.hear, sensed=sensed)


def units_by_destination(floor):
    """Units of each destination in cages, stuck above them, and in cages that were taken away."""
    total = Counter(floor.taken_away)
    for cage in floor.cages + floor.piles:
        total += cage
    return total


def held_back(floor):
    """What became of tasks that waited, by task and what it waited for, in the order of events."""
    waits = defaultdict(list)
    for event in floor.said("task_held", "task_let_go"):
        what = event.get("waits_for") or event["waited_for"]
        waits[event["task"], what].append(event["event"].removeprefix("task_"))
    return dict(waits)
