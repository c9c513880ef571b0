"""docs/http-api.md keeps up with the server: every request, status, option, metric and limit stands in it."""

from __future__ import annotations

import re
from pathlib import Path

from typer.main import get_command

from fleet.app.dashboard import browser_feed, recorded_run, serve, web_app
from fleet.app.dashboard.action_api import SiteActs
from fleet.app.dashboard.endpoint import PREFIX
from fleet.app.dashboard.http_messages import MOST_FRAMES
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.metrics import SiteMetrics
from fleet.app.dashboard.openapi import statuses
from fleet.app.dashboard.request_limits import LimitParams
from fleet.app.dashboard.run_api import RunReads
from fleet.app.dashboard.run_shelf import RunShelf
from fleet.app.dashboard.site_api import SiteReads
from fleet.app.dashboard.traffic_counts import TrafficCounts
from fleet.app.main import command_line
from fleet.app.site.feed_messages import Reactions
from tests.live_pictures import TINY, floor, picture, site_news

PAGE = (Path(__file__).parents[2] / "docs" / "http-api.md").read_text(encoding="utf-8")


def endpoints():
    site = web_app.WebSite(None, None, None, None, "0", counts=TrafficCounts())
    reads = [*SiteReads(LiveFloor(), None).endpoints(), *RunReads(RunShelf(Path())).endpoints()]
    return [web_app._health(site), *reads, *SiteActs(LiveFloor(), None).endpoints()]


def test_every_request_stands_there_and_no_other():
    documented = re.findall(r"^\| `([A-Z]+) (/[^`]*)` \|", PAGE, re.MULTILINE)
    assert sorted(documented) == sorted((endpoint.method, endpoint.path) for endpoint in endpoints())
    assert f"All below `{PREFIX}`" in PAGE


def test_every_status_stands_there():
    documented = {int(status) for status in re.findall(r"^\| (\d{3}) \|", PAGE, re.MULTILINE)}
    assert documented == {405} | {status for endpoint in endpoints() for status in statuses(endpoint)}


def test_every_option_stands_there():
    documented = set(re.findall(r"`(--[a-z]+)`", PAGE.split("| option of `serve`")[1].split("\n\n")[0]))
    options = {name for option in get_command(command_line()).commands["serve"].params for name in option.opts}
    assert documented == options - {"--help"}


def test_every_metric_stands_there_and_no_other():
    live = LiveFloor()
    site = site_news(reactions=Reactions((10,), (1, 0), 0.01))
    live.take(picture(TINY.layout.free_cells[:2], floor=floor(), site=site))
    text = SiteMetrics(live, TrafficCounts()).text().decode()
    told = set(re.findall(r"^(futurepark_[a-z_]+?)(?:_bucket|_sum|_count)?[ {]", text, re.MULTILINE))
    rows = [line for line in PAGE.splitlines() if line.startswith("| `futurepark_")]
    assert {name for row in rows for name in re.findall(r"`(futurepark_[a-z_]+)`", row)} == told


def test_limits_are_those_of_the_code():
    limits = LimitParams()
    assert f"| reads of one client | {limits.reads:,.0f} a second |" in PAGE
    assert f"| actions of one token | {limits.acts:.0f} a second |" in PAGE
    assert f"| questions that go on to the controller | {limits.asks:.0f} a second" in PAGE
    assert f"| websockets | {limits.sockets} |" in PAGE
    assert f"| body of a request | {limits.most_body_bytes // 2**20} MiB |" in PAGE
    assert f"({serve._SEND_BUFFER_BYTES // 1024} KiB)" in PAGE
    assert f"At most {MOST_FRAMES:,} steps" in PAGE
    assert f"{recorded_run._MOST_EVENTS:,} and what else happened at the moment of the last one" in PAGE
    assert f"the last {browser_feed._EVENTS_AT_FIRST} at first" in PAGE
