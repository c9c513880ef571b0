"""Journals of processes that are killed or stopped at any moment."""

from __future__ import annotations

import random
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fleet.runtime.journal.opening import wait_for_leadership
from tests.journal_writer import LEASE_S, LOST, expected
from tests.postgres_server import PostgresServer
from tests.site_journals import plain

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
KILLS = 60
PATIENCE_S = 120


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


@pytest.fixture
def writers():
    """Starts journal writers, and ends those that are left."""
    started = []

    def start(place, how):
        command = [sys.executable, "-m", "tests.journal_writer", str(place), how]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def read_until(process, line):
    for told in process.stdout:
        if told.strip() == line:
            return
    raise AssertionError(f"the writer ended before it said {line!r}")


def steps_told(process):
    """How many steps a writer has committed by the lines it printed; it must have ended."""
    numbers = [int(line) for line in process.stdout.read().split() if line.isdigit()]
    return numbers[-1] + 1 if numbers else 0


def steps_kept(place):
    """How many steps are on record; what is there must be all of them, and nothing of the next."""
    journal = wait_for_leadership(place, "checker", lease_s=LEASE_S)
    try:
        record = journal.recover()
    finally:
        journal.close()
    if record is None:
        return 0
    steps = len(record.pool.orders)
    assert plain(record) == expected(steps)
    return steps


def kill_at_random(place, writers, kills, seed):
    drawn = random.Random(seed)
    kept = 0
    for kill in range(kills):
        process = writers(place, "standby")
        if kill % 6:
            read_until(process, "leads")
            time.sleep(drawn.uniform(0.0, 0.05))
        else:
            # Before it leads, or while it makes the journal.
            time.sleep(drawn.uniform(0.1, 0.8))
        process.kill()
        process.wait(timeout=PATIENCE_S)
        told = max(steps_told(process), kept)
        kept = steps_kept(place)
        # The last commit may have been made before it could say so.
        assert told <= kept <= told + 1
    return kept


def test_a_file_has_everything_that_was_committed_after_each_of_many_kills(tmp_path, writers):
    assert kill_at_random(tmp_path / "site.journal", writers, KILLS, seed=1) > KILLS


def test_a_database_has_everything_that_was_committed_after_each_of_many_kills(server, writers):
    server.clear()
    assert kill_at_random(server.url, writers, 10, seed=2) > 10


def test_a_database_that_drops_connections_and_restarts_loses_and_doubles_nothing(server, writers):
    server.clear()
    drawn = random.Random(3)
    writer = writers(server.url, "lead")
    read_until(writer, "5")
    for drop in range(12):
        time.sleep(drawn.uniform(0.0, 0.2))
        if drop % 6 == 5:
            server.stop()
            server.start()
        else:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
    time.sleep(3.0)
    writer.kill()
    writer.wait(timeout=PATIENCE_S)
    told = steps_told(writer)
    assert told <= steps_kept(server.url) <= told + 1
    assert told > 12


def test_a_standby_takes_over_from_a_stopped_leader_which_then_changes_nothing(tmp_path, writers):
    place = tmp_path / "site.journal"
    leader = writers(place, "lead")
    read_until(leader, "20")
    standby = writers(place, "standby")
    leader.send_signal(signal.SIGSTOP)
    read_until(standby, "leads")
    for _ in range(20):
        standby.stdout.readline()
    # Stopped between two commits it is too late; stopped in the middle of one it was killed.
    leader.send_signal(signal.SIGCONT)
    assert leader.wait(timeout=PATIENCE_S) in (LOST, -signal.SIGKILL)
    last = int(standby.stdout.readline())
    assert standby.poll() is None
    standby.kill()
    standby.wait(timeout=PATIENCE_S)
    told = max(steps_told(standby), last + 1)
    assert told <= steps_kept(place) <= told + 1


def test_a_leader_stopped_in_the_middle_of_a_commit_is_killed_and_its_commit_is_there_whole_or_not_at_all(
    tmp_path, writers
):
    """It holds the lock to write, which SQLite cannot take from it."""
    place = tmp_path / "site.journal"
    leader = writers(place, "stop")
    read_until(leader, "leads")
    while Path(f"/proc/{leader.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "T":
        time.sleep(0.05)
    standby = writers(place, "standby")
    read_until(standby, "leads")
    assert leader.wait(timeout=PATIENCE_S) == -signal.SIGKILL
    standby.kill()
    standby.wait(timeout=PATIENCE_S)
    # Of each writer the last commit may have been made before it could say so.
    told = max(steps_told(standby), 4)
    assert told - 1 <= steps_kept(place) <= told + 1


def test_a_backup_made_as_the_page_says_while_robots_drive_is_a_whole_journal(tmp_path, writers):
    place = tmp_path / "site.journal"
    writer = writers(place, "lead")
    read_until(writer, "20")
    page = (ROOT / "docs" / "journal.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^\$ python (-m apsw site\.journal .*VACUUM.*)$", page, re.MULTILINE)
    subprocess.run([sys.executable, *shlex.split(command)], cwd=tmp_path, check=True, timeout=PATIENCE_S)
    assert writer.poll() is None
    assert steps_kept(tmp_path / "backup.journal") > 20
