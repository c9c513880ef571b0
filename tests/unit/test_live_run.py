"""A simulated run that is shown while it goes on: the same run, at its pace, with a controller's API and feed."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import ClassVar

import pytest

from fleet.app import live_run
from fleet.app.compose import compose
from fleet.app.live_run import Live, LiveRun
from fleet.app.main import main
from fleet.app.site.api_messages import NewLine, NewOrder
from fleet.app.site.errors import RefusedError
from fleet.errors import SettingError
from fleet.runtime.clock import SimulatedClock, WallClock
from fleet.runtime.config import RunConfig
from fleet.runtime.event_relay import EventRelay
from tests.served_site import client_of, until, viewer_of

# Every one of these is a simulation.
pytestmark = pytest.mark.slow

BOTH = ("ideal", "grants")
ORDER = NewOrder("mine", (NewLine("bolt", 1, 1.0, 1.0),))


class Page:
    """A page that takes `looks` looks to listen, or ends with a code before that."""

    made: ClassVar[list[Page]] = []
    looks = 3
    code: int | None = None

    def __init__(self, api, settings):
        self.api, self.settings = api, settings
        self.looks = Page.looks
        self.exit_code = Page.code
        self.closed = False
        self.url = f"http://{settings.host}:{settings.port}/"
        Page.made.append(self)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def listens(self):
        self.looks -= 1
        return self.looks <= 0


@pytest.fixture(autouse=True)
def page(monkeypatch):
    monkeypatch.setattr(live_run, "PageProcess", Page)
    monkeypatch.setattr(Page, "made", [])
    return Page


class Shown:
    """A run on the tiny floor that is shown, with what happened in it; orders come over the API alone."""

    def __init__(self, tmp_path, execution="grants", duration_s=20.0, speed=0.0, clock=None, pause=None):
        path = tmp_path / "orders.jsonl"
        line = {"sku": "bolt", "quantity": 1, "unit_litres": 1.0, "unit_kg": 1.0}
        path.write_text(json.dumps({"id": "O", "release_s": 0.0, "lines": [line]}))
        config = RunConfig(
            world="tiny", robots=3, execution=execution, duration_s=duration_s, orders=str(path), audit=True
        )
        self.events = []
        relay = EventRelay(self.events.append)
        self.clock = clock or WallClock()
        self.simulation = compose(config, clock=WallClock(), events=relay)
        more = {} if pause is None else {"pause": pause}
        self.run = LiveRun(self.simulation, relay, Live("127.0.0.1:0", speed), self.clock, **more)

    def said(self, name):
        return [event for event in self.events if event["event"] == name]

    @contextmanager
    def going_on(self):
        """The run goes on in a thread until it is over, and stays after that until the end of this context."""
        failures = []

        def go():
            try:
                with self.run:
                    self.run.begin()
                    self.run.run()
                    self.over.set()
                    self.run.stay()
            except Exception as failure:  # noqa: BLE001 (raised again in the test's own thread)
                failures.append(failure)

        self.over = threading.Event()
        thread = threading.Thread(target=go)
        thread.start()
        try:
            (page,) = Page.made
            yield page.api
        finally:
            self.run.stop()
            thread.join()
        assert not failures


def hash_of(execution, live, tmp_path):
    config = RunConfig(world="tiny", robots=4, execution=execution, duration_s=40.0, seed=3)
    relay = EventRelay()
    simulation = compose(config, clock=WallClock(), events=relay)
    if live is None:
        simulation.loop.run(simulation.steps)
    else:
        with LiveRun(simulation, relay, live, WallClock()) as run:
            run.begin()
            run.run()
    return simulation.recorder.digest()


@pytest.mark.parametrize("execution", BOTH)
def test_a_run_is_the_same_whether_it_is_shown_or_not(execution, tmp_path):
    assert hash_of(execution, Live("127.0.0.1:0", 0.0), tmp_path) == hash_of(execution, None, tmp_path)


@pytest.mark.parametrize("execution", BOTH)
@pytest.mark.parametrize("speed", [0.5, 4.0])
def test_a_run_takes_as_long_as_its_speed_says(tmp_path, execution, speed):
    clock = SimulatedClock()
    shown = Shown(tmp_path, execution, speed=speed, clock=clock, pause=clock.advance)
    steps = []
    with shown.run:
        shown.run.begin()
        shown.run.run(lambda: steps.append(shown.simulation.loop.steps))
    took_s = clock.now() - 0.02 * (Page.looks - 1)
    assert took_s == pytest.approx(shown.simulation.loop.now_s / speed, abs=2 * shown.simulation.loop.step_s / speed)
    first = 1 if execution == "ideal" else 0
    assert steps == list(range(1 + first, shown.simulation.steps + 1))


def test_a_run_that_was_held_up_does_not_race_after_what_it_missed(tmp_path):
    clock = SimulatedClock()
    held_up = []

    def pause(seconds):
        if shown.simulation.loop.now_s > 5.0 and not held_up:
            held_up.append(clock.now())
            seconds += 8.0
        clock.advance(seconds)

    shown = Shown(tmp_path, speed=1.0, clock=clock, pause=pause)
    with shown.run:
        shown.run.begin()
        shown.run.run()
    assert clock.now() > shown.simulation.loop.now_s + 7.0


def test_it_begins_once_its_page_listens_and_says_where_with_a_token_that_may_act(tmp_path, capsys):
    shown = Shown(tmp_path, duration_s=2.0)
    (page,) = Page.made
    tokens = page.settings.tokens.read_text()
    with shown.run:
        shown.run.begin()
        shown.run.run()
    told = capsys.readouterr().err
    assert told.startswith(f"See it at {page.url}#token=")
    token = told.strip().partition("#token=")[2]
    assert token not in tokens
    assert '"operator"' in tokens
    assert page.closed
    assert not page.settings.tokens.exists()


@pytest.mark.parametrize(("looks", "code", "says"), [(9**9, 2, "exit code 2"), (9**9, None, "after 60 s")])
def test_a_page_that_never_listens_is_an_error(tmp_path, monkeypatch, looks, code, says):
    monkeypatch.setattr(Page, "looks", looks)
    monkeypatch.setattr(Page, "code", code)
    clock = SimulatedClock()
    shown = Shown(tmp_path, clock=clock, pause=clock.advance)
    with shown.run, pytest.raises(SettingError, match=says):
        shown.run.begin()


@pytest.mark.parametrize("speed", [-1.0, float("nan"), float("inf")])
def test_a_speed_that_is_none_is_refused(speed):
    with pytest.raises(SettingError, match="give simulated seconds a second"):
        Live("127.0.0.1:0", speed)


@pytest.mark.parametrize("execution", BOTH)
def test_orders_of_the_page_are_done_like_any_other(tmp_path, execution):
    shown = Shown(tmp_path, execution, duration_s=200.0, speed=40.0)
    with shown.going_on() as api, client_of(api) as client:
        until(lambda: client.status().site_s > 1.0)
        assert [result.outcome for result in client.add_orders([ORDER])] == ["accepted"]
        until(lambda: client.order("mine").order.status == "done")
        assert client.prioritise_order("mine", 3, None).outcome == "unchanged"
        assert [result.outcome for result in client.cancel_orders(["mine"])] == ["unchanged"]
    shown.simulation.pool.check()
    assert shown.simulation.auditor.count == 0
    assert shown.simulation.pool.counts()["orders"]["done"] == 2


@pytest.mark.parametrize("execution", BOTH)
def test_the_feed_tells_where_robots_are_and_what_they_are_about(tmp_path, execution):
    shown = Shown(tmp_path, execution, duration_s=200.0, speed=20.0)
    with shown.going_on() as api, viewer_of(api) as (reader, client):
        seen = set()

        def something_is_served():
            reader.poll(0.05)
            seen.update(client.status().robots)
            return "service" in seen and reader.tracker.duties is not None

        until(something_is_served)
        assert "driving" in seen
        assert reader.serials == ("amr-000", "amr-001", "amr-002")
        assert client.robot("amr-001").robot == "amr-001"
        assert client.floor().world == "tiny"


def test_a_robot_is_paused_and_goes_on_while_people_look(tmp_path):
    shown = Shown(tmp_path, duration_s=400.0, speed=40.0)
    with shown.going_on() as api, client_of(api) as client:
        until(lambda: shown.simulation.dispatcher.roster.task.max() >= 0)
        robot = int(shown.simulation.dispatcher.roster.task.argmax())
        held = client.act(json.dumps({"do": "pause", "robot": f"amr-{robot:03d}"}))
        until(lambda: "halted" in client.status().robots)
        assert [(zone.kind, zone.robot) for zone in client.status().zones] == [("pause", f"amr-{robot:03d}")]
        client.act(json.dumps({"do": "open", "id": held}))
        until(lambda: client.order("O").order.status == "done")
    assert [event["by"] for event in shown.said("robot_paused")] == ["local"]
    assert shown.simulation.auditor.count == 0


def test_in_step_nothing_can_be_restricted_and_the_refusal_says_why(tmp_path):
    shown = Shown(tmp_path, "ideal", duration_s=200.0, speed=40.0)
    with shown.going_on() as api, client_of(api) as client:
        with pytest.raises(RefusedError) as caught:
            client.act('{"do": "pause", "robot": 1}')
        assert caught.value.code == "no_grants"
        assert "--execution grants" in caught.value.remedy
        assert client.status().zones == ()


def test_who_cancels_an_order_goes_on_record(tmp_path):
    shown = Shown(tmp_path, duration_s=200.0, speed=10.0)
    with shown.going_on() as api, client_of(api, name="") as client:
        client.add_orders([ORDER])
        assert client.prioritise_order("mine", 3, None).outcome == "prioritised"
        assert client.cancel_orders(["mine"])[0].outcome in ("cancelled", "cancelling")
    acted = [(event["by"], event["what"], event["order"]) for event in shown.said("operator_acted")]
    assert acted == [("local", "order_prioritised", "mine"), ("local", "order_cancelled", "mine")]


def test_when_the_run_is_over_it_can_be_looked_at_and_not_be_changed(tmp_path):
    shown = Shown(tmp_path, duration_s=3.0)
    with shown.going_on() as api, client_of(api) as client:
        shown.over.wait(60)
        assert client.status().site_s == pytest.approx(shown.simulation.loop.now_s)
        with pytest.raises(RefusedError) as caught:
            client.add_orders([ORDER])
        assert caught.value.code == "over"
        with pytest.raises(RefusedError):
            client.act('{"do": "e_stop", "floor": true}')
        assert client.orders().rows[0].order == "O"


def test_a_run_that_is_stopped_ends_at_once_however_slow_it_goes(tmp_path):
    shown = Shown(tmp_path, speed=1e-6)
    with shown.going_on() as api, client_of(api) as client:
        until(lambda: client.status().site_s > 0)
    # The step under way was done to its end: it is on record.
    assert shown.simulation.loop.steps == 1
    assert shown.simulation.loop.activity_steps.sum() == 3


@pytest.mark.parametrize("execution", BOTH)
def test_the_command_shows_a_run_and_writes_it_like_any_other(tmp_path, capsys, execution):
    run = ["run", "tiny", "--robots", "3", "--for", "10s", "--execution", execution, "--json", "--out", str(tmp_path)]
    summaries = []
    for options in (["--live", "127.0.0.1:0", "--speed", "0"], []):
        assert main([*run, *options]) == 0
        summaries.append(json.loads(capsys.readouterr().out))
    assert summaries[0]["trace_hash"] == summaries[1]["trace_hash"]
    (page,) = Page.made
    assert (page.settings.world, page.settings.runs, page.closed) == ("", tmp_path, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny-1-1", "tiny-1-2"]
