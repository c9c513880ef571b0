"""A site's journal: what it refuses, and how operators' actions are chained."""

from __future__ import annotations

import hashlib
import struct
import sys
from dataclasses import replace

import pytest

from fleet.errors import DamagedJournalError, JournalError, OrderError, SettingError, TaskError, TrafficError
from fleet.runtime.journal.hash_chain import FIRST_HASH, chain_hash, check_chain
from fleet.runtime.journal.opening import open_journal
from fleet.runtime.site_journal import OperatorRecord
from tests.site_journals import FileSite, found, grants, headings, ints, order, task


@pytest.fixture
def site(tmp_path):
    site = FileSite(tmp_path / "site.journal")
    yield site
    site.close()


@pytest.fixture
def journal(site):
    journal = site.open()
    found(journal)
    return journal


def test_a_site_is_founded_once(site, journal):
    with pytest.raises(TrafficError, match="has a site already"):
        journal.found(["amr-000"], 1.0, "floor")
    journal.close()
    with pytest.raises(TrafficError, match="has a site already"):
        site.open().found(["amr-000"], 1.0, "floor")


def test_a_new_journal_has_no_beginning(site):
    with pytest.raises(TrafficError, match="not founded"):
        _ = site.open().started_unix_s


def test_a_task_of_an_order_that_nobody_knows_is_refused(journal):
    with pytest.raises(TaskError, match="task 3 is of an order that is not on record"):
        journal.tasks([task(3, 0)])


def test_a_service_that_is_confirmed_already_is_refused(journal):
    journal.granted(grants((0, 4, 1.0)))
    journal.confirmed(ints(1, 0), ints(10, 11), headings(0, 0))
    with pytest.raises(TrafficError, match="confirmed already"):
        journal.services(ints(0), ints(0), ints(0), ints(0))


@pytest.mark.parametrize("text", ["a\0b", "a\ud800"])
def test_text_that_no_database_takes_is_refused(journal, text):
    with pytest.raises(SettingError, match="is no valid text"):
        journal.action(text, "{}", 1.0)
    with pytest.raises(SettingError, match="is no valid text"):
        journal.action("anna", text, 1.0)
    journal.commit()


def test_an_order_that_could_not_be_read_back_is_refused(journal):
    endless = replace(order(0), order=replace(order(0).order, due_s=float("inf")))
    with pytest.raises(OrderError, match="not a finite number"):
        journal.orders([endless])


def test_a_closed_journal_says_so(journal):
    journal.close()
    with pytest.raises(JournalError, match="is not open"):
        journal.renew()


@pytest.mark.parametrize("url", ["postgresql://host:notaport:/x?bad=1", "postgres://u@h/db?nonsense=1"])
def test_a_url_that_is_none_is_refused(url):
    with pytest.raises(SettingError, match="is no PostgreSQL URL"):
        open_journal(url, "me")


def test_postgres_without_psycopg_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fleet.runtime.journal.postgres", None)
    with pytest.raises(SettingError, match="needs psycopg"):
        open_journal("postgresql://localhost/site", "me")


def test_hashes_are_as_the_page_on_the_journal_says():
    body = '{"stop": true}'
    head = bytes(32) + (1).to_bytes(8, "big") + struct.pack(">d", 2.5) + (4).to_bytes(4, "big")
    first = hashlib.sha256(head + b"anna" + body.encode()).hexdigest()
    assert chain_hash(FIRST_HASH, 1, 2.5, "anna", body) == first
    assert chain_hash(first, 1, 2.5, "anna", body) != first
    # No text moves from the name into the body.
    assert chain_hash(FIRST_HASH, 1, 2.5, "ann", "a" + body) != first


def chain(length):
    actions, previous = [], FIRST_HASH
    for number in range(1, length + 1):
        previous = chain_hash(previous, number, float(number), "anna", "{}")
        actions.append(OperatorRecord(number, float(number), "anna", "{}", previous))
    return actions


def test_a_chain_holds_as_long_as_nothing_was_changed():
    check_chain([], "here")
    check_chain(chain(5), "here")


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("field", ["at_s", "operator", "body", "hash", "number"])
def test_whatever_is_changed_in_a_chain_is_found_where_it_is(at, field):
    other = {"at_s": 0.25, "operator": "ben", "body": "{ }", "hash": "0" * 64, "number": 17}
    actions = chain(5)
    actions[at] = replace(actions[at], **{field: other[field]})
    with pytest.raises(DamagedJournalError, match=f"operator action {at + 1} is") as caught:
        check_chain(actions, "here")
    assert caught.value.where == "here"


def test_actions_that_were_put_in_a_different_order_are_found():
    actions = chain(3)
    first, second = replace(actions[1], number=1), replace(actions[0], number=2)
    with pytest.raises(DamagedJournalError, match="operator action 1 is not"):
        check_chain([first, second, actions[2]], "here")
