"""What is measured in a cell is how long it really took."""

from __future__ import annotations

from math import fsum
from statistics import fmean

import pytest

from tests.timed_cell import TimedCell
from twin.cells.measuring import StuckCellError, TimedService, distribution, timed_services
from twin.cells.parcel import Parcel

LOOK_S = 0.025


def load(first: int, *seconds: float) -> list[Parcel]:
    """Parcels that take these seconds each."""
    return [Parcel(first + at, "sku", (0.2, 0.2, 0.1), one) for at, one in enumerate(seconds)]


def timed(cell: TimedCell, *loads: list[Parcel], loads_robots: bool = True) -> list[TimedService]:
    found = timed_services(lambda: cell, loads, most=len(loads), loads_robots=loads_robots, retried=TimedCell.retried)
    assert found.refused == 0
    return found.services


def test_a_service_takes_from_its_begin_until_the_robot_may_leave() -> None:
    one, other = timed(TimedCell(), load(0, 4.0, 2.0), load(2, 7.0))
    assert (one.units, other.units) == (2, 1)
    assert one.seconds == pytest.approx(7.0, abs=LOOK_S)
    assert one.loaded_s == pytest.approx((4.0, 6.0), abs=LOOK_S)
    assert other.seconds == pytest.approx(8.0, abs=LOOK_S)
    assert other.loaded_s == pytest.approx((7.0,), abs=LOOK_S)


@pytest.mark.parametrize("settle_s", [0.0, 3.0])
def test_parcels_that_still_come_in_are_waited_for_before_and_not_counted(settle_s: float) -> None:
    (service,) = timed(TimedCell(settle_s=settle_s), load(0, 4.0))
    assert service.seconds == pytest.approx(5.0, abs=LOOK_S)


def test_a_line_that_never_comes_to_rest_is_not_waited_for_without_end() -> None:
    cell = TimedCell(restless=True)
    (service,) = timed(cell, load(0, 4.0))
    assert service.seconds == pytest.approx(5.0, abs=LOOK_S)
    assert cell.now_s < 20.0


def test_a_unit_that_falls_off_the_robot_is_loaded_when_it_is_there_to_stay() -> None:
    smooth, again = timed(TimedCell(slips=[2]), load(0, 3.0, 2.0), load(2, 3.0, 2.0))
    assert (smooth.recovered, again.recovered) == (False, True)
    assert (smooth.retried, again.retried) == (0, 1)
    assert again.loaded_s == pytest.approx((7.0, 9.0), abs=LOOK_S)
    assert again.seconds == pytest.approx(10.0, abs=LOOK_S)


def test_a_load_without_room_is_counted_and_the_next_one_is_tried() -> None:
    cells = [TimedCell(room=2), TimedCell(room=2)]
    loads = [load(0, 1.0), load(1, 1.0, 1.0, 1.0), load(4, 2.0, 2.0), load(6, 1.0)]
    made = iter(cells)
    found = timed_services(lambda: next(made), loads, most=2, loads_robots=True, retried=TimedCell.retried)
    assert [service.units for service in found.services] == [1, 2]
    assert found.refused == 1
    assert distribution(found.services, found.refused, "a test").measured.refused == pytest.approx(1 / 3, abs=1e-4)
    assert [cell.closed for cell in cells] == [1, 1]


def test_a_cell_that_is_full_is_replaced_by_a_new_one_and_the_load_is_not_refused() -> None:
    cells = [TimedCell(room=3, keeps=2), TimedCell(room=3, keeps=2)]
    made = iter(cells)
    loads = [load(0, 1.0), load(1, 2.0, 2.0), load(3, 3.0)]
    found = timed_services(lambda: next(made), loads, most=9, loads_robots=True, retried=TimedCell.retried)
    assert [service.units for service in found.services] == [1, 2, 1]
    assert found.refused == 0
    assert [cell.closed for cell in cells] == [1, 1]


def test_a_service_that_a_cell_does_not_begin_is_refused_and_out_of_the_way() -> None:
    cells = [TimedCell(begins=1, room=2), TimedCell(begins=1, room=2)]
    made = iter(cells)
    loads = [load(0, 1.0, 1.0), load(2, 1.0)]
    found = timed_services(lambda: next(made), loads, most=9, loads_robots=True, retried=TimedCell.retried)
    assert ([service.units for service in found.services], found.refused) == ([1], 1)
    assert [cell.closed for cell in cells] == [1, 1]


def test_a_cell_that_is_stuck_is_an_error_and_closed() -> None:
    cell = TimedCell()
    with pytest.raises(StuckCellError, match="a service of 1 units does not come to an end"):
        timed(cell, load(0, 10_000.0))
    assert cell.closed == 1


def test_a_unit_more_takes_from_the_one_before_and_the_first_what_is_left() -> None:
    services = timed(TimedCell(retract_s=1.5), load(0, 4.0, 2.0), load(2, 7.0), load(3, 3.0, 3.0, 8.0))
    found = distribution(services, 0, "a test")
    assert found.first_s == pytest.approx((4.5, 5.5, 8.5), abs=LOOK_S)
    assert found.more_s == pytest.approx((2.0, 3.0, 8.0), abs=LOOK_S)
    assert fsum(found.mean_s(service.units) for service in services) == pytest.approx(
        fsum(service.seconds for service in services), abs=0.01
    )
    told = found.measured
    assert (told.by, told.services, told.units, told.retried, told.recovered) == ("a test", 3, 6, 0.0, 0.0)
    assert told.mean_s == pytest.approx(fmean((7.5, 8.5, 15.5)), abs=LOOK_S)
    assert told.p50_s == pytest.approx(8.5, abs=LOOK_S)
    assert told.p5_s < told.p50_s < told.p95_s < 15.6


def test_a_second_unit_that_nobody_has_seen_takes_as_long_as_the_first() -> None:
    found = distribution(timed(TimedCell(retract_s=1.5), load(0, 4.0), load(1, 7.0)), 0, "a test")
    assert found.first_s == pytest.approx((5.5, 8.5), abs=LOOK_S)
    assert found.more_s == pytest.approx((4.0, 7.0), abs=LOOK_S)


def test_where_units_go_together_a_unit_more_takes_what_a_line_through_all_services_says() -> None:
    services = timed(TimedCell(), load(0, 1.0), load(1, 1.0, 1.0), load(3, 1.0, 1.0, 1.5), loads_robots=False)
    assert [service.loaded_s for service in services] == [(), (), ()]
    found = distribution(services, 0, "a test")
    assert found.more_s == pytest.approx((1.25,), abs=LOOK_S)
    assert fmean(found.mean_s(service.units) for service in services) == pytest.approx(
        fmean(service.seconds for service in services), abs=0.01
    )


def test_a_rare_service_in_which_somebody_had_to_help_says_nothing_about_units() -> None:
    quick = [TimedService(units, 2.5 + 0.01 * units, (), recovered=False) for units in range(1, 21)]
    found = distribution([*quick, TimedService(60, 40.0, (), recovered=True)], 0, "a test")
    assert found.more_s == (0.01,)
    assert found.first_s[-1] == pytest.approx(40.0 - 0.01 * 59, abs=0.001)


def test_services_of_one_size_say_nothing_about_a_unit_more() -> None:
    services = [TimedService(2, seconds, (), recovered=seconds > 5, retried=1) for seconds in (4.0, 6.0)]
    found = distribution(services, 0, "a test")
    assert (found.first_s, found.more_s) == ((4.0, 6.0), (0.0,))
    assert (found.measured.retried, found.measured.recovered) == (0.5, 0.5)


def test_a_unit_more_never_takes_less_than_nothing() -> None:
    services = [TimedService(1, 6.0, (), recovered=False), TimedService(9, 4.0, (), recovered=False)]
    found = distribution(services, 0, "a test")
    assert (found.first_s, found.more_s) == ((4.0, 6.0), (0.0,))
