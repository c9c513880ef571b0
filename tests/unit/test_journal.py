"""The journal in memory: what is still known after a restart."""

from __future__ import annotations

from fleet.traffic.journal import MemoryJournal
from robots.state import Entry
from tests.site_journals import grants, headings, ints

F, CW, CCW, WAIT, SERVICE, CHARGE = (int(entry) for entry in Entry)


def begun():
    """Robots in cells 7 and 9 with 3 and 0 entries behind them."""
    journal = MemoryJournal()
    journal.begin(ints(7, 9), headings(1, 2), ints(3, 0), ints(5, 0))
    return journal


def test_an_empty_journal_knows_of_nobody():
    held = MemoryJournal().restore()
    assert (len(held.cell), held.entries, list(held.open_entries())) == (0, [], [])


def test_a_journal_that_has_just_begun_knows_where_robots_stand():
    held = begun().restore()
    assert held.cell.tolist() == [7, 9]
    assert held.heading.tolist() == [1, 2]
    assert held.confirmed.tolist() == [3, 0]
    assert held.epoch.tolist() == [5, 0]
    assert held.entries == [[], []]


def test_entries_are_kept_in_the_order_of_grants():
    journal = begun()
    journal.granted(grants((1, F, 0.0), (0, CW, 0.0)))
    journal.granted(grants((1, SERVICE, 2.5)))
    journal.granted(grants((0, F, 0.0), (0, F, 0.0), (1, CHARGE, 0.0), (0, CCW, 0.0)))
    held = journal.restore()
    assert held.entries == [[(CW, 0.0), (F, 0.0), (F, 0.0), (CCW, 0.0)], [(F, 0.0), (SERVICE, 2.5), (CHARGE, 0.0)]]
    told = [(robot, kind, float(seconds[0])) for robot, kind, seconds in held.open_entries()]
    assert told[:2] == [(0, CW, 0.0), (0, F, 0.0)]
    assert told[-2:] == [(1, SERVICE, 2.5), (1, CHARGE, 0.0)]


def test_what_was_confirmed_is_no_longer_open():
    journal = begun()
    journal.granted(grants((0, F, 0.0), (0, CW, 0.0)))
    journal.confirmed(ints(4, 0), ints(8, 9), headings(1, 2))
    held = journal.restore()
    assert (held.cell.tolist(), held.confirmed.tolist()) == ([8, 9], [4, 0])
    assert held.entries == [[(CW, 0.0)], []]


def test_what_was_cut_is_forgotten_and_numbers_go_on_from_there():
    journal = begun()
    journal.granted(grants((0, F, 0.0), (0, CW, 0.0), (0, F, 0.0)))
    journal.cut(ints(0), ints(4))
    assert journal.restore().entries == [[(F, 0.0)], []]
    journal.granted(grants((0, SERVICE, 1.5)))
    assert journal.restore().entries == [[(F, 0.0), (SERVICE, 1.5)], []]


def test_columns_may_be_used_again_after_a_call():
    cell, heading, confirmed, epoch = ints(7, 9), headings(1, 2), ints(0, 0), ints(0, 0)
    journal = MemoryJournal()
    journal.begin(cell, heading, confirmed, epoch)
    given = grants((0, F, 0.0))
    journal.granted(given)
    journal.confirmed(confirmed, cell, heading)
    epoch[:] = 3
    journal.epochs(epoch)
    for column in (cell, heading, confirmed, epoch, given.robot, given.kind):
        column[:] = 1
    held = journal.restore()
    assert (held.cell.tolist(), held.heading.tolist(), held.epoch.tolist()) == ([7, 9], [1, 2], [3, 3])
    assert held.entries == [[(F, 0.0)], []]
    held.cell[:] = 0
    assert journal.restore().cell.tolist() == [7, 9]


def test_a_new_beginning_forgets_what_was():
    journal = begun()
    journal.granted(grants((0, F, 0.0)))
    journal.begin(ints(1), headings(0), ints(9), ints(2))
    held = journal.restore()
    assert (held.cell.tolist(), held.confirmed.tolist(), held.entries) == ([1], [9], [[]])


def test_long_histories_are_kept_as_far_as_they_are_open():
    journal = begun()
    for number in range(200):
        journal.granted(grants((1, CW if number % 3 else F, 0.0)))
        journal.confirmed(ints(3, max(0, number - 20)), ints(7, 9), headings(1, 2))
    assert journal.restore().entries[1] == [(CW if number % 3 else F, 0.0) for number in range(179, 200)]
