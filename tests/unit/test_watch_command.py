"""`futurepark watch`: what it shows of a site, for people and for scripts."""

from __future__ import annotations

import json
import signal

import msgspec
import numpy as np
import pytest
from rich.console import Console

from fleet.app.main import main
from fleet.app.site.api_client import ClientParams
from fleet.app.site.feed_messages import JournalNews, LateOrder, Recent, ZoneInForce, packed
from fleet.app.site.watching import Picture, picture_of, render, watch_site
from tests.served_site import SERIALS, Keys, SmallSite, served, viewer_of


@pytest.fixture
def quick(monkeypatch):
    """Give up soon."""
    monkeypatch.setattr("fleet.app.site.watching.PATIENCE", ClientParams(answer_s=0.2, give_up_s=0.5))


def text_of(picture):
    console = Console(width=160)
    with console.capture() as shown:
        console.print(render(picture))
    return shown.get()


def picture(**changes):
    news = msgspec.structs.replace(SmallSite().news(), **changes.pop("site", {}))
    default = {"silent_s": 0.1, "gaps": 0, "missed": 0, "lost_events": 0, "trouble": "", "troubled": {}}
    return Picture(site=news, **(default | changes))


def test_one_picture_for_people(capsys):
    with served() as site:
        assert main(["watch", "--connect", site.endpoint, "--once"]) == 0
    out = capsys.readouterr().out
    assert "small, 0:16:40" in out
    assert "2 idle, 1 failed, 1 silent" in out
    assert "failed: amr-001" in out
    assert "silent: amr-002" in out
    assert "term 1, leads" in out


def test_one_picture_for_scripts(capsys):
    with served() as site:
        assert main(["watch", "--connect", site.endpoint, "--once", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["troubled"] == {"failed": ["amr-001"], "silent": ["amr-002"]}
    assert told["site"]["robots"] == {"idle": 2, "failed": 1, "silent": 1}
    assert (told["gaps"], told["missed"], told["lost_events"], told["trouble"]) == (0, 0, 0, "")
    assert told["silent_s"] < 60


def test_a_viewers_key_is_enough(tmp_path, capsys):
    keys = Keys(tmp_path / "keys")
    with served(keys) as site:
        assert main(["watch", "--once", "--connect", site.endpoint, "--keys", str(keys.folder), "--as", "ben"]) == 0
    assert "small" in capsys.readouterr().out


def test_nobody_to_watch_is_exit_code_3(quick, capsys):
    assert main(["watch", "--connect", "tcp://127.0.0.1:9"]) == 3
    assert "nobody listens there" in capsys.readouterr().err


def test_a_site_that_tells_nothing_is_given_up(monkeypatch):
    with served() as site:
        silent = SmallSite()
        site.requests = silent.requests_with(site.feed.endpoint)
        site.feed.publish = lambda *_arguments, **_options: None
        monkeypatch.setattr("fleet.app.site.watching._FIRST_S", 1.0)
        assert main(["watch", "--once", "--connect", site.endpoint]) == 3


class Stopper:
    """Counts pictures, interrupts after some."""

    def __init__(self, reader, after):
        self.reader = reader
        self.left = after

    def __getattr__(self, name):
        return getattr(self.reader, name)

    def poll(self, timeout_s):
        self.reader.poll(0.05)
        if self.reader.tracker.site is not None:
            self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("as_json", [True, False])
def test_an_interrupt_ends_it_with_130(capsys, as_json):
    with served() as site, viewer_of(site.endpoint, params=ClientParams(20, 60)) as (reader, _):
        assert watch_site(Stopper(reader, 4), once=False, as_json=as_json) == 130
    out = capsys.readouterr().out
    assert "small" in out
    if as_json:
        lines = [json.loads(line) for line in out.splitlines()]
        assert len(lines) == 4
        assert all(line["site"]["world"] == "small" for line in lines)


def test_an_interrupt_before_anything_was_heard_ends_it_too():
    class Nobody:
        trouble = ""
        tracker = type("Tracker", (), {"site": None})

        def poll(self, timeout_s):
            signal.raise_signal(signal.SIGINT)

    assert watch_site(Nobody(), once=True, as_json=False) == 130


def test_what_people_must_know_stands_on_top():
    shown = text_of(
        picture(silent_s=7.2, trouble="no controller answers", site={"journal": JournalNews("file", True, "disk full")})
    )
    first, second, *_ = shown.splitlines()
    assert first == "the journal cannot be written, nothing new is granted: disk full"
    assert second == "nothing heard for 7 s: no controller answers"


def test_names_are_shown_as_they_are():
    zone = ZoneInForce(1, "closed", "[/here]", 0.0, 4, by="[red]anna", ref="[/]spill")
    shown = text_of(picture(site={"zones": (zone,), "late_orders": (LateOrder("[/b]:bug:", 61.0, 3),)}))
    for name in ("[/here]", "[red]anna", "[/]spill", "[/b]:bug:"):
        assert name in shown


def test_gaps_throughput_refusals_zones_and_late_orders_are_shown():
    site = SmallSite()
    site.zones.quarantine(np.array([3], dtype=np.int32), 0, 990.0)
    shown = text_of(
        picture(
            gaps=2,
            missed=9,
            lost_events=1,
            site={
                "zones": site.news().zones,
                "recent": Recent(600.0, 3600.0, 1200.0, 7000.0),
                "rejections": {"unit_too_large": 4},
                "late_tasks": 5,
                "late_orders": (LateOrder("o-17", 61.0, 3),),
                "leads": False,
            },
        )
    )
    assert "9 messages missed in 2 gaps, 1 events lost" in shown
    assert "3,600 tasks, 1,200 orders, 7,000 units (last 0:10:00)" in shown
    assert "unit_too_large 4" in shown
    assert "around robot 0 (amr-000)" in shown
    assert "5 tasks are late" in shown
    assert "o-17" in shown
    assert "does not lead" in shown


def test_of_many_troubled_robots_some_are_named():
    shown = text_of(picture(troubled={"silent": [f"amr-{at:03d}" for at in range(45)]}))
    assert "amr-029 and 15 more" in shown.replace("\n", " ")


def test_robots_that_the_roster_does_not_know_are_not_named():
    """Columns may come before the roster of a controller that has just taken over."""
    with served() as site, viewer_of(site.endpoint, params=ClientParams(20, 60)) as (reader, _):
        while reader.tracker.site is None:
            reader.poll(0.1)
        some = np.zeros(9, dtype=np.float32)
        codes = np.full(9, 10, dtype=np.uint8)
        reader.tracker.columns = packed(
            x_m=some, y_m=some, theta_rad=some, speed_mps=some, charge_percent=codes, condition=codes,
            task=np.zeros(9, dtype=np.int32),
        )  # fmt: skip
        assert picture_of(reader).troubled == {"failed": list(SERIALS)}
        reader.tracker.columns = None
        assert picture_of(reader).troubled == {}
