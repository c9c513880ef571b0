"""docs/site-api.md keeps up with the API and the feed: every message, code, outcome and condition stands in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from fleet.app.site import api_messages, feed_messages
from fleet.app.site.api_messages import API_TAG, MAX_ORDERS, MAX_RECORDS, MAX_ROWS, PASSING, AnyAsk
from fleet.app.site.condition import Condition
from fleet.app.site.feed_messages import FEED_TAG, AnyNews, Columns, DutyColumns
from fleet.app.site.feed_writer import EVENTS_KEPT
from fleet.app.site.request_desk import MOST_KEPT, MOST_KEPT_BYTES, MOST_PENDING, MOST_PENDING_OF_ONE
from fleet.runtime.wait_alarms import WaitParams
from fleet.runtime.waits import WaitReason
from fleet.tasks.refusal import ChangeRefusalReason

PAGE = (Path(__file__).parents[2] / "docs" / "site-api.md").read_text(encoding="utf-8")


def row(name: str) -> str:
    found = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}`")]
    assert len(found) == 1, name
    return found[0]


@pytest.mark.parametrize("ask", get_args(AnyAsk))
def test_every_request_stands_there_with_its_fields_and_a_reply_that_there_is(ask):
    text = row(ask.__struct_config__.tag)
    for field in set(ask.__struct_fields__) - {"id", "user"}:
        assert f"`{field}`" in text
    reply = re.findall(r"`(\w+)`", text)[-1]
    assert reply in {kind.__struct_config__.tag for kind in get_args(api_messages.AnyReply)}


def test_every_field_of_a_new_order_stands_there():
    for field in (*api_messages.NewOrder.__struct_fields__, *api_messages.NewLine.__struct_fields__):
        assert f"`{field}`" in row("order_add")


@pytest.mark.parametrize("news", get_args(AnyNews))
def test_every_message_of_the_feed_stands_there(news):
    text = row(news.__struct_config__.tag)
    if "columns" in news.__struct_fields__:
        assert all(f"`{column}`" in text for column in Columns.__struct_fields__)
    if "duties" in news.__struct_fields__:
        assert all(f"`{column}`" in text for column in DutyColumns.__struct_fields__)


def test_every_condition_stands_there_with_its_code():
    for condition in Condition:
        assert f"| `{condition.name.lower()}` | {condition.value} |" in row(condition.name.lower())


def test_every_reason_to_wait_stands_there_with_its_code():
    for reason in WaitReason:
        assert f"| {reason.value} | `{reason.name.lower()}` |" in PAGE


def test_after_how_long_alarms_are_raised_stands_there():
    params = WaitParams()
    assert params.every_s == 1.0
    assert f"stays the same for {params.deadlock_s:g} s" in PAGE
    assert f"comes no nearer for {params.livelock_s:g} s" in PAGE


def test_every_code_and_outcome_in_the_code_stands_there():
    sources = "".join(path.read_text() for path in Path(api_messages.__file__).parent.glob("*.py"))
    codes = set(re.findall(r'code="(\w+)"', sources)) | set(re.findall(r'MessageError\("(\w+)"', sources)) | PASSING
    outcomes = set(re.findall(r'OrderResult\([\w.]+, "(\w+)"', sources)) | {"cancelled", "cancelling"}
    assert {"bad_action", "malformed", "busy"} <= codes
    assert {"accepted", "duplicate", "refused", "unchanged", "prioritised"} <= outcomes
    for name in codes | outcomes | {str(reason) for reason in ChangeRefusalReason}:
        assert f"`{name}`" in PAGE


def test_tags_and_bounds_are_those_of_the_code():
    assert f"the tag `{API_TAG.decode()}`" in PAGE
    assert f"the tag `{FEED_TAG.decode()}`" in PAGE
    assert f"1 to {MAX_ORDERS}:" in row("order_add")
    assert f"`limit` up to {MAX_ROWS}" in row("order_list")
    assert f"`limit` up to {MAX_ROWS}" in row("task_list")
    assert f"`limit` up to {MAX_RECORDS}" in row("order_records")
    assert f"the last {MOST_KEPT:,} answers" in PAGE
    assert f"up to {MOST_KEPT_BYTES // 2**20} MiB" in PAGE
    assert f"{MOST_PENDING_OF_ONE} requests of one user and {MOST_PENDING} in all" in PAGE
    assert f"the last {EVENTS_KEPT} events" in PAGE
    assert api_messages.MAX_REQUEST_BYTES == 2**20
    assert (api_messages.MAX_REPLY_BYTES, feed_messages.MAX_FEED_BYTES) == (2**22, 2**21)
