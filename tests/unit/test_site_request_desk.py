"""The API without its socket: everything is carried out once, answered after its commit, and by whom it may be."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fleet.app.site import request_desk
from fleet.app.site.api_codec import decode_reply, encode
from fleet.app.site.api_messages import (
    Act,
    Acted,
    NewLine,
    NewOrder,
    OrderAdd,
    OrderCancel,
    OrderList,
    OrderResult,
    OrderResults,
    OrderRows,
    Refused,
    StatusAsk,
)
from fleet.app.site.request_desk import MOST_PENDING, MOST_PENDING_OF_ONE, RequestDesk

ANNA, BEN, GW, REVOKED = (
    SimpleNamespace(role=role, revoked=revoked)
    for role, revoked in (("operator", False), ("viewer", False), ("gateway", False), ("operator", True))
)


class People(dict):
    def peer(self, name):
        return self.get(name)


@pytest.fixture
def people():
    return People(anna=ANNA, carla=ANNA, ben=BEN, gw=GW, rita=REVOKED)


@pytest.fixture
def desk(people):
    return RequestDesk(people)


def cancel(number=1, order="a"):
    return OrderCancel(id=f"request-{number}", orders=(order,))


def done(text="cancelled"):
    return OrderResults("", (OrderResult("a", text),))


def replies(desk, *, committed=True):
    return [(route, decode_reply(frames)) for route, frames in desk.outgoing(committed=committed)]


def test_an_answer_goes_out_after_the_commit_and_not_before(desk):
    desk.receive(b"r", "anna", encode(cancel()))
    (request,) = desk.take()
    assert (request.user, request.ask) == ("anna", cancel())
    assert replies(desk) == []
    desk.answer(request, done())
    assert replies(desk, committed=False) == []
    assert replies(desk, committed=False) == []
    ((route, reply),) = replies(desk)
    assert (route, reply.id, reply.results[0].outcome) == (b"r", "request-1", "cancelled")
    assert replies(desk) == []


def test_a_copy_that_comes_while_the_first_is_pending_is_carried_out_once_and_answered_where_it_came_from(desk):
    desk.receive(b"old", "anna", encode(cancel()))
    desk.receive(b"new", "anna", encode(cancel()))
    (request,) = desk.take()
    desk.answer(request, done())
    desk.receive(b"newest", "anna", encode(cancel()))
    assert desk.take() == []
    assert [route for route, _ in replies(desk)] == [b"newest"]


def test_a_copy_that_comes_later_gets_the_same_answer_byte_for_byte(desk):
    desk.receive(b"r", "anna", encode(cancel()))
    desk.answer(desk.take()[0], done())
    ((_, first),) = desk.outgoing(committed=True)
    desk.receive(b"s", "anna", encode(cancel()))
    assert desk.take() == []
    assert desk.outgoing(committed=False) == [(b"s", first)]


def test_the_same_id_from_somebody_else_is_another_request(desk):
    desk.receive(b"r", "anna", encode(cancel()))
    desk.receive(b"s", "carla", encode(cancel()))
    assert [request.user for request in desk.take()] == ["anna", "carla"]


def test_an_id_cannot_be_used_for_something_else_pending_or_done(desk):
    desk.receive(b"r", "anna", encode(cancel(1, "a")))
    desk.receive(b"s", "anna", encode(cancel(1, "b")))
    ((route, reply),) = replies(desk)
    assert (route, reply.code) == (b"s", "id_reused")
    desk.answer(desk.take()[0], done())
    replies(desk)
    desk.receive(b"t", "anna", encode(cancel(1, "b")))
    assert replies(desk)[0][1].code == "id_reused"
    assert desk.take() == []


def test_an_answer_that_asks_to_try_again_is_not_remembered_and_waits_for_no_commit(desk):
    desk.receive(b"r", "anna", encode(cancel()))
    desk.answer(desk.take()[0], Refused("", code="not_leading", problem="another one leads"))
    assert replies(desk, committed=False)[0][1].code == "not_leading"
    desk.receive(b"r", "anna", encode(cancel()))
    assert len(desk.take()) == 1


def test_reads_are_answered_anew_and_only_those_about_the_site_go_out_without_a_commit(desk):
    desk.receive(b"r", "ben", encode(OrderList(id="request-1")))
    desk.receive(b"s", "ben", encode(StatusAsk(id="request-2")))
    for request in desk.take():
        desk.answer(request, OrderRows("", ()))
    assert [route for route, _ in replies(desk, committed=False)] == [b"s"]
    assert [route for route, _ in replies(desk)] == [b"r"]
    desk.receive(b"r", "ben", encode(OrderList(id="request-1")))
    assert len(desk.take()) == 1


@pytest.mark.parametrize(
    ("user", "ask", "code"),
    [
        ("ben", cancel(), "not_allowed"),
        ("ben", Act(id="request-1", action="{}"), "not_allowed"),
        ("gw", StatusAsk(id="request-1"), "not_allowed"),
        ("rita", StatusAsk(id="request-1"), "revoked"),
        ("nobody", StatusAsk(id="request-1"), "revoked"),
        (None, StatusAsk(id="request-1"), "not_allowed"),
        ("", StatusAsk(id="request-1"), "not_allowed"),
    ],
)
def test_who_may_not_ask_is_refused_and_counted(desk, user, ask, code):
    desk.receive(b"r", user, encode(ask))
    assert desk.take() == []
    ((_, reply),) = replies(desk, committed=False)
    assert (reply.id, reply.code) == ("request-1", code)
    assert desk.refusals == {code: 1}


def test_the_name_in_a_request_means_nothing_where_there_are_keys(desk):
    desk.receive(b"r", "ben", encode(OrderCancel(id="request-1", user="anna", orders=("a",))))
    assert desk.take() == []
    desk.receive(b"r", "anna", encode(OrderCancel(id="request-2", user="carla", orders=("a",))))
    assert desk.take()[0].user == "anna"


def test_without_keys_everybody_may_do_everything_and_says_who_it_is():
    desk = RequestDesk(None)
    desk.receive(b"r", None, encode(OrderCancel(id="request-1", user="carla", orders=("a",))))
    desk.receive(b"r", None, encode(cancel(2)))
    assert [request.user for request in desk.take()] == ["carla", "local"]


def test_a_key_that_is_revoked_is_mute_from_the_next_request_on(desk, people):
    desk.receive(b"r", "anna", encode(cancel(1)))
    assert len(desk.take()) == 1
    people["anna"] = REVOKED
    desk.receive(b"r", "anna", encode(cancel(2)))
    assert desk.take() == []


def test_nonsense_is_refused_with_its_id_and_does_not_pile_up(desk):
    for _ in range(MOST_PENDING + 50):
        desk.receive(b"r", "anna", [b"RA1", b"\x81\xa2id\xa9request-1"])
    answers = replies(desk)
    assert len(answers) == MOST_PENDING
    assert {(reply.id, reply.code) for _, reply in answers} == {("request-1", "malformed")}
    assert desk.refusals["malformed"] == MOST_PENDING + 50


def test_one_user_cannot_fill_the_desk(desk):
    for number in range(MOST_PENDING_OF_ONE + 1):
        desk.receive(b"r", "anna", encode(cancel(number + 10)))
    desk.receive(b"s", "carla", encode(cancel()))
    assert [(route, reply.code) for route, reply in replies(desk)] == [(b"r", "busy")]
    taken = []
    while requests := desk.take():
        taken += requests
    assert [request.user for request in taken].count("carla") == 1
    assert len(taken) == MOST_PENDING_OF_ONE + 1


def test_many_users_together_cannot_fill_it_beyond_its_size():
    desk = RequestDesk(None)
    for number in range(MOST_PENDING + 3):
        desk.receive(b"r", None, encode(OrderCancel(id="request-1", user=f"user-{number}", orders=("a",))))
    assert [reply.code for _, reply in replies(desk)] == ["busy"] * 3


def test_the_memory_of_answers_is_bounded_by_number_and_size(desk, monkeypatch):
    monkeypatch.setattr(request_desk, "MOST_KEPT", 3)
    for number in range(5):
        desk.receive(b"r", "anna", encode(cancel(number)))
        desk.answer(desk.take()[0], done())
        replies(desk)
    for number, kept in ((0, False), (1, False), (2, True), (4, True)):
        desk.receive(b"r", "anna", encode(cancel(number)))
        assert (desk.take() == []) is kept
    replies(desk)
    monkeypatch.setattr(request_desk, "MOST_KEPT_BYTES", 0)
    desk.receive(b"r", "carla", encode(cancel(9)))
    desk.answer(desk.take()[0], done())
    replies(desk)
    desk.receive(b"r", "carla", encode(cancel(9)))
    assert len(desk.take()) == 1


def test_a_tick_gets_so_much_work_and_an_action_before_all_else(desk):
    lines = (NewLine("bolt", 1, 1.0, 1.0),)
    for number in range(3):
        orders = tuple(NewOrder(f"{number}-{at}", lines) for at in range(40))
        desk.receive(b"r", "anna", encode(OrderAdd(id=f"request-{number}", orders=orders)))
    desk.receive(b"r", "carla", encode(Act(id="request-9", action='{"do":"e_stop","floor":true}')))
    first, second = desk.take(), desk.take()
    assert [request.ask.id for request in first] == ["request-9", "request-0", "request-1"]
    assert [request.ask.id for request in second] == ["request-2"]
    assert desk.take() == []
    desk.answer(first[0], Acted("", 1))
    assert [reply.id for _, reply in replies(desk)] == ["request-9"]
