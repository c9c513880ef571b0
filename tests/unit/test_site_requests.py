"""What requests do to a site, and what they are answered."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from fleet.app.site.api_messages import (
    Act,
    Acted,
    NewLine,
    NewOrder,
    OrderAdd,
    OrderCancel,
    OrderList,
    OrderPrioritise,
    OrderShow,
    Refused,
    RobotShow,
    SnapshotAsk,
    StatusAsk,
    TaskList,
)
from tests.served_site import SERIALS, SmallSite

ID = "request-1"


@pytest.fixture
def site():
    return SmallSite()


def new(order_id, *, quantity=1, litres=1.0, **options):
    return NewOrder(order_id, (NewLine("bolt", quantity, litres, 1.0),), **options)


def asked(site, ask, user="anna"):
    return site.requests.reply(SimpleNamespace(ask=ask, user=user), site.now_s)


def add(site, *orders):
    return [
        (result.order, result.outcome, result.reason) for result in asked(site, OrderAdd(id=ID, orders=orders)).results
    ]


def act(site, request=ID, user="anna", **keys):
    return asked(site, Act(id=request, action=json.dumps(keys)), user)


def test_an_order_is_released_when_it_is_accepted_and_due_after_the_lead_time_unless_it_says(site):
    add(site, new("a"), new("b", due_in_s=60.0, priority=7, destination="Oslo"))
    a, b = (site.pool.order(order).order for order in "ab")
    assert (a.release_s, a.due_s, a.priority, a.destination) == (1000.0, 1600.0, 0, None)
    assert (b.release_s, b.due_s, b.priority, b.destination) == (1000.0, 1060.0, 7, "Oslo")


def test_each_order_of_a_request_stands_for_itself(site):
    assert add(site, new("a"), new("b", destination="Nowhere"), new("c", litres=1e5), new("d")) == [
        ("a", "accepted", ""),
        ("b", "refused", "unknown_destination"),
        ("c", "refused", "unit_too_large"),
        ("d", "accepted", ""),
    ]


def test_a_copy_of_an_order_is_a_duplicate_and_another_order_of_its_name_is_refused(site):
    add(site, new("a", due_in_s=60.0))
    asked(site, OrderPrioritise(id=ID, order="a", priority=9))
    site.now_s += 100
    assert add(site, new("a")) == [("a", "duplicate", "duplicate_order")]
    assert site.pool.counts()["orders"]["rejected"] == 0
    assert add(site, new("a", quantity=2)) == [("a", "refused", "duplicate_order")]
    assert add(site, new("a", destination="Oslo")) == [("a", "refused", "duplicate_order")]
    assert site.pool.counts()["orders"]["rejected"] == 2


def test_cancelling_says_what_it_did_and_who_did_it_goes_on_record(site):
    add(site, new("a"))
    reply = asked(site, OrderCancel(id=ID, orders=("a", "zz", "a")))
    assert [(result.outcome, result.reason) for result in reply.results] == [
        ("cancelled", ""),
        ("unchanged", "unknown_order"),
        ("unchanged", "already_cancelled"),
    ]
    assert reply.results[0].detail == "tasks: 1 no longer waiting for a robot"
    assert site.records == [("anna", {"event": "order_cancelled", "order": "a"}, 1000.0)]


def test_an_order_that_a_robot_has_on_board_is_carried_on(site):
    add(site, new("a", quantity=2))
    site.pool.assign(0, 3, site.now_s)
    site.pool.advance(0, site.now_s)
    (result,) = asked(site, OrderCancel(id=ID, orders=("a",))).results
    assert (result.outcome, result.detail) == (
        "cancelling",
        "tasks: 1 carried on to the end, being picked or on a robot",
    )


def test_prioritising_changes_priority_and_due_time_and_says_which_tasks_it_is_about(site):
    add(site, new("a"))
    (result,) = asked(site, OrderPrioritise(id=ID, order="a", priority=9, due_in_s=30.0)).results
    assert (result.outcome, result.detail) == ("prioritised", "tasks: 1 waiting, matched by the new priority")
    order = site.pool.order("a").order
    assert (order.priority, order.due_s) == (9, 1030.0)
    (record,) = site.records
    assert record[1]["priority"] == 9
    (result,) = asked(site, OrderPrioritise(id=ID, order="zz", priority=9)).results
    assert (result.outcome, result.reason) == ("unchanged", "unknown_order")
    assert len(site.records) == 1


def test_lists_are_read_page_by_page(site):
    add(site, *(new(f"order-{at}") for at in range(5)))
    asked(site, OrderCancel(id=ID, orders=("order-1",)))
    page = asked(site, OrderList(id=ID, limit=2))
    assert ([row.order for row in page.rows], page.more) == (["order-0", "order-1"], True)
    page = asked(site, OrderList(id=ID, limit=3, after=page.rows[-1].row))
    assert ([row.order for row in page.rows], page.more) == (["order-2", "order-3", "order-4"], False)
    page = asked(site, OrderList(id=ID, status="cancelled"))
    assert [(row.order, row.row, row.status, row.done_s) for row in page.rows] == [("order-1", 1, "cancelled", 1000.0)]
    assert asked(site, OrderList(id=ID, after=99)).rows == ()


def test_an_order_is_shown_with_its_tasks_and_their_robots(site):
    add(site, new("a", quantity=2))
    site.pool.assign(0, 3, site.now_s)
    site.now_s += 700
    shown = asked(site, OrderShow(id=ID, order="a"))
    assert (shown.order.status, shown.order.late_s, shown.order.tasks_done) == ("open", 100.0, 0)
    assert [(line.sku, line.quantity) for line in shown.lines] == [("bolt", 2)]
    (task,) = shown.tasks
    assert (task.status, task.robot, task.errands_done, task.errands) == ("under_way", SERIALS[3], 0, 2)
    assert isinstance(asked(site, OrderShow(id=ID, order="zz")), Refused)


def test_tasks_are_listed_page_by_page_with_their_orders_and_stages(site):
    add(site, *(new(f"order-{at}") for at in range(4)))
    site.pool.assign(1, 3, site.now_s)
    page = asked(site, TaskList(id=ID, limit=3))
    assert ([row.task.task for row in page.rows], page.more) == ([0, 1, 2], True)
    assert [(row.order, row.task.status, row.task.robot) for row in page.rows[:2]] == [
        ("order-0", "waiting", ""),
        ("order-1", "under_way", SERIALS[3]),
    ]
    page = asked(site, TaskList(id=ID, limit=3, after=2))
    assert ([row.task.task for row in page.rows], page.more) == ([3], False)


@pytest.mark.parametrize(
    ("status", "tasks"), [("open", [3]), ("assigned", [1]), ("done", [0]), ("failed", [2]), ("cancelled", [4])]
)
def test_tasks_of_one_status_are_listed(site, status, tasks):
    add(site, *(new(f"order-{at}") for at in range(5)))
    for task in (0, 1):
        site.pool.assign(task, task, site.now_s)
    while not site.pool.advance(0, site.now_s):
        pass
    site.pool.fail(2, "beyond_reach", site.now_s)
    site.pool.cancel_order("order-4", site.now_s)
    page = asked(site, TaskList(id=ID, status=status))
    assert ([row.task.task for row in page.rows], page.more) == (tasks, False)
    assert asked(site, TaskList(id=ID, status=status, after=tasks[-1])).rows == ()


def test_a_robot_is_shown_with_its_task_and_errands(site):
    add(site, new("a", quantity=2))
    site.pool.assign(0, 3, site.now_s)
    site.pool.advance(0, site.now_s)
    robot, task = np.array([3]), np.array([0], dtype=np.int32)
    site.roster.set_tasks(robot, task, site.pool)
    site.roster.goal[3] = site.roster.errand_cell[3]
    shown = asked(site, RobotShow(id=ID, robot=SERIALS[3]))
    assert (shown.robot, shown.duty, shown.task, shown.order) == (SERIALS[3], "task", 0, "a")
    assert (shown.cell, shown.heading, shown.goal) == (3, 0, site.roster.goal[3])
    assert [(errand.kind, errand.sku, errand.units, errand.done) for errand in shown.errands] == [
        ("pick", "bolt", 2, True),
        ("drop", "", 2, False),
    ]
    assert shown.errands[1].cell == shown.goal


def test_a_robot_that_there_is_not_is_not_shown(site):
    reply = asked(site, RobotShow(id=ID, robot="amr-999"))
    assert (reply.code, reply.problem) == ("unknown_robot", "no robot is called 'amr-999'")


def test_an_action_is_done_in_the_name_of_the_key(site):
    assert act(site, do="close", zone="Aisle 1", for_s=60, ref="spill") == Acted("", 1)
    (zone,) = site.zones.in_force()
    assert (zone.kind, zone.by, zone.ref, zone.until_s) == ("close", "anna", "spill", 1060.0)
    assert act(site, user="carla", do="open", ref="spill") == Acted("", 1)
    assert site.zones.in_force() == []
    assert [event["by"] for event in site.events] == ["anna", "carla"]


def test_what_has_no_label_is_ended_by_its_number(site):
    act(site, do="e_stop", floor=True)
    assert act(site, do="request_clear", id=1) == Acted("", 1)
    site.now_s += 5
    assert act(site, do="confirm_clear", id=1) == Acted("", 1)


def test_an_action_that_is_refused_says_why(site):
    reply = act(site, do="open", id=4)
    assert (reply.code, reply.problem) == ("unknown_restriction", "there is no restriction 4")
    act(site, do="person", cell=[2, 2], ref="x")
    assert act(site, do="open", ref="x").code == "needs_clearing"
    assert act(site, do="close", zone="Aisle 1", ref="x").code == "ref_taken"


def test_a_request_that_another_controller_has_carried_out_before_is_not_carried_out_twice(site):
    """After a takeover nobody remembers answers; the floor remembers what was made, and by which request."""
    assert act(site, "request-7", do="e_stop", floor=True) == Acted("", 1)
    assert act(site, "request-7", do="e_stop", floor=True) == Acted("", 1)
    assert act(site, "request-7", user="carla", do="e_stop", floor=True).code == "ref_taken"
    assert act(site, "request-8", do="e_stop", floor=True) == Acted("", 2)
    assert len(site.zones.in_force()) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON object"),
        ("[]", "is no JSON object"),
        ("[" * 4000, "is no JSON object"),
        ("{}", "action"),
        ('{"do": "dance"}', "dance"),
        ('{"do": "fire", "t": 5}', "field t: an action over the API happens now"),
        ('{"do": "fire", "by": "carla"}', "field by: an action over the API happens now"),
        ('{"do": "close", "zone": "Aisle 9"}', "there is no zone 'Aisle 9'"),
        ('{"do": "close"}', "does not say where"),
        ('{"do": "close", "cell": [99, 0]}', "field cell"),
        ('{"do": "slow", "zone": "Aisle 1", "limit_mps": 1000}', "field limit_mps"),
        ('{"do": "close", "zone": "Aisle 1", "id": 3}', "zone"),
        ('{"do": "close", "id": 3}', "close ends nothing"),
        ('{"do": "open", "id": "3"}', "id"),
        ('{"do": "open", "id": 3, "ref": "x"}', "ref"),
        ('{"do": "open"}', "ref"),
    ],
)
def test_bad_actions_are_refused_with_place_and_remedy(site, text, says):
    reply = asked(site, Act(id=ID, action=text))
    assert reply.code == "bad_action"
    assert says in reply.problem
    assert reply.remedy
    assert site.events == []


def test_status_tells_of_everything_that_a_person_asks_about(site):
    add(site, new("late", due_in_s=5.0, priority=3), new("later", due_in_s=1.0, quantity=40), new("b", destination="X"))
    act(site, do="slow", zone="Aisle 1", limit_mps=0.5, for_s=60)
    site.zones.quarantine(site.state.cell[:1], 0, site.now_s)
    site.now_s += 10
    news = asked(site, StatusAsk(id=ID)).site
    assert (news.world, news.site_s, news.uptime_s, news.term, news.leads) == ("small", 1010.0, 20.0, 1, True)
    assert news.counts["orders"] | {} == site.pool.counts()["orders"]
    assert news.rejections == {"unknown_destination": 1}
    assert news.robots == {"idle": 2, "failed": 1, "silent": 1}
    slow, quarantine = news.zones
    assert (slow.kind, slow.place, slow.limit_mps, slow.until_s, slow.robot) == ("slow", "Aisle 1", 0.5, 1060.0, "")
    assert (quarantine.kind, quarantine.robot, quarantine.until_s) == ("quarantine", "amr-000", None)
    assert [(order.order, order.late_s, order.priority) for order in news.late_orders] == [
        ("later", 9.0, 0),
        ("late", 5.0, 3),
    ]
    assert news.late_tasks == len(site.pool.status)


def test_only_the_latest_orders_are_named(site):
    add(site, *(new(f"order-{at}", due_in_s=float(at)) for at in range(40)))
    site.now_s += 100
    news = site.news()
    assert news.late_tasks == 40
    assert [order.order for order in news.late_orders] == [f"order-{at}" for at in range(20)]


def test_a_snapshot_has_the_roster_and_where_the_feed_is(site):
    requests = site.requests_with("tcp://127.0.0.1:7000")
    reply = requests.reply(SimpleNamespace(ask=SnapshotAsk(id=ID), user="ben"), site.now_s)
    assert (reply.feed, reply.roster.serials) == ("tcp://127.0.0.1:7000", SERIALS)
    assert reply.snapshot.seq == 0
