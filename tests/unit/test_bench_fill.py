"""The benchmark of fill: what its tables are made of. Figures are not tested."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import fill, fill_picture, fillings
from benchmarks.benchmark import Options
from fleet.sensing.estimates import FillEstimate
from robots.depth_cameras import ROLL_CAGE, Lens
from tests.bay_scenes import LENS


def filling(*truth, error=0.0):
    made = fillings.Filling(ROLL_CAGE)
    for image, share in enumerate(truth):
        column = np.array([share + error], dtype=np.float32)
        made.truth.append(share)
        made.fitted.append(FillEstimate(float(image), column, np.ones(1, dtype=np.float32), column))
        made.believed.append(FillEstimate(float(image), column + 0.1, np.full(1, 0.5, dtype=np.float32), column))
        made.litres.append(share * ROLL_CAGE.litres / 4.8)
        made.roughness.append(0.05)
        made.look_s.append(0.01)
    return made


def test_a_cage_is_called_full_by_what_is_seen_and_what_is_on_its_way():
    steady = filling(*np.arange(0.0, 1.0, 0.02).tolist())
    assert steady.full_at(0) == pytest.approx(0.96)
    assert steady.full_at(5) == pytest.approx(0.96)
    assert filling(0.0, 0.5).full_at(0) is None


def test_an_estimate_that_is_too_high_calls_a_cage_too_early():
    early = filling(*np.arange(0.0, 1.0, 0.02).tolist(), error=0.1)
    assert early.full_at(0) == pytest.approx(0.86)
    (row,) = [row for row in fill._calls("made up", [early]) if row[1] == 0]
    assert row[4] == 0.0


def test_errors_are_counted_in_points():
    rows = fill._errors("made up", [filling(0.0, 0.5, error=0.02)])
    assert rows[0][:4] == ("made up", "fitted", 1, 2)
    np.testing.assert_allclose(rows[0][4:], (2.0, 2.0, 2.0, 100.0, 100.0), rtol=1e-4)
    np.testing.assert_allclose(rows[1][4:], (12.0, 12.0, 12.0, 0.0, 50.0), rtol=1e-4)


@pytest.mark.slow
def test_a_drawn_bay_is_filled_from_empty_to_full():
    filled = fillings.fill_drawn(1, ROLL_CAGE, LENS)
    assert filled.truth[0] == 0.0
    assert filled.truth[-1] >= 0.98
    assert len(filled.fitted) == len(filled.believed) == len(filled.litres) == len(filled.truth)


@pytest.mark.slow
def test_a_report_has_figures_for_every_kind_of_heap(monkeypatch, tmp_path):
    monkeypatch.setattr(fill, "fill_in_bullet", lambda seed, bay, lens: filling(0.0, 0.3, 0.97))
    monkeypatch.setattr(fill, "fill_drawn", lambda seed, bay, lens: filling(0.0, 0.3, 0.97))
    monkeypatch.setattr(fill, "_FRAMES", 10)
    monkeypatch.setattr(fill, "_LENS", LENS)
    report = fill.run(Options(full=False, say=lambda _what: None, instances=tmp_path))
    assert [table.title for table in report.tables] == ["Errors", "Called full", "Times", "Heaps"]
    assert all(len(row) == len(table.columns) for table in report.tables for row in table.rows)
    assert {row[0] for row in report.tables[0].rows} == {"Bullet", "drawn", "drawn truck bays"}
    assert len(report.charts[0].series) == 6


@pytest.mark.slow
def test_a_cage_in_bullet_is_filled_while_a_camera_looks_on(monkeypatch):
    monkeypatch.setattr(fillings, "_UP_TO", 0.03)
    filled = fillings.fill_in_bullet(1, ROLL_CAGE, Lens())
    assert filled.truth[-1] >= 0.03
    assert all(abs(one.fraction[0] - truth) < 0.03 for one, truth in zip(filled.fitted, filled.truth, strict=True))


@pytest.mark.slow
def test_the_picture_shows_image_heights_and_truth():
    figure = fill_picture.fill_figure(trays=2)
    titles = [axes.get_title() for axes in figure.axes]
    assert [title.split(";")[0].split(":")[0] for title in titles if title] == [
        "image",
        "heights found",
        "true heights",
    ]
