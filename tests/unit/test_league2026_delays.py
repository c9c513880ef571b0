"""Random delays: how often, how long, from a seed."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.runtime.league2026.delays import Delays
from sim_worlds.league2026 import DelayDurations, DelayEvents, DelayModel

BERNOULLI, POISSON = DelayEvents
UNIFORM, GAUSSIAN = DelayDurations


def model(events=BERNOULLI, probability=0.1, shortest=2, longest=6, durations=UNIFORM, **ratios):
    return DelayModel(3, shortest, longest, events, probability, durations, **ratios)


def run(delays, ticks):
    return np.array([delays.tick().copy() for _ in range(ticks)])


def test_without_a_model_nobody_is_delayed():
    delays = Delays(None, 5)
    assert not run(delays, 50).any()
    assert delays.intervals.shape == (0, 3)


@pytest.mark.parametrize("events", DelayEvents)
@pytest.mark.parametrize("durations", DelayDurations)
def test_robots_are_delayed_exactly_in_the_intervals_told(events, durations):
    delays = Delays(model(events, durations=durations), 8)
    delayed = run(delays, 200)
    expected = np.zeros_like(delayed)
    for robot, begin, end in delays.intervals.tolist():
        assert not expected[begin:end, robot].any()
        assert 2 <= end - begin <= 6
        expected[begin:end, robot] = True
    assert np.array_equal(delayed, expected)
    assert delayed.any()


def test_the_same_seed_gives_the_same_delays_and_another_seed_others():
    one, two, other = (run(Delays(model(), 8, seed), 100) for seed in (None, 3, 4))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("events", DelayEvents)
def test_delays_begin_as_often_as_the_model_says(events):
    # A delay of one tick is over in the next: everybody may be delayed in every tick.
    delays = Delays(model(events, 0.1, 1, 1), 100)
    run(delays, 1000)
    assert len(delays.intervals) == pytest.approx(10_000, rel=0.05)
    by_robot = np.bincount(delays.intervals[:, 0], minlength=100)
    assert by_robot.min() > 60


def test_no_more_robots_are_delayed_than_there_are():
    assert run(Delays(model(POISSON, 1.0, 5, 5), 4), 10).any(axis=1).all()


def test_uniform_durations_are_equally_frequent():
    delays = Delays(model(probability=0.5), 200)
    run(delays, 200)
    durations = np.diff(delays.intervals[:, 1:]).ravel()
    assert np.bincount(durations)[2:].tolist() == [pytest.approx(len(durations) / 5, rel=0.1)] * 5


def test_gaussian_durations_have_the_mean_and_deviation_of_the_model():
    delays = Delays(model(probability=0.5, shortest=10, longest=50, durations=GAUSSIAN, deviation_ratio=0.1), 200)
    run(delays, 500)
    durations = np.diff(delays.intervals[:, 1:]).ravel()
    assert durations.mean() == pytest.approx(30, abs=0.5)
    assert durations.std() == pytest.approx(4, abs=0.3)
