"""From a report of progress to the end of the submit that answers it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.app.site.feed_messages import Reactions
from fleet.app.site.reaction_times import ReactionTimes
from robots.driver import Commands
from robots.state import FleetState


class Slow:
    """A driver whose robots report when they are told to, and whose `submit` takes its time."""

    entries_ahead = 8
    charge_wh_used = 2.5

    def __init__(self):
        self.now_s, self.takes_s = 10.0, 0.0
        self.state = FleetState.at(np.arange(3, dtype=np.int32))
        self.calls = []

    def open(self):
        self.calls.append("open")
        return self.state

    def submit(self, commands):
        self.calls.append("submit")
        self.now_s += self.takes_s

    def poll(self):
        return self.state

    def stop(self):
        self.calls.append("stop")

    def close(self):
        self.calls.append("close")

    def report(self, robot, at_s):
        self.state.confirmed[robot] += 1
        self.state.heard_s[robot] = at_s


def test_each_report_of_progress_is_counted_once_with_the_time_to_the_end_of_the_answer():
    driver = Slow()
    times = ReactionTimes(driver, driver.state, lambda: driver.now_s)
    rows = Commands.none(3)
    times.submit(rows)
    assert times.figures() == {"reports": 0, "median_ms": 0.0, "p99_ms": 0.0, "longest_ms": 0.0}
    driver.report(0, 9.99)
    driver.report(1, 9.97)
    driver.takes_s = 0.005
    times.poll()
    times.submit(rows)
    times.poll()
    times.submit(rows)  # nothing new
    driver.report(2, driver.now_s - 5.0)
    times.poll()
    times.submit(rows)
    assert times.figures() == {"reports": 3, "median_ms": 36.0, "p99_ms": 2000.0, "longest_ms": 2000.0}


@given(st.lists(st.floats(0.0, 3.0), max_size=60))
def test_viewers_are_told_how_many_reports_took_how_long(seconds):
    driver = Slow()
    times = ReactionTimes(driver, driver.state, lambda: driver.now_s)
    for took_s in seconds:
        driver.report(0, driver.now_s - took_s)
        times.poll()
        times.submit(Commands.none(3))
    told = times.told()
    bounds = [0, *told.upto_ms]
    expected = [0] * len(told.counts)
    for took_s in seconds:
        # As the clock counts: 10 s less so many seconds is not exact.
        took_ms = (driver.now_s - (driver.now_s - took_s)) * 1000
        expected[sum(took_ms > bound for bound in bounds[1:])] += 1
    assert list(told.counts) == expected
    assert told.sum_s == pytest.approx(sum(seconds))
    assert sorted(set(bounds)) == bounds


def test_a_message_whose_classes_and_counts_do_not_fit_is_no_message():
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(Reactions((1, 2), (3, 4, 5), 0.1)), type=Reactions).sum_s > 0
    for wrong in ({"upto_ms": [1, 2], "counts": [3, 4]}, {"counts": [3]}, {"upto_ms": [1]}):
        with pytest.raises(msgspec.ValidationError, match="one count more than bounds"):
            msgspec.msgpack.decode(msgspec.msgpack.encode(wrong), type=Reactions)


def test_everything_else_is_the_drivers():
    driver = Slow()
    times = ReactionTimes(driver, driver.state, lambda: driver.now_s)
    assert (times.entries_ahead, times.charge_wh_used) == (8, 2.5)
    assert times.open() is driver.state
    times.stop()
    times.close()
    assert driver.calls == ["open", "stop", "close"]
