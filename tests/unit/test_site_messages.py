"""Messages of the API and the feed: what they can say, and that whatever else comes is one error."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from fleet.app.site.api_codec import decode_ask, decode_news, decode_reply, encode, encode_news, request_id
from fleet.app.site.api_messages import (
    API_TAG,
    MAX_ORDERS,
    MAX_REQUEST_BYTES,
    MAX_ROWS,
    Act,
    NewLine,
    NewOrder,
    OrderAdd,
    OrderList,
    OrderPrioritise,
    OrderRows,
    OrderShow,
    Refused,
)
from fleet.app.site.errors import MessageError
from fleet.app.site.feed_messages import FEED_TAG, DutiesTold, FleetNews, packed, packed_duties, unpacked

ID = "request-1"
LINE = {"sku": "bolt", "quantity": 1, "unit_litres": 1.0, "unit_kg": 0.5}
ORDER = {"id": "a", "lines": [LINE]}


def body(**keys):
    return msgspec.msgpack.encode(keys)


def add(**changes):
    return body(msg="order_add", id=ID, orders=[ORDER | changes])


def test_a_request_comes_out_as_it_went_in():
    order = NewOrder("a", (NewLine("bolt", 2, 1.5, 0.25),), due_in_s=60.0, priority=3, destination="Oslo")
    for ask in (
        OrderAdd(id=ID, orders=(order,)),
        OrderPrioritise(id=ID, order="a", priority=-5),
        OrderShow(id=ID, order="a"),
    ):
        assert decode_ask(encode(ask)) == ask


def test_unknown_keys_are_passed_over_so_that_a_newer_minor_version_may_add_some():
    ask = decode_ask([API_TAG, body(msg="order_show", id=ID, order="a", colour=["red", {"deep": 1}])])
    assert ask == OrderShow(id=ID, order="a")


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([], "malformed"),
        ([API_TAG], "malformed"),
        ([API_TAG, b"", b""], "malformed"),
        ([b"RA2", body(msg="status", id=ID)], "version"),
        ([b"RG1", body(msg="status", id=ID)], "version"),
        ([API_TAG, b""], "malformed"),
        ([API_TAG, b"\xc1"], "malformed"),
        ([API_TAG, b"\x81\xa1"], "malformed"),
        ([API_TAG, body(msg="status")], "malformed"),
        ([API_TAG, body(msg="status", id="short")], "malformed"),
        ([API_TAG, body(msg="status", id="x" * 65)], "malformed"),
        ([API_TAG, body(msg="status", id="blank blank")], "malformed"),
        ([API_TAG, body(msg="status", id=7)], "malformed"),
        ([API_TAG, body(msg="status", id=ID, user="x" * 65)], "malformed"),
        ([API_TAG, body(msg="launch", id=ID)], "malformed"),
        ([API_TAG, body(msg="order_add", id=ID, orders=[])], "malformed"),
        ([API_TAG, body(msg="order_add", id=ID, orders=[ORDER] * (MAX_ORDERS + 1))], "malformed"),
        ([API_TAG, body(msg="order_add", id=ID, orders={"a": 1})], "malformed"),
        ([API_TAG, add(id="")], "malformed"),
        ([API_TAG, add(id=" a")], "malformed"),
        ([API_TAG, add(id="x" * 129)], "malformed"),
        ([API_TAG, add(lines=[])], "malformed"),
        ([API_TAG, add(lines=[LINE] * 501)], "malformed"),
        ([API_TAG, add(lines=[LINE | {"quantity": 0}])], "malformed"),
        ([API_TAG, add(lines=[LINE | {"quantity": 1.5}])], "malformed"),
        ([API_TAG, add(lines=[LINE | {"quantity": 10_001}])], "malformed"),
        ([API_TAG, add(lines=[LINE | {"unit_litres": 0.0}])], "malformed"),
        ([API_TAG, add(lines=[LINE | {"unit_litres": float("nan")}])], "malformed"),
        ([API_TAG, add(lines=[LINE | {"unit_kg": float("inf")}])], "malformed"),
        ([API_TAG, add(lines=[LINE | {"unit_kg": -1.0}])], "malformed"),
        ([API_TAG, add(priority=1001)], "malformed"),
        ([API_TAG, add(due_in_s=float("nan"))], "malformed"),
        ([API_TAG, add(due_in_s=-1.0)], "malformed"),
        ([API_TAG, body(msg="order_list", id=ID, limit=0)], "malformed"),
        ([API_TAG, body(msg="order_list", id=ID, limit=MAX_ROWS + 1)], "malformed"),
        ([API_TAG, body(msg="order_list", id=ID, status="lost")], "malformed"),
        ([API_TAG, body(msg="task_list", id=ID, limit=MAX_ROWS + 1)], "malformed"),
        ([API_TAG, body(msg="task_list", id=ID, status="waiting")], "malformed"),
        ([API_TAG, body(msg="robot_show", id=ID, robot="")], "malformed"),
        ([API_TAG, body(msg="act", id=ID, action="x" * 4097)], "malformed"),
        ([API_TAG, b"\x81\xa1z" + b"\x91" * 200_000], "malformed"),
        ([API_TAG, b"\x82\xa3msg\xa9order_add\xa6orders\xdd\xff\xff\xff\xff"], "malformed"),
        ([API_TAG, b"\x81\xa3msg\xa2\xff\xfe"], "malformed"),
        ([API_TAG, bytes(MAX_REQUEST_BYTES + 1)], "too_large"),
    ],
)
def test_what_is_no_request_is_one_kind_of_error(frames, code):
    with pytest.raises(MessageError) as refused:
        decode_ask(frames)
    assert refused.value.code == code
    assert len(request_id(frames)) <= 64


def test_the_id_of_a_bad_request_is_told_if_it_can_be():
    assert request_id([API_TAG, add(priority=5000)]) == ID
    assert request_id([API_TAG, body(id=5)]) == ""
    assert request_id([API_TAG, b"\xc1"]) == ""
    assert request_id([API_TAG, bytes(MAX_REQUEST_BYTES + 1)]) == ""
    assert request_id([API_TAG]) == ""


def test_replies_and_news_are_not_mistaken_for_each_other():
    reply = Refused(ID, code="busy", problem="later")
    assert decode_reply(encode(reply)) == reply
    assert decode_reply(encode(OrderRows(ID, ()))) == OrderRows(ID, ())
    with pytest.raises(MessageError, match="version"):
        decode_news(encode(reply))
    with pytest.raises(MessageError, match="malformed"):
        decode_ask(encode(reply))
    with pytest.raises(MessageError, match="malformed"):
        decode_reply(encode(Act(id=ID, action="{}")))


def columns(n):
    place = np.linspace(0, 1, n, dtype=np.float32)
    small = np.arange(n, dtype=np.uint8)
    return {
        "x_m": place,
        "y_m": place + 1,
        "theta_rad": place + 2,
        "speed_mps": place + 3,
        "charge_percent": small,
        "condition": small,
        "task": np.arange(n, dtype=np.int32) - 1,
    }


def test_columns_come_out_as_they_went_in():
    sent = columns(7)
    news = decode_news(encode_news(FleetNews(term=1, seq=2, t=3, columns=packed(**sent))))
    found = unpacked(news.columns)
    assert found.keys() == sent.keys()
    for name, column in sent.items():
        np.testing.assert_array_equal(found[name], column)
        assert found[name].dtype == column.dtype


def test_duties_come_out_as_they_went_in():
    cells, flags = np.arange(5, dtype=np.int32) - 1, np.arange(5, dtype=np.uint8)
    sent = {
        "goal": cells,
        "waits_for": cells[::-1],
        "wait": flags,
        "waited_s": np.linspace(0, 1, 5, dtype=np.float32),
        "delayed": flags % 2,
        "loaded": flags // 4,
    }
    news = decode_news(encode_news(DutiesTold(term=1, seq=2, t=3, duties=packed_duties(**sent))))
    found = unpacked(news.duties)
    assert found.keys() == sent.keys()
    for name, column in sent.items():
        np.testing.assert_array_equal(found[name], column)
        assert found[name].dtype == column.dtype
    with pytest.raises(ValueError, match="not of one length"):
        unpacked(msgspec.structs.replace(news.duties, loaded=b""))


def test_columns_of_different_lengths_are_refused():
    whole = packed(**columns(3))
    with pytest.raises(ValueError, match="not of one length"):
        unpacked(msgspec.structs.replace(whole, condition=b"\x00"))


def test_order_lists_have_a_limit_of_their_own():
    assert OrderList(id=ID).limit <= MAX_ROWS
    assert FEED_TAG != API_TAG
