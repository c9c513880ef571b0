"""A PostgreSQL server that goes away, comes back, stands still, or drops connections in the middle."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest

from fleet.errors import JournalError, LeadershipLostError, SettingError
from fleet.runtime.journal import postgres
from fleet.runtime.journal.opening import open_journal
from tests.postgres_server import PostgresServer
from tests.site_journals import DatabaseSite, found, grants, order, rejection, task


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


@pytest.fixture
def site(server):
    site = DatabaseSite(server)
    yield site
    site.close()


@pytest.fixture
def journal(site):
    journal = site.open()
    found(journal)
    return journal


def commit_when_it_can_be(site, journal):
    for _ in range(100):
        try:
            journal.commit()
        except JournalError:
            # A try is not repeated at once.
            site.clock.now_s += 1.0
        else:
            return
    raise AssertionError("the journal did not come back")


def backend(journal):
    return journal._store._open.info.backend_pid


def recovered(site):
    site.end_lease()
    return site.open("next").recover()


def test_a_server_that_is_gone_holds_batches_back_until_it_is_back(server, site, journal):
    server.stop()
    try:
        journal.orders([order(0)])
        for number in range(3):
            journal.tasks([task(number, 0)])
            with pytest.raises(JournalError):
                journal.commit()
            site.clock.now_s += 1.0
    finally:
        server.start()
    journal.granted(grants((0, 0, 0.0)))
    commit_when_it_can_be(site, journal)
    record = recovered(site)
    assert record.pool.orders == (order(0),)
    assert record.pool.tasks == tuple(task(number, 0) for number in range(3))
    assert record.bases.entries == [[(0, 0.0)], []]


def test_a_server_that_is_gone_is_not_asked_again_at_once(server, site, journal, monkeypatch):
    tries = []
    connect = postgres.BoundedConnection.connect
    monkeypatch.setattr(
        postgres.BoundedConnection,
        "connect",
        lambda *args, **options: (tries.append(args), connect(*args, **options))[1],
    )
    server.stop()
    try:
        journal.orders([order(0)])
        for _ in range(10):
            with pytest.raises(JournalError, match="database postgres at"):
                journal.commit()
    finally:
        server.start()
    # The first failed on the connection that was there.
    assert len(tries) == 1


def test_a_server_that_is_gone_at_the_start_is_a_matter_of_time(server):
    server.stop()
    try:
        with pytest.raises(JournalError):
            open_journal(server.url, "me")
    finally:
        server.start()


def test_a_connection_that_was_dropped_is_made_again(server, site, journal):
    for number in range(5):
        server.execute("SELECT pg_terminate_backend(%s)", backend(journal))
        journal.rejected(rejection(number))
        commit_when_it_can_be(site, journal)
    assert len(recovered(site).pool.rejections) == 5


class LosesTheAnswer:
    """Lets a commit reach the server, and its answer get lost."""

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def execute(self, query, *parameters):
        cursor = self._connection.execute(query, *parameters)
        if query == "COMMIT":
            self._connection.wait(self._connection._pipeline._sync_gen())
            raise psycopg.OperationalError("the answer is lost")
        return cursor


def test_a_commit_whose_answer_was_lost_is_not_written_twice(server, site, journal, monkeypatch):
    store = journal._store
    journal.orders([order(0)])
    written = []
    write_rows = postgres._write_rows
    monkeypatch.setattr(
        postgres, "_write_rows", lambda connection, batch: (written.append(batch.number), write_rows(connection, batch))
    )
    store._open = LosesTheAnswer(store._open)
    with pytest.raises(JournalError, match="the answer is lost"):
        journal.commit()
    kept = server.execute("SELECT count(*) FROM futurepark.orders")
    journal.orders([order(1)])
    commit_when_it_can_be(site, journal)
    assert recovered(site).pool.orders == (order(0), order(1))
    assert kept == [(1,)]
    assert written == [2, 3]


def test_a_server_that_stands_still_does_not_hold_the_controller_up(server, site, monkeypatch):
    monkeypatch.setattr(postgres, "_ANSWER_S", 0.5)
    journal = open_journal(server.url, "me")
    found(journal)
    journal.orders([order(0)])
    pid = backend(journal)
    server.suspend(pid)
    try:
        began_s = time.monotonic()
        with pytest.raises(JournalError):
            journal.commit()
        assert time.monotonic() - began_s < 60
    finally:
        server.resume(pid)
    for _ in range(100):
        try:
            journal.commit()
        except JournalError:
            time.sleep(0.1)
        else:
            break
    journal.close()
    assert site.open("next").recover().pool.orders == (order(0),)


def test_a_leader_that_comes_back_after_the_server_finds_itself_replaced(server, site, journal):
    server.execute("SELECT pg_terminate_backend(%s)", backend(journal))
    site.end_lease()
    after = site.open("next")
    journal.orders([order(0)])
    with pytest.raises(LeadershipLostError):
        commit_when_it_can_be(site, journal)
    after.commit()
    assert recovered(site).pool.orders == ()


def test_a_user_without_rights_is_told_so(server):
    server.clear()
    server.execute("DROP ROLE IF EXISTS guest")
    server.execute("CREATE ROLE guest LOGIN")
    with pytest.raises(SettingError, match="permission denied"):
        open_journal(server.url.replace("tester", "guest"), "me")


def test_passwords_are_in_no_message(server, tmp_path):
    Path(tmp_path / "none").mkdir()
    with pytest.raises(JournalError) as caught:
        open_journal(f"postgresql://anna:secret-word@/site?host={tmp_path}/none", "me")
    assert "secret-word" not in str(caught.value)
