"""Journals agree with a naive one after any calls, crashes, and failures of the disk; nothing is ever half there."""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from fleet.errors import JournalError
from fleet.traffic.journal import GrantRecord
from robots.state import Entry
from tests.failing_disk import CODES, failing_disk
from tests.oracles.site_journal import NaiveDisk, NaiveJournal
from tests.postgres_server import PostgresServer
from tests.site_journals import DatabaseSite, FileSite, found, order, plain, plain_bases, rejection, task

ROBOTS = 3
KINDS = [int(kind) for kind in Entry if kind is not Entry.WAIT]
ROWS = st.integers(0, ROBOTS - 1)

GRANTS = st.tuples(st.just("grant"), st.lists(st.tuples(ROWS, st.sampled_from(KINDS)), min_size=1, max_size=6))
STEPS = st.one_of(
    *[GRANTS] * 3,
    st.tuples(st.just("confirm"), st.lists(st.integers(0, 4), min_size=ROBOTS, max_size=ROBOTS)),
    st.tuples(st.just("cut"), ROWS, st.integers(0, 4)),
    st.tuples(st.just("serve"), ROWS, st.integers(0, 5), st.integers(0, 9)),
    st.tuples(st.just("epoch"), ROWS),
    st.tuples(st.just("order"), st.integers(0, 20), st.booleans()),
    st.tuples(st.just("task"), st.integers(0, 20), st.integers(0, 3)),
    st.tuples(st.just("reject")),
    st.tuples(st.just("recoveries"), st.integers(0, 9)),
    st.tuples(st.just("act"), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)),
)
ENDS = st.sampled_from(["commit", "commit", "commit", "crash"])
HISTORIES = st.lists(st.tuples(st.lists(STEPS, max_size=8), ENDS), min_size=1, max_size=6)


class Life:
    """What a controller may do, done to a journal and to the oracle: what it has been told, and nothing impossible."""

    def __init__(self, site):
        self.site, self.disk = site, NaiveDisk()
        self.start()
        if self.both[0].recover() is None:
            for journal in self.both:
                found(journal, ROBOTS)

    def start(self):
        self.both = self.site.open(), NaiveJournal(self.disk)
        self.orders = len(self.both[1].now["orders"])
        self.tasks = len(self.both[1].now["tasks"])
        self.rejections = len(self.both[1].now["rejections"])

    def crash(self):
        self.site.end_lease()
        self.start()

    def tell(self, method, *arguments):
        for journal in self.both:
            getattr(journal, method)(*arguments)

    def do(self, step):
        getattr(self, step[0])(*step[1:])

    def held(self):
        return self.both[1].restore()

    def grant(self, entries):
        robots, kinds = np.array(entries).T
        seconds = np.where(kinds == Entry.SERVICE, 0.1 + robots, 0.0)
        self.tell(
            "granted",
            GrantRecord(robots.astype(np.int32), kinds.astype(np.uint8), seconds.astype(np.float32)),
        )

    def confirm(self, steps):
        held = self.held()
        counts = [min(step, len(entries)) for step, entries in zip(steps, held.entries, strict=True)]
        confirmed = held.confirmed + np.array(counts, dtype=np.int32)
        self.tell("confirmed", confirmed, held.cell + np.int32(sum(counts)), ((held.heading + 1) % 4).astype(np.int8))

    def cut(self, robot, keep):
        held = self.held()
        end = held.confirmed[robot] + min(keep, len(held.entries[robot]))
        self.tell("cut", np.array([robot], dtype=np.int32), np.array([end], dtype=np.int32))

    def serve(self, robot, ahead, number):
        held = self.held()
        if ahead < len(held.entries[robot]) and held.entries[robot][ahead][0] == Entry.SERVICE:
            columns = (robot, held.confirmed[robot] + ahead, number, number % 3 - 1)
            self.tell("services", *(np.array([value], dtype=np.int32) for value in columns))

    def epoch(self, robot):
        epoch = self.held().epoch
        epoch[robot] += 1
        self.tell("epochs", epoch)

    def order(self, row, cancelled):
        row = min(row, self.orders)
        self.orders = max(self.orders, row + 1)
        self.tell("orders", [order(row, cancelled=cancelled, done_s=1.5 if cancelled else None)])

    def task(self, number, status):
        if self.orders:
            number = min(number, self.tasks)
            self.tasks = max(self.tasks, number + 1)
            self.tell("tasks", [task(number, number % self.orders, status=status, errand_index=status)])

    def reject(self):
        self.tell("rejected", rejection(self.rejections))
        self.rejections += 1

    def recoveries(self, count):
        self.tell("recoveries", {"stranded": count, "reclaimed": 1})

    def act(self, text):
        self.tell("action", text, f'{{"rejections": {self.rejections}}}', 0.1 * self.orders)

    def commit(self):
        self.tell("commit")

    def check(self):
        journal, oracle = self.both
        assert plain_bases(journal.restore()) == plain_bases(oracle.restore())

    def check_after_crash(self):
        self.crash()
        assert plain(self.both[0].recover()) == plain(self.both[1].recover())


def live(life, history):
    for steps, end in history:
        for step in steps:
            life.do(step)
        life.check()
        if end == "commit":
            life.commit()
        life.check_after_crash() if end == "crash" else None
    life.check_after_crash()


@given(HISTORIES)
def test_a_file_keeps_what_was_committed_and_nothing_else(history):
    with tempfile.TemporaryDirectory() as folder:
        site = FileSite(Path(folder) / "site.journal")
        live(Life(site), history)
        site.close()


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


@settings(max_examples=25)
@given(HISTORIES)
def test_a_database_keeps_what_was_committed_and_nothing_else(server, history):
    site = DatabaseSite(server)
    live(Life(site), history)
    site.close()


FAULTS = st.dictionaries(st.integers(0, 25), st.sampled_from(list(CODES)), max_size=6)


@given(st.lists(st.tuples(st.lists(STEPS, max_size=8), FAULTS, st.booleans()), min_size=1, max_size=6))
def test_whatever_fails_what_was_committed_is_there_and_nothing_is_half_there(history):
    """Each part of the history is committed on a disk that fails at some calls, and may end in a crash."""
    with tempfile.TemporaryDirectory() as folder, failing_disk("failing-at-random") as disk:
        site = FileSite(Path(folder) / "site.journal", vfs=disk.name)
        life = Life(site)
        for steps, faults, crash in history:
            for step in steps:
                life.do(step)
            disk.fail(faults)
            committed = commits(life.both[0])
            disk.heal()
            if not crash:
                life.commit()
                continue
            before = life.disk.kept
            life.both[1].commit()
            life.site.end_lease()
            told = plain(site.open("next").recover())
            if not committed:
                # A commit that failed may be there, whole, or not.
                kept = plain(life.both[1].recover()), plain(recovered(before))
                assert told in kept
                life.disk.kept = life.disk.kept if told == kept[0] else before
            site.end_lease()
            life.start()
            assert plain(life.both[0].recover()) == plain(life.both[1].recover()) == told
        life.check_after_crash()
        site.close()


def commits(journal):
    try:
        journal.commit()
    except JournalError:
        return False
    return True


def recovered(kept):
    disk = NaiveDisk()
    disk.kept = kept
    return NaiveJournal(disk).recover()
