"""Work cells in a run: who names them, what robots are sent there for, and that no unit is lost."""

from __future__ import annotations

from collections import Counter
from contextlib import closing

import numpy as np
import pytest

from fleet.app.compose import compose
from fleet.app.station_cells import PoolErrands, cell_makers, cell_names, dock_names, work_cells
from fleet.app.unit_audit import UnitAudit
from fleet.errors import AuditError, SettingError
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from fleet.runtime.roster import Roster
from fleet.tasks.model import ErrandKind
from sim_worlds.world_file import load_world
from tests.plain_cell import PlainCell
from twin.cells.served_fleet import Work, WorkKind

TINY = load_world("tiny")
STATIONS = ["Pick 1", "Induction 1"]


def test_cells_are_named_as_stations_and_chutes_are():
    assert cell_names("C2, Pick 1,C2", TINY) == ("C2", "Pick 1")
    assert cell_names("stations,C1", TINY) == (*STATIONS, "C1")


@pytest.mark.parametrize(
    ("text", "remedy"), [("Pick 11", "did you mean 'Pick 1'"), ("", "use some of Pick 1"), ("C1,zz", "use some of")]
)
def test_a_name_that_is_none_is_refused(text, remedy):
    with pytest.raises(SettingError, match="--cells") as refused:
        cell_names(text, TINY)
    assert remedy in refused.value.remedy


def test_a_station_has_a_cell_at_each_dock():
    assert set(cell_makers(TINY, ("Pick 1", "C1"), 1)) == {*TINY.stations[0].docks, TINY.chutes[0].cell}
    names = Counter(dock_names(TINY).values())
    assert names == {"Pick 1": 2, "Induction 1": 2, "C1": 1, "C2": 1, "C3": 1, "C4": 1}


@pytest.fixture(scope="module")
def run():
    """A floor on rails after four minutes; plain cells did services at stations and chutes, half a second a unit."""

    def plain(kind, _seed, _robot):
        return PlainCell(120, takes=kind is None, most=200)

    config = RunConfig(
        world="tiny",
        orders="poisson:900",
        execution="grants",
        duration_s=240.0,
        cells="stations,C1,C2,C3,C4",
        audit=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fleet.app.station_cells._new_cell", plain)
        simulation = compose(config, clock=SimulatedClock(), events=lambda _event: None)
        with closing(simulation.driver):
            simulation.loop.run(simulation.steps)
            yield simulation


def test_every_unit_that_the_controller_counts_is_on_a_robot_or_in_a_cell(run):
    run.auditor.raise_findings()
    run.pool.check()
    units, counted = run.served.units(), run.pool.counts()["units"]
    assert units.missing == 0
    assert counted["dropped"] > 50
    # What robots were given and what the controller has heard of differ by services that are just over, or under way.
    assert 0 <= units.made - counted["picked"] <= 60
    assert 0 <= units.in_cells + units.delivered - counted["dropped"] <= 60
    report = work_cells(run.served, TINY)
    assert sum(cell.units_in for cell in report.cells.values()) > 50
    assert all(sum(cell.seconds.values()) == pytest.approx(240.0) for cell in report.cells.values())
    assert (report.by_hand, report.units_short) == (0, 0)


def test_what_a_robot_is_sent_for_is_what_its_order_asks_for(run):
    pool, roster = run.pool, run.dispatcher.roster
    errands = PoolErrands(pool, roster)
    robot = next(robot for robot, task in enumerate(roster.task.tolist()) if task >= 0)
    task = pool.task_record(int(roster.task[robot])).task
    errand = task.errands[int(pool.errand_index[task.id])]
    work, again = errands.work(robot), errands.work(robot)
    if errand.kind is ErrandKind.DROP:
        assert (work.kind, work.units) == (WorkKind.UNLOAD, ())
        return
    assert work.kind is WorkKind.LOAD
    assert [unit.sku for unit in work.units] == [errand.sku] * errand.units
    line = next(line for line in pool.order(task.order_id).order.lines if line.sku == errand.sku)
    assert work.units[0].litres == pytest.approx(line.unit_litres)
    assert work.units[0].mass_kg == pytest.approx(line.unit_kg)
    assert {unit.id for unit in work.units}.isdisjoint(unit.id for unit in again.units)


def test_a_robot_without_a_task_is_sent_for_nothing_and_one_that_takes_over_for_anothers_load():
    roster = Roster.of(2)

    class Pool:
        takeover_robot = np.array([7], dtype=np.int32)

    errands = PoolErrands(Pool(), roster)
    roster.task[1] = 0
    assert errands.work(0) == Work(WorkKind.LOAD)
    assert errands.work(1) == Work(WorkKind.TAKE_OVER, source=7)


def test_the_audit_sees_a_unit_that_is_lost_and_one_that_is_in_two_places(run):
    audit = UnitAudit(run.served)
    audit.look(240.0)
    assert audit.count == 0
    aboard = run.served.cargo.aboard
    loaded = next(cargo for cargo in aboard if cargo)
    other = next(cargo for cargo in aboard if cargo is not loaded)
    number, unit = loaded.popitem()
    audit.look(241.0)
    loaded[number] = other[number] = unit
    audit.look(242.0)
    del other[number]
    audit.look(243.0)
    run.served.cargo.made -= 1
    audit.look(244.0)
    run.served.cargo.made += 1
    assert [finding.split(":")[0] for finding in audit.findings] == [
        "241.0 s",
        "242.0 s",
        "242.0 s",
        "244.0 s",
        "244.0 s",
    ]
    assert "1 units are missing" in audit.findings[0]
    assert "a unit is on two robots" in audit.findings[2]
    assert "made has become fewer" in audit.findings[4]
    with pytest.raises(AuditError, match="5 violations: 241"):
        audit.raise_findings()
