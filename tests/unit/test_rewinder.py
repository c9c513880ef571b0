"""A run goes back to any tick in memory, exactly, and goes on from there as it did."""

from __future__ import annotations

import pytest

from robots.errors import DriverError
from tests.recorded_fleets import FAULTS, drive, header, new_fleet
from twin.faults import Fault, FaultKind
from twin.recording.rewinder import Rewinder
from twin.recording.state_hash import state_hash


def driven(ticks=73, keep=60):
    """A run of some ticks, and the fleet's hash after each, that of the start included."""
    fleet = new_fleet(FAULTS)
    rewinder = Rewinder(fleet, header(), every_s=1.0, keep=keep)
    state = rewinder.driver.open()
    hashes = [state_hash(fleet)]
    drive(rewinder.driver, state, ticks, lambda *_: hashes.append(state_hash(fleet)))
    return fleet, rewinder, hashes


@pytest.mark.parametrize("to_s", [0.0, 0.1, 0.95, 1.0, 3.6, 5.0, 7.0, 7.2, 7.3, 99.0])
def test_a_run_goes_back_exactly_and_goes_on_as_it_did(to_s):
    fleet, rewinder, hashes = driven()
    tick = min(int(to_s * 10 + 1e-6), 73)
    state = rewinder.rewind(to_s)
    assert state.time_s == pytest.approx(tick / 10)
    assert state_hash(fleet) == hashes[tick]
    again = [hashes[tick]]
    drive(rewinder.driver, state, 73 - tick, lambda *_: again.append(state_hash(fleet)))
    assert again == hashes[tick:]


def test_a_run_goes_back_again_and_again():
    fleet, rewinder, hashes = driven()
    for to_s in (6.4, 6.1, 2.0, 0.7):
        state = rewinder.rewind(to_s)
        assert state_hash(fleet) == hashes[round(to_s * 10)]
        drive(rewinder.driver, state, 3)


def test_what_is_done_after_going_back_counts():
    fleet, rewinder, hashes = driven()
    state = rewinder.rewind(3.0)
    rewinder.driver.inject(Fault(at_s=3.0, kind=FaultKind.DEAD, robot=2))
    drive(rewinder.driver, state, 20)
    other = state_hash(fleet)
    assert other != hashes[50]
    drive(rewinder.driver, rewinder.rewind(5.0), 10)
    rewinder.rewind(5.0)
    assert state_hash(fleet) == other


def test_what_is_too_long_ago_is_refused():
    _, rewinder, _ = driven(keep=3)
    assert rewinder.oldest_s == pytest.approx(5.0)
    with pytest.raises(DriverError, match=r"4\.5 s is too long ago: the oldest checkpoint is of 5 s"):
        rewinder.rewind(4.5)
    assert rewinder.rewind(5.5).time_s == pytest.approx(5.5)


def test_there_is_no_way_back_before_the_beginning():
    rewinder = Rewinder(new_fleet(), header())
    with pytest.raises(DriverError, match="was not opened"):
        rewinder.rewind(0.0)
    rewinder.driver.open()
    rewinder.driver.close()
