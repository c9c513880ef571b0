"""A hall for tests of the dispatcher."""

from __future__ import annotations

import numpy as np

from fleet.assignment.assigner import AssignmentParams
from fleet.assignment.charging import ChargingPolicy
from fleet.assignment.charging_params import ChargingParams
from fleet.assignment.matching_assigner import MatchingAssigner
from fleet.assignment.parking import ParkingPolicy
from fleet.assignment.task_exchange import TaskExchange
from fleet.assignment.trip_energy import TripEnergy
from fleet.grid.distances import DistanceFields
from fleet.grid.layout import NO_CELL
from fleet.runtime.dispatch import Dispatcher
from fleet.runtime.fitness import Fitness
from fleet.runtime.takeover_places import TakeoverPlaces
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.splitting import OrderSplitter
from robots.battery import StepPercent
from robots.model import RobotModel
from robots.state import FleetState
from tests.floors import drawn, marked

# a to d are pick places and starts, D is the chute, C a charger, P and Q parking places; x and y are on an island.
HALL = """
    P.a...b.C#..
    .........#yx
    Q.c...d.D#..
"""
AT = marked(HALL)
PICK_S, DROP_S = 3.0, 2.0
# A step on the way takes 1 %, so that ways can be counted.
PERCENT = StepPercent(forward=1.0, turn=0.5, wait=0.1, service=0.2, charge=20.0)


class PlacesByName:
    """SKU `a` is picked at the place a, and so on; what has no destination goes to the chute."""

    def pick_place(self, sku, _near):
        return AT[sku], PICK_S

    def drop_place(self, _order_id, destination):
        return AT[destination or "D"], DROP_S, destination or "D"


class Hall:
    """Robots at named places, the dispatcher, and what it calls upon. Robots here jump to their goals.

    fitness is what the dispatcher is told about faults; None until the first one.
    """

    def __init__(
        self, at, charge=100.0, assigner=None, chargers="C", parking="PQ", exchange=True, takeovers=True, clock=None
    ):
        self.layout = drawn(HALL)
        self.distances = DistanceFields(self.layout)
        self.events = []
        self.splitter = OrderSplitter(PlacesByName(), RobotModel(totes=4), self.layout.width)
        self.pool = TaskPool(self.splitter, self.events.append)
        self._charger_cells = np.array([AT[place] for place in chargers], dtype=np.int32)
        self._place_cells = np.array([AT[place] for place in parking], dtype=np.int32)
        self._options = assigner, exchange, takeovers
        self._clock = clock
        self.fitness = None
        cells = np.array([AT[place] for place in at], dtype=np.int32)
        self.state = FleetState.at(cells, charge_percent=np.array(np.broadcast_to(np.float32(charge), len(at))))
        self.now_s = 0.0
        self.dispatcher = self._new_dispatcher()

    def _new_dispatcher(self):
        """A dispatcher that knows nothing yet, for the pool and the floor as they are."""
        layout, travel, n = self.layout, self.distances.travel, len(self.state.cell)
        assigner, exchange, takeovers = self._options
        energy = TripEnergy(
            self.distances, self._charger_cells, percent=PERCENT, step_s=1.0, trip_factor=1.0, floor_percent=10.0
        )
        places = TakeoverPlaces(self.distances)
        return Dispatcher(
            n,
            pool=self.pool,
            assigner=assigner
            or MatchingAssigner(
                travel, width=layout.width, step_s=1.0, step_percent=energy.step_percent, params=AssignmentParams()
            ),
            charging=ChargingPolicy(travel, self._charger_cells, energy, ChargingParams(trip_factor=1.0), n),
            parking=ParkingPolicy(travel, layout, self._place_cells, robots=n),
            energy=energy,
            events=self.events.append,
            exchange=TaskExchange(travel, step_percent=energy.step_percent) if exchange else None,
            takeover_cells=(lambda robots: places.near(self.state.cell[robots])) if takeovers else None,
            clock=self._clock,
            look_s=0.0,
        )

    def restart(self):
        """Cut the dispatcher off and let a new one go on from the pool's record, as after a crash."""
        serving = self.roster.serving.copy()
        self.pool = TaskPool.restored(self.pool.record(), self.splitter, self.events.append)
        # A controller learns of closures after it was put together.
        closed = None if self.fitness is None else self.fitness.closed
        self.distances.close(np.zeros(self.layout.cells, dtype=np.bool_))
        self.dispatcher = self._new_dispatcher()
        if closed is not None:
            self.distances.close(closed)
        self.dispatcher.resume(serving)

    @property
    def roster(self):
        return self.dispatcher.roster

    def order(self, name, skus, **kwargs):
        lines = tuple(OrderLine(sku, 1, unit_litres=1.0, unit_kg=1.0) for sku in skus)
        self.pool.add_order(Order(name, lines, release_s=self.now_s, due_s=1e6, **kwargs), self.now_s)

    def move(self, places):
        """Put the robots where they might have driven to since."""
        self.state.cell = np.array([AT[place] for place in places], dtype=np.int32)

    def faults(self):
        """What the dispatcher is told is wrong, from now on: nothing, unless it was told before."""
        if self.fitness is None:
            n = len(self.state.cell)
            self.fitness = Fitness(unfit=np.zeros(n, dtype=np.bool_), lost=np.zeros(n, dtype=np.bool_))
        return self.fitness

    def silence(self, *robots, lost=False):
        """These robots, and no others, are out of action now, perhaps for so long that they are lost."""
        fitness = self.faults()
        fitness.unfit[:] = fitness.lost[:] = False
        fitness.unfit[list(robots)] = True
        fitness.lost[list(robots)] = lost

    def close(self, *cells):
        """These cells, and no others, are closed now."""
        closed = np.zeros(self.layout.cells, dtype=np.bool_)
        closed[[AT[cell] if isinstance(cell, str) else cell for cell in cells]] = True
        self.distances.close(closed)
        fitness = self.faults()
        fitness.floor_version += 1
        fitness.floor_whole = not closed.any()
        fitness.closed = closed
        fitness.chargers = ~closed[self._charger_cells]
        fitness.places = ~closed[self._place_cells]

    def dispatch(self):
        """Let the dispatcher decide, and the second pass by."""
        duties = self.dispatcher.dispatch(self.state, self.now_s, self.fitness)
        self.now_s += 1.0
        left = np.maximum(self.state.service_left_s, duties.start_s)
        self.state.service_left_s = np.maximum(left - 1.0, 0.0).astype(np.float32)
        self.state.charge_percent = np.minimum(self.state.charge_percent + 20.0 * duties.charge, 100.0).astype("f4")
        return duties

    def step(self):
        """One second in which robots that may move jump to their goals."""
        duties = self.dispatch()
        go = (self.roster.goal != NO_CELL) & ~duties.hold
        self.state.cell = np.where(go, self.roster.goal, self.state.cell).astype(np.int32)
        return duties

    def said(self, kind):
        return [event for event in self.events if event["event"] == kind]

    @property
    def goals(self):
        """Where each robot wants to be, as letters; . for a place without one, - for nowhere in particular."""
        letters = {cell: place for place, cell in AT.items()} | {NO_CELL: "-"}
        return "".join(letters.get(cell, ".") for cell in self.roster.goal.tolist())
