"""What the page makes of bytes and figures, in the browser that runs it, against the Python that sends them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fleet.app.dashboard.frames import HEAT_OF, DutyBytes, FleetColumns, encode, encode_heat
from fleet.app.site.condition import TROUBLED, Condition
from fleet.report.heat.hot_spots import find_hot_spots
from fleet.runtime.waits import WaitReason
from fleet.traffic.zones.actions import NamedZone, Rectangle, WholeFloor
from fleet.traffic.zones.area import extent_of
from sim_worlds.world_file import load_world
from tests.page_browser import browser, page_files, page_of

pytestmark = pytest.mark.e2e

ROBOTS = 300


@pytest.fixture(scope="module")
def module():
    """Evaluates an expression with a module of the page as `m` and a value as `v`."""
    with browser() as chromium, page_files() as address, page_of(chromium, address) as page:
        page.route("**/nothing.html", lambda route: route.fulfill(content_type="text/html", body="<!doctype html>"))
        page.goto(address.replace("icon.svg", "nothing.html"))

        def evaluate(name: str, expression: str, value: Any = None) -> Any:
            script = f"async v => {{ const m = await import('/page/{name}.js'); return {expression}; }}"
            return page.evaluate(script, value)

        yield evaluate


def drawn(rng: np.random.Generator) -> FleetColumns:
    return FleetColumns(
        x=rng.integers(0, 65536, ROBOTS).astype(np.uint16),
        y=rng.integers(0, 65536, ROBOTS).astype(np.uint16),
        heading=rng.integers(0, 256, ROBOTS).astype(np.uint8),
        condition=rng.integers(0, 12, ROBOTS).astype(np.uint8),
    )


def lone(x: int, y: int, heading: int, condition: int) -> FleetColumns:
    """A fleet of one robot."""
    wide, narrow = np.array([[x], [y]], dtype=np.uint16), np.array([[heading], [condition]], dtype=np.uint8)
    return FleetColumns(*wide, *narrow)


def drawn_duties(rng: np.random.Generator) -> DutyBytes:
    return DutyBytes(
        rng.integers(0, 65536, ROBOTS).astype(np.uint16),
        *(rng.integers(0, 256, ROBOTS).astype(np.uint8) for _ in range(4)),
    )


def columns(told: FleetColumns | DutyBytes) -> dict[str, list[int]]:
    return {name: getattr(told, name).tolist() for name in type(told).__dataclass_fields__}


DECODE = """(() => { const f = m.decode(Uint8Array.from(v).buffer); return {
    kind: f.kind, key: f.key, of: f.of, t: f.t, rows: f.rows && [...f.rows],
    columns: Object.fromEntries(Object.entries(f.columns).map(([k, c]) => [k, [...c]])) }; })()"""


@pytest.mark.parametrize("draw", [drawn, drawn_duties], ids=["fleet", "duties"])
def test_frames_of_all_robots_and_of_changes_are_read_as_they_were_written(module, draw):
    rng = np.random.default_rng(1)
    before = draw(rng)
    told = module("frames", DECODE, list(encode(before, 12.5)))
    assert (told["key"], told["t"], told["rows"]) == (True, 12.5, None)
    assert told["columns"] == columns(before)
    after = draw(rng)
    unchanged = rng.random(ROBOTS) < 0.5
    for name in type(after).__dataclass_fields__:
        getattr(after, name)[unchanged] = getattr(before, name)[unchanged]
    told = module("frames", DECODE, list(encode(after, 12.6, before)))
    assert not told["key"]
    assert told["rows"] == np.flatnonzero(~unchanged).tolist()
    assert told["columns"] == {name: np.array(column)[~unchanged].tolist() for name, column in columns(after).items()}


def test_a_heatmap_is_read_as_it_was_written(module):
    values = np.zeros(50, dtype=np.float32)
    values[[3, 17, 49]] = [0.5, 2.25, 1000.0]
    told = module("frames", DECODE, list(encode_heat("waits", values, 3.0)))
    assert told["columns"] == {"cell": [3, 17, 49], "value": [0.5, 2.25, 1000.0]}
    assert told["of"] == HEAT_OF["waits"]
    numbers = module("heat", "Object.fromEntries(Object.entries(m.METRICS).map(([name, { of }]) => [name, of]))")
    assert numbers == HEAT_OF


@pytest.mark.parametrize("cut", [0, 15, 16, 40])
def test_bytes_that_are_no_frame_are_refused(module, cut):
    frame = encode(drawn(np.random.default_rng(2)), 0.0)[:cut]
    script = "(() => { try { m.decode(Uint8Array.from(v).buffer); } catch (e) { return e.name; } })()"
    said = module("frames", script, list(frame))
    assert said == "RangeError"


def test_robots_are_between_two_frames_in_proportion_and_turn_the_shorter_way(module):
    first, second = lone(100, 200, 250, 3), lone(200, 200, 6, 1)
    script = """(async () => {
        const { decode } = await import('/page/frames.js');
        const moments = new m.Moments(4);
        v.forEach((bytes, k) => moments.take(decode(Uint8Array.from(bytes).buffer), 1000 * k));
        return [-5, 0, 250, 500, 5000].map(at => m.poseOf(moments.between(at), 0, 100));
    })()"""
    poses = module("moments", script, [list(encode(first, 0.0)), list(encode(second, 1.0, first))])
    assert [pose["x"] for pose in poses] == [1.0, 1.0, 1.25, 1.5, 2.0]
    assert [pose["heading"] for pose in poses] == [250, 250, 253, 0, 6]
    assert {pose["y"] for pose in poses} == {2.0}


@pytest.mark.parametrize(
    ("start", "end", "middle"), [(0, 64, 32), (64, 0, 32), (250, 6, 0), (6, 250, 0), (200, 100, 150)]
)
def test_robots_turn_the_shorter_way_round_both_ways(module, start, end, middle):
    assert module("moments", "m.between256(...v, 0.5)", [start, end]) == middle


def test_old_moments_go_and_changes_to_nothing_are_not_taken(module):
    rng = np.random.default_rng(3)
    states = [drawn(rng) for _ in range(6)]
    frames = [list(encode(state, float(k), states[k - 1] if k else None)) for k, state in enumerate(states)]
    script = """(async () => {
        const { decode } = await import('/page/frames.js');
        const read = bytes => decode(Uint8Array.from(bytes).buffer);
        const moments = new m.Moments(3);
        const taken = [moments.take(read(v[1]), 0), ...v.map((bytes, k) => moments.take(read(bytes), k))];
        return [taken, moments.between(-1).before.t, [...moments.last.x], [...moments.between(4).before.y]];
    })()"""
    taken, first, x, y = module("moments", script, frames)
    assert taken == [False] + [True] * 6
    assert first == 3.0
    assert (x, y) == (states[5].x.tolist(), states[4].y.tolist())


def test_frames_are_shown_evenly_although_they_come_unevenly(module):
    rng = np.random.default_rng(4)
    arrivals = (100.0 * np.arange(200) + rng.uniform(0, 40, 200)).tolist()
    due = np.array(
        module("pacing", "(() => { const p = new m.Pacing(10); return v.map(now => p.due(now)); })()", arrivals)
    )
    gaps, waits = np.diff(due[50:]), due[50:] - arrivals[50:]
    assert gaps.min() > 80
    assert gaps.max() < 120
    assert waits.min() > 0
    assert waits.max() < 320


def test_worst_spots_are_those_that_reports_name(module):
    rng = np.random.default_rng(5)
    counts = np.where(rng.random((40, 60)) < 0.2, rng.integers(1, 100, (40, 60)), 0)
    cells = np.flatnonzero(counts)
    script = """m.worstSpots({ cells: Uint32Array.from(v.cells), values: Float32Array.from(v.values) }, 60, 40, 5)"""
    spots = module("heat", script, {"cells": cells.tolist(), "values": counts.ravel()[cells].tolist()})
    expected = find_hot_spots(counts)[:5]
    found = [(spot["row"], spot["column"], spot["sum"]) for spot in spots]
    assert found == [(spot.row, spot.column, spot.around) for spot in expected]


@pytest.mark.parametrize(("value", "top"), [(0.0, 1), (0.7, 1), (1, 1), (3, 5), (6, 10), (120, 200), (5000, 5000)])
def test_scales_of_heat_end_on_round_numbers(module, value, top):
    assert module("heat", "m.roundUp(v)", value) == pytest.approx(top)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_more_heat_is_never_paler_on_light_nor_darker_on_dark(module, dark):
    colours = np.array(module("heat", "Array.from({ length: 33 }, (_, k) => m.colourOf(k / 32, v))", dark))
    brightness = colours[:, :3] @ np.array([0.2126, 0.7152, 0.0722])
    change = np.diff(brightness)
    assert (change >= -0.5).all() if dark else (change <= 0.5).all()
    assert (np.diff(colours[:, 3]) >= 0).all()


def test_places_in_words_are_shown_where_they_are(module):
    world = load_world("tiny")
    view = {"height": world.layout.height, "width": world.layout.width}
    zones = [{"name": name, "kind": "zone", "cells": cells.tolist()} for name, cells in world.zones.items()]
    areas = [*(NamedZone(name) for name in world.zones), Rectangle(3, 2, 6, 9), Rectangle(4, 4, 4, 4), WholeFloor()]
    for area in areas:
        extent = extent_of(area, world.layout, world.zones)
        found = module(
            "extent", "m.extentOf(v.place, v.world)", {"place": extent.place, "world": view | {"zones": zones}}
        )
        shown = np.zeros((world.layout.height, world.layout.width), dtype=bool)
        for block in found["blocks"]:
            shown[block["row0"] : block["row1"] + 1, block["column0"] : block["column1"] + 1] = True
        cells = np.flatnonzero(shown)
        assert cells[world.layout.passable[cells]].tolist() == extent.cells.tolist(), extent.place
    assert module("extent", "m.extentOf('somewhere', v)", view | {"zones": []}) == {"blocks": [], "whole": False}


def test_blocks_cover_cells_exactly_and_once(module):
    rng = np.random.default_rng(6)
    for share in (0.1, 0.5, 0.9):
        mask = rng.random((12, 17)) < share
        blocks = module("extent", "m.blocksOf(v, 17)", np.flatnonzero(mask).tolist())
        covered = np.zeros(mask.shape, dtype=int)
        for block in blocks:
            covered[block["row0"] : block["row1"] + 1, block["column0"] : block["column1"] + 1] += 1
        assert (covered == mask).all()


def test_names_of_conditions_and_waits_are_those_of_the_site(module):
    assert module("words", "m.CONDITIONS") == [condition.name.lower() for condition in Condition]
    assert module("words", "m.TROUBLED") == [condition.name.lower() for condition in TROUBLED]
    assert module("words", "m.WAITS") == [reason.name.lower() for reason in WaitReason]


def test_what_is_under_the_pointer_stays_there_when_the_floor_is_zoomed(module):
    script = """(() => {
        const view = new m.View({ width: 100, height: 60 });
        view.resize(800, 600);
        view.fit();
        const whole = [view.toCanvas(0, 0), view.toCanvas(100, 60)];
        const before = view.toFloor(123, 456);
        view.zoom(3, 123, 456);
        return [whole, before, view.toFloor(123, 456), view.scale];
    })()"""
    (north_west, south_east), before, after, scale = module("view", script)
    assert 0 < north_west["x"] < south_east["x"] < 800
    assert 0 < north_west["y"] < south_east["y"] < 600
    assert (after["x"], after["y"]) == (pytest.approx(before["x"]), pytest.approx(before["y"]))
    assert scale == pytest.approx(3 * (south_east["x"] - north_west["x"]) / 100)


def test_a_replay_goes_on_at_its_speed_waits_for_frames_and_stops_at_the_end(module):
    script = """(() => {
        const head = new m.Playhead(100);
        head.speed = 10;
        head.toggle();
        const at = [];
        for (const [now, ready] of [[0, true], [100, true], [200, false], [300, true]]) {
            head.advance(now, ready);
            at.push(head.t);
        }
        head.seek(99.9);
        head.advance(400, true);
        return [at, head.t, head.playing];
    })()"""
    at, end, playing = module("playhead", script)
    assert at == [0, pytest.approx(1), pytest.approx(1), pytest.approx(2)]
    assert (end, playing) == (100, False)


REFILLED = """(() => {
    const list = document.createElement('ul');
    document.body.append(list);
    const row = ([key, words]) => m.element('li', {}, m.element('button', { 'data-key': key }, words));
    const fill = (rows) => m.refill(list, ...rows.map(row));
    fill([['a', 'one, 1 s'], ['b', 'two, 1 s']]);
    const [first, second] = list.querySelectorAll('button');
    second.focus();
    fill([['a', 'one, 2 s'], ['b', 'two, 2 s']]);
    const ticked = [first.textContent, document.activeElement === second, second.isConnected];
    fill([['b', 'two, 3 s']]);
    const shifted = [list.textContent, first.isConnected, second.isConnected];
    fill([]);
    list.remove();
    return [ticked, shifted, list.childNodes.length];
})()"""


def test_a_list_that_ticks_keeps_what_has_the_focus_and_never_turns_one_row_into_another(module):
    ticked, shifted, left = module("element", REFILLED)
    assert ticked == ["one, 2 s", True, True]
    assert shifted == ["two, 3 s", False, False]
    assert left == 0


def test_a_button_of_the_robots_panel_stays_under_the_finger_that_presses_it(module):
    clicked = module(
        "robot_panel",
        """(() => {
        const holder = document.createElement('section');
        document.body.append(holder);
        const said = [];
        const panel = new m.RobotPanel(holder, { act: (action, serial) => said.push(`${action} ${serial}`) });
        const show = (waited) => panel.show(
            { robot: 'a"b', condition: 'waiting', wait: 'robot', why: [], waited_s: waited, charge_percent: waited },
            { follows: false, actions: [['pause', 'Pause']], note: '' });
        show(1);
        const button = holder.querySelector('[data-does=pause]');
        button.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }));
        show(2);
        const stays = button.isConnected;
        button.dispatchEvent(new PointerEvent('pointerup', { bubbles: true }));
        button.click();
        show(3);
        const shown = holder.querySelector('.facts').textContent;
        holder.remove();
        return [stays, said, shown.includes('3 %')];
    })()""",
    )
    assert clicked == [True, ['pause a"b'], True]


def test_the_panel_of_a_robot_with_quotes_in_its_name_is_drawn_again(module):
    script = """(() => {
        const holder = document.createElement('section');
        document.body.append(holder);
        const panel = new m.RobotPanel(holder, { choose: () => {} });
        const show = (waited) => panel.show(
            { robot: v, condition: 'waiting', wait: 'robot', waited_s: waited, why: [{ robot: v, text: ' waits' }] },
            { follows: false, actions: [], note: '' });
        show(1);
        holder.querySelector('#why button').focus();
        show(75);
        const found = [holder.querySelector('#why h3').textContent, document.activeElement.textContent];
        holder.remove();
        return found;
    })()"""
    name = 'a"]\\b'
    assert module("robot_panel", script, name) == ["Why it waits, for 1:15 min now", name]


# In place of the server: what `answer` gives for a path, or a refusal.
SERVED = """(async () => {
    const real = window.fetch;
    const asked = [];
    window.fetch = async (path) => { asked.push(path); return (%s)(new URL(path, location.href)); };
    try { return await (%s); } finally { window.fetch = real; }
})()"""


def test_frames_that_cannot_be_had_are_asked_for_again_after_a_pause_not_with_every_picture(module):
    going = """(async () => {
        const failures = [];
        const run = { run: 'r', robots: 10, steps: 5000, stepS: 1 };
        const frames = new m.RunFrames(run, (failure) => failures.push(failure.message));
        for (let k = 0; k < 50; k += 1) {
            frames.between(0);
            await new Promise((done) => setTimeout(done, 2));
        }
        return [asked.length, failures.length];
    })()"""
    asked, failures = module("run_frames", SERVED % ("() => { throw new TypeError('gone'); }", going))
    assert asked == failures == 3


def test_more_events_than_an_answer_holds_are_read_to_their_end(module):
    """Also where a moment has more than that: the answer ends with all of it."""
    served = """(url) => {
        const [from, to] = ['from_s', 'to_s'].map((name) => Number(url.searchParams.get(name)));
        const all = v.filter(({ t }) => t >= from && t <= to);
        const events = all.filter(({ t }) => t === all[0]?.t);
        return Response.json({ events, more: events.length < all.length });
    }"""
    events = [{"t": t, "order": n} for t in (0.0, 0.5, 61.0) for n in range(3)]
    going = "new m.RunEvents('r', 100).within(-1, 60)"
    assert module("run_events", SERVED % (served, going), events) == events[:6]


def test_a_late_order_is_an_order_that_was_done_after_it_was_due(module):
    late = "v.map((event) => m.EVENT_KINDS.late.wanted(event))"
    events = [{"event": "order_done", "late_s": -3}, {"event": "order_done", "late_s": 3}, {"event": "order_rejected"}]
    assert module("event_kinds", late, events) == [False, True, False]


def test_robots_that_were_paused_are_among_the_zones_of_a_replay(module):
    records = [
        {"t": 1.0, "event": "robot_paused", "id": 1, "kind": "pause", "place": "robot 3", "cells": []},
        {"t": 9.0, "event": "zone_opened", "id": 1, "kind": "pause", "place": "robot 3", "cells": []},
    ]
    script = """(() => { const zones = new m.RunZones({ width: 10 }); zones.take(v);
        return [0, 5, 10].map((t) => zones.at(t).map(({ place }) => place)); })()"""
    assert module("run_zones", script, records) == [[], ["robot 3"], []]


def test_a_confirmation_tells_the_very_minutes(module):
    script = "m.restrict({ zones: [] }, null).happens({ kind: 'close', zone: 'Aisle 1', minutes: v })"
    assert "ends by itself after 12.5 min." in module("zone_actions", script, "12.5")
    assert "until somebody opens it" in module("zone_actions", script, "")


@pytest.mark.parametrize(("column", "named"), [(10, True), (-30, False), (900, False)])
def test_a_restriction_that_is_out_of_sight_has_no_label_at_the_edge(module, column, named):
    written = module(
        "zone_layer",
        """(() => {
        const words = [];
        const context = document.createElement('canvas').getContext('2d');
        context.fillText = (text) => words.push(text);
        const block = { row0: 3, row1: 5, column0: v, column1: v + 3 };
        const view = { width: 800, height: 600, toCanvas: (x, y) => ({ x: 20 * x, y: 20 * y }) };
        m.drawZones(context, { zones: [{ kind: 'close', label: 'spill', blocks: [block], whole: false }] }, view);
        return words;
    })()""",
        column,
    )
    assert written == (["spill"] if named else [])
