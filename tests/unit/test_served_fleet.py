"""ServedFleet: services at docks last as long as their work cell takes, and every unit is somewhere."""

from __future__ import annotations

from contextlib import closing
from functools import partial

import numpy as np
import pytest

from fleet.grid.layout import Layout
from robots.driver import Commands
from robots.errors import DriverError
from robots.model import RobotModel
from robots.state import Entry, FleetState
from tests.plain_cell import PlainCell
from twin.cells.cell_crew import LocalCells
from twin.cells.cell_processes import CellProcesses
from twin.cells.parcel import Parcel
from twin.cells.served_fleet import ServedFleet, Work, WorkKind
from twin.fleet_checkpoint import CheckpointError
from twin.simulated_fleet import SimulatedFleet

WIDTH = 6
PICK, DROP = 1, 9  # cells of the floor with a work cell
MAKERS = {PICK: PlainCell, DROP: partial(PlainCell, takes=True)}


class Errands:
    """Each robot is sent for some units, then to drop them, and so on."""

    def __init__(self, units=3):
        self.units = units
        self.asked = []
        self.made = 0

    def work(self, robot):
        loads = self.asked.count(robot) % 2 == 0
        self.asked.append(robot)
        if not loads:
            return Work(WorkKind.UNLOAD)
        first, self.made = self.made, self.made + self.units
        return Work(WorkKind.LOAD, tuple(Parcel(first + i, "a", (0.1, 0.1, 0.1), 1.0) for i in range(self.units)))


class Floor:
    """Robots on an open floor that serve where they stand when told; units are counted after every tick."""

    def __init__(self, cells, crew, errands=None):
        start = FleetState.at(np.array(cells, dtype=np.int32), width=WIDTH)
        layout = Layout(4, WIDTH, np.ones(4 * WIDTH, dtype=np.bool_))
        none = np.zeros(0, dtype=np.int32)
        self.fleet = SimulatedFleet(layout, RobotModel(), 1.0, start=start, chargers=none, seed=3)
        self.errands = errands or Errands()
        self.served = ServedFleet(self.fleet, crew, self.errands, robots=len(cells), tick_s=0.1)
        self.given = np.zeros(len(cells), dtype=np.int32)
        self.polls = []
        self.before = None
        self.rows = Commands.none(len(cells))

    def open(self):
        self.served.open()
        return self

    def serve(self, *entries, seconds=1.0):
        """All robots get these entries."""
        rows = self.rows = Commands.none(len(self.given), len(entries))
        rows.index[:] = self.given
        rows.entries[:] = entries
        rows.service_s[:] = [seconds if entry == Entry.SERVICE else 0.0 for entry in entries]
        self.given += len(entries)

    def run(self, seconds):
        for _ in range(round(10 * seconds)):
            self.served.submit(self.rows)
            self.polls.append(self.served.poll().confirmed.tolist())
            units = self.served.units()
            assert units.missing == 0
            assert len(set(units.aboard)) == len(units.aboard)
            if self.before is not None:
                for name in ("made", "with_cages", "delivered", "left"):
                    assert getattr(units, name) >= getattr(self.before, name)
            self.before = units
        return self.polls[-1]


@pytest.fixture(params=["here", "in processes"])
def crew(request):
    made = LocalCells(MAKERS) if request.param == "here" else CellProcesses(MAKERS, processes=2)
    with closing(made):
        yield made


def test_a_robot_is_held_until_its_cell_is_finished(crew):
    # Three parcels of 60 steps each are 0.75 s and not 0.2 s; the other robot serves where no cell is.
    floor = Floor([PICK, 12], crew, Errands(units=3)).open()
    floor.serve(Entry.SERVICE, seconds=0.2)
    assert floor.run(0.6) == [0, 1]
    assert [len(parcels) for parcels in floor.served.cargo.aboard] == [0, 3]
    assert floor.run(1.0) == [1, 1]
    assert [list(parcels) for parcels in floor.served.cargo.aboard] == [[0, 1, 2], [3, 4, 5]]


def test_a_cell_may_be_quicker_than_the_controller_thought(crew):
    floor = Floor([PICK, 12], crew, Errands(units=1)).open()
    floor.serve(Entry.SERVICE, seconds=5.0)
    assert floor.run(1.5) == [1, 0]


def test_a_robot_brings_its_units_to_a_cell_that_takes_them(crew):
    floor = Floor([DROP, 12], crew).open()
    floor.serve(Entry.SERVICE, Entry.SERVICE)
    floor.errands.asked.append(0)  # the first robot has nothing to load: it only brings
    floor.served.cargo.aboard[0] = {90: Parcel(90, "b", (0.1, 0.1, 0.1), 1.0)}
    floor.served.cargo.made += 1
    floor.run(3.0)
    cell = next(report for report in crew.reports() if report.dock == DROP)
    # It brought one and then was given three by that cell, which only takes: they are in it, and not on the robot.
    assert cell.whereabouts.waiting == 1 + 3
    assert floor.served.cargo.aboard == [{}, {}]
    assert floor.served.cargo.delivered == 3  # of the robot where no cell is


def test_what_a_cell_refuses_a_person_does_in_the_time_that_was_said(crew):
    floor = Floor([PICK, 12], crew, Errands(units=6)).open()
    floor.served.cargo.aboard[0] = {90: Parcel(90, "b", (0.1, 0.1, 0.1), 1.0)}
    floor.served.cargo.made += 1
    floor.serve(Entry.SERVICE, seconds=1.0)
    assert floor.run(0.8) == [0, 0]
    assert floor.run(0.6) == [1, 1]
    assert floor.served.cargo.by_hand == 1
    assert floor.served.cargo.refusals == {"are 6": 1}
    assert [len(parcels) for parcels in floor.served.cargo.aboard] == [1 + 6, 6]


def test_units_of_a_robot_that_is_taken_away_from_its_cell_are_put_back(crew):
    floor = Floor([PICK], crew, Errands(units=5)).open()
    floor.serve(Entry.SERVICE)
    floor.run(0.5)
    floor.fleet.cancel(0)
    floor.run(2.0)
    assert floor.served.cargo.aboard == [{}]
    assert floor.served.cargo.left == 5
    # It comes again: the cell is free, and does it all anew.
    floor.given[0] = floor.fleet.truth().received[0]
    floor.errands.asked.clear()
    floor.serve(Entry.SERVICE)
    floor.run(2.0)
    assert len(floor.served.cargo.aboard[0]) == 5


def test_it_goes_on_from_a_checkpoint_as_if_nothing_had_been(crew):
    floor = Floor([PICK, DROP, 12], crew).open()
    floor.serve(Entry.SERVICE, Entry.SERVICE)
    floor.run(0.6)
    kept, asked = floor.served.checkpoint(), list(floor.errands.asked)
    floor.run(2.0)
    rest = floor.polls[6:]
    with closing(LocalCells(MAKERS)) as other_crew:
        again = Floor([PICK, DROP, 12], other_crew)
        again.served.resume(kept)
        again.errands.asked, again.errands.made = asked, 9
        again.run(2.0)
        assert again.polls == rest
        assert again.served.cargo == floor.served.cargo
        assert again.served.checkpoint() == floor.served.checkpoint()


def test_a_checkpoint_of_something_else_is_refused(crew):
    with pytest.raises(CheckpointError, match="is not of fleet and cells"):
        Floor([PICK], crew).served.resume(b"no")


def test_a_tick_is_a_multiple_of_the_step_of_cells(crew):
    floor = Floor([PICK], crew)
    with pytest.raises(DriverError, match="no multiple"):
        ServedFleet(floor.fleet, crew, floor.errands, robots=1, tick_s=0.101)


def test_a_process_that_fails_is_an_error_that_names_its_cells():
    with closing(CellProcesses({PICK: partial(PlainCell, steps_each="many")})) as crew:
        crew.serve(PICK, [Parcel(0, "a", (0.1, 0.1, 0.1), 1.0)])
        crew.run(24)
        with pytest.raises(DriverError, match=r"work cells at \[1\] failed: TypeError"):
            crew.done()
