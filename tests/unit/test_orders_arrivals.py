"""Arrivals: a seeded Poisson process with the shape of a day."""

from itertools import islice, pairwise, takewhile

import numpy as np
import pytest

from fleet.tasks.arrivals import ArrivalProfile, arrival_times
from robots.arrays import Float64

DAY_S = 86_400.0


def arrivals_of_a_day(profile: ArrivalProfile, rate_per_hour: float = 400.0, seed: int = 3) -> Float64:
    return np.array(list(takewhile(lambda time_s: time_s < DAY_S, arrival_times(rate_per_hour, profile, seed))))


def by_hour_of_day(times_s: Float64) -> list[int]:
    """Arrivals by hour on the wall clock; a run starts at 6."""
    hours = ((times_s / 3600 + 6) % 24).astype(int)
    return np.bincount(hours, minlength=24).tolist()


def test_the_same_arguments_give_the_same_arrivals() -> None:
    first, again = (list(islice(arrival_times(100.0, ArrivalProfile.DAILY, 7), 50)) for _ in range(2))
    assert first == again
    assert first != list(islice(arrival_times(100.0, ArrivalProfile.DAILY, 8), 50))


@pytest.mark.parametrize("profile", ArrivalProfile)
def test_arrivals_ascend(profile: ArrivalProfile) -> None:
    times = list(islice(arrival_times(500.0, profile, 1), 1000))
    assert all(a < b for a, b in pairwise(times))
    assert times[0] > 0


@pytest.mark.parametrize(("profile", "share"), [("flat", 1.0), ("daily", 1.0), ("peak", 1.9)])
def test_the_rate_is_the_mean_of_an_ordinary_day(profile: str, share: float) -> None:
    assert len(arrivals_of_a_day(ArrivalProfile(profile))) == pytest.approx(400 * 24 * share, rel=0.05)


def test_gaps_of_the_flat_profile_are_exponential() -> None:
    gaps = np.diff(arrivals_of_a_day(ArrivalProfile.FLAT))
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)
    assert np.mean(gaps > gaps.mean()) == pytest.approx(np.exp(-1), abs=0.02)


def test_an_ordinary_day_has_two_humps_and_a_quiet_night() -> None:
    hours = by_hour_of_day(arrivals_of_a_day(ArrivalProfile.DAILY, 4000.0))
    assert max(hours[9:13]) > 1.2 * max(hours[14:17])
    assert max(hours[19:22]) > max(hours[9:13])
    assert max(hours[1:5]) < 0.3 * max(hours[9:13])


def test_a_peak_day_is_busier_at_every_hour_and_most_in_the_evening() -> None:
    daily, peak = (by_hour_of_day(arrivals_of_a_day(ArrivalProfile(name), 4000.0)) for name in ("daily", "peak"))
    assert all(more > less for more, less in zip(peak, daily, strict=True))
    assert int(np.argmax(peak)) == 20
    assert peak[20] > 2 * max(peak[9:13])


@pytest.mark.parametrize("profile", ArrivalProfile)
def test_the_rate_is_continuous_and_repeats_every_day(profile: ArrivalProfile) -> None:
    times = np.arange(0.0, 2 * DAY_S, 60.0)
    rates = np.array([profile.relative_rate(time_s) for time_s in times])
    assert np.abs(np.diff(rates)).max() < 0.05
    assert rates[: len(rates) // 2] == pytest.approx(rates[len(rates) // 2 :])
    assert rates.max() == pytest.approx(profile.highest_rate)
