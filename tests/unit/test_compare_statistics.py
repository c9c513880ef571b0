"""Intervals and significance: as other code has them, as closed forms have them, and as often right as they say."""

from __future__ import annotations

from math import pi, sqrt, tan

import numpy as np
import pytest
from scipy import stats

from fleet.report.story.seed_statistics import difference, estimate, significant

SAMPLES = [np.random.default_rng(seed).normal(100.0, 9.0, size).tolist() for seed, size in enumerate((2, 3, 5, 12, 40))]


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_interval_of_a_mean_is_students(sample):
    found = estimate(sample)
    low, high = stats.t.interval(0.95, len(sample) - 1, np.mean(sample), stats.sem(sample))
    assert (found.n, found.mean) == (len(sample), pytest.approx(np.mean(sample)))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_the_interval_of_two_values_has_a_closed_form():
    # With one degree of freedom Student's t is Cauchy's distribution, whose quantiles are tangents.
    found = estimate([1.0, 3.0])
    assert found.high - found.mean == pytest.approx(tan(pi * 0.475) * sqrt(2.0) / sqrt(2.0))


def test_the_interval_of_three_values_has_a_closed_form():
    # With two degrees of freedom the quantile of p is (2 p - 1) / sqrt(2 p (1 - p)).
    quantile = 0.95 / sqrt(2 * 0.975 * 0.025)
    assert estimate([1.0, 2.0, 3.0]).high == pytest.approx(2.0 + quantile / sqrt(3.0))


def test_a_single_value_has_no_interval():
    found = estimate([5.0])
    assert (found.mean, found.low, found.high) == (5.0, None, None)


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_same_seeds_are_compared_seed_by_seed(sample):
    other = [value + noise for value, noise in zip(sample, SAMPLES[4], strict=False)]
    found = difference(dict(enumerate(sample)), dict(enumerate(other)))
    reference = stats.ttest_rel(sample, other)
    low, high = reference.confidence_interval(0.95)
    assert (found.paired, found.n) == (True, len(sample))
    assert found.mean == pytest.approx(np.mean(sample) - np.mean(other))
    assert (found.p, found.low, found.high) == (
        pytest.approx(reference.pvalue),
        pytest.approx(low),
        pytest.approx(high),
    )


@pytest.mark.parametrize("sample", SAMPLES)
def test_other_seeds_are_compared_by_welchs_method(sample):
    other = [3.0 * value for value in SAMPLES[2]]
    found = difference(dict(enumerate(sample)), {seed + 100: value for seed, value in enumerate(other)})
    reference = stats.ttest_ind(sample, other, equal_var=False)
    low, high = reference.confidence_interval(0.95)
    assert (found.paired, found.n) == (False, len(sample) + len(other))
    assert (found.p, found.low, found.high) == (
        pytest.approx(reference.pvalue),
        pytest.approx(low),
        pytest.approx(high),
    )


def test_seeds_that_only_one_has_are_left_out_of_a_paired_comparison():
    found = difference({1: 5.0, 2: 7.0}, {1: 4.0, 2: 4.0, 3: 99.0})
    assert (found.paired, found.n, found.mean) == (True, 2, 2.0)
    assert not difference({1: 5.0, 2: 7.0}, {2: 4.0, 3: 4.0, 4: 9.0}).paired


def test_too_few_seeds_have_a_difference_and_no_interval():
    for values, base in (({1: 5.0}, {1: 3.0}), ({1: 5.0}, {2: 3.0, 3: 3.0})):
        found = difference(values, base)
        assert (found.mean, found.low, found.high, found.p) == (2.0, None, None, None)


def test_differences_that_are_all_the_same_leave_no_doubt():
    same = difference({1: 5.0, 2: 7.0}, {1: 5.0, 2: 7.0})
    assert (same.mean, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)
    apart = difference({1: 5.0, 2: 7.0}, {1: 4.0, 2: 6.0})
    assert (apart.low, apart.high, apart.p) == (1.0, 1.0, 0.0)
    rounded = difference({1: 0.1 + 0.2, 2: 0.7}, {1: 0.3, 2: 0.1 * 7})
    assert (rounded.mean, rounded.p) == (0.0, 1.0)


def test_nothing_has_no_mean_and_no_difference():
    with pytest.raises(ValueError, match="no value"):
        estimate([])
    for values, base in (({}, {1: 1.0}), ({1: 1.0}, {})):
        with pytest.raises(ValueError, match="nothing to compare"):
            difference(values, base)


def test_holms_method_by_hand():
    # 0.05 / 4 = 0.0125, 0.05 / 3 = 0.0167, 0.05 / 2 = 0.025: the third fails, and so does all after it.
    assert significant([0.03, 0.01, None, 0.016, 0.04]) == [False, True, False, True, False]
    assert significant([0.0126, 0.02, 0.03, 0.04]) == [False] * 4
    assert significant([None]) == [False]


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    trials = 1500
    held = {"mean": 0, "paired": 0, "welch": 0}
    for _ in range(trials):
        shared = rng.normal(100.0, 20.0, 5)
        first, second = shared + rng.normal(3.0, 2.0, 5), shared + rng.normal(0.0, 1.0, 5)
        one = estimate(first.tolist())
        pair = difference(dict(enumerate(first)), dict(enumerate(second)))
        alone = difference(dict(enumerate(rng.normal(3.0, 4.0, 5))), dict(enumerate(rng.normal(0.0, 1.0, 8), start=50)))
        held["mean"] += one.low <= 103.0 <= one.high
        held["paired"] += pair.low <= 3.0 <= pair.high
        held["welch"] += alone.low <= 3.0 <= alone.high
    # Four standard errors of a share of 0.95 in 1,500 trials are 0.0225.
    for share in held.values():
        assert abs(share / trials - 0.95) < 0.0225


def test_pairing_is_far_more_precise_where_seeds_share_their_orders():
    rng = np.random.default_rng(6)
    shared = rng.normal(100.0, 20.0, 8)
    first, second = shared + rng.normal(3.0, 1.0, 8), shared + rng.normal(0.0, 1.0, 8)
    pair = difference(dict(enumerate(first)), dict(enumerate(second)))
    apart = difference(dict(enumerate(first)), dict(enumerate(second, start=50)))
    assert pair.high - pair.low < (apart.high - apart.low) / 5


def test_chance_alone_is_seldom_called_significant():
    rng = np.random.default_rng(7)
    trials, false = 400, 0
    for _ in range(trials):
        p_values = [
            difference(dict(enumerate(rng.normal(0, 1, 5))), dict(enumerate(rng.normal(0, 1, 5)))).p for _ in range(12)
        ]
        false += any(significant(p_values))
    # In at most 5 % of comparisons any of twelve differences is: 4.4 standard errors above that are 9.8 %.
    assert false / trials < 0.098
