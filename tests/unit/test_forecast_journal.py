"""What a journal tells a forecast: the same as the simulation whose journal it is, while somebody leads it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import apsw
import msgspec
import numpy as np
import pytest

from fleet.app.forecast.errors import SnapshotError
from fleet.app.forecast.journal_file import JournalFile
from fleet.app.forecast.journal_snapshot import journal_snapshot
from fleet.app.forecast.simulation_snapshot import snapshot_of, zone_records
from fleet.app.site.site_floor import floor_hash
from fleet.errors import DamagedJournalError, SettingError
from fleet.runtime.journal import tables
from fleet.traffic.zones.actions import Close, NamedZone
from robots.state import Entry
from tests.forecast_floors import TINY, plain, simulated
from tests.postgres_server import PostgresServer
from tests.site_journals import DatabaseSite, FileSite, found, grants, ints, order

BEGAN_S = 1.7e9


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["file", "database"])
def site(request, tmp_path):
    if request.param == "file":
        site = FileSite(tmp_path / "site.journal")
    else:
        site = DatabaseSite(request.getfixturevalue("server"))
    with closing(site):
        yield site


@pytest.fixture(scope="module")
def simulation():
    simulation = simulated(240, execution="grants")
    simulation.loop.floor.zones.apply(Close(area=NamedZone("Main aisle north"), by="anna"), simulation.loop.now_s)
    return simulation


def kept(journal, simulation, began_s=BEGAN_S):
    """Put all of a simulation on record, and lead on."""
    state = simulation.loop.state
    nothing = np.zeros(state.robots, dtype=np.int32)
    journal.found([f"amr-{row:03d}" for row in range(state.robots)], began_s, floor_hash(TINY))
    journal.begin(state.cell, state.heading, nothing, nothing)
    record = simulation.pool.record()
    journal.orders(record.orders)
    journal.tasks(record.tasks)
    journal.action("anna", '{"event": "order_prioritised", "order": "A"}', 1.0)
    for made in zone_records(simulation.loop.floor.zones.in_force()):
        journal.action("anna", msgspec.json.encode(made).decode(), made["t"])
    journal.commit()


def test_a_journal_that_is_led_tells_what_its_simulation_would(site, simulation):
    journal = site.open()
    kept(journal, simulation)
    told = journal_snapshot(str(site.path), TINY, BEGAN_S + simulation.loop.now_s)
    known = snapshot_of(simulation)
    for part in ("world", "at_s", "work", "recent", "recent_s", "zones"):
        assert plain(getattr(told, part)) == plain(getattr(known, part)), part
    assert told.robots.cell.tolist() == known.robots.cell.tolist()
    assert told.robots.heading.tolist() == known.robots.heading.tolist()
    assert np.isnan(told.robots.charge_percent).all()
    assert len(told.work.orders) > 0
    assert len(told.zones) == 1
    journal.renew()  # nobody has taken the lead away


def test_half_of_a_service_that_comes_next_is_taken_to_be_left(tmp_path, simulation):
    with closing(FileSite(tmp_path / "site.journal")) as site:
        journal = site.open()
        kept(journal, simulation)
        working = sorted({task.robot for task in simulation.pool.record().tasks if task.status == 1})
        idle = sorted(set(range(6)) - set(working))
        entries = [(working[0], Entry.SERVICE, 6.0), (working[1], Entry.FORWARD, 0.0), (working[1], Entry.SERVICE, 6.0)]
        journal.granted(grants(*entries, *((robot, Entry.SERVICE, 6.0) for robot in idle[:1])))
        journal.services(ints(working[0]), ints(0), ints(0), ints(0))
        journal.commit()
        robots = journal_snapshot(str(site.path), TINY, BEGAN_S + 300.0).robots
    assert np.flatnonzero(robots.serving).tolist() == working[:1]
    assert robots.service_left_s[working[0]] == 3.0
    assert robots.service_left_s.sum() == 3.0


def test_what_is_committed_later_is_seen_later(tmp_path, simulation):
    with closing(FileSite(tmp_path / "site.journal")) as site:
        journal = site.open()
        kept(journal, simulation)
        before = journal_snapshot(str(site.path), TINY, BEGAN_S + 300.0)
        record = simulation.pool.record()
        done = {task.order_row for task in record.tasks} - {record.orders[-1].row}
        journal.tasks([replace(task, status=2) for task in record.tasks if task.order_row in done])
        assert plain(journal_snapshot(str(site.path), TINY, BEGAN_S + 300.0)) == plain(before)
        journal.commit()
        after = journal_snapshot(str(site.path), TINY, BEGAN_S + 300.0)
    assert [order.order.id for order in after.work.orders] == [record.orders[-1].order.id]


def test_all_tables_of_a_file_are_as_of_one_commit(tmp_path, simulation):
    with closing(FileSite(tmp_path / "site.journal")) as site:
        journal = site.open()
        kept(journal, simulation)
        with closing(JournalFile(tmp_path / "site.journal")) as reader:
            before = reader.read(tables.ORDERS)
            journal.orders([order(len(before))])
            journal.commit()
            assert reader.read(tables.ORDERS) == before
        with closing(JournalFile(tmp_path / "site.journal")) as reader:
            assert len(reader.read(tables.ORDERS)) == len(before) + 1


# What is refused


def refused(place, world=TINY):
    with pytest.raises((SettingError, SnapshotError, DamagedJournalError)) as error:
        journal_snapshot(str(place), world, BEGAN_S)
    return str(error.value)


def test_journals_that_cannot_be_used_are_refused_in_words(tmp_path):
    assert "there is no journal" in refused(tmp_path / "missing.journal")
    assert "there is no journal" in refused(tmp_path)
    text = tmp_path / "text.journal"
    text.write_text("not a database, whatever its name says" * 100)
    assert "is damaged" in refused(text)
    other = tmp_path / "other.journal"
    with closing(apsw.Connection(str(other))) as connection:
        connection.execute("CREATE TABLE t (a)")
    assert "is damaged" in refused(other)


def test_journals_of_other_floors_versions_and_sites_that_have_not_begun_are_refused(tmp_path):
    path = tmp_path / "site.journal"
    with closing(FileSite(path)) as site:
        journal = site.open()
        assert "no site was founded" in refused(path)
        found(journal)
        assert "is of another floor than tiny" in refused(path)
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("user_version", tables.SCHEMA_VERSION + 1)
    assert "newer version" in refused(path)


def test_a_database_that_does_not_answer_is_refused(tmp_path):
    assert "cannot be read now" in refused(f"postgresql://nobody@/none?host={tmp_path}")
