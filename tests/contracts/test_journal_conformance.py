"""Every site journal keeps its promises: SQLite, PostgreSQL, and the oracle that they are checked against."""

from __future__ import annotations

import pytest

from fleet.errors import LeadershipLostError
from fleet.runtime.site_journal import ServiceRecord
from robots.state import Entry
from tests.postgres_server import PostgresServer
from tests.site_journals import (
    DatabaseSite,
    FileSite,
    NaiveSite,
    found,
    grants,
    headings,
    ints,
    order,
    plain,
    plain_bases,
    rejection,
    task,
)

F, CW, SERVICE, CHARGE = int(Entry.FORWARD), int(Entry.TURN_CW), int(Entry.SERVICE), int(Entry.CHARGE)


@pytest.fixture(scope="module")
def server():
    with PostgresServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres", "naive"])
def site(request, tmp_path):
    if request.param == "postgres":
        site = DatabaseSite(request.getfixturevalue("server"))
    else:
        site = FileSite(tmp_path / "site.journal") if request.param == "sqlite" else NaiveSite()
    yield site
    site.close()


@pytest.fixture
def journal(site):
    journal = site.open()
    found(journal)
    return journal


def again(site):
    """The journal of a controller that was started after another one was killed."""
    site.end_lease()
    return site.open("second")


def recovered(site):
    return again(site).recover()


def test_a_new_journal_knows_of_no_site(site):
    assert site.open().recover() is None


def test_a_site_that_was_not_committed_was_not_founded(site):
    site.open().found(["amr-000"], 1.0, "floor")
    assert recovered(site) is None


def test_a_site_is_known_by_its_robots_its_floor_and_its_beginning(site, journal):
    after = again(site)
    record = after.recover()
    assert record.roster == ("amr-000", "amr-001")
    assert record.world == "floor"
    assert after.started_unix_s == journal.started_unix_s == 1.7e9
    assert plain_bases(record.bases) == plain_bases(after.restore())
    assert plain_bases(record.bases) == (
        [("int32", [10, 11]), ("int8", [0, 0]), ("int32", [0, 0]), ("int32", [0, 0])],
        [[], []],
    )
    assert (record.pool.orders, record.pool.tasks, record.services, record.actions) == ((), (), (), ())


def test_terms_grow_with_each_leadership(site):
    terms = [site.open().term, *(again(site).term for _ in range(3))]
    assert terms == sorted(set(terms))


def test_grants_cuts_confirmations_and_epochs_survive_if_they_were_committed(site, journal):
    journal.granted(grants((0, F, 0.0), (1, CW, 0.0), (0, SERVICE, 2.5), (0, F, 0.0)))
    journal.commit()
    journal.confirmed(ints(1, 0), ints(12, 11), headings(3, 0))
    journal.cut(ints(0), ints(2))
    journal.epochs(ints(4, 0))
    journal.granted(grants((0, CHARGE, 0.0)))
    journal.commit()
    journal.granted(grants((1, F, 0.0)))
    bases = recovered(site).bases
    assert plain_bases(bases) == (
        [("int32", [12, 11]), ("int8", [3, 0]), ("int32", [1, 0]), ("int32", [4, 0])],
        [[(SERVICE, 2.5), (CHARGE, 0.0)], [(CW, 0.0)]],
    )


def test_what_is_not_committed_yet_is_restored_all_the_same_while_the_controller_lives(journal):
    journal.granted(grants((1, F, 0.0)))
    assert journal.restore().entries == [[], [(F, 0.0)]]


def test_a_new_beginning_forgets_robots_and_keeps_orders(site, journal):
    journal.granted(grants((1, F, 0.0)))
    journal.orders([order(0)])
    journal.commit()
    journal.begin(ints(5, 6), headings(1, 2), ints(7, 8), ints(1, 1))
    journal.commit()
    record = recovered(site)
    assert record.bases.cell.tolist() == [5, 6]
    assert record.bases.entries == [[], []]
    assert record.pool.orders == (order(0),)


def test_services_are_known_until_they_are_confirmed_or_cut_whenever_they_were_told(site, journal):
    journal.services(ints(1), ints(0), ints(5), ints(-1))
    journal.granted(grants((0, SERVICE, 1.0), (1, SERVICE, 2.0), (0, SERVICE, 3.0), (1, F, 0.0)))
    journal.services(ints(0, 0), ints(0, 1), ints(3, 4), ints(0, 2))
    journal.commit()
    everything = (ServiceRecord(0, 0, 3, 0), ServiceRecord(0, 1, 4, 2), ServiceRecord(1, 0, 5, -1))
    journal = again(site)
    assert journal.recover().services == everything
    journal.confirmed(ints(1, 0), ints(10, 11), headings(0, 0))
    journal.commit()
    assert recovered(site).services == everything[1:]
    journal = again(site)
    journal.cut(ints(1), ints(0))
    journal.commit()
    assert recovered(site).services == everything[1:2]


def test_an_entry_granted_in_the_place_of_a_service_that_was_cut_stands_for_nothing(site, journal):
    journal.granted(grants((0, SERVICE, 1.0)))
    journal.services(ints(0), ints(0), ints(3), ints(0))
    journal.cut(ints(0), ints(0))
    journal.granted(grants((0, SERVICE, 2.0)))
    journal.commit()
    record = recovered(site)
    assert (record.services, record.bases.entries[0]) == ((), [(SERVICE, 2.0)])


def test_orders_and_tasks_are_known_as_they_were_last(site, journal):
    journal.orders([order(0), order(1)])
    journal.tasks([task(0, 0), task(1, 1), task(2, 1)])
    journal.commit()
    journal.tasks([task(1, 1, status=1, robot=1, takeover=(0, 8, 30.0)), task(1, 1, status=1, robot=1, errand_index=1)])
    journal.tasks([task(2, 1, status=3, reason="no way: blocked")])
    journal.orders([order(1, done_s=12.125, cancelled=True, priority=9)])
    journal.commit()
    journal.tasks([task(0, 0, status=2)])
    pool = recovered(site).pool
    assert pool.orders == (order(0), order(1, done_s=12.125, cancelled=True, priority=9))
    assert pool.tasks == (
        task(0, 0),
        task(1, 1, status=1, robot=1, errand_index=1),
        task(2, 1, status=3, reason="no way: blocked"),
    )


def test_text_of_any_kind_comes_back_as_it_was(site, journal):
    odd = "Ünï 'quoted\" \\ \n\t\x00 \U0001f4e6 %s {} --"
    journal.orders([order(0, name=odd)])
    journal.tasks([task(0, 0, status=3, reason=odd, name=odd)])
    journal.action("Zoë O'Neill", '{"note": "\\u0000 \U0001f4e6"}', 1.0)
    journal.commit()
    record = recovered(site)
    assert (record.pool.orders, record.pool.tasks) == (
        (order(0, name=odd),),
        (task(0, 0, status=3, reason=odd, name=odd),),
    )
    assert record.actions[0].operator == "Zoë O'Neill"
    assert record.actions[0].body == '{"note": "\\u0000 \U0001f4e6"}'


def test_rejections_are_known_in_order_and_recoveries_by_name(site, journal):
    for number in range(3):
        journal.rejected(rejection(number))
        journal.commit()
    journal.recoveries({"stranded": 1, "reclaimed": 0})
    journal.commit()
    journal = again(site)
    journal.rejected(rejection(3))
    journal.recoveries({"stranded": 2, "reclaimed": 0})
    journal.commit()
    pool = recovered(site).pool
    assert pool.rejections == tuple(map(rejection, range(4)))
    assert pool.recoveries == {"stranded": 2, "reclaimed": 0}


def test_actions_are_numbered_and_chained_over_restarts(site, journal):
    journal.action("anna", '{"stop": true}', 1.5)
    journal.action("ben", "{}", 2.0)
    journal.commit()
    journal = again(site)
    journal.action("anna", "{}", 3.0)
    journal.commit()
    actions = recovered(site).actions
    assert [(action.number, action.operator, action.at_s) for action in actions] == [
        (1, "anna", 1.5),
        (2, "ben", 2.0),
        (3, "anna", 3.0),
    ]
    assert len({action.hash for action in actions}) == 3


def test_a_commit_of_nothing_changes_nothing(site, journal):
    before = plain(journal.recover())
    journal.commit()
    journal.commit()
    assert plain(recovered(site)) == before


def test_whoever_was_taken_over_from_keeps_nothing(site, journal):
    after = again(site)
    after.orders([order(0, name="new")])
    after.commit()
    journal.orders([order(0, name="old")])
    for act in (journal.commit, journal.renew, journal.commit):
        with pytest.raises(LeadershipLostError):
            act()
    journal.close()
    after.commit()
    assert recovered(site).pool.orders == (order(0, name="new"),)


def test_columns_may_be_used_again_after_a_call(site, journal):
    columns = ints(1, 0), ints(12, 11), headings(3, 0)
    given = grants((0, F, 0.0), (1, SERVICE, 1.0))
    service = ints(1), ints(0), ints(6), ints(0)
    epoch = ints(2, 2)
    journal.granted(given)
    journal.services(*service)
    journal.confirmed(*columns)
    journal.epochs(epoch)
    for column in (*columns, *service, epoch, given.robot, given.kind, given.service_s):
        column[:] = 0
    journal.commit()
    record = recovered(site)
    assert plain_bases(record.bases) == (
        [("int32", [12, 11]), ("int8", [3, 0]), ("int32", [1, 0]), ("int32", [2, 2])],
        [[], [(SERVICE, 1.0)]],
    )
    assert record.services == (ServiceRecord(1, 0, 6, 0),)
