"""One controller leads a site at a time: leases, terms, takeovers."""

from __future__ import annotations

import signal
import subprocess
import sys

import apsw
import pytest

from fleet.errors import JournalError, LeadershipLostError, SettingError
from fleet.runtime.journal.lease_file import Lease, LeaseFile
from fleet.runtime.journal.opening import open_journal, wait_for_leadership
from fleet.runtime.journal.store import LedByOther
from tests.failing_disk import failing_disk
from tests.postgres_server import PostgresServer
from tests.site_journals import LEASE_S, Clock, DatabaseSite, FileSite, found, order


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


@pytest.fixture
def file_site(tmp_path):
    site = FileSite(tmp_path / "site.journal")
    yield site
    site.close()


@pytest.fixture(params=["sqlite", "postgres"])
def site(request, tmp_path):
    site = (
        FileSite(tmp_path / "site.journal")
        if request.param == "sqlite"
        else DatabaseSite(request.getfixturevalue("server"))
    )
    yield site
    site.close()


def wait(site, **options):
    def pause(seconds):
        site.clock.now_s += seconds

    return wait_for_leadership(
        site.path, "standby", lease_s=LEASE_S, steady=site.clock, wall=lambda: 0.0, **{"pause": pause, **options}
    )


def test_who_comes_second_is_told_who_leads(site):
    site.open("one")
    second = site.open("two")
    assert isinstance(second, LedByOther)
    assert second.holder == "one"
    assert 0 < second.left_s <= LEASE_S


def test_closing_lets_the_next_one_lead_at_once(site):
    first = site.open()
    first.close()
    first.close()
    assert site.open().term > first.term


def test_closing_after_a_takeover_leaves_the_new_leader_alone(site):
    first = site.open()
    site.end_lease()
    second = site.open("two")
    first.close()
    assert site.open("three").holder == "two"
    second.renew()


@pytest.mark.parametrize("renew", ["orders", "nothing", "renew"])
def test_commits_renew_the_lease(file_site, renew):
    journal = file_site.open()
    for _ in range(4):
        file_site.clock.now_s += 0.9 * LEASE_S
        if renew == "orders":
            journal.orders([order(0)])
        (journal.renew if renew == "renew" else journal.commit)()
    second = file_site.open()
    assert isinstance(second, LedByOther)
    assert second.left_s == pytest.approx(LEASE_S)


def test_a_renewal_lasts_by_the_clock_of_the_database_server(server):
    site = DatabaseSite(server)
    journal = site.open()
    for change in (journal.renew, lambda: journal.orders([order(0)])):
        server.execute("UPDATE futurepark.leadership SET until = clock_timestamp()")
        change()
        journal.commit()
        assert isinstance(site.open("two"), LedByOther)
    site.close()


def test_a_commit_of_nothing_costs_the_disk_nothing_until_the_lease_is_to_be_renewed(file_site):
    journal = file_site.open()
    found(journal)
    lease = LeaseFile(file_site.path.with_name("site.journal-lease"))
    before = lease.read_lease()
    file_site.clock.now_s += 0.3 * LEASE_S
    journal.commit()
    assert lease.read_lease() == before
    file_site.clock.now_s += 0.1 * LEASE_S
    journal.commit()
    assert lease.read_lease().until_s == file_site.clock.now_s + LEASE_S


def test_a_lease_ends_with_the_boot_of_the_machine(file_site):
    term = file_site.open().term
    lease = LeaseFile(file_site.path.with_name("site.journal-lease"))
    lease.write_lease(Lease("another boot", term, file_site.clock.now_s + 1.0, "one"))
    lease.close()
    assert file_site.open("two").term == term + 1


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 400])
def test_without_a_lease_that_can_be_read_the_term_alone_decides(file_site, content):
    first = file_site.open()
    lease = file_site.path.with_name("site.journal-lease")
    lease.unlink() if content is None else lease.write_bytes(content)
    second = file_site.open("two")
    assert second.term == first.term + 1
    with pytest.raises(LeadershipLostError):
        first.renew()


def test_a_lease_longer_than_any_is_no_lease(file_site):
    lease = LeaseFile(file_site.path.with_name("site.journal-lease"))
    first = file_site.open()
    file_site.clock.now_s -= 90.0
    assert file_site.open("two").term == first.term + 1
    assert lease.read_lease().holder == "two"


def test_of_two_that_see_the_lease_end_one_leads(file_site, monkeypatch):
    """The second looked before the first wrote its lease."""
    file_site.open("one")
    read = LeaseFile.read_lease
    looks = []

    def late(self):
        looks.append(self)
        return None if len(looks) == 1 else read(self)

    monkeypatch.setattr(LeaseFile, "read_lease", late)
    assert file_site.open("two").holder == "one"
    assert len(looks) == 2


def test_nobody_takes_over_from_one_that_is_writing(file_site):
    """Its commit takes longer than the lease: the disk is slow, or it would have renewed the lease."""
    file_site.open()
    file_site.end_lease()
    writer = apsw.Connection(str(file_site.path))
    writer.execute("BEGIN IMMEDIATE")
    assert file_site.open("two") == LedByOther("a controller that is writing", 0.0)
    writer.execute("ROLLBACK")
    assert not isinstance(file_site.open("two"), LedByOther)
    writer.close()


def test_terms_are_no_smaller_than_the_time_so_they_grow_over_backups(tmp_path):
    journals = [
        open_journal(tmp_path / name, "me", steady=Clock(), wall=lambda now_s=now_s: now_s)
        for name, now_s in (("a", 1.7e9), ("b", 1.7e9 + 10))
    ]
    assert [journal.term for journal in journals] == [1_700_000_000, 1_700_000_010]
    for journal in journals:
        journal.close()


def test_terms_in_postgres_are_no_smaller_than_the_server_s_time(server):
    site = DatabaseSite(server)
    ((now,),) = server.execute("SELECT floor(extract(epoch FROM clock_timestamp()))::bigint")
    assert now <= site.open().term <= now + 3600
    site.close()


def test_a_standby_leads_as_soon_as_the_lease_has_ended(file_site):
    file_site.open()
    ends_s = file_site.clock.now_s + LEASE_S
    journal = wait(file_site)
    assert ends_s <= file_site.clock.now_s <= ends_s + LEASE_S / 20
    journal.commit()
    journal.close()


def test_a_standby_of_a_new_site_leads_at_once(site):
    journal = wait(site)
    assert journal.recover() is None
    journal.close()


def test_a_standby_waits_as_long_as_the_leader_goes_on(site):
    leader = site.open()
    pauses = []

    def pause(seconds):
        site.clock.now_s += seconds
        pauses.append(seconds)
        leader.renew()

    assert wait(site, pause=pause, given_up=lambda: len(pauses) == 100) is None
    assert sum(pauses) > 4 * LEASE_S


def test_a_standby_leads_by_the_server_s_clock(server):
    site = DatabaseSite(server)
    first = open_journal(server.url, "first", lease_s=0.2)
    second = wait_for_leadership(server.url, "second", lease_s=0.2)
    assert second.term > first.term
    with pytest.raises(LeadershipLostError):
        first.renew()
    for journal in (first, second, site):
        journal.close()


def test_a_standby_that_cannot_go_on_says_so(tmp_path):
    with pytest.raises(SettingError, match="there is no folder"):
        wait_for_leadership(tmp_path / "nowhere" / "site.journal", "standby")


def test_a_standby_goes_on_waiting_while_the_disk_is_full(tmp_path):
    with failing_disk("full-for-a-while") as disk:
        site = FileSite(tmp_path / "site.journal")
        disk.full = True
        told = []

        def held_up(error):
            told.append(str(error))
            disk.full = len(told) < 3

        journal = wait(site, held_up=held_up, vfs=disk.name)
        assert len(told) == 3
        assert "full" in told[0].lower()
        assert journal.recover() is None
        journal.close()


def test_a_controller_stopped_in_the_middle_of_a_commit_does_not_lock_out_its_successor(server):
    """The server ends transactions that stand still."""
    site = DatabaseSite(server)
    journal = site.open()
    found(journal)
    for ended in ("UPDATE leadership SET until = clock_timestamp()", "BEGIN", "SELECT term FROM leadership FOR UPDATE"):
        journal._store._open.execute(ended)
    second = wait_for_leadership(server.url, "second", lease_s=0.5)
    assert second.term > journal.term
    with pytest.raises(JournalError):
        journal.renew()
    with pytest.raises(LeadershipLostError):
        journal.renew()
    second.close()
    site.close()


_LEADS = """
import sys, time
from fleet.runtime.journal.opening import open_journal
journal = open_journal(sys.argv[1], "first", lease_s=60.0)
print(journal.term, flush=True)
time.sleep(600)
"""


def test_nobody_waits_for_the_lease_of_a_process_that_died(tmp_path):
    place = tmp_path / "journal.db"
    with subprocess.Popen([sys.executable, "-c", _LEADS, str(place)], stdout=subprocess.PIPE, text=True) as leader:
        term = int(leader.stdout.readline())
        assert isinstance(open_journal(place, "second"), LedByOther)
        leader.send_signal(signal.SIGSTOP)
        assert isinstance(open_journal(place, "second"), LedByOther)  # stopped is not dead
        leader.kill()
        leader.wait()
        second = open_journal(place, "second")
        assert second.term > term
        assert isinstance(open_journal(place, "third"), LedByOther)
        second.close()
