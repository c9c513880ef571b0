"""The stock filter: what readings and works tell of the units in bins, and what they do not."""

from dataclasses import replace

import numpy as np
import pytest

from fleet.errors import SettingError
from fleet.sensing.stock_filter import StockFilter, StockWork
from fleet.sensing.stock_params import StockFilterParams, WorkErrors
from robots.readings import RangeReadings
from tests.oracles.stock import Read, Worked, probabilities
from tests.stock import Lanes, lanes

PARAMS = StockFilterParams()
# Works are right or they are not; numbers are known or they are not.
CERTAIN = WorkErrors(wrong_quantity=0.0, wrong_bin=0.0)


def column(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int32)


def known(bins: Lanes, *count: int, params: StockFilterParams = PARAMS) -> StockFilter:
    return StockFilter(bins, params, column(*count))


def read(stock: StockFilter, bins: Lanes, count, *, rounds: int = 40, start_s: float = 0.0, errors=0.0, noise=0.004):
    """Readings at 2 Hz; the same noise in every test."""
    random = np.random.default_rng(5)
    for number in range(rounds):
        wrong = errors + noise * random.standard_normal(len(bins.sensor_bin))
        stock.observe(bins.reading(count, start_s + 0.5 * number, wrong))


def likeliest(stock: StockFilter) -> list[int]:
    return stock.estimate(0.0).count.tolist()


# Against everything that may have happened


def happen(stock: StockFilter, happened, sensor_bin: int = 0) -> None:
    for what in happened:
        if isinstance(what, Read):
            stock.observe(RangeReadings(what.time_s, column(sensor_bin), np.array([what.distance_m], dtype=np.float32)))
        else:
            stock.confirm(StockWork(column(1 if what.beside else 0), column(what.units)))


@pytest.mark.parametrize("seed", range(3))
def test_readings_alone_make_numbers_exactly_as_probable_as_they_are(seed: int) -> None:
    bins = lanes(1, capacity=12, pitch_m=0.012)
    params = replace(PARAMS, spurious=1e-15, scale_drift=0.01, offset_drift_m=0.01)
    random = np.random.default_rng(seed)
    reads = [Read(900.0 * row, 0.1 + 0.006 * float(random.standard_normal())) for row in range(4)]
    stock = StockFilter(bins, params)
    happen(stock, reads)
    exact = probabilities([1 / 13] * 13, [Read(one.time_s, float(np.float32(one.distance_m))) for one in reads],
                          0.012, float(bins.empty_m[0]), params)  # fmt: skip
    np.testing.assert_allclose(stock.probabilities(0), exact, rtol=1e-5, atol=2e-7)


def test_readings_that_may_mean_nothing_tell_about_as_little_as_they_should() -> None:
    """A third of them mean nothing, and all are scattered: harder than any sensor. Sides of a row are approximate."""
    bins = lanes(1, capacity=12, pitch_m=0.012)
    params = replace(PARAMS, spurious=0.3)
    off = []
    for seed in range(20):
        scatter = 0.015 * np.random.default_rng(seed).standard_normal(4)
        reads = [Read(0.5 * row, float(np.float32(0.1 + one))) for row, one in enumerate(scatter)]
        stock = StockFilter(bins, params)
        happen(stock, reads)
        exact = probabilities([1 / 13] * 13, reads, 0.012, float(bins.empty_m[0]), params)
        off.append(np.abs(stock.probabilities(0) - exact).max())
    assert np.mean(off) < 0.06


@pytest.mark.parametrize("units", [-1, -3, 4])
@pytest.mark.parametrize("came", [0, -2, 1])
def test_after_a_work_numbers_are_as_probable_as_all_that_may_have_happened_makes_them(units: int, came: int) -> None:
    """Whatever really came besides `units`."""
    bins = lanes(2, capacity=10, pitch_m=0.012)
    errors = WorkErrors(wrong_quantity=0.2, wrong_bin=0.1)
    params = replace(PARAMS, spurious=1e-12, picks=errors, fills=errors, known=0.9)
    empty = float(bins.empty_m[0])
    before, after = empty - 5 * 0.012 + 0.003, empty - (5 + units + came) * 0.012 + 0.003
    happened = [Read(0.0, before), Read(0.5, before + 0.002), Worked(units), Read(1.0, after), Read(1.5, after - 0.003)]
    stock = known(bins, 5, 5, params=params)
    prior = stock.probabilities(0).tolist()
    happen(stock, happened)
    exact = probabilities(prior, happened, 0.012, empty, params, neighbours=1)
    np.testing.assert_allclose(stock.probabilities(0), exact, atol=0.01)


def test_a_work_beside_a_bin_may_have_been_done_at_the_bin() -> None:
    bins = lanes(2, capacity=10, pitch_m=0.012)
    errors = WorkErrors(wrong_quantity=0.1, wrong_bin=0.2)
    params = replace(PARAMS, spurious=1e-12, picks=errors, known=0.9)
    empty = float(bins.empty_m[0])
    happened = [Read(0.0, empty - 0.06), Worked(-2, beside=True), Read(1.0, empty - 0.05)]
    stock = known(bins, 5, 5, params=params)
    prior = stock.probabilities(0).tolist()
    happen(stock, happened)
    exact = probabilities(prior, happened, 0.012, empty, params)
    np.testing.assert_allclose(stock.probabilities(0), exact, atol=0.01)


def test_picks_and_fills_go_wrong_each_as_often_as_is_said() -> None:
    params = replace(PARAMS, picks=CERTAIN, fills=WorkErrors(wrong_quantity=0.2, wrong_bin=0.0), known=1 - 1e-9)
    stock = known(lanes(2, sensors=0), 10, 10, params=params)
    stock.confirm(StockWork(column(0, 1), column(-3, 3)))
    assert stock.probabilities(0)[7] == pytest.approx(1.0, abs=1e-6)
    assert stock.probabilities(1)[13] == pytest.approx(0.8, abs=1e-6)


def test_a_lane_is_no_fuller_than_full_and_no_emptier_than_empty() -> None:
    bins = lanes(1, capacity=4, sensors=0)
    stock = known(bins, 3, params=replace(PARAMS, picks=CERTAIN, fills=CERTAIN))
    stock.confirm(StockWork(column(0), column(3)))
    assert likeliest(stock) == [4]
    stock.confirm(StockWork(column(0), column(-9)))
    assert likeliest(stock) == [0]


# What readings put right


def test_a_wrong_quantity_is_found_out() -> None:
    bins = lanes()
    stock = known(bins, 10, 10, 10)
    read(stock, bins, [10, 10, 10])
    stock.confirm(StockWork(column(1), column(-3)))
    assert likeliest(stock) == [10, 7, 10]
    read(stock, bins, [10, 6, 10], start_s=30.0)
    assert likeliest(stock) == [10, 6, 10]
    assert (stock.estimate(60.0).confidence > 0.99).all()


def test_a_pick_from_the_wrong_bin_is_found_out() -> None:
    bins = lanes()
    stock = known(bins, 10, 10, 10)
    read(stock, bins, [10, 10, 10])
    stock.confirm(StockWork(column(1), column(-3)))
    read(stock, bins, [7, 10, 10], start_s=30.0)
    assert likeliest(stock) == [7, 10, 10]


def test_errors_of_a_sensor_are_learnt_and_steps_seen_through_them() -> None:
    """Its offset is most of a unit; a unit is a third of its noise at one reading."""
    bins = lanes(1, capacity=200, pitch_m=0.003)
    stock = known(bins, 100)
    read(stock, bins, [100], errors=0.008, rounds=200)
    assert likeliest(stock) == [100]
    stock.confirm(StockWork(column(0), column(-20)))
    read(stock, bins, [81], errors=0.008, rounds=400, start_s=200.0)
    assert likeliest(stock) == [81]


def test_dirt_that_grows_slowly_is_no_stock() -> None:
    bins = lanes(1, capacity=50, pitch_m=0.01)
    stock = known(bins, 20)
    for hour in range(8):
        read(stock, bins, [20], errors=-0.003 * hour, rounds=400, start_s=3600.0 * hour)
    assert likeliest(stock) == [20]


@pytest.mark.parametrize("errors", [-0.21, 0.13])
def test_a_sensor_that_reads_something_else_at_once_does_not_change_the_number(errors: float) -> None:
    bins = lanes(1, capacity=30)
    stock = known(bins, 10)
    read(stock, bins, [10])
    read(stock, bins, [10], errors=errors, start_s=20.0)
    assert likeliest(stock) == [10]
    stock.confirm(StockWork(column(0), column(-2)))
    read(stock, bins, [8], errors=errors, start_s=40.0)
    assert likeliest(stock) == [8]


def test_what_looks_like_untold_stock_makes_the_number_less_sure() -> None:
    bins = lanes(1, capacity=30)
    stock = known(bins, 10)
    read(stock, bins, [10])
    read(stock, bins, [10], errors=-0.2, start_s=20.0)
    assert likeliest(stock) == [10]
    assert 0.5 < stock.probabilities(0)[10] < 0.95
    assert stock.probabilities(0)[20] > 0.04, "ten units would look like that"


def test_stock_that_nobody_tells_of_is_believed_if_sensors_never_change() -> None:
    bins = lanes(1, capacity=30)
    stock = known(bins, 10, params=replace(PARAMS, unseen=0.999))
    read(stock, bins, [10])
    read(stock, bins, [4], start_s=20.0)
    assert likeliest(stock) == [4]


def test_nothing_is_known_at_first_and_a_reading_says_the_most() -> None:
    bins = lanes(1)
    stock = StockFilter(bins)
    np.testing.assert_allclose(stock.probabilities(0), 1 / 21)
    read(stock, bins, [7], rounds=20)
    assert likeliest(stock) == [7]


# What says nothing


@pytest.mark.parametrize("distance", [np.nan, np.inf, -np.inf, -0.01, 5.0])
def test_what_is_no_distance_says_nothing(distance: float) -> None:
    bins = lanes(1)
    stock = known(bins, 10)
    before = stock.probabilities(0)
    for number in range(30):
        stock.observe(RangeReadings(float(number), column(0), np.array([distance], dtype=np.float32)))
    np.testing.assert_array_equal(stock.probabilities(0), before)
    assert stock.estimate(30.0).age_s[0] == np.inf


def test_a_sensor_that_repeats_itself_says_nothing() -> None:
    bins = lanes(1)
    stock = known(bins, 10)
    read(stock, bins, [10])
    for number in range(600):
        stock.observe(bins.reading([10], 20.0 + 0.5 * number))
    assert stock.estimate(320.0).age_s[0] == pytest.approx(300.0 - 0.5 * PARAMS.most_same)
    stock.confirm(StockWork(column(0), column(-2)))
    for number in range(600):
        stock.observe(bins.reading([10], 320.0 + 0.5 * number, np.nan if number % 3 == 0 else 0.0))
    assert likeliest(stock) == [8]
    read(stock, bins, [8], start_s=620.0)
    assert likeliest(stock) == [8]


def test_a_broken_sensor_that_says_anything_tells_nothing() -> None:
    bins = lanes(1)
    stock = known(bins, 10)
    read(stock, bins, [10])
    random = np.random.default_rng(7)
    for number in range(5000):
        anything = random.uniform(0.0, 1.3, 1).astype(np.float32)
        stock.observe(RangeReadings(20.0 + 0.5 * number, column(0), anything))
    assert likeliest(stock) == [10]
    assert stock.estimate(2520.0).confidence[0] > 0.9


def test_readings_during_work_are_passed_over_at_the_bin_and_beside_it() -> None:
    bins = lanes(4)
    stock = known(bins, 10, 10, 10, 10)
    read(stock, bins, [10] * 4)
    stock.begin(column(1))
    stock.begin(column(1))
    read(stock, bins, [10, 3, 10, 10], start_s=20.0)
    assert stock.estimate(40.0).age_s.tolist() == [20.5, 20.5, 20.5, 0.5]
    stock.confirm(StockWork(column(1), column(-7)))
    read(stock, bins, [10, 3, 10, 10], start_s=40.0, rounds=1)
    assert stock.estimate(40.0).age_s[1] == 20.5, "there were two works, and one of them is not over"
    stock.confirm(StockWork(column(1), column(0)))
    read(stock, bins, [10, 3, 10, 10], start_s=41.0)
    assert likeliest(stock) == [10, 3, 10, 10]
    assert stock.estimate(60.5).age_s.tolist() == [0.0] * 4


def test_readings_of_sensors_that_there_are_not_are_left_out() -> None:
    bins = lanes(2)
    stock = known(bins, 10, 10)
    stock.observe(RangeReadings(1.0, column(-1, 1, 7), np.array([0.1, 0.25, 0.1], dtype=np.float32)))
    assert stock.estimate(2.0).age_s.tolist() == [np.inf, 1.0]


def test_a_bin_without_a_sensor_is_known_less_and_less() -> None:
    bins = lanes(2, sensors=1)
    stock = known(bins, 10, 20)
    sure = [stock.estimate(0.0).confidence[1]]
    for _ in range(5):
        stock.confirm(StockWork(column(1), column(-3)))
        sure.append(stock.estimate(0.0).confidence[1])
    assert sure == sorted(sure, reverse=True)
    assert likeliest(stock) == [10, 5]
    assert sure[-1] == pytest.approx(PARAMS.known * (1 - 0.008) ** 5, abs=2e-3)


@pytest.mark.parametrize(("number", "beside"), [(0, {1: 0.2}), (1, {0: 0.1, 2: 0.1})])
def test_a_hand_that_goes_wrong_goes_to_any_bin_beside(number: int, beside: dict[int, float]) -> None:
    params = replace(PARAMS, picks=WorkErrors(wrong_quantity=0.0, wrong_bin=0.2), known=1 - 1e-9)
    stock = known(lanes(3, sensors=0), 10, 10, 10, params=params)
    stock.confirm(StockWork(column(number), column(-3)))
    assert stock.probabilities(number)[[10, 7]] == pytest.approx([0.2, 0.8], abs=1e-6)
    for other in {0, 1, 2} - {number}:
        assert stock.probabilities(other)[7] == pytest.approx(beside.get(other, 0.0), abs=1e-6)


# Counting and cleaning


def test_a_count_is_believed_and_the_sensor_means_it_from_then_on() -> None:
    bins = lanes()
    stock = known(bins, 10, 10, 10)
    read(stock, bins, [10, 10, 10])
    stock.counted(column(1), column(13))
    read(stock, bins, [10, 10, 10], start_s=20.0)
    assert likeliest(stock) == [10, 13, 10]
    stock.confirm(StockWork(column(1), column(-3)))
    read(stock, bins, [10, 8, 10], start_s=40.0)
    assert likeliest(stock) == [10, 11, 10], "two were taken instead of three"


def test_a_count_keeps_what_readings_taught_of_the_sensor_by_a_work_that_was_not_as_confirmed() -> None:
    bins = lanes(1)
    stock = known(bins, 10)
    read(stock, bins, [10], errors=0.012)
    stock.confirm(StockWork(column(0), column(-3)))
    read(stock, bins, [6], errors=0.012, start_s=20.0)
    assert likeliest(stock) == [6]
    stock.counted(column(0), column(6))
    read(stock, bins, [6], errors=0.012, start_s=40.0)
    assert likeliest(stock) == [6]


def test_a_count_right_after_a_work_replaces_all_that_was_believed_of_it() -> None:
    stock = known(lanes(), 10, 10, 10)
    stock.confirm(StockWork(column(1), column(-3)))
    stock.counted(column(1), column(0))
    assert stock.probabilities(1)[0] == pytest.approx(PARAMS.known)
    assert stock.probabilities(1).sum() == pytest.approx(1.0)


def test_a_sensor_that_was_wiped_is_learnt_anew() -> None:
    bins = lanes(1, capacity=40, pitch_m=0.01)
    stock = known(bins, 20)
    read(stock, bins, [20], errors=-0.005)
    stock.cleaned(column(0))
    read(stock, bins, [20], errors=0.008, start_s=20.0)
    assert likeliest(stock) == [20]
    assert stock.estimate(40.0).age_s[0] == 0.5


# What is published


def test_the_range_is_the_smallest_around_the_most_probable_number() -> None:
    """Against all ranges, at beliefs of many kinds, with gaps."""
    random = np.random.default_rng(3)
    for kind in range(200):
        stock = StockFilter(lanes(1, capacity=79, pitch_m=0.006))
        chances = random.dirichlet(np.full(80, 0.3 + kind % 5)) * (random.random(80) < 0.9)
        chances /= chances.sum()
        stock._rows(0)[:, 0, 0] = 0.75 * chances
        stock._rows(0)[:, 1, 0] = 0.25 * chances
        found = stock.estimate(0.0)
        low, high, count = int(found.low[0]), int(found.high[0]), int(found.count[0])
        assert count == np.argmax(chances)
        assert found.confidence[0] == pytest.approx(chances.max(), rel=1e-6)
        held = np.concatenate(([0.0], np.cumsum(chances)))
        ranges = [
            (end - begin, held[begin] - held[end + 1], begin)
            for begin in range(count + 1)
            for end in range(count, 80)
            if held[end + 1] - held[begin] >= 0.95
        ]
        assert (high - low, low) == (min(ranges)[0], min(ranges)[2])


def test_the_range_holds_the_most_probable_number_even_where_a_smaller_one_would_do_without() -> None:
    stock = StockFilter(lanes(1, capacity=39))
    stock._rows(0)[:, 0, 0] = np.concatenate(([0.04], np.zeros(9), np.full(30, 0.032)))
    found = stock.estimate(0.0)
    assert (found.count[0], found.low[0], found.high[0]) == (0, 0, 38)


def test_the_same_happenings_give_the_same_beliefs() -> None:
    bins = lanes()
    both = [known(bins, 10, 10, 10) for _ in range(2)]
    for stock in both:
        read(stock, bins, [10, 9, 10])
        stock.confirm(StockWork(column(1, 2), column(-3, 2)))
        read(stock, bins, [10, 7, 12], start_s=20.0)
    for number in range(3):
        np.testing.assert_array_equal(both[0].probabilities(number), both[1].probabilities(number))


# What is refused


@pytest.mark.parametrize("count", [[-1, 0, 0], [0, 21, 0]])
def test_a_count_that_does_not_fit_is_refused(count: list[int]) -> None:
    with pytest.raises(SettingError, match="more units than fit"):
        known(lanes(), *count)


@pytest.mark.parametrize("number", [-1, 3])
def test_bins_that_there_are_not_are_refused(number: int) -> None:
    stock = known(lanes(), 1, 1, 1)
    for refused in (
        lambda: stock.begin(column(number)),
        lambda: stock.confirm(StockWork(column(number), column(1))),
        lambda: stock.counted(column(number), column(1)),
        lambda: stock.cleaned(column(number)),
    ):
        with pytest.raises(SettingError, match="there are 3 bins"):
            refused()


def test_works_beyond_measure_are_refused() -> None:
    with pytest.raises(SettingError, match="10000 units"):
        known(lanes(), 1, 1, 1).confirm(StockWork(column(0), column(-10_001)))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"noise_m": 0.0}, "noise_m: is 0"),
        ({"offset_m": -1.0}, "offset_m: is -1.0"),
        ({"scale": float("nan")}, "scale: is nan"),
        ({"spurious": 0.0}, "spurious: is 0.0"),
        ({"known": 1.0}, "known: is 1.0"),
        ({"patience": 0}, "patience: is 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        replace(PARAMS, **change)


@pytest.mark.parametrize("change", [{"wrong_quantity": 0.5}, {"wrong_bin": -0.1}, {"spread": 1.0}])
def test_errors_of_work_that_cannot_be_are_refused(change) -> None:
    with pytest.raises(SettingError, match="work errors"):
        WorkErrors(**change)
