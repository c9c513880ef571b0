"""Induction: parcels come one after another onto the robot's tray, and what goes wrong is put right."""

from __future__ import annotations

from contextlib import closing
from itertools import pairwise

import msgspec
import pytest

from robots.errors import InputError
from tests.line_cells import box, until
from twin.cells.induction_cell import InductionCell
from twin.cells.induction_line import BUFFER_M, END_M, TOP_M, InductionParams
from twin.cells.station_cell import STEP_S, LineState, Whereabouts

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

SECOND = 240
QUICK = InductionParams(attend_s=2.0)


def fed(number, seed=1, params=QUICK, **size):
    cell = InductionCell(seed, params)
    cell.feed([box(name, **size) for name in range(number)])
    return closing(cell)


def move(cell, parcel, place):
    """Let something that is not simulated have moved a parcel."""
    cell._world.put(parcel, msgspec.structs.replace(cell._world.box(parcel), position=place))


def test_a_robot_gets_the_next_parcels_in_line_and_no_other():
    with fed(5) as cell:
        cell.begin([0, 1, 2])
        until(cell, lambda: cell.finished)
        assert cell.whereabouts() == Whereabouts(came_in=5, waiting=2, held=0, loaded=3, fallen=0, gone=0)
        assert sorted(cell.leave()) == [0, 1, 2]
        assert cell.line == (3, 4)
        cell.begin([3, 4])
        until(cell, lambda: cell.finished)
        assert sorted(cell.leave()) == [3, 4]
        assert cell.whereabouts() == Whereabouts(came_in=5, waiting=0, held=0, loaded=0, fallen=0, gone=5)
        assert cell.state is LineState.IDLE


def test_without_a_robot_the_first_parcel_stops_before_the_end_and_the_line_is_blocked():
    with fed(3) as cell:
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.BLOCKED
        nose = max(place[0] for place in cell._places().values()) + 0.15
        assert END_M - 0.12 < nose < END_M
        assert cell.whereabouts().waiting == 3
        cell.advance(20 * SECOND)
        assert cell.whereabouts().waiting == 3
        assert cell.seconds_in_states()[LineState.BLOCKED] > 20.0


def test_what_finds_no_room_on_the_belts_waits_outside():
    with fed(9, params=InductionParams(buffer=4)) as cell:
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.BLOCKED
        assert len(cell._places()) == 4
        assert cell.whereabouts().waiting == 9
        assert cell.line == tuple(range(9))
        cell.begin([0, 1])
        until(cell, lambda: cell.finished)
        cell.leave()
        until(cell, lambda: not cell.busy)
        assert len(cell._places()) == 4


def test_parcels_never_touch_and_the_second_belt_pulls_them_apart():
    with fed(6, params=InductionParams(gap_m=0.6), length=0.1) as cell:  # 0.4 m by the belts' speeds alone
        cell.begin([0, 1, 2, 3])
        gaps = []
        while not cell.finished:
            cell.advance(12)
            spans = sorted(cell._on_belts(cell._places()).values())
            between = [(ahead.tail_m - behind.nose_m, behind.tail_m) for behind, ahead in pairwise(spans)]
            assert all(gap > 0.1 for gap, _ in between)
            gaps += [gap for gap, tail_m in between if tail_m > BUFFER_M]
        assert len(gaps) > 3
        assert min(gaps) >= 0.6


def test_a_robot_without_parcels_is_starved_until_they_come():
    with closing(InductionCell(1)) as cell:
        cell.begin([0, 1])
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.STARVED
        cell.advance(10 * SECOND)
        cell.feed([box(0)])
        assert cell.busy
        assert cell.state is LineState.WORKING
        until(cell, lambda: cell.state is LineState.STARVED)
        assert not cell.finished
        cell.feed([box(1), box(2)])
        until(cell, lambda: cell.finished)
        assert sorted(cell.leave()) == [0, 1]
        assert cell.seconds_in_states()[LineState.STARVED] > 10.0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda cell: cell.begin([1, 0]), "are not the next ones"),
        (lambda cell: cell.begin([1]), "are not the next ones"),
        (lambda cell: cell.begin([0, 7, 1]), "are not the next ones"),
        (lambda cell: cell.begin([0, 7]), "one after the other"),
        (lambda cell: cell.begin([0, 1, 2, 7, 7]), "one after the other"),
        (lambda cell: cell.feed([box(0)]), "has come in before"),
        (lambda cell: cell.feed([box(8), box(8)]), "has come in before"),
        (lambda cell: cell.feed([box(8, length=0.6)]), "too large"),
        (lambda cell: cell.feed([box(8, width=0.45)]), "too large"),
        (lambda cell: cell.feed([box(8, mass_kg=31.0)]), "too large"),
        (lambda cell: cell.leave(), "has not got"),
        (lambda cell: cell.resume(b"none"), "is none of a cell"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(call, says):
    with fed(3) as cell:
        before = cell.checkpoint()
        with pytest.raises(InputError, match=says):
            call(cell)
        assert cell.checkpoint() == before


def test_while_a_robot_is_there_no_other_comes_and_parcels_come_in_its_order():
    with fed(1) as cell:
        cell.begin([0, 5, 6])
        with pytest.raises(InputError, match="a robot already"):
            cell.begin([])
        with pytest.raises(InputError, match="would come before parcel 5"):
            cell.feed([box(6)])
        cell.feed([box(5), box(6), box(7)])
        until(cell, lambda: cell.finished)
        assert sorted(cell.leave()) == [0, 5, 6]


def test_more_than_a_tray_holds_is_refused():
    with fed(4, length=0.4, width=0.3, height=0.12) as cell:
        cell.begin([0])
        until(cell, lambda: cell.finished)
        cell.leave()
        with pytest.raises(InputError, match="too much for a tray"):
            cell.begin([1, 2, 3])
        cell.begin([1])
        until(cell, lambda: cell.finished)
        cell.leave()
        cell.begin([2, 3, 4])
        with pytest.raises(InputError, match="too much for a tray"):
            cell.feed([box(4, 0.4, 0.3, 0.12)])
        assert cell.whereabouts().came_in == 4


@pytest.mark.parametrize(
    "wrong", [{"buffer": 0}, {"buffer_mps": 0.9}, {"metering_mps": 2.0}, {"gap_m": -0.1}, {"attend_s": 0.0}]
)
def test_lines_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is"):
        InductionParams(**wrong)


def test_a_parcel_that_falls_before_a_robot_that_waits_for_it_is_laid_on_its_tray():
    with fed(3) as cell:
        cell.begin([0, 1])
        cell.advance(3 * SECOND)
        move(cell, 0, (1.0, 1.5, 0.2))
        until(cell, lambda: cell.state is LineState.RECOVERING)
        assert cell.whereabouts().fallen == 1
        assert not cell._belts.runs
        until(cell, lambda: cell.finished)
        assert sorted(cell.leave()) == [0, 1]
        assert cell.seconds_in_states()[LineState.RECOVERING] > 0.5


def test_a_parcel_that_falls_and_nobody_waits_for_comes_in_again_before_those_outside():
    with fed(9, params=InductionParams(buffer=4, attend_s=2.0)) as cell:
        until(cell, lambda: not cell.busy)
        move(cell, 0, (1.0, 1.5, 0.2))
        cell.begin([])
        until(cell, lambda: cell.state is LineState.RECOVERING)
        until(cell, lambda: cell.state is not LineState.RECOVERING)
        assert cell.whereabouts() == Whereabouts(came_in=9, waiting=9, held=0, loaded=0, fallen=0, gone=0)
        assert cell.line == (1, 2, 3, 0, 4, 5, 6, 7, 8)


def test_a_parcel_that_sticks_is_laid_on_the_tray_by_hand():
    with fed(2) as cell:
        cell._world.add_fixed_box((0.05, 0.5, 0.3), (3.9, 0.0, TOP_M + 0.16))  # a plank across the belt
        cell.begin([0, 1])
        until(cell, lambda: cell.state is LineState.RECOVERING)
        assert cell.whereabouts().loaded == 0
        until(cell, lambda: cell.finished)
        assert sorted(cell.leave()) == [0, 1]


def test_two_that_pass_the_eye_as_one_leave_together():
    with fed(2) as cell:
        until(cell, lambda: not cell.busy)
        x, y, z = cell._places()[0]
        move(cell, 1, (x - 0.32, y, z))
        cell.begin([0])
        until(cell, lambda: cell.finished)
        assert sorted(cell.leave()) == [0, 1]
        assert cell.whereabouts().gone == 2


def test_a_line_with_one_parcel_at_its_end_stands_still():
    with fed(1) as cell:
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.BLOCKED
        assert not cell._belts.runs
        assert cell._attendant.calls == 0


def test_seconds_in_states_are_all_the_time_that_there_was():
    with fed(3) as cell, closing(InductionCell(1, QUICK)) as other:
        cell.advance(100)
        cell.begin([0, 1, 2])
        until(cell, lambda: cell.finished)
        cell.leave()
        cell.advance(3333)
        seconds = cell.seconds_in_states()
        assert sum(seconds.values()) == pytest.approx(cell.steps * STEP_S)
        assert seconds[LineState.IDLE] >= 3000 * STEP_S
        other.resume(cell.checkpoint())
        assert other.seconds_in_states() == seconds


def test_goes_on_exactly_from_the_middle_of_being_put_right():
    with fed(4) as cell, closing(InductionCell(1, QUICK)) as fresh:
        cell.begin([0, 1, 2])
        cell.advance(3 * SECOND)
        move(cell, 1, (1.0, 1.5, 0.2))
        cell._keyframe()  # what was moved by hand is in no keyframe yet
        until(cell, lambda: cell.state is LineState.RECOVERING)
        fresh.resume(cell.checkpoint())
        for one in (cell, fresh):
            one.advance(15 * SECOND)
        assert fresh.checkpoint() == cell.checkpoint()
        assert fresh.finished
