"""Runs are put together by their settings, and the table, the JSON and the page tell the same differences."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from fleet.errors import RunError
from fleet.report.page.comparison_page import comparison_page, print_comparison
from fleet.report.story.comparison import compare, comparison_document
from fleet.report.story.run_groups import FIGURES, ComparedRun, group_runs
from fleet.report.summary import Lateness, OrderCounts, Throughput
from fleet.runtime.config import RunConfig
from tests.recorded_runs import summary_of, tiny_trace

TRACE = tiny_trace()


def run(seed, tasks=100.0, planner="epibt", *, name="", audit=False, **changes):
    config = RunConfig(world="tiny", seed=seed, planner=planner, audit=audit)
    summary = summary_of(
        TRACE, seed=seed, planner=planner, throughput_per_hour=Throughput(tasks, tasks / 2, tasks * 6), **changes
    )
    return ComparedRun(Path(name or f"runs/{planner}-{seed}"), config, summary)


def two_groups():
    better = [run(seed, 100.0 + 10 * seed + (3.0, 3.5, 2.5, 3.2)[seed]) for seed in range(4)]
    return [*(run(seed, 100.0 + 10 * seed, "pibt") for seed in range(4)), *better]


def test_seeds_and_what_changes_no_result_do_not_part_runs():
    grouping = group_runs([run(1), run(2, audit=True), run(3)])
    (group,) = grouping.groups
    assert (group.name, sorted(group.runs), group.settings) == ("all runs", [1, 2, 3], {})


def test_groups_are_named_by_what_parts_them_in_the_order_of_their_first_runs():
    grouping = group_runs([run(1, planner="pibt"), run(1), run(2, planner="pibt")])
    assert [(group.name, sorted(group.runs)) for group in grouping.groups] == [
        ("planner pibt", [1, 2]),
        ("planner epibt", [1]),
    ]
    assert grouping.groups[0].settings == {"planner": "pibt"}


def test_the_number_of_robots_is_the_one_that_ran_and_versions_part_runs():
    grouping = group_runs([run(1, robots=4), run(2, robots=5), run(3, robots=4, version="0.2.0")])
    assert [group.name for group in grouping.groups] == [
        "robots 4, version 0.1.0",
        "robots 5, version 0.1.0",
        "robots 4, version 0.2.0",
    ]


def test_a_run_that_repeats_another_is_left_out():
    grouping = group_runs([run(1, 10.0), run(1, 99.0, name="runs/again"), run(2, 12.0)])
    assert grouping.left_out == [Path("runs/again")]
    assert grouping.groups[0].values(FIGURES[0]) == {1: 10.0, 2: 12.0}


@pytest.mark.parametrize(
    ("changes", "says"), [({"interrupted": True}, "interrupted"), ({"world": "else"}, "in world else")]
)
def test_runs_that_cannot_be_compared_are_refused(changes, says):
    with pytest.raises(RunError, match=says):
        group_runs([run(1), run(2, **changes)])


def test_differences_are_from_the_first_group_and_seed_by_seed():
    comparison = compare(group_runs(two_groups()))
    first, second = comparison.of(FIGURES[0])
    assert (first.estimate.mean, first.against) == (115.0, None)
    assert (second.against.mean, second.against.paired, second.against.n) == (pytest.approx(3.05), True, 4)
    assert second.certain
    assert 0.0 < second.against.low < second.against.high
    waiting = comparison.of(next(figure for figure in FIGURES if figure.key == "waiting_percent"))[1]
    assert (waiting.against.mean, waiting.certain) == (0.0, False)


def test_figures_that_runs_do_not_have_are_left_out():
    empty = {"orders": OrderCounts(3, 0, 3, 0), "lateness": Lateness(0, None, None)}
    comparison = compare(group_runs([run(1, **empty), run(2, **empty)]))
    late = next(figure for figure in FIGURES if figure.key == "late_percent")
    assert comparison.of(late)[0].estimate is None
    assert "late_percent" not in comparison_document(comparison)["groups"][0]["figures"]
    assert "late orders" not in comparison_page(comparison)


def test_the_document_has_every_figure_and_is_json():
    document = json.loads(json.dumps(comparison_document(compare(group_runs(two_groups())))))
    base, other = document["groups"]
    assert (base["name"], base["seeds"], base["runs"][0]) == ("planner pibt", [0, 1, 2, 3], "runs/pibt-0")
    assert set(other["figures"]) == {figure.key for figure in FIGURES}
    told = other["figures"]["tasks_per_hour"]
    assert set(told) == {"n", "mean", "low", "high", "difference"}
    assert set(told["difference"]) == {"n", "paired", "mean", "low", "high", "p", "significant"}
    assert (told["difference"]["paired"], told["difference"]["significant"]) == (True, True)
    assert "difference" not in base["figures"]["tasks_per_hour"]


def test_seeds_and_run_directories_of_the_document_go_together():
    document = comparison_document(compare(group_runs([run(3), run(1), run(2, planner="pibt")])))
    told = document["groups"][0]
    assert list(zip(told["seeds"], told["runs"], strict=True)) == [(1, "runs/epibt-1"), (3, "runs/epibt-3")]


def printed(comparison):
    console = Console(file=StringIO(), width=200)
    print_comparison(console, comparison)
    return console.file.getvalue()


def test_the_table_has_means_and_differences():
    told = printed(compare(group_runs([*two_groups(), run(1, 9.0, name="again[bold]")])))
    (line,) = [line for line in told.splitlines() if "tasks, 1/h" in line]
    assert "115.0 ± 20.5" in line
    assert "3.0 ± 0.7 *" in line or "3.1 ± 0.7 *" in line
    assert "difference (paired over 4)" in told
    assert "left out: again[bold]" in told


def test_one_group_has_means_alone():
    comparison = compare(group_runs([run(1), run(2, 110.0)]))
    assert "difference" not in printed(comparison)
    assert "105.0 (41.5 to 168.5) tasks an hour over 2 seeds." in comparison_page(comparison)


def test_a_single_seed_has_no_interval_and_a_page_all_the_same():
    comparison = compare(group_runs([run(1), run(1, 120.0, "pibt")]))
    page = comparison_page(comparison)
    assert "too few seeds" in page
    assert "100.0" in printed(comparison)


def test_the_page_says_whether_it_was_paired_and_what_is_certain():
    page = comparison_page(compare(group_runs(two_groups())))
    assert "tasks an hour more than planner pibt" in page
    assert "paired over 4: more than chance" in page
    assert "yes, better, p" in page
    mixed = [run(1, planner="pibt"), run(2, 90.0, planner="pibt"), run(3), run(4, 120.0)]
    assert "not paired" in comparison_page(compare(group_runs(mixed)))


def test_names_of_runs_do_not_get_out_of_their_text():
    hostile = "<script>alert(1)</script>"
    runs = [
        run(1, planner="epibt"),
        replace(run(2), config=RunConfig(world="tiny", planner=hostile)),
        run(1, name=hostile),
    ]
    seen = []
    parser = HTMLParser()
    parser.handle_starttag = lambda name, attributes: seen.append(name)
    parser.feed(comparison_page(compare(group_runs(runs))))
    assert "script" not in seen
