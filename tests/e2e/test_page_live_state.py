"""What the live page makes of what it is told: in Chromium, with a server whose every word is the test's."""

from __future__ import annotations

import json
from contextlib import contextmanager

import msgspec
import numpy as np
import pytest
from playwright.sync_api import expect

from fleet.app.dashboard.access import Caller
from fleet.app.dashboard.browser_feed import BrowserFeed, robot_told
from fleet.app.dashboard.frames import encode_heat
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.page_messages import RobotTold, RobotView, WaitLink, Watch
from fleet.app.dashboard.picture import Roster
from fleet.app.dashboard.token_file import Role
from fleet.app.site.feed_messages import LateOrder, ZoneInForce
from fleet.runtime.waits import WaitReason
from tests.live_pictures import TINY, duties_of, event, floor, picture, site_news
from tests.page_browser import browser, page_files, page_of

pytestmark = pytest.mark.e2e

FLOOR = floor()
CELLS = TINY.layout.free_cells[:3]
NAMES = ("amr-000", "amr-001", "amr-002")
REFUSAL = {"where": "Authorization", "problem": "this token is not known", "remedy": "ask for one"}
PAUSED = ZoneInForce(4, "pause", "robot 1", 90.0, 0, by="anna", robot="amr-001")


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


class Told:
    """A page of a live floor, and the server that it believes in.

    answers  status and JSON of requests, by method and path below /api/v1/; asked: what was requested
    sockets  the websockets that it has opened; heard: what it said over them
    """

    def __init__(self, page):
        self.page = page
        self.live = LiveFloor()
        self.answers = {
            "GET health": (200, {"live": True}),
            "GET world": (200, json.loads(msgspec.json.encode(FLOOR.view))),
        }
        self.asked = []
        self.sockets = []
        self.heard = []
        self.now_s = 10.0
        self._feeds = []
        page.route("**/api/v1/**", self._answer)
        page.route_web_socket("**/live", self._open)

    def tell(self, cells=CELLS, names=NAMES, **changes):
        """Take in a picture a tenth of a second later, and tell the page what is new in it."""
        self.now_s += 0.1
        # A roster is the same object as long as it is the same.
        roster = self.live.picture.roster
        roster = roster if roster.serials == tuple(names) else Roster(tuple(names))
        self.live.take(picture(cells, self.now_s, **({"floor": FLOOR, "roster": roster} | changes)))
        self.tell_again()

    def tell_again(self):
        for message in self._feeds[-1].messages(self.now_s):
            self.sockets[-1].send(message)

    def say(self, message):
        self.sockets[-1].send(message)

    def until_connected(self, times=1):
        while len(self.sockets) < times:
            self.page.wait_for_timeout(20)

    def until_heard(self, words):
        """Wait until these are part of what the page said last."""
        while not (self.heard and words in self.heard[-1]):
            self.page.wait_for_timeout(20)

    def choose(self, name):
        self.page.fill("#find-text", name)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("#robot-name")).to_have_text(name)

    def _open(self, socket):
        feed = BrowserFeed(self.live, Caller("here", "anna", Role.OPERATOR, "t"))

        def hear(said):
            self.heard.append(said)
            feed.see(msgspec.json.decode(said, type=Watch))

        socket.on_message(hear)
        self._feeds.append(feed)
        self.sockets.append(socket)

    def _answer(self, route):
        request = route.request
        wanted = f"{request.method} {request.url.partition('/api/v1/')[2]}"
        self.asked.append(wanted)
        if "wrong" in request.headers.get("authorization", ""):
            status, body = 401, REFUSAL
        else:
            status, body = self.answers.get(
                wanted, (404, {"where": "path", "problem": "there is nothing", "remedy": ""})
            )
        route.fulfill(status=status, json=body)


@pytest.fixture
def told(chromium):
    with opened(chromium) as told:
        yield told


@contextmanager
def opened(chromium):
    with page_files() as files, page_of(chromium, files) as page:
        told = Told(page)
        page.goto(files.replace("page/icon.svg", "index.html"))
        told.until_connected()
        told.tell()
        expect(page.locator("#state")).to_have_attribute("data-state", "live")
        yield told


def test_the_chosen_robot_stays_the_same_one_when_other_robots_come(told):
    told.choose("amr-001")
    told.tell(TINY.layout.free_cells[:4], ("amr-009", *NAMES))
    expect(told.page.locator("#robot-name")).to_have_text("amr-001")
    told.tell(CELLS, ("amr-000", "amr-002", "amr-003"))
    expect(told.page.locator("#robot")).to_be_hidden()


def test_robots_of_which_nothing_is_known_any_more_are_not_shown(told):
    drawn = """() => {
        const canvas = document.querySelectorAll('#canvases canvas')[1];
        return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0);
    }"""
    told.page.wait_for_function(drawn)
    told.tell((), (), fleet=None, duties=None)
    told.page.wait_for_function(f"() => !({drawn})()")


def test_events_stand_in_the_list_once_however_often_the_page_has_to_reconnect(told):
    told.tell(events=(event(1, event="robot_down", robot=1, cell=int(CELLS[1])),))
    rows = told.page.locator("#events button")
    expect(rows).to_have_count(1)
    told.sockets[-1].close()
    told.until_connected(2)
    told.tell_again()
    expect(told.page.locator("#state")).to_have_attribute("data-state", "live")
    expect(rows).to_have_count(1)


def test_events_name_robots_as_people_do_and_a_click_chooses_them(told):
    told.tell(events=(event(1, event="deadlock_suspected", robots=[2, 1], waited_s=15.0),))
    row = told.page.locator("#events button")
    expect(row).to_contain_text("robot amr-002, amr-001")
    row.click()
    expect(told.page.locator("#robot-name")).to_have_text("amr-002")


def test_events_are_listed_by_their_kind(told):
    records = (event(1, event="order_done", order="A", late_s=5.0), event(2, event="robot_lost", robot=0),
               event(3, event="zone_closed", place="Aisle 1"))  # fmt: skip
    told.tell(events=records)
    rows, kind = told.page.locator("#events button"), told.page.locator("#event-kind")
    for chosen, listed in (
        ("news", ["zone closed", "robot lost"]), ("any", ["zone closed", "robot lost", "order done"]),
        ("trouble", ["robot lost"]), ("zones", ["zone closed"]), ("late", ["order done"]), ("charge", []),
    ):  # fmt: skip
        kind.select_option(chosen)
        expect(rows.locator("b")).to_have_text(listed)


def test_while_the_controller_is_silent_times_go_on(told):
    waits = site_news(100.0, late_tasks=1, late_orders=(LateOrder("A", 60.0, 0),))
    told.tell(site=waits)
    late = told.page.locator("#alerts li", has_text="tasks are late")
    expect(late).to_contain_text("0 s")
    told.tell(site=told.live.picture.site, silent_s=65.0)
    expect(told.page.locator("#state")).to_have_attribute("data-state", "silent")
    expect(late).to_contain_text("1:05 min")


def test_a_clock_that_stands_is_no_live_floor(told):
    told.page.clock.install()
    for second in range(8):
        told.page.clock.run_for(1000)
        told.tell(site=site_news(200.0 + min(second, 2)))
        state = "live" if second < 7 else "stands"
        expect(told.page.locator("#state")).to_have_attribute("data-state", state)
    expect(told.page.locator("#banner")).to_contain_text("the run is over")
    told.tell(site=site_news(300.0))
    expect(told.page.locator("#state")).to_have_attribute("data-state", "live")
    expect(told.page.locator("#banner")).to_be_hidden()


def test_late_tasks_are_all_that_are_late_not_only_those_that_are_listed(told):
    told.tell(site=site_news(100.0, late_tasks=731, late_orders=(LateOrder("A", 60.0, 0),)))
    expect(told.page.locator("#figures")).to_contain_text("late tasks731")


def test_a_long_wait_is_told_to_its_end(told):
    told.choose("amr-001")
    waits = duties_of(3, wait=[0, WaitReason.CLOSED, 0], waited_s=[0, 900.0, 0])
    told.tell(duties=waits)
    link = WaitLink(robot="amr-001", condition="waiting", wait="closed", cell=0, place="", text="its way is closed")
    view = RobotView(
        robot="amr-001", row=1, cell=0, condition="waiting", charge_percent=80, task=-1, wait="closed", waited_s=900.4,
        place="", why=[link],
    )  # fmt: skip
    told.say(robot_told(RobotTold(robot=view)))
    expect(told.page.locator("#why")).to_contain_text("15:00 min")


def test_a_token_that_the_server_does_not_know_is_not_taken(told):
    said = told.page.evaluate("sessionStorage.getItem('futurepark-token')")
    told.page.evaluate("async () => (await (await import('/page/main.js')).shown).signIn.ask()")
    dialog = told.page.get_by_role("dialog")
    dialog.locator("[name=token]").fill("wrong")
    dialog.get_by_role("button", name="Sign in").click()
    expect(dialog.locator(".refusal")).to_contain_text("this token is not known")
    assert told.page.evaluate("sessionStorage.getItem('futurepark-token')") == said
    assert len(told.sockets) == 1
    expect(told.page.locator("#state")).to_have_attribute("data-state", "live")


def test_who_is_let_in_no_more_is_told_so(told):
    told.answers["GET health"] = (401, REFUSAL)
    told.sockets[-1].close()
    expect(told.page.locator("#state-text")).to_have_text("Not let in")
    expect(told.page.locator("#banner")).to_contain_text("this token is not known")


def test_a_robots_pause_is_ended_for_that_robot_and_the_dialog_says_so(told):
    told.answers["POST robots/amr-001/resume"] = (200, {"restriction": 4})
    told.tell(site=site_news(zones=(PAUSED,)))
    told.page.locator("#zones").get_by_role("button", name="Resume").click()
    dialog = told.page.get_by_role("dialog")
    expect(dialog.locator(".happens")).to_have_text("amr-001 goes on with what it was doing.")
    dialog.get_by_role("button", name="Resume it").click()
    expect(told.page.locator("#toasts")).to_contain_text("amr-001 goes on")
    assert "POST robots/amr-001/resume" in told.asked


def test_a_key_that_is_held_down_does_not_say_more_than_the_server_bears(told):
    told.until_heard("delay")
    said = len(told.heard)
    for _ in range(60):
        told.page.keyboard.press("n")
    expect(told.page.locator("#robot-name")).to_have_text("amr-002")
    told.until_heard("amr-002")
    assert len(told.heard) - said < 60


def test_an_order_that_is_refused_keeps_its_dialog_with_the_reason(told):
    refused = {"order": "X", "outcome": "refused", "reason": "unknown_sku", "detail": "nobody stocks it"}
    told.answers["POST orders"] = (200, {"results": [refused]})
    told.page.evaluate("async () => (await import('/page/confirm.js')).ask("
                       "(await import('/page/order_actions.js')).addOrder())")  # fmt: skip
    dialog = told.page.get_by_role("dialog")
    dialog.locator("[name=id]").fill("X")
    dialog.locator("[name=sku]").fill("bolt")
    dialog.get_by_role("button", name="Add it").click()
    expect(dialog.locator(".refusal")).to_contain_text("unknown sku: nobody stocks it")
    assert dialog.locator("[name=sku]").input_value() == "bolt"


def test_a_token_behind_the_address_is_taken_where_the_page_is_open_already(told):
    told.page.evaluate("location.hash = 'token=abc'")
    told.until_connected(2)
    assert told.page.evaluate("[location.hash, sessionStorage.getItem('futurepark-token')]") == ["", "abc"]


def test_an_order_that_could_not_be_asked_for_is_not_said_to_be_none(told):
    told.answers["GET orders/A"] = (503, {"where": "controller", "problem": "does not answer", "remedy": ""})
    told.page.fill("#find-text", "A")
    told.page.keyboard.press("Enter")
    expect(told.page.locator("#toasts")).to_contain_text("does not answer")
    expect(told.page.locator("#toasts")).not_to_contain_text("no order")


def test_what_was_sent_and_refused_is_said_although_the_dialog_was_closed(told):
    told.page.evaluate("""async () => {
        const { ask } = await import('/page/confirm.js');
        ask({ title: 'T', button: 'Do it', happens: () => '', run: () => new Promise((_, refuse) => {
            window.refuse = () => refuse(new Error('the floor does not allow it'));
        }) });
    }""")
    told.page.get_by_role("button", name="Do it").click()
    told.page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    told.page.evaluate("window.refuse()")
    expect(told.page.locator("#toasts")).to_contain_text("the floor does not allow it")


def test_a_click_on_the_alert_of_a_stop_goes_there(told):
    name, cells = next(iter(TINY.zones.items()))
    told.tell(site=site_news(zones=(ZoneInForce(7, "e_stop", name, 60.0, len(cells), by="anna"),)))
    view = "(await (await import('/page/main.js')).shown).page.stage.view"
    told.page.evaluate(f"async () => {view}.centre(0, 0, 60)")
    told.page.locator("#alerts button").click()
    x, y = told.page.evaluate(f"async () => {{ const {{ x, y }} = {view}; return [x, y]; }}")
    assert int(y) * TINY.layout.width + int(x) in cells


def test_another_heat_is_not_headed_by_spots_of_the_one_before(told):
    told.until_heard("delay")
    for _ in range(25):
        told.tell(duties=duties_of(3, delayed=[1, 1, 1]), site=site_news(100.0 + told.now_s))
    expect(told.page.locator("#spots li").first).to_contain_text("robot-seconds lost")
    told.page.get_by_role("radio", name="Waits").click()
    expect(told.page.locator("#spots")).to_have_text("…")
    heat = np.zeros(FLOOR.cells, dtype=np.float32)
    heat[CELLS] = 9.0
    for metric, unit in (("delay", "…"), ("waits", "robot-seconds stood")):
        told.say(encode_heat(metric, heat, 100.0))
        told.page.wait_for_timeout(100)
        expect(told.page.locator("#spots")).to_contain_text(unit)
