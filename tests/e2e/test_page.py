"""The page in a real browser, on a real run that goes on and on one that was recorded."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep

import httpx
import pytest
from playwright.sync_api import Page, expect

from fleet.report.trace import read_trace
from sim_worlds.world_file import load_world
from tests.page_browser import address_of, browser, page_files, page_of, program

pytestmark = pytest.mark.e2e

ROBOTS = 8
ZONE = "Sort lane 1 west"
RUN = ("run", "tiny", "--robots", str(ROBOTS), "--execution", "grants", "--orders", "poisson:600", "--for", "60s")
# Where a robot is drawn, by the objects that draw it.
PLACES = """async () => {
    const { page } = await (await import('/page/main.js')).shown;
    const between = page.scene.between(performance.now());
    return between && Array.from(between.after.x, (x, row) => page.stage.view.toCanvas(
        x / page.world.unitsPerCell, between.after.y[row] / page.world.unitsPerCell));
}"""
PIXELS = "() => document.querySelectorAll('#canvases canvas')[{}].toDataURL()"


@pytest.fixture(scope="module")
def chromium():
    with browser() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A folder with a run that was recorded."""
    folder = tmp_path_factory.mktemp("runs")
    with program(*RUN, "--out", str(folder)) as run:
        run.finish()
    return folder


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """Address of the page of a run that goes on, and the token of its operator."""
    longer = (*RUN[:-1], "2h", "--live", "127.0.0.1:0", "--speed", "4", "--out", str(tmp_path_factory.mktemp("out")))
    with program(*longer) as run:
        yield address_of(run)


@pytest.fixture(scope="module")
def shelf(recorded):
    """Address of a server of recorded runs."""
    with program("serve", "--runs", str(recorded), "--listen", "127.0.0.1:0") as server:
        yield server.wait_for("serving")["url"]


@pytest.fixture
def api(live):
    """The server's API with the operator's token; what it was used for is undone."""
    address, token = live
    with httpx.Client(base_url=f"{address}api/v1/", headers={"Authorization": f"Bearer {token}"}, timeout=60) as client:
        yield client
        for zone in client.get("zones").json()["zones"]:
            client.delete(f"zones/{zone['id']}")


def an_order(api: httpx.Client) -> str:
    """An order of the run, once one has come in."""
    late_s = monotonic() + 60
    while not (rows := api.get("orders?limit=1").json()["rows"]):
        assert monotonic() < late_s, "no order has come in"
        sleep(0.2)
    return rows[0]["order"]


def until(page: Page, expression: str, argument=None):
    """Wait until a function of the page says so. Playwright's own wait takes the promise of an async one for a yes."""
    late_s = monotonic() + 60
    while not page.evaluate(expression, argument):
        assert monotonic() < late_s, expression
        page.wait_for_timeout(50)


def until_drawn(page: Page) -> list[dict[str, float]]:
    until(page, f"() => ({PLACES})().then(places => places !== null && places.length > 0)")
    return page.evaluate(PLACES)


def touch_robot(page: Page, row: int, touch: Callable[[float, float], None]) -> None:
    """Choose a robot where it is drawn. It drives on meanwhile: whoever misses it tries again."""
    chosen = page.locator("#robot-name", has_text=f"amr-{row:03d}")
    for _ in range(100):
        box, at = page.locator("#canvases").bounding_box(), page.evaluate(PLACES)[row]
        touch(box["x"] + at["x"], box["y"] + at["y"])
        if chosen.count():
            return
    pytest.fail(f"robot {row} was never hit")


def test_the_page_of_a_live_run_shows_robots_that_move(chromium, live):
    with page_of(chromium, live[0]) as page:
        before = until_drawn(page)
        assert len(before) == ROBOTS
        expect(page.locator("#state")).to_have_attribute("data-state", "live")
        picture = page.evaluate(PIXELS.format(1))
        until(page, f"before => ({PLACES})().then(places => places.some((p, k) => p.x !== before[k].x))", before)
        until(page, f"before => ({PIXELS.format(1)})() !== before", picture)
        expect(page.locator("#figures")).to_contain_text("driving")
        expect(page.locator("#charts-span")).to_contain_text("s")


def test_the_heat_is_switched_and_says_what_it_is_in_and_where_it_is_worst(chromium, live):
    with page_of(chromium, live[0]) as page:
        until_drawn(page)
        page.get_by_role("radio", name="Visits").click()
        expect(page.locator("#heat-unit")).to_have_text("entries an hour")
        expect(page.locator("#heat-top")).to_contain_text("≥")
        expect(page.locator("#spots li").first).to_contain_text("entries an hour")
        hot = page.evaluate(PIXELS.format(0))
        page.get_by_role("radio", name="Off").click()
        expect(page.locator("#spots-section")).to_be_hidden()
        until(page, f"before => ({PIXELS.format(0)})() !== before", hot)
        page.keyboard.press("h")
        expect(page.get_by_role("radio", name="Delay")).to_have_attribute("aria-checked", "true")


def test_a_robot_is_chosen_by_a_click_by_a_key_and_by_its_name(chromium, live):
    with page_of(chromium, live[0]) as page:
        until_drawn(page)
        touch_robot(page, 3, page.mouse.click)
        page.keyboard.press("n")
        expect(page.locator("#robot-name")).to_have_text("amr-004")
        page.keyboard.press("/")
        page.keyboard.type("amr-006")
        page.keyboard.press("Enter")
        expect(page.locator("#robot-name")).to_have_text("amr-006")
        page.get_by_role("button", name="Follow").click()
        until(
            page,
            """async () => {
            const { page: { stage, scene } } = await (await import('/page/main.js')).shown;
            return scene.follows && stage.view.scale >= 22;
        }""",
        )
        page.keyboard.press("Escape")
        expect(page.locator("#robot")).to_be_hidden()


def test_a_paused_robot_says_why_it_stands_and_goes_on_when_it_is_resumed(chromium, live, api):
    with page_of(chromium, f"{live[0]}#token={live[1]}") as page:
        assert live[1] not in page.url
        until_drawn(page)
        page.fill("#find-text", "amr-002")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Pause").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".happens")).to_contain_text("amr-002 stops")
        dialog.get_by_role("button", name="Pause it").click()
        expect(page.locator("#robot-condition")).to_have_text("halted")
        expect(page.locator("#why")).to_contain_text("amr-002")
        expect(page.locator("#why")).to_contain_text("stand")
        # The site tells of its zones once a second, of its robots more often.
        late_s = monotonic() + 60
        while [zone["robot"] for zone in api.get("zones").json()["zones"]] != ["amr-002"]:
            assert monotonic() < late_s, "the pause is not among the zones"
            sleep(0.2)
        page.locator("#robot").get_by_role("button", name="Resume").click()
        page.get_by_role("dialog").get_by_role("button", name="Resume it").click()
        expect(page.locator("#robot-condition")).not_to_have_text("halted")


def test_robots_avoid_a_zone_that_was_closed_on_the_page(chromium, live, api):
    world = load_world("tiny")
    inside = set(world.zones[ZONE].tolist())
    with page_of(chromium, f"{live[0]}#token={live[1]}") as page:
        until_drawn(page)
        page.locator("#restrict-zone").click()
        dialog = page.get_by_role("dialog")
        dialog.locator("select[name=zone]").select_option(ZONE)
        dialog.locator("input[name=minutes]").fill("500")
        expect(dialog.locator(".happens")).to_contain_text(f"No robot enters {ZONE}")
        dialog.get_by_role("button", name="Do it").click()
        expect(page.locator("#zones")).to_contain_text(ZONE)

        def who_is_inside():
            return {robot["robot"] for robot in api.get("robots").json() if robot["cell"] in inside}

        before = who_is_inside()
        drove = set()
        began = monotonic()
        while monotonic() - began < 4:
            now = who_is_inside()
            assert now <= before, "nobody comes in; who is inside drives on and out"
            before = now
            drove |= {robot["robot"] for robot in api.get("robots").json() if robot["condition"] == "driving"}
        assert drove, "others go on"
        page.locator("#zones").get_by_role("button", name="Open", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Open it").click()
        expect(page.locator("#zones")).to_contain_text("None")


def test_the_floor_is_stopped_and_cleared_in_two_steps(chromium, live, api):
    with page_of(chromium, f"{live[0]}#token={live[1]}") as page:
        until_drawn(page)
        page.keyboard.press("!")
        page.get_by_role("dialog").get_by_role("button", name="Stop all robots").click()
        expect(page.locator("#zones")).to_contain_text("the whole floor")
        until(page, "() => document.querySelector('#figures dd')?.textContent === '0'")
        page.locator("#zones").get_by_role("button", name="Request clearing").click()
        page.get_by_role("dialog").get_by_role("button", name="I have looked").click()
        page.locator("#zones").get_by_role("button", name="Clear", exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Clear it").click()
        expect(page.locator("#zones")).to_contain_text("None")
        until(page, "() => Number(document.querySelector('#figures dd')?.textContent) > 0")


def test_a_block_drawn_on_the_floor_is_what_is_closed(chromium, live, api):
    with page_of(chromium, f"{live[0]}#token={live[1]}") as page:
        until_drawn(page)
        page.locator("#restrict-block").click()
        box = page.locator("#canvases").bounding_box()
        corners = page.evaluate("""async () => {
            const { page: { stage } } = await (await import('/page/main.js')).shown;
            return [stage.view.toCanvas(2.5, 10.5), stage.view.toCanvas(4.5, 11.5)];
        }""")
        for corner, button in zip(corners, (page.mouse.down, page.mouse.up), strict=True):
            page.mouse.move(box["x"] + corner["x"], box["y"] + corner["y"])
            button()
        dialog = page.get_by_role("dialog")
        expect(dialog.locator(".happens")).to_contain_text("rows 10 to 11, columns 2 to 4")
        dialog.get_by_role("button", name="Do it").click()
        expect(page.locator("#zones")).to_contain_text("rows 10 to 11, columns 2 to 4")
        expect(page.locator("dialog")).to_have_count(0)


def test_an_order_is_added_found_and_cancelled_and_a_refusal_is_shown_as_it_is(chromium, live, api):
    sku = api.get(f"orders/{an_order(api)}").json()["lines"][0]["sku"]
    with page_of(chromium, f"{live[0]}#token={live[1]}") as page:
        until_drawn(page)
        page.locator("#add-order").click()
        dialog = page.get_by_role("dialog")
        for name, value in {"id": "by-hand-1", "sku": sku, "quantity": "2", "litres": "1", "kg": "0.5"}.items():
            dialog.locator(f"[name={name}]").fill(value)
        dialog.get_by_role("button", name="Add it").click()
        expect(page.locator("#toasts")).to_contain_text("by-hand-1: accepted")
        page.fill("#find-text", "by-hand-1")
        page.keyboard.press("Enter")
        expect(page.locator("#order")).to_contain_text("by-hand-1")
        page.locator("#cancel-order").click()
        page.get_by_role("dialog").locator("[name=id]").fill("nobody-knows-it")
        page.get_by_role("dialog").get_by_role("button", name="Cancel the order").click()
        expect(page.get_by_role("dialog").locator(".refusal")).to_contain_text("unknown_order")


def test_without_a_token_nothing_can_be_done_on_the_page_or_at_the_server(chromium, live, api):
    with page_of(chromium, live[0]) as page:
        until_drawn(page)
        for button in ("#restrict-zone", "#stop-floor", "#add-order"):
            page.locator(button).click()
            expect(page.get_by_role("dialog")).to_contain_text("Acting needs an operator's token")
            page.keyboard.press("Escape")
        page.keyboard.press("n")
        expect(page.locator("#robot")).to_contain_text("Acting needs an operator's token")
        refused = page.evaluate("""async () => {
            const asked = await fetch('/api/v1/stop', { method: 'POST' });
            return [asked.status, Object.keys(await asked.json()).sort()];
        }""")
        assert refused == [401, ["problem", "remedy", "where"]]
        assert api.get("zones").json()["zones"] == []


def test_a_token_that_nobody_knows_is_refused_in_the_servers_words(chromium, live):
    with page_of(chromium, f"{live[0]}#token=wrong") as page:
        expect(page.locator("#banner")).to_contain_text("token")
        assert "wrong" not in page.url


def test_recorded_runs_are_listed_where_nothing_is_live(chromium, shelf):
    with page_of(chromium, shelf) as page:
        page.get_by_role("dialog").get_by_role("link", name="tiny-1-1").click()
        until_drawn(page)


def test_a_lost_connection_is_tried_again_later_and_later(chromium):
    with page_files() as files, page_of(chromium, files) as page:
        said = page.evaluate("""() => new Promise(async (resolve) => {
            const { LiveLink } = await import('/page/live_link.js');
            const tries = [];
            const lost = (ms) => tries.push(ms) === 3 && resolve(tries);
            new LiveLink({ lost }).connect();
        })""")
        assert said == [500, 1000, 2000]


def test_a_recorded_run_is_replayed_at_any_speed_and_jumps_to_events(chromium, shelf):
    with page_of(chromium, f"{shelf}?run=tiny-1-1") as page:
        until_drawn(page)
        page.locator("#speed").select_option("100")
        until(page, "() => Number(document.getElementById('scrubber').value) === 60")
        expect(page.locator("#play")).to_have_text("Play")
        expect(page.locator("#replay-time")).to_have_text("0:01:00 / 0:01:00")
        expect(page.locator("#spots li").first).to_contain_text("robot-seconds")
        with httpx.Client(base_url=f"{shelf}api/v1/") as client:
            events = client.get("runs/tiny-1-1/events").json()["events"]
        page.locator("#scrubber").evaluate("bar => { bar.value = 0; bar.dispatchEvent(new Event('input')); }")
        page.locator("#jump-kind").select_option("any")
        page.locator("#jump-on").click()
        later = min(event["t"] for event in events if event["t"] > 1e-6)
        until(page, "t => Math.abs(Number(document.getElementById('scrubber').value) - t) < 0.01", later)
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        expect(page.locator("#robot-name")).to_have_text("0")
        expect(page.locator("#zone-actions")).to_be_hidden()


def test_a_replay_has_robots_where_the_trace_has_them(chromium, shelf, recorded):
    trace = read_trace(recorded / "tiny-1-1" / "trace.npz")
    step = trace.steps // 2
    with page_of(chromium, f"{shelf}?run=tiny-1-1") as page:
        until_drawn(page)
        page.locator("#play").click()
        script = """async t => {
            const shown = await (await import('/page/main.js')).shown;
            shown.playhead.seek(t);
            let between = null;
            while (!(between = shown.frames.between(t))) await new Promise(done => setTimeout(done, 20));
            const { unitsPerCell: units, width } = shown.page.world;
            const { before, after, share } = between;
            const at = share < 0.5 ? before : after;
            return Array.from(at.x, (x, row) => Math.floor(at.y[row] / units) * width + Math.floor(x / units));
        }"""
        assert page.evaluate(script, (step + 1) * trace.step_s) == trace.cell[step].tolist()


@pytest.mark.parametrize("size", [(1024, 768), (768, 1024)], ids=["landscape", "portrait"])
def test_on_a_tablet_what_is_to_be_touched_is_large_enough_and_nothing_is_cut_off(chromium, live, size):
    width, height = size
    with page_of(chromium, live[0], has_touch=True) as page:
        page.set_viewport_size({"width": width, "height": height})
        until_drawn(page)
        small = page.evaluate("""() => [...document.querySelectorAll('button, select, input')]
            .filter(each => each.checkVisibility())
            .map(each => [each.id || each.textContent, each.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 44 || box.right > innerWidth + 1)
            .map(([name, box]) => `${name}: ${JSON.stringify(box)}`)""")
        assert small == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        touch_robot(page, 1, page.touchscreen.tap)


def test_dark_and_light_follow_the_system_until_somebody_chooses(chromium, live):
    with page_of(chromium, live[0], color_scheme="dark") as page:
        until_drawn(page)
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.keyboard.press("t")
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        page.emulate_media(color_scheme="light")
        page.reload()
        until_drawn(page)
        assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_everything_has_a_name_for_those_who_do_not_see_it(chromium, live):
    with page_of(chromium, live[0]) as page:
        until_drawn(page)
        page.keyboard.press("n")
        expect(page.locator("#robot")).to_be_visible()
        nameless = page.evaluate("""() => [...document.querySelectorAll('button, select, input, canvas[role=img]')]
            .filter(each => !(each.textContent.trim() || each.ariaLabel || each.labels?.length))
            .map(each => each.outerHTML)""")
        assert nameless == []
        assert page.locator("[aria-live=assertive]").count() == 1


def test_the_help_names_every_key(chromium, live):
    with page_of(chromium, live[0]) as page:
        until_drawn(page)
        page.keyboard.press("?")
        told = page.get_by_role("dialog").inner_text()
        for words in ("Whole floor", "Find a robot or an order", "Follow", "Emergency stop", "Next heat", "This help"):
            assert words in told
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
