"""What a forecast says, and how sure it is of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fleet.app.forecast.change import Change
from fleet.app.forecast.coming_orders import AfterExpected, AsLately, coming_orders, known_orders, sigma_of
from fleet.app.forecast.errors import ForecastError
from fleet.app.forecast.forecast import forecast, forecast_json
from fleet.app.forecast.forecast_report import print_forecast
from fleet.app.forecast.fork import ForkParams
from fleet.app.forecast.intervals import Uncertainty, difference, interval
from fleet.app.forecast.pace import pace, paced
from fleet.errors import OrderError, SettingError
from fleet.tasks.model import Order, OrderLine
from fleet.traffic.zones.actions import NamedZone
from robots.kinematics import step_time, turn_time
from tests.forecast_floors import TINY, forked, result, snapshot, with_robots

LINES = (OrderLine("bolt", 1, 1.0, 1.0),)
SHORT = ForkParams(seconds=60.0, slice_s=25.0)
QUICK = ForkParams(seconds=30.0, slice_s=30.0, forks=1)


def orders_every(gap_s, number, lead_s=600.0):
    return tuple(Order(f"O{n}", LINES, gap_s * (n + 0.5), gap_s * (n + 0.5) + lead_s) for n in range(number))


def first(coming, seconds, sigma=0.0, seed=0):
    """The orders that come in so many seconds after second 1000."""
    orders = []
    for order in coming.orders(sigma, np.random.default_rng(seed)):
        if order.release_s >= 1000.0 + seconds:
            break
        orders.append(order)
    return orders


# Orders to come


def test_orders_come_as_they_came_lately():
    lately = AsLately(orders_every(10.0, 100), 1000.0, 1000.0, 1800.0)
    coming = first(lately, 18000.0)
    assert len(coming) == pytest.approx(1800, rel=0.1)
    assert len({order.id for order in coming}) == len(coming)
    assert all(order.due_s - order.release_s == pytest.approx(600.0) and order.lines == LINES for order in coming)
    assert [order.release_s for order in coming] == sorted(order.release_s for order in coming)


def test_sigma_says_how_many_more_come_than_expected():
    lately = AsLately(orders_every(10.0, 100), 1000.0, 1000.0, 1800.0)
    reach = np.sqrt(lately.variance(1800.0))
    more = np.mean([len(first(lately, 1800.0, sigma=1.0, seed=seed)) for seed in range(50)])
    fewer = np.mean([len(first(lately, 1800.0, sigma=-1.0, seed=seed)) for seed in range(50)])
    assert (more - fewer) / 2 == pytest.approx(reach, rel=0.25)


def test_bursts_make_numbers_less_certain_and_chance_is_the_least():
    steady = AsLately(orders_every(10.0, 100), 1000.0, 1000.0, 1800.0)
    bursts = tuple(replace(order, release_s=500.0 * (1 + n % 2) - 1.0) for n, order in enumerate(steady.recent))
    # A Poisson process whose rate was seen for 1000 s: 180 expected, and 180 * 1.8 for not knowing the rate.
    assert steady.variance(1800.0) == pytest.approx(180 * 2.8, rel=0.1)
    assert AsLately(bursts, 1000.0, 1000.0, 1800.0).variance(1800.0) > 10 * steady.variance(1800.0)


def test_where_nothing_came_nothing_comes():
    nothing = AsLately((), 1000.0, 1000.0, 1800.0)
    assert (first(nothing, 1e6), nothing.variance(1800.0)) == ([], 0.0)
    few = AsLately(orders_every(1000.0, 1), 1000.0, 1000.0, 600.0)
    assert first(few, 1e4, sigma=-1.0) == []


def test_forks_stand_for_a_spread_of_one():
    assert sigma_of(0, 1) == 0.0
    for forks in (2, 3, 8):
        sigmas = [sigma_of(fork, forks) for fork in range(forks)]
        assert np.mean(sigmas) == pytest.approx(0.0)
        assert np.std(sigmas) == pytest.approx(1.0)


def test_orders_at_a_rate_begin_now_and_those_of_a_file_are_certain(tmp_path):
    floor = replace(snapshot(2), at_s=1000.0)
    rate = coming_orders(floor, "poisson:3600", TINY, 600.0)
    assert len(first(rate, 600.0)) == pytest.approx(600, rel=0.2)
    assert rate.variance(600.0) == pytest.approx(600.0)
    assert len(first(rate, 600.0, sigma=3.0)) > len(first(rate, 600.0, sigma=-3.0))
    assert first(rate, 600.0, sigma=-30.0) == []
    path = tmp_path / "orders.jsonl"
    path.write_text('{"id": "A", "release_s": 5, "due_s": 65, "lines": [{"sku": "bolt", "quantity": 1, '
                    '"unit_litres": 1, "unit_kg": 1}]}\n')  # fmt: skip
    file = coming_orders(floor, str(path), TINY, 600.0)
    assert file.variance(600.0) == 0.0
    assert [(order.release_s, order.due_s) for order in file.orders(1.0, np.random.default_rng(0))] == [
        (1005.0, 1065.0)
    ]
    expected = floor.expecting(known_orders(path, TINY))
    assert [(order.id, order.release_s) for order in expected.expected] == [("A", 1005.0)]


def test_no_others_come_before_the_last_order_that_is_expected():
    floor = replace(snapshot(2), at_s=1000.0, recent=orders_every(10.0, 100), recent_s=1000.0)
    known = tuple(Order(f"known {n}", LINES, 1100.0 * (n + 1), 5000.0) for n in range(2))
    coming = coming_orders(replace(floor, expected=known), "", TINY, 1800.0)
    orders = first(coming, 1800.0)
    assert [order.id for order in orders[:2]] == ["known 0", "known 1"]
    assert len(orders) == pytest.approx(2 + 60, rel=0.4)
    assert all(order.release_s > 2200.0 for order in orders[2:])
    alone = coming_orders(floor, "", TINY, 1800.0)
    assert 0.0 < coming.variance(1800.0) < alone.variance(1800.0)


@pytest.mark.parametrize("spec", ["nonsense", "poisson:0", "missing.csv"])
def test_orders_that_are_none_are_refused_before_anything_runs(spec):
    with pytest.raises(OrderError):
        coming_orders(snapshot(2), spec, TINY, 600.0)
    with pytest.raises(OrderError):
        known_orders(TINY.path.with_name(spec), TINY)


def test_an_expected_order_that_has_come_in_already_does_not_come_again():
    floor = snapshot(240)
    name = floor.work.orders[0].order.id
    twice = floor.expecting([Order(name, LINES, 1.0, 900.0)])
    counts = forked(twice, coming=coming_orders(twice, "", TINY, 2.0), seconds=2.0).counts["orders"]
    assert (counts["accepted"], counts["rejected"]) == (len(floor.work.orders), 0)


# Pace


def test_a_paced_robot_takes_so_much_longer_for_every_move():
    slow = paced(TINY, 1.3)
    assert step_time(slow.robot, TINY.cell_m) == pytest.approx(1.3 * step_time(TINY.robot, TINY.cell_m))
    assert turn_time(slow.robot, 1.0) == pytest.approx(1.3 * turn_time(TINY.robot, 1.0))


def test_the_fuller_the_floor_the_slower_are_its_robots():
    paces = [pace(TINY, robots) for robots in (1, 5, 20, 100)]
    assert paces == sorted(paces)
    assert paces[0] > 1.0


# Intervals


def test_on_a_floor_with_robots_to_spare_tasks_done_follow_orders():
    free = [result((50, 50), tasks_in=100, orders_in=100), result((60, 60), tasks_in=120, orders_in=120)]
    full = [result((50, 50), tasks_in=100, orders_in=100), result((50, 50), tasks_in=120, orders_in=120)]
    coming = AsLately(orders_every(10.0, 100), 1000.0, 1000.0, 120.0)
    wide, narrow = (Uncertainty.of(forks, coming, 120.0, 60.0) for forks in (free, full))
    assert (wide.slope, narrow.slope) == (1.0, 0.0)
    assert wide.coming == pytest.approx(coming.variance(120.0))
    assert Uncertainty.of(free[:1], coming, 120.0, 60.0).slope == 1.0
    done = np.array([100.0, 120.0])
    assert wide.tasks(done).high > narrow.tasks(done).high > 110.0 > narrow.tasks(done).low > wide.tasks(done).low
    assert wide.tasks_of_slice(done / 2).low < 55.0 < wide.tasks_of_slice(done / 2).high


def test_where_no_work_piles_up_what_comes_is_done_whatever_two_forks_say():
    forks = [result((50, 50), tasks_in=100, orders_in=100), result((49, 50), tasks_in=101, orders_in=101)]
    coming = AsLately(orders_every(10.0, 100), 1000.0, 1000.0, 120.0)
    assert Uncertainty.of(forks, coming, 120.0, 60.0).slope > 0.8


def test_orders_of_different_sizes_make_tasks_less_certain():
    coming = AsLately(orders_every(10.0, 100), 1000.0, 1000.0, 120.0)
    same = [result(tasks_in=40, orders_in=20, squared=80)]
    mixed = [result(tasks_in=40, orders_in=20, squared=200)]
    assert Uncertainty.of(mixed, coming, 120.0, 60.0).coming > Uncertainty.of(same, coming, 120.0, 60.0).coming


def test_what_comes_after_a_short_past_is_as_uncertain_as_it_turns_out_to_be():
    # Orders of one task or, one in ten, of eleven, seen for a third of the time that is looked ahead.
    rng = np.random.default_rng(5)
    apart = []
    for _ in range(300):
        past, future = rng.poisson(200), rng.poisson(600)
        seen, comes = (np.where(rng.random(number) < 0.1, 11, 1) for number in (past, future))
        orders = tuple(Order(str(at), LINES, float(t), 900.0) for at, t in enumerate(np.sort(rng.random(past)) * 600))
        forks = [result(tasks_in=int(seen.sum()), orders_in=past, squared=int((seen**2).sum()))]
        known = Uncertainty.of(forks, AsLately(orders, 600.0, 600.0, 1800.0), 1800.0, 300.0)
        apart.append((comes.sum() - 3 * seen.sum()) / np.sqrt(known.coming))
    assert np.std(apart) == pytest.approx(1.0, abs=0.1)


def test_what_known_orders_hold_is_certain():
    lately = AsLately(orders_every(10.0, 100), 1000.0, 1000.0, 1800.0)
    known = (Order("known", LINES, 1900.0, 2800.0),)
    assert lately.contents(1800.0) == pytest.approx(180 * 2.8)
    assert AfterExpected(known, lately, 1000.0).contents(1800.0) == pytest.approx(lately.contents(900.0))
    assert AfterExpected(known, lately, 1000.0).contents(600.0) == 0.0


def test_intervals_hold_nine_in_ten_and_are_never_below_nothing():
    of_one = interval(0.0, 1.0)
    assert (of_one.low, of_one.high) == (pytest.approx(-1.645, abs=0.001), pytest.approx(1.645, abs=0.001))
    assert interval(1.0, 100.0, 0.0).low == 0.0
    assert interval(10.0, 4.0).times(2.0).mean == 20.0


def test_what_both_have_in_common_is_not_in_the_difference():
    now = np.array([1000.0, 1100.0])
    apart = difference(now, now - 100.0, 0.0)
    assert apart.mean == -100.0
    assert apart.high - apart.low < 40.0
    assert difference(now[:1], now[:1] - 100.0, 0.0).mean == -100.0
    assert difference(now, now - 100.0, 1e4).high > apart.high


# Forecasts


@pytest.fixture(scope="module")
def floor():
    return snapshot(240)


@pytest.fixture(scope="module")
def changed(floor):
    return forecast(floor, TINY, Change(close=(NamedZone("Main aisle north"),), robots=2), SHORT, processes=1)


def test_a_forecast_has_slices_that_add_up(changed):
    now = changed.now
    assert [(part.from_s, part.to_s) for part in now.slices] == [(0.0, 25.0), (25.0, 50.0), (50.0, 60.0)]
    tasks = sum(part.tasks_per_hour.mean * (part.to_s - part.from_s) / 3600 for part in now.slices)
    assert tasks == pytest.approx(now.tasks.mean)
    assert now.tasks.low < now.tasks.mean < now.tasks.high
    assert changed.confidence == 0.9
    assert {queue.most > 0 for queue in now.queues} <= {True}
    assert all(spot.robot_hours > 0 for spot in now.hot_spots)


def test_a_change_is_set_against_the_floor_as_it_is(changed):
    assert (changed.now.robots, changed.changed.robots) == (6, 8)
    assert changed.changed.closed_entries <= changed.now.closed_entries
    assert changed.difference.tasks.mean == changed.changed.tasks.mean - changed.now.tasks.mean
    assert len(changed.difference.tasks_per_hour) == 3


def test_without_a_change_there_is_nothing_to_compare(floor):
    found = forecast(floor, TINY, params=QUICK, processes=1)
    assert (found.changed, found.difference) == (None, None)
    assert forecast_json(found)["now"]["tasks"]["mean"] == found.now.tasks.mean


def test_other_orders_are_a_change():
    calm = snapshot(240, orders="poisson:20")
    found = forecast(calm, TINY, Change(orders="poisson:600"), ForkParams(seconds=300.0, forks=1), processes=1)
    assert found.difference.tasks.mean > 0


def test_orders_that_are_overdue_are_late_and_those_due_later_are_not_named(floor):
    orders = [replace(kept, order=replace(kept.order, due_s=floor.at_s - 10.0)) for kept in floor.work.orders]
    overdue = replace(floor, work=replace(floor.work, orders=tuple(orders)))
    late = forecast(overdue, TINY, params=QUICK, processes=1).now
    assert {order.order for order in late.late} == {kept.order.id for kept in orders}
    assert all(order.probability == 1.0 and order.due_in_s == pytest.approx(-10.0) for order in late.late)
    assert all(10.0 < order.late_s <= 40.0 for order in late.late)
    assert late.late_expected == len(orders)
    assert forecast(floor, TINY, params=QUICK, processes=1).now.late == ()


def test_a_zone_that_is_not_there_is_refused_before_anything_runs(floor):
    with pytest.raises(SettingError, match="Main aisle nort"):
        forecast(floor, TINY, Change(close=(NamedZone("Main aisle nort"),)), QUICK, processes=1)


def test_a_fork_that_fails_is_one_error_in_words(floor):
    astray = with_robots(floor, cell=np.zeros(6, dtype=np.int32))
    with pytest.raises(ForecastError, match="fork 0 failed"):
        forecast(astray, TINY, params=QUICK, processes=1)


@pytest.mark.parametrize("with_change", [True, False])
def test_people_are_told_what_matters(changed, with_change, capsys):
    found = changed if with_change else replace(changed, changed=None, difference=None)
    print_forecast(found, as_json=False)
    told = capsys.readouterr().out
    assert "tiny, the next 1 minutes" in told
    assert "tasks in all" in told
    assert ("difference" in told) is with_change


def test_expected_orders_that_will_be_refused_are_not_late(floor):
    heavy = Order("heavy", (OrderLine("anvil", 1, 1.0, 900.0),), floor.at_s + 1.0, floor.at_s + 2.0)
    late = Order("light", LINES, floor.at_s + 1.0, floor.at_s + 2.0)
    found = forecast(replace(floor, expected=(heavy, late)), TINY, params=QUICK, processes=1)
    assert [order.order for order in found.now.late] == ["light"]


def test_late_orders_are_listed_up_to_ten(floor, capsys):
    orders = tuple(Order(f"late {n}", LINES, floor.at_s - 100.0, floor.at_s - 50.0) for n in range(12))
    found = forecast(floor, TINY, params=QUICK, processes=1)
    late = forecast(replace(floor, expected=orders), TINY, params=QUICK, processes=1)
    assert len(late.now.late) == 12
    print_forecast(late, as_json=False)
    assert "and 2 others" in capsys.readouterr().out
    print_forecast(found, as_json=True)
    assert '"confidence": 0.9' in capsys.readouterr().out
