"""A disk that is full, slow or broken: commits fail, wait, and lose nothing."""

from __future__ import annotations

import time

import pytest

from fleet.errors import JournalError
from tests.failing_disk import CODES, failing_disk
from tests.site_journals import LEASE_S, FileSite, found, grants, order, plain, task


@pytest.fixture
def disk():
    with failing_disk("failing") as disk:
        yield disk


@pytest.fixture
def site(tmp_path, disk):
    site = FileSite(tmp_path / "site.journal", vfs=disk.name)
    yield site
    disk.heal()
    site.close()


def after_a_crash(site):
    """What the next controller finds; the first one is left as it is."""
    site.end_lease()
    return site.open("next").recover()


def test_a_full_disk_holds_a_batch_back_and_the_next_commit_that_can_keeps_it(site, disk):
    journal = site.open()
    found(journal)
    disk.full = True
    journal.orders([order(0)])
    for number in range(3):
        journal.tasks([task(number, 0)])
        with pytest.raises(JournalError, match="full"):
            journal.commit()
    disk.heal()
    journal.orders([order(0, cancelled=True)])
    journal.commit()
    record = after_a_crash(site)
    assert record.pool.orders == (order(0, cancelled=True),)
    assert record.pool.tasks == tuple(task(number, 0) for number in range(3))


def test_what_was_not_committed_when_the_disk_was_full_is_not_half_there_after_a_crash(site, disk):
    journal = site.open()
    found(journal)
    before = plain(journal.recover())
    disk.full = True
    journal.orders([order(0)])
    journal.granted(grants((0, 0, 0.0), (1, 4, 2.0)))
    with pytest.raises(JournalError):
        journal.commit()
    disk.heal()
    assert plain(after_a_crash(site)) == before


def test_a_disk_that_is_full_at_the_start_is_said_to_be(site, disk):
    disk.full = True
    with pytest.raises(JournalError, match="full"):
        site.open()
    disk.heal()
    assert site.open().recover() is None


@pytest.mark.parametrize("way", CODES)
@pytest.mark.parametrize("position", range(6))
def test_an_error_at_any_call_of_a_commit_is_gone_with_the_next(site, disk, way, position):
    journal = site.open()
    found(journal)
    journal.orders([order(row) for row in range(30)])
    disk.fail({position: way})
    try:
        journal.commit()
    except JournalError:
        disk.heal()
        journal.commit()
    assert after_a_crash(site).pool.orders == tuple(map(order, range(30)))


def test_a_slow_disk_only_makes_commits_longer(site, disk):
    journal = site.open()
    found(journal)
    disk.delay_s = 0.3
    began_s = time.monotonic()
    journal.orders([order(0)])
    journal.commit()
    assert time.monotonic() - began_s >= 0.3
    disk.delay_s = 0.0
    assert len(after_a_crash(site).pool.orders) == 1


def test_a_leader_goes_on_after_its_lease_as_long_as_nobody_took_over(site):
    journal = site.open()
    found(journal)
    site.clock.now_s += 100 * LEASE_S
    journal.orders([order(0)])
    journal.commit()
    assert site.open("other").holder == "first"


def test_a_journal_does_not_grow_with_driving(site):
    journal = site.open()
    found(journal, robots=20)
    held = journal.restore()
    sizes = []
    for tick in range(1500):
        held.confirmed += 1
        held.cell += 1
        journal.granted(grants(*((robot, tick % 3, 0.0) for robot in range(20))))
        journal.confirmed(held.confirmed, held.cell, held.heading)
        journal.commit()
        if tick % 500 == 499:
            sizes.append(sum(file.stat().st_size for file in site.path.parent.iterdir()))
    # The log is begun anew whenever it has a thousand pages.
    assert sizes[2] <= 1.05 * sizes[1]


def test_a_commit_writes_no_rows_but_those_that_changed(site, monkeypatch):
    journal = site.open()
    found(journal, robots=20)
    held = journal.restore()
    written = []
    write = journal._store.write
    monkeypatch.setattr(
        journal._store,
        "write",
        lambda batch: (
            written.append({t.name: [row[0] for row in rows] for t, rows in batch.rows.items()}),
            write(batch),
        ),
    )
    journal.epochs(held.epoch)
    journal.confirmed(held.confirmed, held.cell, held.heading)
    journal.commit()
    held.epoch[[3, 5]] = 1
    held.heading[7] = 2
    journal.epochs(held.epoch)
    journal.confirmed(held.confirmed, held.cell, held.heading)
    journal.granted(grants((9, 0, 0.0)))
    journal.commit()
    journal.commit()
    assert written == [{"robots": [3, 5, 7, 9]}]
