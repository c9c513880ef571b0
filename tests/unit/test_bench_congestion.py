"""The benchmark of the congestion report: floors that differ in nothing but a neck, and what it makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import congestion_truth, heatmaps
from benchmarks.benchmark import Options
from benchmarks.congestion_truth import DEVELOPED, UNSEEN, Seen, Trial, names_neck, see
from benchmarks.two_halls import TwoHalls
from fleet.report.heat.hot_spots import HotSpot
from sim_worlds.check import check_world

TRIALS = (*UNSEEN, *DEVELOPED)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.floor.name)
def test_narrow_and_wide_floors_are_sound_and_differ_in_the_neck_alone(trial, tmp_path):
    floor = trial.floor
    narrow, wide = floor.rows(narrow=True), floor.rows(narrow=False)
    changed = [(r, c) for r, row in enumerate(wide) for c, symbol in enumerate(row) if narrow[r][c] != symbol]
    column, lanes = floor.aisles[floor.neck[0]]
    assert changed == [(row, column + lane) for row, _ in floor.neck_cells for lane in range(1, lanes)]
    assert all(narrow[row][column] == "." for row, column in floor.neck_cells)
    for is_narrow in (True, False):
        findings = check_world(str(floor.write(tmp_path, narrow=is_narrow)))
        assert [str(finding) for finding in findings if finding.severity.value == "error"] == []


def test_floors_have_names_of_their_own_and_room_for_their_robots():
    assert len({trial.floor.name for trial in TRIALS}) == len(TRIALS)
    for trial in TRIALS:
        assert sum(row.count("P") for row in trial.floor.rows(narrow=True)) >= trial.robots


@pytest.mark.parametrize(("row", "column", "found"), [(14, 19, True), (11, 19, True), (10, 19, False), (14, 22, False)])
def test_a_spot_names_the_neck_if_it_has_a_cell_of_it(row, column, found):
    seen = Seen(narrow=1.0, wide=2.0, worst=HotSpot(row, column, 9), named=1.0)
    assert names_neck(seen, TwoHalls("made_up")) is found


@pytest.mark.jit
def test_the_worst_spot_of_a_floor_with_a_neck_is_the_neck_and_costs_about_what_widening_it_gains():
    trial = next(trial for trial in DEVELOPED if trial.floor.name == "two_lanes")
    seen = see(trial, seed=1, minutes=12)
    assert names_neck(seen, trial.floor)
    assert 0.6 < seen.named / (seen.wide - seen.narrow) < 1.4


def test_the_table_compares_mean_costs_with_mean_gains(monkeypatch):
    worst = HotSpot(14, 19, 9)
    made_up = {11: 90.0, 12: 100.0, 13: 110.0, 14: 100.0, 15: 100.0}
    monkeypatch.setattr(congestion_truth, "see", lambda _trial, seed: Seen(500.0, 600.0, worst, made_up[seed]))
    monkeypatch.setattr(congestion_truth, "UNSEEN", (Trial(TwoHalls("one"), 9),))
    short, full = (congestion_truth.run(Options(full, lambda _: None, Path())).tables[0] for full in (False, True))
    row = dict(zip(short.columns, short.rows[0], strict=True))
    assert (row["gain by widening"], row["+/-"], row["cost named"]) == (100.0, 0.0, 100.0)
    assert (row["named / gained"], row["neck is worst spot"], row["estimate"]) == (1.0, "5 of 5", "unseen")
    assert len(full.rows) == 1 + len(DEVELOPED)


def test_the_best_of_three_is_told_for_each_picture_and_film(monkeypatch):
    times = iter(range(100))
    monkeypatch.setattr(heatmaps, "_simulated", lambda _folder, seed: Path(f"run-{seed}"))
    monkeypatch.setattr(heatmaps, "_seconds", lambda _run, _words: float(next(times)))
    (table,) = heatmaps.run(Options(False, lambda _: None, Path())).tables
    assert [row[1] for row in table.rows] == [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0]
    assert [row[2] for row in table.rows] == [3.0] * 5 + [None] * 2
