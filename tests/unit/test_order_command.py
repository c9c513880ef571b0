"""`futurepark order` against a site that answers, and against none."""

from __future__ import annotations

import json

import msgspec
import pytest

from fleet.app.main import main
from fleet.app.site.api_messages import NewLine, NewOrder, OrderResult
from fleet.app.site.errors import ControllerUnreachableError
from fleet.app.site.order_upload import batches, upload
from tests.orders import HEADER
from tests.served_site import Keys, command_line, served


@pytest.fixture(scope="module")
def site():
    with served() as site:
        yield site


@pytest.fixture
def order(site, monkeypatch, capsys):
    return command_line("order", site, monkeypatch, capsys)


def csv(path, *rows, header=HEADER):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def row(order_id, quantity=1, side=10):
    return f"{order_id},{quantity},bolt,{side},{side},{side},5"


def test_a_file_is_added_and_may_be_added_again(order, site, tmp_path):
    orders = csv(tmp_path / "first.csv", *(row(f"first-{at}") for at in range(120)))
    assert order("add", orders) == (0, "120 accepted, 0 accepted before, 0 refused\n", "")
    assert order("add", orders) == (0, "0 accepted, 120 accepted before, 0 refused\n", "")
    csv(orders, row("first-0"), row("first-new"))
    assert order("add", orders) == (0, "1 accepted, 1 accepted before, 0 refused\n", "")
    assert site.site.pool.order("first-0").order.units == 1


def test_what_the_controller_refuses_is_told_apart_and_is_exit_code_1(order, tmp_path):
    orders = csv(tmp_path / "o.csv", row("small"), row("huge", side=9000))
    code, out, err = order("add", orders)
    assert (code, err) == (1, "")
    assert out.startswith("1 accepted, 0 accepted before, 1 refused\n  huge: unit_too_large, ")
    code, out, _ = order("add", orders, "--json")
    report = json.loads(out)
    assert code == 1
    assert report.pop("refusals")[0]["order"] == "huge"
    assert report == {"accepted": 0, "duplicate": 1, "refused": 1, "unsent": 0, "reasons": {"unit_too_large": 1}}


def test_orders_come_as_jsonl_too_with_priority_and_due_time(order, site, tmp_path):
    line = {"sku": "s", "quantity": 1, "unit_litres": 1, "weight_g": 5}
    text = {"id": "json-1", "lines": [line], "release_s": 0, "due_s": 90, "priority": 4, "destination": "Oslo"}
    path = tmp_path / "orders.dat"
    path.write_text(json.dumps(text))
    assert order("add", path, "--format", "jsonl")[0] == 0
    found = site.site.pool.order("json-1").order
    assert (found.due_s - found.release_s, found.priority, found.destination) == (90, 4, "Oslo")


def test_bad_rows_are_set_aside_if_wanted(order, tmp_path):
    orders = csv(tmp_path / "o.csv", row("aside-1"), row("aside-2", quantity="x"))
    rejects = tmp_path / "rejects.jsonl"
    assert order("add", orders, "--rejects", rejects)[:2] == (0, "1 accepted, 0 accepted before, 0 refused\n")
    assert json.loads(rejects.read_text())["order"] == "aside-2"


LATER = HEADER + ",release_s,due_s"


@pytest.mark.parametrize(
    ("name", "text", "options", "says"),
    [
        ("o.csv", f"{HEADER}\n{row('a', quantity='x')}\n", [], "line 2, column quantity: is 'x'"),
        ("o.csv", f"{LATER}\n{row('a')},60,90\n", [], "order 'a': is to be released at 60 s"),
        ("o.csv", f"{HEADER}\n{row('x' * 129)}\n", [], "length <= 128"),
        ("o.csv", f"{HEADER}\n", [], "there is no order below the header"),
        ("o.csv", "", [], "the order file is empty"),
        ("o.jsonl", "{}\n", [], "missing required field `id`"),
        ("o.txt", "a", [], "is no order file"),
        ("o.csv", f"{HEADER}\n{row('a')}\n", ["--rejects", "o.csv"], "is the order file itself"),
        ("o.csv", f"{HEADER}\n{row('a')}\n", ["--rejects", "no/such/folder"], "there is no such folder"),
        ("o.csv", f"{HEADER}\n{row('a')}\n", ["--format", "xml"], "is not one of"),
    ],
)
def test_a_bad_file_is_refused_before_anything_is_sent(order, site, tmp_path, monkeypatch, name, text, options, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(text)
    before = len(site.carried_out)
    code, out, err = order("add", name, *options)
    assert (code, out) == (2, "")
    assert says in err
    assert len(site.carried_out) == before


def test_standard_input_needs_a_format_and_missing_files_are_told(order):
    assert "give --format csv or --format jsonl" in order("add", "-")[2]
    assert "there is no such order file" in order("add", "nowhere.csv")[2]


def test_orders_are_listed_page_by_page_shown_cancelled_and_prioritised(order, tmp_path):
    orders = csv(tmp_path / "o.csv", *(row(f"list-{at}") for at in range(230)))
    assert order("add", orders)[0] == 0
    listed = json.loads(order("list", "--limit", 100_000, "--json")[1])
    mine = [entry for entry in listed["orders"] if entry["order"].startswith("list-")]
    assert [entry["order"] for entry in mine] == [f"list-{at}" for at in range(230)]
    assert not listed.get("more")
    after = mine[0]["row"]
    some = json.loads(order("list", "--limit", 130, "--after", after, "--json")[1])
    assert [entry["row"] for entry in some["orders"]] == list(range(after + 1, after + 131))
    assert some["more"] is True
    code, out, _ = order("list", "--limit", 1, "--after", after)
    assert code == 0
    assert f"there are more: --after {after + 1}" in out

    code, out, _ = order("prioritise", "list-0", "--priority", 9, "--due", "30s")
    assert (code, out) == (0, "list-0: prioritised; tasks: 1 waiting, matched by the new priority\n")
    code, out, _ = order("show", "list-0")
    assert code == 0
    assert "list-0: open; priority 9, to " in out
    shown = json.loads(order("show", "list-0", "--json")[1])
    assert (shown["order"]["priority"], shown["tasks"][0]["status"]) == (9, "waiting")

    code, out, _ = order("cancel", "list-0", "list-1")
    assert (code, out.count("cancelled; tasks: 1 no longer waiting for a robot")) == (0, 2)
    code, out, _ = order("cancel", "list-0", "--json")
    assert (code, json.loads(out)[0]["reason"]) == (0, "already_cancelled")
    assert order("cancel", "nobody")[:2] == (1, "nobody: unchanged (unknown_order); no order 'nobody' was accepted\n")
    assert order("prioritise", "list-0", "--priority", 1)[0] == 1
    assert "list-0" in order("list", "--status", "cancelled")[1]
    assert order("show", "list-0")[0] == 0


def test_names_of_orders_and_skus_are_shown_as_they_are(order, tmp_path):
    assert order("add", csv(tmp_path / "o.csv", "[/b]:bug:,1,[red]bolt,10,10,10,5"))[0] == 0
    assert "[/b]:bug:" in order("list", "--limit", 100_000)[1]
    code, out, _ = order("show", "[/b]:bug:")
    assert code == 0
    assert "[red]bolt" in out


def test_an_order_that_there_is_not_is_exit_code_1(order):
    code, out, err = order("show", "nobody")
    assert (code, out) == (1, "")
    assert err == "error: refused, unknown_order: no order 'nobody' was accepted\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", ""],
        ["show", "x" * 129],
        ["cancel", "fine", " "],
        ["cancel"],
        ["list", "--limit", "0"],
        ["list", "--status", "lost"],
        ["prioritise", "a"],
        ["prioritise", "a", "--priority", "1001"],
        ["prioritise", "a", "--priority", "1", "--due", "soon"],
        ["prioritise", "a", "--priority", "1", "--due", "9999999999999h"],
    ],
)
def test_what_cannot_be_meant_is_exit_code_2_and_nothing_is_sent(order, site, arguments):
    before = len(site.carried_out)
    code, out, err = order(*arguments)
    assert (code, out) == (2, "")
    assert err
    assert len(site.carried_out) == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--connect", ""], "--connect: names no controller"),
        (["--connect", "nowhere"], "'nowhere' is no endpoint"),
        (["--connect", "tcp://127.0.0.1:1,tcp://x"], "'tcp://x' is no endpoint"),
        (["--keys", "no/such/folder"], "--as: is needed with --keys"),
        (["--keys", "no/such/folder", "--as", "anna"], "anna.key_secret"),
    ],
)
def test_options_that_reach_no_controller_are_exit_code_2(capsys, monkeypatch, options, says):
    monkeypatch.delenv("FUTUREPARK_USER", raising=False)
    assert main(["order", "list", "--connect", "tcp://127.0.0.1:1", *options]) == 2
    assert says in capsys.readouterr().err


def test_a_controller_that_cannot_be_reached_is_exit_code_3(capsys, monkeypatch):
    monkeypatch.setattr("fleet.app.site.api_client.ClientParams.__init__.__defaults__", (0.2, 0.5))
    assert main(["order", "list", "--connect", "tcp://127.0.0.1:9"]) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "no controller answers: tcp://127.0.0.1:9: nobody listens there" in told.err


def test_keys_and_name_come_from_the_environment(tmp_path, capsys, monkeypatch):
    keys = Keys(tmp_path / "keys")
    with served(keys) as site:
        monkeypatch.setenv("FUTUREPARK_API", site.endpoint)
        monkeypatch.setenv("FUTUREPARK_KEYS", str(keys.folder))
        monkeypatch.setenv("FUTUREPARK_USER", "ben")
        assert main(["order", "list"]) == 0
        assert main(["order", "cancel", "a"]) == 1
        assert "ben is a viewer" in capsys.readouterr().err
        assert main(["order", "cancel", "a", "--as", "anna"]) == 1
        assert "unknown_order" in capsys.readouterr().out


def new(order_id, lines=1):
    return NewOrder(order_id, tuple(NewLine(f"{at}-{'s' * 100}", 1, 1.0, 1.0) for at in range(lines)))


def test_batches_hold_so_many_orders_and_never_near_the_largest_request():
    assert [len(batch) for batch in batches([new(str(at)) for at in range(120)])] == [50, 50, 20]
    large = list(batches([new(str(at), lines=500) for at in range(7)]))
    assert [order.id for batch in large for order in batch] == [str(at) for at in range(7)]
    assert max(len(msgspec.msgpack.encode(batch)) for batch in large) < 2**19
    assert list(batches([])) == []


class Interrupted:
    """Takes one batch, and then raises."""

    def __init__(self, error):
        self.error = error
        self.taken = 0

    def add_orders(self, orders):
        if self.taken:
            raise self.error
        self.taken += 1
        return tuple(OrderResult(order.id, "accepted") for order in orders)


def test_an_interrupt_says_how_far_it_came(capsys):
    orders = [new(str(at)) for at in range(120)]
    assert upload(orders, Interrupted(KeyboardInterrupt()), as_json=False) == 130
    out = capsys.readouterr().out
    assert out.startswith("50 accepted, 0 accepted before, 0 refused\n70 without an answer: add the file again")


def test_a_controller_that_goes_away_in_between_says_how_far_it_came(capsys):
    with pytest.raises(ControllerUnreachableError):
        upload([new(str(at)) for at in range(60)], Interrupted(ControllerUnreachableError("gone")), as_json=True)
    assert json.loads(capsys.readouterr().out)["unsent"] == 10


def test_of_many_refusals_some_are_shown_and_all_are_counted(capsys):
    class No:
        def add_orders(self, orders):
            return tuple(OrderResult(order.id, "refused", "unit_too_large", "too large") for order in orders)

    assert upload([new(str(at)) for at in range(33)], No(), as_json=False) == 1
    out = capsys.readouterr().out
    assert out.count("too large") == 20
    assert "... and 13 more: unit_too_large 33; --json has them all" in out
