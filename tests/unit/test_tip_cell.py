"""Tipping: what is on a robot's tray slides down the chute into the roll cage, until the cage is full."""

from __future__ import annotations

from contextlib import closing
from random import Random

import msgspec
import numpy as np
import pytest

from robots.errors import InputError
from tests.line_cells import box, drawn_boxes, until
from twin.cells.cell_world import BoxState
from twin.cells.roll_cage import FLOOR_M, HEIGHT_M, LENGTH_M, RIM_M, WIDTH_M
from twin.cells.station_cell import STEP_S, LineState, Whereabouts
from twin.cells.tip_cell import TipCell, TipParams

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

SECOND = 240
QUICK = TipParams(attend_s=2.0)


def tip(cell, parcels):
    """Let a robot come, tip and leave, and everything come to rest."""
    cell.feed(parcels)
    cell.begin(cell.on_tray)
    until(cell, lambda: cell.finished)
    cell.leave()
    until(cell, lambda: not cell.busy)


def move(cell, parcel, place, **more):
    """Let something that is not simulated have moved a parcel."""
    cell._world.put(parcel, msgspec.structs.replace(cell._world.box(parcel), position=place, **more))


def test_all_that_is_on_the_tray_slides_into_the_cage():
    with closing(TipCell(1)) as cell:
        cell.feed([box(0), box(1), box(2, height=0.003, mass_kg=0.05), box(3, 0.05, 0.05, 0.05, 0.1)])
        assert cell.whereabouts() == Whereabouts(came_in=4, waiting=0, held=4, loaded=0, fallen=0, gone=0)
        assert cell.state is LineState.IDLE
        cell.begin([0, 1, 2, 3])
        assert cell.state is LineState.WORKING
        seconds = until(cell, lambda: cell.finished)
        assert 1.5 < seconds < 6.0
        assert cell.on_tray == ()
        assert cell.leave() == ()
        assert cell.whereabouts() == Whereabouts(came_in=4, waiting=4, held=0, loaded=0, fallen=0, gone=0)
        assert sorted(cell.in_cage) == [0, 1, 2, 3]
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.IDLE


def test_the_tray_tips_only_when_all_that_was_asked_for_has_come():
    with closing(TipCell(1)) as cell:
        cell.begin([0, 1])
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.STARVED
        cell.feed([box(0)])
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.STARVED
        assert cell.whereabouts().held == 1
        cell.feed([box(1)])
        until(cell, lambda: cell.finished)
        assert sorted(cell.in_cage) == [0, 1]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda cell: cell.begin([0]), "tips as a whole"),
        (lambda cell: cell.begin([0, 1, 1]), "tips as a whole"),
        (lambda cell: cell.begin([7]), "tips as a whole"),
        (lambda cell: cell.feed([box(0)]), "has come in before"),
        (lambda cell: cell.feed([box(8, length=0.7)]), "too large"),
        (lambda cell: cell.feed([box(8, width=0.6)]), "too large"),
        (lambda cell: cell.feed([box(8, mass_kg=30.0)]), "too much"),
        (lambda cell: cell.feed([box(8, 0.4, 0.4, 0.2)]), "too much"),
        (lambda cell: cell.leave(), "has not tipped"),
        (lambda cell: cell.swap(), "still be moving"),
        (lambda cell: cell.resume(b"none"), "is none of a cell"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(call, says):
    with closing(TipCell(1)) as cell:
        cell.feed([box(0), box(1)])
        before = cell.checkpoint()
        with pytest.raises(InputError, match=says):
            call(cell)
        assert cell.checkpoint() == before


def test_a_robot_that_tips_takes_no_more():
    with closing(TipCell(1)) as cell:
        cell.begin([0])
        with pytest.raises(InputError, match="other parcels"):
            cell.feed([box(1)])
        cell.feed([box(0)])
        until(cell, lambda: not cell._tray.level)
        for call in (lambda: cell.feed([box(1)]), lambda: cell.begin([])):
            with pytest.raises(InputError, match="tips"):
                call()
        until(cell, lambda: cell.finished)
        assert cell.whereabouts().came_in == 1


@pytest.mark.parametrize("wrong", [{"full_at": 0.0}, {"full_at": 1.5}, {"loose": -1}, {"attend_s": 0.0}])
def test_cells_that_cannot_be_are_refused(wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} is"):
        TipParams(**wrong)


def test_a_full_cage_blocks_until_it_is_swapped():
    with closing(TipCell(1, TipParams(full_at=0.02))) as cell:
        tip(cell, [box(0), box(1), box(2)])
        assert cell.fill_fraction() >= 0.02
        cell.feed([box(3)])
        cell.begin([3])
        until(cell, lambda: not cell.busy)
        assert cell.state is LineState.BLOCKED
        assert cell.cage_full
        cell.advance(10 * SECOND)
        assert cell.whereabouts() == Whereabouts(came_in=4, waiting=3, held=1, loaded=0, fallen=0, gone=0)
        assert sorted(cell.swap()) == [0, 1, 2]
        assert cell.whereabouts() == Whereabouts(came_in=4, waiting=0, held=1, loaded=0, fallen=0, gone=3)
        assert cell.fill_fraction() == pytest.approx(0.0, abs=1e-6)
        until(cell, lambda: cell.finished)
        assert cell.in_cage == (3,)
        assert cell.seconds_in_states()[LineState.BLOCKED] >= 10.0


def test_what_sticks_out_of_a_cage_falls_into_the_next_one():
    with closing(TipCell(1)) as cell:
        tip(cell, [box(0), box(1)])
        cell._cage.lay_fast(0, cell._world.take(0))
        top = BoxState((0.3, 0.2, 0.1), 0.0, (0.4, 0.0, RIM_M + 0.1), friction=0.6)
        cell._world.take(1)
        cell._cage.lay_fast(1, top)
        assert cell.swap() == (0,)
        assert cell.in_cage == (1,)
        until(cell, lambda: not cell.busy)
        assert cell._places()[1][2] == pytest.approx(FLOOR_M + 0.05, abs=0.002)


def lay(cell, number, size, middle):
    cell._cage.lay_fast(number, BoxState(size, 0.0, middle))


@pytest.mark.parametrize(
    ("size", "middle", "fraction"),
    [
        ((LENGTH_M, WIDTH_M, 0.4), (LENGTH_M / 2, 0.0, FLOOR_M + 0.2), 0.25),
        ((LENGTH_M / 2, WIDTH_M, HEIGHT_M), (LENGTH_M / 4, 0.0, FLOOR_M + HEIGHT_M / 2), 0.5),
        ((LENGTH_M, WIDTH_M, 0.1), (LENGTH_M / 2, 0.0, FLOOR_M + 0.75), 0.5),  # with a hollow below
        ((LENGTH_M, WIDTH_M, 2.0), (LENGTH_M / 2, 0.0, FLOOR_M + 1.0), 1.0),  # over the rim
        ((0.2, 0.1, 0.8), (0.1, 0.3, FLOOR_M + 0.4), 0.2 * 0.1 / (LENGTH_M * WIDTH_M) / 2),  # in a corner at the chute
    ],
)
def test_fill_fraction_is_what_lies_under_the_surface(size, middle, fraction):
    with closing(TipCell(1)) as cell:
        assert cell.fill_fraction() == pytest.approx(0.0, abs=1e-6)
        lay(cell, 0, size, middle)
        assert cell.fill_fraction() == pytest.approx(fraction, abs=0.003)


def test_heights_are_where_the_parcels_are():
    with closing(TipCell(1)) as cell:
        lay(cell, 0, (0.2, 0.1, 0.5), (0.7, -0.3, FLOOR_M + 0.25))
        heights = cell._cage.heights()
        assert heights.shape == (40, 35)
        expected = np.zeros((40, 35))
        expected[30:, :5] = 0.5
        assert heights == pytest.approx(expected, abs=0.002)


def stuck_on_chute(cell):
    """Tip parcel 0 and let it stick half-way down, until somebody is called."""
    cell.feed([box(0)])
    cell.begin([0])
    until(cell, lambda: cell._tray.tipped)
    move(cell, 0, (-0.6, 0.0, 2.7), rotation=(0.0, 0.2419, 0.0, 0.9703), velocity=(0.0, 0.0, 0.0), friction=5.0)
    until(cell, lambda: cell.state is LineState.RECOVERING)


def test_a_parcel_that_hangs_is_pushed_and_at_last_laid_into_the_cage_by_hand():
    with closing(TipCell(1, QUICK)) as cell:
        stuck_on_chute(cell)
        assert not cell.finished
        assert cell.whereabouts().waiting == 1
        until(cell, lambda: cell.finished)
        assert cell.in_cage == (0,)
        assert cell._pushes[0] == 3
        assert cell._attendant.calls == 3
        assert cell.seconds_in_states()[LineState.RECOVERING] > 3 * 0.6


def test_a_push_is_enough_for_a_parcel_that_slides_again():
    with closing(TipCell(1, QUICK)) as cell:
        stuck_on_chute(cell)
        move(cell, 0, cell._places()[0], friction=0.6)
        until(cell, lambda: cell.finished)
        assert cell._attendant.calls == 1
        assert cell.in_cage == (0,)


def test_what_falls_beside_the_cage_is_laid_into_it():
    with closing(TipCell(1, QUICK)) as cell:
        tip(cell, [box(0), box(1)])
        cell.begin([])
        move(cell, 0, (2.0, 0.5, 0.1))
        until(cell, lambda: cell.state is LineState.RECOVERING)
        assert cell.whereabouts() == Whereabouts(came_in=2, waiting=1, held=0, loaded=0, fallen=1, gone=0)
        until(cell, lambda: not cell.busy)
        assert sorted(cell.in_cage) == [0, 1]
        assert cell.state is LineState.IDLE


def shake(cell, parcel, wanted, seconds):
    """Let a parcel never be still where it is until something has become so; say after how many seconds that was."""
    began = cell.steps
    while not wanted():
        assert (cell.steps - began) * STEP_S < seconds
        if parcel in cell._places():
            x, y, z = cell._places()[parcel]
            x += 0.01 if cell.steps // 24 % 2 else -0.01
            move(cell, parcel, (x, y, z), velocity=(0.0, 0.0, 0.0), mass_kg=0.0)
        cell.advance(24)
    return (cell.steps - began) * STEP_S


def test_what_falls_off_a_tray_before_it_tips_does_not_hold_it_up():
    with closing(TipCell(1)) as cell:
        cell.feed([box(0), box(1)])
        cell.begin([0, 1])
        move(cell, 0, (0.4, 0.0, FLOOR_M + 0.3))
        until(cell, lambda: cell.finished)
        assert sorted(cell.in_cage) == [0, 1]


def test_a_load_that_shakes_is_tipped_nevertheless():
    with closing(TipCell(1)) as cell:
        cell.feed([box(0), box(1)])
        cell.begin([0, 1])
        assert shake(cell, 0, lambda: not cell._tray.level, 25.0) >= 20.0
        move(cell, 0, cell._places()[0], mass_kg=1.0)
        until(cell, lambda: cell.finished)
        assert sorted(cell.in_cage) == [0, 1]


def test_a_parcel_that_shakes_on_the_chute_is_pushed_and_at_last_laid_into_the_cage_by_hand():
    with closing(TipCell(1, QUICK)) as cell:
        cell.feed([box(0)])
        cell.begin([0])
        until(cell, lambda: cell._tray.tipped)
        move(cell, 0, (-0.6, 0.0, 2.7), rotation=(0.0, 0.2419, 0.0, 0.9703))
        shake(cell, 0, lambda: 0 in cell.in_cage, 90.0)
        assert cell._pushes[0] == 3
        until(cell, lambda: cell.finished)


def test_a_heap_that_shakes_keeps_no_cage_from_being_swapped():
    with closing(TipCell(1, TipParams(full_at=0.02))) as cell:
        tip(cell, [box(0), box(1), box(2)])
        cell.feed([box(3)])
        cell.begin([3])
        assert shake(cell, 2, lambda: not cell.busy, 25.0) >= 20.0
        assert cell.state is LineState.BLOCKED
        assert sorted(cell.swap()) == [0, 1, 2]
        until(cell, lambda: cell.finished)


def test_what_falls_again_and_again_is_held_until_it_lies_in_the_heap():
    with closing(TipCell(1, QUICK)) as cell:
        tip(cell, [box(0), box(1)])
        cell.begin([])
        for _ in range(2):
            move(cell, 0, (2.0, 0.5, 0.1))
            until(cell, lambda: cell.state is LineState.RECOVERING)
            until(cell, lambda: cell.state is not LineState.RECOVERING)
        assert 0 in cell._cage.heap
        assert cell.whereabouts() == Whereabouts(came_in=2, waiting=2, held=0, loaded=0, fallen=0, gone=0)
        until(cell, lambda: not cell.busy)


def test_a_heap_lies_fast_but_for_what_came_last_and_goes_on_exactly():
    random = Random(4)
    with closing(TipCell(1, TipParams(loose=2))) as cell, closing(TipCell(1, TipParams(loose=2))) as fresh:
        for visit in range(3):
            tip(cell, drawn_boxes(random, 4 * visit, 4))
        heap = cell._cage.heap
        assert len(heap) == 10
        assert len(cell._places()) == 2
        checkpoint, load = cell.checkpoint(), drawn_boxes(random, 12, 4)
        tip(cell, load)
        assert {parcel: cell._cage.heap[parcel] for parcel in heap} == heap
        expected = cell.checkpoint()
        cell.swap()
        for one in (fresh, cell):
            one.resume(checkpoint)
            tip(one, load)
            assert one.checkpoint() == expected


def test_units_are_conserved_whatever_is_called_swaps_among_it():
    random = Random(11)
    fed, gone = 0, 0
    with closing(TipCell(11, TipParams(full_at=0.03, attend_s=2.0))) as cell:
        for _ in range(150):
            call = random.choice(("feed", "begin", "leave", "swap"))
            try:
                if call == "feed":
                    load = drawn_boxes(random, fed, random.randint(1, 3))
                    cell.feed(load)
                    fed += len(load)
                elif call == "begin":
                    cell.begin(cell.on_tray)
                elif call == "leave":
                    assert cell.leave() == ()
                elif call == "swap":
                    gone += len(cell.swap())
            except InputError:
                pass
            cell.advance(random.randint(0, 500))
            found = cell.whereabouts()
            assert (found.came_in, found.gone) == (fed, gone)
            assert found.waiting + found.held + found.fallen == fed - gone
        assert fed > 20
        assert 0 < gone < fed
        assert sum(cell.seconds_in_states().values()) == pytest.approx(cell.steps * STEP_S)
