"""Measured service times: what is drawn is what was stored, the same everywhere, and stored as it was measured."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from math import fsum
from pathlib import Path
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_worlds.service_times import VALUES, equally_likely
from tests.service_times import distribution

NAMES = [f"order {number}" for number in range(4000)]


@given(st.lists(st.floats(0.0, 500.0), min_size=1, max_size=300))
def test_equally_likely_values_ascend_and_have_the_mean_of_the_samples(samples: list[float]) -> None:
    values = equally_likely(samples)
    assert len(values) == min(VALUES, len(samples))
    assert list(values) == sorted(values)
    assert fmean(values) == pytest.approx(fmean(samples), abs=0.001)
    assert min(samples) - 0.001 <= values[0] <= values[-1] <= max(samples) + 0.001


def test_each_value_is_the_mean_of_its_fortieth_of_the_samples() -> None:
    samples = [float(number * number % 997) for number in range(3 * VALUES)]
    ranked = sorted(samples)
    assert equally_likely(samples) == pytest.approx(
        [fmean(ranked[at : at + 3]) for at in range(0, len(ranked), 3)], abs=0.001
    )


def test_fewer_samples_than_values_are_kept_as_they_are() -> None:
    assert equally_likely([3.0, 1.0, 2.0]) == (1.0, 2.0, 3.0)


def test_the_values_of_the_first_unit_are_drawn_equally_often() -> None:
    values = tuple(float(value) for value in range(1, VALUES + 1))
    drawn = Counter(distribution(values, (0.0,)).drawn_s(1, name) for name in NAMES)
    assert set(drawn) == set(values)
    # Chi square with 39 degrees of freedom: above 73 once in a thousand; the names are fixed.
    expected = len(NAMES) / VALUES
    assert sum((count - expected) ** 2 / expected for count in drawn.values()) < 73


def test_units_are_drawn_independently_of_each_other() -> None:
    stored = distribution((5.0, 15.0), (1.0, 3.0, 8.0))
    drawn = [stored.drawn_s(6, name) for name in NAMES]
    variance = pvariance((5.0, 15.0)) + 5 * pvariance((1.0, 3.0, 8.0))
    assert stored.mean_s(6) == 10 + 5 * 4
    assert fmean(drawn) == pytest.approx(stored.mean_s(6), rel=0.02)
    assert pvariance(drawn) == pytest.approx(variance, rel=0.05)


def test_a_service_is_one_value_of_the_first_unit_and_one_for_each_unit_more() -> None:
    stored = distribution((0.25, 0.5), (1.0, 16.0))
    possible = {fsum((first, 1.0 * (3 - slow), 16.0 * slow)) for first in (0.25, 0.5) for slow in range(4)}
    assert {stored.drawn_s(4, name) for name in NAMES} == possible
    assert {stored.drawn_s(1, name) for name in NAMES} == {0.25, 0.5}


def test_the_same_name_gives_the_same_seconds_in_another_process() -> None:
    script = (
        "from tests.service_times import distribution;"
        "print(*(distribution((0.1, 0.7), (1.1, 2.3, 9.9)).drawn_s(4, f'errand {n}').hex() for n in range(20)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root)
    stored = distribution((0.1, 0.7), (1.1, 2.3, 9.9))
    assert done.stdout.split() == [stored.drawn_s(4, f"errand {number}").hex() for number in range(20)]


def test_seconds_do_not_change_from_version_to_version() -> None:
    stored = distribution((1.0, 2.0), (4.0, 5.0, 6.0, 7.0))
    assert [stored.drawn_s(3, name) for name in "abcd"] == [13.0, 13.0, 14.0, 9.0]
