"""The report as a document: it opens offline, nothing that a run names can break it, and nobody has to see pictures."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleet.errors import RunError, SettingError
from fleet.report.page.chart_frame import clock, round_ticks, tick_names, time_ticks
from fleet.report.page.charts import histogram
from fleet.report.page.markup import joined, tag, text
from fleet.report.page.page import write_page
from fleet.report.page.run_report import report_page
from fleet.report.run_directory import RunReader
from fleet.report.summary import CellSummary, ExecutionReport, TaskCounts, WorkCells
from sim_worlds.world_file import load_world
from tests.recorded_runs import random_trace, write_run
from tests.told_runs import told_events, write_told_run

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e\x00\x1b[31m"
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Document(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and the text; open elements must close."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name, attributes):
        self.elements.append((name, dict(attributes)))

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_data(self, data):
        self.texts.append(data)

    def named(self, name):
        return [attributes for element, attributes in self.elements if element == name]


def report_of(run, world=None):
    return report_page(RunReader(run), load_world("tiny") if world is None else world)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return report_of(write_told_run(tmp_path_factory.mktemp("run")))


def test_the_page_loads_nothing_and_runs_nothing(page):
    document = Document(page)
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & {name for name, _ in document.elements}
    assert "://" not in page
    assert "@import" not in page
    for _, attributes in document.elements:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/png;base64,"))
    (policy,) = [meta["content"] for meta in document.named("meta") if "http-equiv" in meta]
    assert policy.startswith("default-src 'none'")


def test_every_drawing_has_a_title_a_description_and_a_table(page):
    document = Document(page)
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    drawings = document.named("svg")
    assert len(drawings) == len(document.named("figure")) >= 6
    for svg in drawings:
        assert svg["role"] == "img"
        assert set(svg["aria-labelledby"].split()) <= set(ids)
    assert page.count("<desc ") == page.count("<title id=") == len(drawings)
    for figure in page.split("<figure ")[1:]:
        assert "<table>" in figure.split("</figure>")[0]
    assert all("lang" in html for html in document.named("html"))


def test_contents_lead_to_every_section(page):
    document = Document(page)
    links = [a["href"] for a in document.named("a")]
    assert links == [f"#{section['id']}" for section in document.named("section")]
    assert {"#limits", "#throughput", "#time", "#stations", "#spots", "#robots", "#lateness", "#asked"} <= set(links)


def test_it_says_what_came_of_the_run(page):
    told = " ".join(Document(page).texts)
    assert "3 orders came in, 1 were done, 1 are open; 1 of 1 were late" in told
    assert "unit_too_heavy" in told
    assert "robot_down" in told


def test_it_says_why_spots_cost_no_tasks_where_orders_are_few(tmp_path, page):
    assert "no more open tasks than robots" in page
    many = TaskCounts(created=90, done=2, open=88, failed=0)
    assert "no more open tasks than robots" not in report_of(write_told_run(tmp_path, tasks=many))


def test_nothing_that_a_run_names_gets_out_of_its_text(tmp_path):
    tiny = load_world("tiny")
    stations = tuple(replace(station, name=f"{station.name}{HOSTILE}") for station in tiny.stations)
    chutes = tuple(replace(chute, name=f"{chute.name}{HOSTILE}", destination=HOSTILE) for chute in tiny.chutes)
    world = replace(tiny, name=HOSTILE, title=HOSTILE, stations=stations, chutes=chutes)
    run = write_told_run(tmp_path, world="tiny" + HOSTILE.replace("\x00", ""), order=HOSTILE, other=f"2{HOSTILE}",
                         rejections={HOSTILE: 1}, planner=HOSTILE, version=HOSTILE)  # fmt: skip
    page = report_of(run, world)
    document = Document(page)
    assert not {"script", "img"} & {name for name, _ in document.elements}
    assert "alert(1)" in "".join(document.texts)
    assert "\x00" not in page
    assert "\x1b" not in page


@given(st.text())
def test_text_shows_as_it_is_and_is_never_markup(words):
    document = Document(tag("p", words, title=words))
    assert [name for name, _ in document.elements] == ["p"]
    page = text(words)
    page.encode("utf-8")
    shown = "".join(Document(joined(words)).texts)
    assert len(shown) == len(words)
    assert all(a in (b, "\ufffd") for a, b in zip(shown, words, strict=True))


def test_parts_are_there_when_the_run_has_them(tmp_path):
    execution = ExecutionReport(
        grants=9, withheld={"held": 2, "closed": 0}, rings_cut=1, responses={"call_back": 3},
        recoveries={"released": 0}, robots_down=1,
    )  # fmt: skip
    cell = CellSummary(seconds={"idle": 50.0, "working": 10.0}, units_in=3, units_out=2)
    run = write_told_run(
        tmp_path, execution=execution, contacts={"robots": 4}, replenishments={"asked_for": 5}, cages={"swapped": 6},
        jams={"false_calls": 8},
        work_cells=WorkCells({"Pick 1, 2,14": cell}, 1, 2, 3, {"too high": 1}), interrupted=True, violations=7,
    )  # fmt: skip
    document = Document(report_of(run))
    sections = {section["id"] for section in document.named("section")}
    assert {"grants", "events", "contacts", "sensors", "cells"} <= sections
    told = " ".join(document.texts)
    assert "Jammed chutes" in told
    assert "false calls 8" in told
    assert "The run was interrupted" in told
    assert "7 rules of the floor broken" in told
    plain = Document(report_of(write_told_run(tmp_path, events=[])))
    assert not {"grants", "events", "contacts", "sensors", "cells"} & {part["id"] for part in plain.named("section")}


def test_units_of_tasks_that_were_given_up_are_not_open(tmp_path):
    given_up = {"t": 45.0, "event": "task_failed", "task": 2, "robot": 1, "reason": "unreachable"}
    tasks = TaskCounts(created=3, done=2, open=0, failed=1)
    texts = Document(report_of(write_told_run(tmp_path, events=[*told_events(), given_up], tasks=tasks))).texts
    row = texts.index("units")
    assert texts[row + 1 : row + 6] == ["9", "6", "0", "3", "0"]


def test_what_does_not_add_up_is_said_on_top(tmp_path):
    told = " ".join(Document(report_of(write_told_run(tmp_path, events=[]))).texts)
    assert "Events and summary do not agree: orders that came in: 0 in events.jsonl, 3 in summary.json" in told
    assert "No order was done." in told


def test_a_run_of_another_world_is_refused(tmp_path):
    run = write_run(tmp_path, random_trace(1, height=16, width=26, world="tiny"))
    with pytest.raises(RunError, match="now has obstacles"):
        report_of(run)


def test_a_page_is_written_whole_or_not_at_all(tmp_path):
    write_page("<p>", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "<p>"
    for path in (tmp_path, tmp_path / "no" / "page.html"):
        with pytest.raises(SettingError):
            write_page("<p>", path)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0.0, [0.0, 1.0]),
        (7.0, [0.0, 2.0, 4.0, 6.0, 8.0]),
        (100.0, [0.0, 25.0, 50.0, 75.0, 100.0]),
        (0.3, [0.0, 0.1, 0.2, 0.3]),
    ],
)
def test_ticks_are_round_and_reach_the_most(most, ticks):
    assert round_ticks(most) == pytest.approx(ticks)


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_ticks_reach_the_most_whatever_it_is(most):
    ticks = round_ticks(most)
    assert 2 <= len(ticks) <= 8
    assert ticks[-1] >= most * (1 - 1e-9)
    assert len({name for _, name in tick_names(ticks)}) == len(ticks)


def test_numbers_at_ticks_are_written_as_they_are():
    assert [name for _, name in tick_names([0.0, 2.5, 5.0])] == ["0.0", "2.5", "5.0"]
    assert [name for _, name in tick_names([0.0, 2000.0])] == ["0", "2,000"]


@pytest.mark.parametrize(
    ("seconds", "unit"), [(9.0, "seconds"), (600.0, "minutes"), (30_000.0, "hours"), (9e6, "hours")]
)
def test_time_has_at_most_a_few_round_ticks(seconds, unit):
    ticks, named = time_ticks(seconds)
    assert named == unit
    assert 2 <= len(ticks) <= 22
    assert all(at <= seconds for at, _ in ticks)


@given(st.lists(st.integers(-300_000, 30_000), min_size=1, max_size=30), st.sampled_from([1.0, 0.7, 0.5, 0.1]))
@example([-216, 12, -67], 1.0)
@example([-669, 420, -663], 0.1)
def test_every_value_is_in_a_bar(steps, step_s):
    minutes = np.array(steps) * step_s / 60.0
    rows = histogram("h", "H", "", minutes, "minutes").figures.rows
    assert sum(int(str(count).replace(",", "")) for _, count in rows) == len(steps)


def test_times_are_written_as_on_a_clock():
    assert [clock(s) for s in (0.0, 59.6, 61.0, 3600.0, 36_061.0)] == ["0:00", "1:00", "1:01", "1:00:00", "10:01:01"]
