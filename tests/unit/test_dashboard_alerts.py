"""Alerts: what somebody ought to look at, since when, and that it ends."""

from __future__ import annotations

import pytest

from fleet.app.dashboard.alerts import AlertBook
from fleet.app.site.condition import Condition
from fleet.app.site.feed_messages import JournalNews, LateOrder, ZoneInForce
from fleet.runtime.waits import WaitReason
from tests.live_pictures import TINY, duties_of, fleet_at, picture, site_news

CELLS = TINY.layout.free_cells[:4]
ROBOT = [WaitReason.ROBOT] * 4


def alerts_of(**changes):
    book = AlertBook()
    book.take(picture(CELLS, **changes), CELLS)
    return {alert.key: alert for alert in book.alerts}


def test_a_site_where_all_is_well_has_no_alerts():
    assert alerts_of() == {}


def test_a_ring_that_lasts_is_a_deadlock_with_its_robots_and_cells():
    waits = {"waits_for": [1, 2, 0, 0], "wait": ROBOT}
    assert alerts_of(duties=duties_of(4, **waits, waited_s=[14.0, 30, 30, 30])) == {}
    (alert,) = alerts_of(duties=duties_of(4, **waits, waited_s=[16.0, 30, 30, 30])).values()
    assert (alert.kind, alert.robots) == ("deadlock", ["amr-000", "amr-001", "amr-002"])
    assert alert.cells == sorted(CELLS[:3].tolist())
    assert alert.text == "3 robots wait for each other in a ring: amr-000, amr-001, amr-002, amr-000"


def test_robots_that_move_without_coming_nearer_are_a_livelock_and_those_that_stand_are_stuck():
    fleet = fleet_at(CELLS, condition=[Condition.DRIVING, Condition.WAITING, Condition.WAITING, Condition.DRIVING])
    duties = duties_of(4, waited_s=[121.0, 301.0, 301.0, 119.0], wait=[0, WaitReason.YIELD, WaitReason.CLOSED, 0])
    found = alerts_of(fleet=fleet, duties=duties)
    assert {key: alert.robots for key, alert in found.items()} == {"livelock": ["amr-000"], "robot:stuck": ["amr-001"]}


def test_robots_in_trouble_are_told_by_what_is_wrong_with_them():
    fleet = fleet_at(CELLS, condition=[Condition.SILENT, Condition.IDLE, Condition.FAILED, Condition.SILENT])
    found = alerts_of(fleet=fleet)
    assert found["robot:silent"].robots == ["amr-000", "amr-003"]
    assert found["robot:silent"].text == "nothing heard for a while: amr-000, amr-003"
    assert found["robot:failed"].robots == ["amr-002"]


def test_many_robots_of_one_trouble_are_one_alert():
    book = AlertBook()
    cells = TINY.layout.free_cells[:80]
    book.take(picture(cells, fleet=fleet_at(cells, condition=Condition.LOST)), cells)
    (alert,) = book.alerts
    assert alert.text.endswith("amr-004 and 75 others")
    assert len(alert.robots) == 50


HELD_UP = site_news(journal=JournalNews("sqlite", held_up=True, detail="disk full"))
STOPPED = site_news(zones=(ZoneInForce(7, "e_stop", "the floor", 60.0, 300, by="anna"),))
LATE = site_news(late_tasks=3, late_orders=(LateOrder("A", 60.0, 0), LateOrder("B", 600.0, 0)))


@pytest.mark.parametrize(
    ("changes", "key", "text"),
    [
        ({"silent_s": 3.5}, "feed", "nothing is heard of the controller"),
        ({"trouble": "no controller answers"}, "feed", "no controller answers"),
        ({"site": HELD_UP}, "journal", "the journal cannot be written, nothing new is granted: disk full"),
        ({"site": STOPPED}, "zone:7", "e stop of the floor, by anna"),
        ({"site": LATE}, "late", "3 tasks are late; order B by 10 min"),
    ],
)
def test_what_is_wrong_with_the_site_is_told(changes, key, text):
    (alert,) = alerts_of(**changes).values()
    assert (alert.key, alert.text) == (key, text)


def test_a_quarantine_is_told_by_the_name_of_its_robot():
    zone = ZoneInForce(9, "quarantine", "around robot 3", 60.0, 4, by="controller", robot="amr-003")
    (alert,) = alerts_of(site=site_news(zones=(zone,))).values()
    assert (alert.text, alert.robots) == ("quarantine around amr-003, by controller", ["amr-003"])


def test_a_closed_zone_is_no_alert():
    assert alerts_of(site=site_news(zones=(ZoneInForce(7, "close", "Aisle 1", 60.0, 20),))) == {}


def test_an_alert_keeps_its_begin_until_it_ends():
    book = AlertBook()
    late = site_news(200.0, late_tasks=1, late_orders=(LateOrder("A", 60.0, 0),))
    book.take(picture(CELLS, site=late), CELLS)
    assert [alert.since_s for alert in book.alerts] == [200.0]
    book.take(picture(CELLS, site=site_news(300.0, late_tasks=1, late_orders=late.late_orders)), CELLS)
    assert [alert.since_s for alert in book.alerts] == [200.0]
    book.take(picture(CELLS, site=site_news(400.0)), CELLS)
    assert book.alerts == []
    book.take(picture(CELLS, site=site_news(500.0, late_tasks=1, late_orders=late.late_orders)), CELLS)
    assert [alert.since_s for alert in book.alerts] == [500.0]


def test_before_robots_are_known_only_the_site_is_looked_at():
    book = AlertBook()
    book.take(picture((), fleet=None, duties=None, site=None, trouble="away"), None)
    assert [alert.kind for alert in book.alerts] == ["feed"]
