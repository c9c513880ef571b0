"""A journal that cannot be trusted is refused, with its name and what to do; never silently begun anew."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import apsw
import pytest

from fleet.errors import DamagedJournalError, JournalError, SettingError
from fleet.runtime.journal.seal import seal
from fleet.runtime.journal.tables import SCHEMA_VERSION, TABLES
from tests.postgres_server import PostgresServer
from tests.site_journals import LEASE_S, DatabaseSite, FileSite, found, grants, order, plain, task

PAGE = 4096


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


@pytest.fixture
def site(tmp_path):
    site = FileSite(tmp_path / "site.journal")
    journal = site.open()
    found(journal)
    journal.orders([order(row) for row in range(40)])
    journal.tasks([task(number, number // 5) for number in range(200)])
    journal.granted(grants((0, 0, 0.0), (0, 4, 2.0)))
    for number in range(3):
        journal.action("anna", f'{{"number": {number}}}', float(number))
    journal.commit()
    journal.close()
    yield site
    site.close()


def refused(site, what):
    with pytest.raises(DamagedJournalError, match=what) as caught:
        site.open().recover()
    assert caught.value.where.startswith(str(site.path))
    assert caught.value.remedy


def change(site, statement, *, sealed=False):
    """Change the file behind the journal's back; with all checksums right if it is to be `sealed`."""
    connection = apsw.Connection(str(site.path))
    connection.execute(statement)
    for table in TABLES if sealed else ():
        rows = list(connection.execute(table.selection))
        connection.execute(table.clearance)
        for row in rows:
            connection.execute(table.upsert(f"VALUES ({', '.join('?' * len(row))})"), seal(row[:-1]))
    connection.close()


def test_an_empty_file_is_no_new_journal(site):
    site.path.write_bytes(b"")
    refused(site, "is empty")
    assert site.path.read_bytes() == b""


def test_a_file_of_another_kind(site):
    site.path.write_bytes(b"orders,lines\n" * 500)
    refused(site, "is damaged")


def test_a_database_of_others(site):
    site.path.unlink()
    change(site, "CREATE TABLE notes (text)")
    refused(site, "is a database, but no journal")


def test_a_journal_of_a_newer_version(site):
    change(site, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    refused(site, "newer version")


@pytest.mark.parametrize("statement", ["DROP TABLE tasks", "ALTER TABLE orders RENAME COLUMN body TO text"])
def test_a_journal_without_all_its_tables(site, statement):
    change(site, statement)
    refused(site, "is damaged: no such")


@pytest.mark.parametrize("kept", [100, 4096, 0.3, 0.9])
def test_a_truncated_file(site, kept):
    whole = site.path.read_bytes()
    site.path.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    # At once, before anything is read or written.
    with pytest.raises(DamagedJournalError, match="is damaged"):
        site.open()


def test_a_damaged_page_is_found_at_the_start_though_nothing_on_it_is_needed_then(site):
    whole = bytearray(site.path.read_bytes())
    page = whole.index(b'"id":100,') // PAGE * PAGE
    whole[page : page + 8] = b"\xff" * 8
    site.path.write_bytes(whole)
    with pytest.raises(DamagedJournalError, match="is damaged"):
        site.open()


def test_a_journal_gone_whose_log_is_left(site):
    site.path.unlink()
    site.path.with_name("site.journal-wal").write_bytes(b"x" * 100)
    refused(site, "is missing, though")
    assert not site.path.exists()


def test_flipped_bits_are_found_or_make_no_difference(site):
    """No traceback, no other record."""
    whole, before = site.path.read_bytes(), plain(site.open().recover())
    site.close()
    drawn = random.Random(1)
    refusals = 0
    for _ in range(400):
        damaged = bytearray(whole)
        first = drawn.randrange(len(whole))
        for position in range(first, min(first + 8, len(whole))):
            damaged[position] ^= 1 << drawn.randrange(8)
        site.path.write_bytes(damaged)
        try:
            journal = site.open("again")
            after = plain(journal.recover())
        except DamagedJournalError:
            refusals += 1
        except (JournalError, SettingError):
            # The header's bytes for file formats that this SQLite cannot write.
            refusals += first < 100
        else:
            assert after == before
        site.close()
        site.clock.now_s += 10.0
        for leftover in ("-wal", "-shm", "-lease"):
            site.path.with_name(f"site.journal{leftover}").unlink(missing_ok=True)
    assert refusals > 100


def copied(site, name, *endings):
    """The journal as it was left by a controller that was killed, without some of its files."""
    folder = site.path.parent / name
    folder.mkdir()
    for file in site.path.parent.glob("site.journal*"):
        if not file.name.endswith(endings or ("-shm",)):
            shutil.copy(file, folder / file.name)
    other = FileSite(folder / "site.journal")
    other.clock.now_s = site.clock.now_s + LEASE_S + 1.0
    return other


def test_a_log_that_lost_a_commit_is_found_though_sqlite_takes_no_notice(site):
    journal = site.open()
    for row in range(40, 50):
        journal.orders([order(row)])
        journal.commit()
    whole = copied(site, "whole")
    assert len(whole.open().recover().pool.orders) == 50
    without = copied(site, "without", "-shm", "-wal")
    refused(without, r"ends at commit 2 of term 1, though commit 10 of term 2 was made safe")
    flipped = copied(site, "flipped")
    log = flipped.path.with_name("site.journal-wal")
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged) // 2] ^= 4
    log.write_bytes(damaged)
    refused(flipped, "-wal is damaged or missing")
    # Whoever puts an old copy back on purpose removes the lease.
    old = copied(site, "old", "-shm", "-wal", "-lease")
    assert len(old.open().recover().pool.orders) == 40
    for one in (whole, without, flipped, old):
        one.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE actions SET body = '{}' WHERE number = 2", "row 2 of table actions is not as it was written"),
        ("UPDATE tasks SET body = '{' WHERE number = 7", "row 7 of table tasks is not as"),
        ("UPDATE tasks SET errand_index = 1 WHERE number = 7", "row 7 of table tasks is not as"),
        ("UPDATE robots SET cell = 3 WHERE number = 1", "row 1 of table robots is not as"),
        ("UPDATE site SET world = 'other'", "row 0 of table site is not as"),
        ("DELETE FROM tasks WHERE number = 7", "table tasks .* number 7 is missing"),
        ("DELETE FROM tasks; DELETE FROM orders WHERE number = 0", "table orders .* number 0 is missing"),
        ("DELETE FROM robots WHERE number = 0", "table robots .* number 0 is missing"),
        ("DELETE FROM robots WHERE number = 1", "2 robots are on the roster and 1 on record"),
    ],
)
def test_rows_that_were_changed_or_taken_out(site, statement, said):
    change(site, statement)
    refused(site, said)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE actions SET body = '{}' WHERE number = 2", "operator action 2 is not as it was put on record"),
        ("UPDATE actions SET at_s = 0.5 WHERE number = 1", "operator action 1 is not as"),
        ("UPDATE actions SET operator = 'ben' WHERE number = 3", "operator action 3 is not as"),
        ("UPDATE actions SET hash = 'x' WHERE number = 3", "operator action 3 is not as"),
        ("DELETE FROM actions WHERE number = 2", "operator action 2 is missing"),
        ("DELETE FROM actions WHERE number = 1", "operator action 1 is missing"),
        ("UPDATE actions SET number = 9 WHERE number = 3", "operator action 3 is missing"),
        ("UPDATE tasks SET body = '{' WHERE number = 7", "table tasks has a row that makes no sense"),
        ("UPDATE orders SET body = '{\"id\": 1}'", "table orders has a row"),
        ("UPDATE robots SET base = '[[4, 1.0]]' WHERE number = 0", "table robots has a row"),
        ("UPDATE robots SET cell = 3000000000 WHERE number = 0", "table robots has a row"),
        ("UPDATE site SET roster = '{}'", "table site has a row"),
    ],
)
def test_rows_that_were_changed_by_somebody_who_knows_the_checksums(site, statement, said):
    change(site, statement, sealed=True)
    refused(site, said)


def test_damage_under_way_is_reported_as_such(site):
    journal = site.open()
    with site.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (site.path.stat().st_size - 4096))
    journal._store._open.execute("PRAGMA shrink_memory")
    with pytest.raises(DamagedJournalError, match="is damaged"):
        journal.recover()
    journal.tasks([task(number, number // 5, status=1) for number in range(200)])
    with pytest.raises(DamagedJournalError, match="is damaged"):
        journal.commit()


def test_a_folder_or_a_file_of_others_is_no_traceback(tmp_path, monkeypatch):
    (tmp_path / "folder").mkdir()
    with pytest.raises(SettingError, match="is a folder"):
        FileSite(tmp_path / "folder").open()
    with pytest.raises(SettingError, match="there is no folder"):
        FileSite(tmp_path / "nowhere" / "site.journal").open()
    site = FileSite(tmp_path / "site.journal")
    site.open().close()
    monkeypatch.setattr(apsw, "SQLITE_OPEN_READWRITE", apsw.SQLITE_OPEN_READONLY)
    with pytest.raises(SettingError, match="cannot be written"):
        site.open()


def test_what_a_killed_first_start_leaves_behind_is_no_journal(tmp_path, monkeypatch):
    """The file is there only once it is whole."""

    def killed(*_):
        raise KeyboardInterrupt

    site = FileSite(tmp_path / "site.journal")
    with monkeypatch.context() as patch:
        patch.setattr("fleet.runtime.journal.sqlite_file.os.link", killed)
        with pytest.raises(KeyboardInterrupt):
            site.open()
    assert not site.path.exists()
    assert site.open().recover() is None
    assert [path.name for path in Path(tmp_path).iterdir() if path.is_dir()] == []
    site.close()


def test_of_two_first_starts_one_makes_the_journal(tmp_path, monkeypatch):
    site, other = FileSite(tmp_path / "site.journal"), FileSite(tmp_path / "site.journal")
    link = os.link

    def late(*paths):
        monkeypatch.undo()
        other.open("other")
        link(*paths)

    monkeypatch.setattr("fleet.runtime.journal.sqlite_file.os.link", late)
    assert site.open().holder == "other"
    other.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE futurepark.leadership SET version = 99", "newer version"),
        ("DELETE FROM futurepark.leadership", "no leadership on record"),
        ("DROP TABLE futurepark.tasks", "is damaged"),
        ("UPDATE futurepark.actions SET body = '{}'", "row 1 of table actions is not as it was written"),
        ("UPDATE futurepark.robots SET cell = 9", "row 0 of table robots is not as"),
    ],
)
def test_damage_in_postgres(server, statement, said):
    site = DatabaseSite(server)
    journal = site.open()
    found(journal)
    journal.action("anna", '{"stop": true}', 1.0)
    journal.commit()
    journal.close()
    server.execute(statement)
    with pytest.raises(DamagedJournalError, match=said) as caught:
        site.open().recover()
    assert "postgres" in caught.value.where
    site.close()
