"""What robots pick and drop in an errand, when a world works through its orders."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.app.crew import orders_of
from fleet.app.measured_services import class_of_units
from fleet.runtime.config import RunConfig
from fleet.tasks.refusal import Refusal
from fleet.tasks.splitting import OrderSplitter
from sim_worlds.service_times import class_of_load
from sim_worlds.slotting import WorldSlotting
from sim_worlds.world import World
from twin.cells.parcel_sizes import PARCEL_CLASSES

# Goods of an errand: SKUs, and how many units of each.
Load = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ErrandLoads:
    """Loads of all errands of the shipped orders on a floor, by class of parcels, in the order of the orders."""

    picks: dict[str, list[Load]]
    drops: dict[str, list[Load]]


def errand_loads(world: World) -> ErrandLoads:
    """Split the shipped orders for the robots of a world.

    Classes that are in no robot's load but along with others are dropped as they are picked, alone. Raises WorldError
    for a world without places to pick or drop.
    """
    splitter = OrderSplitter(WorldSlotting(world), world.robot, world.layout.width)
    class_of = class_of_units()
    loads = ErrandLoads({name: [] for name in PARCEL_CLASSES}, {name: [] for name in PARCEL_CLASSES})
    for order in orders_of(RunConfig(), world):
        tasks = splitter.split(order, 0)
        if isinstance(tasks, Refusal):
            continue
        classes = {line.sku: class_of(line.unit_litres, line.unit_kg) for line in order.lines}
        for task in tasks:
            picked = tuple((errand.sku, errand.units) for errand in task.errands[:-1])
            for sku, units in picked:
                loads.picks[classes[sku]].append(((sku, units),))
            loads.drops[class_of_load(PARCEL_CLASSES, (classes[sku] for sku, _ in picked))].append(picked)
    for name in PARCEL_CLASSES:
        loads.drops[name] = loads.drops[name] or loads.picks[name]
    return loads
