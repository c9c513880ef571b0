"""The HTTP API over real sockets: what it answers, to whom, and what it does in whose name."""

from __future__ import annotations

import json
import struct
from base64 import b64decode

import numpy as np
import pytest

from fleet.app.dashboard.request_limits import LimitParams
from fleet.app.dashboard.token_file import revoke_token
from robots.state import FleetState
from tests.orders import HEIGHT, WIDTH
from tests.recorded_runs import tiny_trace, write_run
from tests.served_page import served_page, served_runs
from tests.served_site import SERIALS, Keys, SmallSite, until

API = "/api/v1"
ORDER = {"id": "X1", "lines": [{"sku": "bolt", "quantity": 1, "unit_litres": 1.0, "unit_kg": 1.0}]}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small site, for tests that only read."""
    site = SmallSite()
    site.state = FleetState.at(np.array([0, 1, 2, 40], dtype=np.int32), width=WIDTH)
    site.waits.waits_for[:] = [1, 2, -1, -1]
    site.waits.reason[:] = [1, 1, 0, 0]
    site.waits.waited_s[:] = [8.0, 9.0, 0.0, 0.0]
    site.goal[:] = [5, 5, 5, -1]
    with served_page(tmp_path_factory.mktemp("small"), site=site) as (_, page), page.client() as client:
        yield client


def test_the_floor_is_told_with_what_each_cell_is(small):
    world = small.get(f"{API}/world").json()
    assert (world["height"], world["width"]) == (HEIGHT, WIDTH)
    assert len(b64decode(world["kinds"])) == HEIGHT * WIDTH


def test_robots_are_listed_by_row_from_where_one_says(small):
    rows = small.get(f"{API}/robots").json()
    assert [row["robot"] for row in rows] == list(SERIALS)
    assert [row["cell"] for row in rows] == [0, 1, 2, 40]
    assert [row["robot"] for row in small.get(f"{API}/robots?after=1&limit=1").json()] == [SERIALS[2]]


def test_a_robot_is_told_with_its_task_and_the_chain_that_it_waits_for(small):
    robot = small.get(f"{API}/robots/{SERIALS[0]}").json()
    assert robot["wait"] == "robot"
    assert (robot["duty"], robot["goal"], robot.get("trouble")) == ("park", 5, None)
    assert [link["robot"] for link in robot["why"]] == list(SERIALS[:3])
    why = small.get(f"{API}/robots/{SERIALS[0]}/why").json()
    assert why["why"][0]["text"] == f"waits for {SERIALS[1]}, which waits for {SERIALS[2]}"
    assert not why["ring"]


def test_the_site_is_told_with_its_alerts(small):
    site = small.get(f"{API}/site").json()
    assert site["site"]["world"] == "small"
    assert [alert["key"] for alert in site["alerts"]] == [alert["key"] for alert in small.get(f"{API}/alerts").json()]


def test_heat_is_a_frame(small):
    answer = small.get(f"{API}/heat", params={"metric": "waits", "window_s": 60})
    kind, flags, _, rows, _ = struct.unpack_from("<BBHId", answer.content)
    assert (kind, flags, len(answer.content)) == (3, 1, 16 + 8 * rows)


@pytest.mark.parametrize(
    ("path", "status", "where"),
    [
        ("/robots?limit=0", 422, "query"),
        ("/robots?limit=ten", 422, "query"),
        ("/robots?limit=1&limit=2", 422, "query"),
        ("/robots?colour=red", 422, "query"),
        ("/robots/amr-999", 404, "robot"),
        ("/robots/amr-999/why", 404, "robot"),
        ("/orders/nobody", 404, "unknown_order"),
        ("/nothing", 404, "path"),
        ("/runs/nothing", 404, "run"),
        ("/runs/.hidden", 422, "run"),
        ("/runs/a%2F..%2Fb", 404, "path"),
    ],
)
def test_what_cannot_be_answered_says_where_the_trouble_is(small, path, status, where):
    answer = small.get(API + path)
    assert (answer.status_code, answer.json()["where"]) == (status, where)
    assert set(answer.json()) == {"where", "problem", "remedy"}


def test_a_path_has_its_methods_and_says_so(small):
    answer = small.put(f"{API}/orders")
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_every_answer_keeps_the_page_to_itself(small):
    for path in ("/", "/nothing", f"{API}/robots", f"{API}/robots/amr-999", "/metrics", "/openapi.json"):
        headers = small.get(path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_a_browser_asks_whether_its_files_of_the_page_are_those_of_this_server(small):
    for path in ("/", "/page/main.js", "/page/style.css"):
        assert small.get(path).headers["cache-control"] == "no-cache"
        known = small.get(path).headers["etag"]
        assert small.get(path, headers={"if-none-match": known}).headers["cache-control"] == "no-cache"


def test_health_and_metrics_tell_that_the_site_is_heard(small):
    assert small.get(f"{API}/health").json()["heard"]
    assert "futurepark_feed_up 1.0\n" in small.get("/metrics").text


# Actions


@pytest.fixture
def acting(tmp_path):
    """A site, the server, and a client of anna, who may act."""
    with served_page(tmp_path) as (served, page), page.client(page.token) as client:
        yield served.site, page, client


def test_an_order_is_added_shown_changed_and_cancelled(acting):
    site, _, client = acting
    assert client.post(f"{API}/orders", json=ORDER).json()["results"][0]["outcome"] == "accepted"
    assert site.pool.order("X1") is not None
    assert client.get(f"{API}/orders/X1").json()["order"]["status"] == "open"
    assert client.get(f"{API}/tasks").json()["rows"][0]["order"] == "X1"
    changed = client.patch(f"{API}/orders/X1", json={"priority": 7, "due_in_s": 60})
    assert changed.json()["outcome"] == "prioritised"
    assert client.delete(f"{API}/orders/X1").json()["outcome"] == "cancelled"
    assert client.delete(f"{API}/orders/X1").status_code == 409
    assert client.delete(f"{API}/orders/none").status_code == 404
    assert [by for by, _, _ in site.records] == ["anna", "anna"]


def test_orders_can_come_as_a_list_and_are_answered_one_by_one(acting):
    _, _, client = acting
    results = client.post(f"{API}/orders", json=[ORDER, ORDER | {"id": "X2"}, ORDER]).json()["results"]
    assert [result["outcome"] for result in results] == ["accepted", "accepted", "duplicate"]


def test_an_order_may_have_any_letters_in_its_name(acting):
    _, _, client = acting
    client.post(f"{API}/orders", json=ORDER | {"id": "a/b c?d"})
    assert client.get(f"{API}/orders/a%2Fb%20c%3Fd").json()["order"]["order"] == "a/b c?d"


def test_a_zone_is_closed_and_opened_in_the_name_of_the_tokens_owner(acting):
    site, page, client = acting
    made = client.post(f"{API}/zones", json={"do": "close", "zone": "Aisle 1", "for_s": 600, "ref": "spill"})
    assert made.json() == {"restriction": 1}
    assert [(zone.kind, zone.by, zone.ref) for zone in site.zones.in_force()] == [("close", "anna", "spill")]
    until(lambda: client.get(f"{API}/zones").json()["zones"])
    assert client.delete(f"{API}/zones/1").status_code == 200
    assert site.zones.in_force() == []
    (closed, opened) = page.log("acted")
    assert (closed["user"], closed["method"], closed["path"]) == ("anna", "POST", f"{API}/zones")
    assert json.loads(closed["body"])["zone"] == "Aisle 1"
    assert opened["path"] == f"{API}/zones/1"


def test_the_floor_is_stopped_and_cleared_in_two_steps(acting):
    site, _, client = acting
    assert client.post(f"{API}/stop").json() == {"restriction": 1}
    assert client.delete(f"{API}/zones/1").json()["where"] == "needs_clearing"
    assert client.post(f"{API}/zones/1/confirm_clear").json()["where"] == "not_requested"
    assert client.post(f"{API}/zones/1/request_clear").status_code == 200
    assert client.post(f"{API}/zones/1/confirm_clear").json()["where"] == "too_soon"
    assert len(site.zones.in_force()) == 1


@pytest.mark.parametrize(
    ("begin", "end", "kind"), [("pause", "resume", "pause"), ("out_of_service", "into_service", "out_of_service")]
)
def test_a_robot_is_taken_out_and_put_back(acting, begin, end, kind):
    site, _, client = acting
    path = f"{API}/robots/{SERIALS[3]}"
    assert client.post(f"{path}/{begin}", json={"for_s": 60}).status_code == 200
    assert [(zone.kind, zone.robot) for zone in site.zones.in_force()] == [(kind, 3)]
    assert client.post(f"{path}/{end}").status_code == 200
    assert site.zones.in_force() == []
    assert client.post(f"{path}/{end}").status_code == 409
    assert client.post(f"{API}/robots/amr-999/{begin}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/zones", "nonsense", 400),
        ("/zones", '{"do": "explode"}', 422),
        ("/zones", '{"do": "close", "zone": "Nowhere"}', 422),
        ("/zones", '{"do": "close", "zone": "Aisle 1", "by": "somebody"}', 422),
        ("/orders", '{"id": "", "lines": []}', 422),
        ("/orders", "[]", 422),
    ],
)
def test_a_bad_action_is_refused_and_goes_on_record_like_a_good_one(acting, path, body, status):
    site, page, client = acting
    assert client.post(API + path, content=body).status_code == status
    assert site.zones.in_force() == []
    (refused,) = page.log("refused")
    assert (refused["user"], refused["status"], refused["body"]) == ("anna", status, body)


def test_without_an_operators_token_nothing_is_done(acting):
    site, page, _ = acting
    for token, status in (("", 401), ("made-up", 401), (page.viewer, 403)):
        with page.client(token) as client:
            for method, path in (
                ("POST", "/stop"),
                ("POST", "/orders"),
                ("DELETE", "/zones/1"),
                ("PATCH", "/orders/X1"),
            ):
                assert client.request(method, API + path).status_code == status
    assert site.zones.in_force() == []
    assert len(page.log("refused")) == 12


def test_a_flood_of_refusals_fills_no_log_and_is_counted(tmp_path):
    with served_page(tmp_path, limits=LimitParams(acts=1)) as (_, page), page.client() as client:
        for _ in range(100):
            assert client.post(f"{API}/stop").status_code == 401
        assert 1 <= len(page.log("refused")) < 100
        assert 'requests_refused_total{status="401"} 100.0' in client.get("/metrics").text


def test_an_order_says_why_the_robots_wait_that_have_its_tasks(tmp_path):
    site = SmallSite()
    site.state = FleetState.at(np.array([0, 1, 2, 40], dtype=np.int32), width=WIDTH)
    site.waits.waits_for[0], site.waits.reason[0] = 1, 1
    with served_page(tmp_path, site=site) as (_, page), page.client(page.token) as client:
        client.post(f"{API}/orders", json=ORDER)
        assert client.get(f"{API}/orders/X1").json()["why"] == {}
        site.pool.assign(0, 0, site.now_s)
        until(lambda: client.get(f"{API}/orders/X1").json()["why"])
        (link, other) = client.get(f"{API}/orders/X1").json()["why"][SERIALS[0]]
        assert (link["waits_for"], other["robot"]) == (SERIALS[1], SERIALS[1])


def test_a_site_with_keys_has_the_tokens_owner_on_record_beside_the_servers_key(tmp_path):
    with served_page(tmp_path, Keys(tmp_path / "keys")) as (served, page), page.client(page.token) as client:
        client.post(f"{API}/zones", json={"do": "close", "zone": "Aisle 1"})
        client.post(f"{API}/orders", json=ORDER)
        client.delete(f"{API}/orders/X1")
        assert [zone.by for zone in served.site.zones.in_force()] == ["anna via carla"]
        assert [by for by, _, _ in served.site.records] == ["anna via carla"]


# Who may read, and how much


def test_a_token_that_is_revoked_is_out_within_seconds(acting):
    _, page, client = acting
    revoke_token(page.tokens, "anna")
    until(lambda: client.post(f"{API}/stop").status_code == 401)


def test_a_token_file_that_others_may_read_lets_nobody_in_and_the_refusal_says_so(acting):
    _, page, client = acting
    page.tokens.chmod(0o644)
    until(lambda: client.post(f"{API}/stop").status_code == 401)
    assert "has become unusable" in client.post(f"{API}/stop").json()["problem"]


def test_a_request_that_names_this_machine_otherwise_takes_a_token_to_read(acting):
    _, page, _ = acting
    with page.client() as client:
        assert client.get(f"{API}/robots", headers={"host": "rebound.example"}).status_code == 401
        assert client.get("/metrics", headers={"host": "rebound.example"}).status_code == 401
        assert client.get(f"{API}/robots", headers={"host": "localhost:1"}).status_code == 200


def test_behind_a_proxy_reading_takes_a_token(tmp_path):
    with served_page(tmp_path, open_here=False) as (_, page):
        for token, status in (("", 401), (page.viewer, 200)):
            with page.client(token) as client:
                assert client.get(f"{API}/robots").status_code == status
                assert client.get("/metrics").status_code == status


def test_who_asks_too_much_is_told_so(tmp_path):
    limits = LimitParams(reads=3, acts=2, asks=1, most_body_bytes=1000)
    with served_page(tmp_path, limits=limits) as (_, page):
        with page.client() as client:
            answers = [client.get(f"{API}/health") for _ in range(30)]
            assert [answer.status_code for answer in answers[:3]] == [200] * 3
            assert answers[-1].status_code == 429
            assert answers[-1].headers["retry-after"] == "1"
        with page.client(page.token) as client:
            assert client.post(f"{API}/orders", content=b" " * 1001).status_code == 413
            assert 429 in [client.post(f"{API}/orders", content=b"").status_code for _ in range(30)]
        with page.client(page.viewer) as client:
            assert {client.get(f"{API}/orders/{row}").status_code for row in "ab"} == {404, 429}
        with page.client() as client:
            assert (
                'requests_refused_total{status="413"} 1.0'
                in client.get("/metrics", headers={"authorization": f"Bearer {page.viewer}"}).text
            )


# Without a controller


def test_a_controller_that_is_away_is_said_to_be_and_followed_when_it_comes(tmp_path):
    site = SmallSite()
    with served_page(tmp_path, site=site) as (served, page), page.client(page.token) as client:
        served.answering = False
        answer = client.get(f"{API}/orders")
        assert (answer.status_code, answer.json()["where"]) == (503, "controller")
        served.answering = True
        until(lambda: client.get(f"{API}/orders").status_code == 200)


def test_a_run_is_opened_by_whatever_name_it_is_listed(tmp_path):
    run = write_run(tmp_path / "runs", tiny_trace(robots=3, steps=40))
    run.rename(run.with_name("Halle Süd (2)-1-1"))
    with served_runs(tmp_path) as page, page.client() as client:
        (row,) = client.get(f"{API}/runs").json()
        assert client.get(f"{API}/runs/{row['run']}/world").json()["name"] == "tiny"


def test_recorded_runs_need_no_controller(tmp_path):
    run = write_run(tmp_path / "runs", tiny_trace(robots=3, steps=40)).name
    with served_runs(tmp_path) as page, page.client() as client:
        (row,) = client.get(f"{API}/runs").json()
        assert (row["run"], row["robots"], row["steps"]) == (run, 3, 40)
        assert client.get(f"{API}/runs/{run}").json()["trace_hash"]
        assert client.get(f"{API}/runs/{run}/world").json()["name"] == "tiny"
        assert len(client.get(f"{API}/runs/{run}/samples").json()) == 8
        assert client.get(f"{API}/runs/{run}/events").json() == {
            "events": [{"t": 0.0, "event": "order_accepted", "order": "A"}],
            "more": False,
        }
        heat = client.get(f"{API}/runs/{run}/heat", params={"metric": "visits", "to_s": 20}).content
        assert heat[0] == 3
        frames = client.get(f"{API}/runs/{run}/frames", params={"from_step": 10, "to_step": 12}).content
        assert frames[4:6] == b"\x01\x01"
        assert client.get(f"{API}/robots").status_code == 404
        assert not client.get(f"{API}/health").json()["live"]
