"""The pallet cell: pallets come apart in their order, grasps fail and are tried again, and what falls comes back."""

from __future__ import annotations

from contextlib import closing, contextmanager

import msgspec
import pytest

from robots.errors import InputError
from tests.pallets import BALANCE, BEAM, FAR, NEAR, POST, box, pallet, tower
from twin.cells.grasping import GraspParams
from twin.cells.pallet_cell import PalletCell
from twin.cells.pallet_layout import BELT_TOP_M, HEAD_M, on_deck
from twin.cells.parcel import Parcel
from twin.cells.station_cell import LineState
from twin.pallets.random_pallets import random_pallet

SURE = GraspParams.perfect()
LONG = 40_000  # steps


@contextmanager
def cell_with(stacked, grasps=SURE, attend_s=2.0):
    with closing(PalletCell(1, grasps, attend_s=attend_s)) as cell:
        cell.bring(stacked)
        yield cell


def finish(cell, steps=LONG):
    """Let it finish; return the states that it was in."""
    seen = set()
    for _ in range(steps // 60):
        if cell.finished:
            return seen
        cell.advance(60)
        seen.add(cell.state)
    raise AssertionError(f"not finished: {cell.state.name}")


def unload(cell, at_once=3):
    """Take all of the pallet; return the ids in the order in which they came."""
    came = []
    while cell.order:
        cell.begin(cell.order[:at_once])
        finish(cell)
        came += [one.parcel for one in cell.unloaded]
        cell.leave()
    return came


def test_a_random_pallet_comes_apart_in_its_order_and_every_box_is_set_down_within_5_mm():
    with cell_with(random_pallet(3, fewest=5, most=10), GraspParams()) as cell:
        planned, off = cell.order, []
        while cell.order:
            cell.begin(cell.order[:1])
            finish(cell)
            off += [one.off_m for one in cell.unloaded]
            assert cell.leave() == (planned[len(off) - 1],)
        assert max(off) < 0.005
        found = cell.whereabouts()
        assert (found.came_in, found.gone) == (len(planned), len(planned))


def test_what_keeps_another_in_balance_comes_after_it_and_nothing_falls():
    with cell_with(BALANCE) as cell:
        assert cell.order == (FAR, NEAR, BEAM, POST)
        assert unload(cell) == [FAR, NEAR, BEAM, POST]
        assert cell.seconds_in_states()[LineState.RECOVERING] == 0.0


def test_a_box_is_carried_over_a_lower_one_before_it():
    front, back = box(0, (0.4, 0.0, 0.0), (0.3, 0.3, 0.4)), box(1, (0.4, 0.35, 0.0), (0.3, 0.3, 0.75))
    with cell_with(pallet(front, back)) as cell:
        assert unload(cell, at_once=2) == [1, 0]
        assert cell.seconds_in_states()[LineState.RECOVERING] == 0.0


def test_boxes_come_stacked_from_parcels_the_same_way_for_the_same_seed():
    parcels = [Parcel(number, "a", (0.39, 0.29, 0.2), 4.0) for number in range(12)]
    orders = []
    for _ in range(2):
        with closing(PalletCell(5)) as cell:
            cell.feed(parcels)
            assert cell.whereabouts().waiting == 12
            orders.append((cell.order, cell.checkpoint()))
    assert orders[0] == orders[1]


def test_the_belt_blocks_when_it_is_full_and_the_rest_stays_on_the_pallet():
    rows = [
        box(number, (0.0, y, z), (0.59, 0.25, 0.2))
        for number, (y, z) in enumerate((y, z) for z in (0.0, 0.2) for y in (0.0, 0.26, 0.52))
    ]
    with cell_with(pallet(*rows)) as cell:
        cell.begin(cell.order)
        states = finish(cell)
        assert cell.state is LineState.BLOCKED
        assert LineState.WORKING in states
        taken = cell.leave()
        assert 0 < len(taken) < len(rows)
        assert cell.state is LineState.IDLE
        assert len(cell.order) == len(rows) - len(taken)
        assert set(unload(cell)) | set(taken) == set(range(len(rows)))


def test_a_grasp_without_vacuum_is_tried_again():
    half = GraspParams(0.0, 0.0, 0.0, 0.0, {"heavy": 0.5}, {}, 1.0, 0.0)
    with cell_with(pallet(*tower(0.2, 0.2, 0.2)), half) as cell:
        cell.begin(cell.order)
        finish(cell)
        assert [one.parcel for one in cell.unloaded] == [2, 1, 0]
        assert sum(one.grasps for one in cell.unloaded) > 3
        assert all(one.drops == 0 for one in cell.unloaded)


def test_a_place_that_is_misread_is_looked_at_again():
    blind = GraspParams(0.0, 0.0, 0.5, 0.10, {}, {}, 1.0, 0.0)
    with cell_with(pallet(*tower(0.2, 0.2, 0.2)), blind) as cell:
        cell.begin(cell.order)
        finish(cell)
        assert sum(one.grasps for one in cell.unloaded) > 3
        assert all(one.off_m < 0.05 for one in cell.unloaded)


def test_a_box_that_is_dropped_on_its_way_is_put_back_and_comes_with_the_others():
    leaks = GraspParams(0.0, 0.0, 0.0, 0.0, {}, {"heavy": 0.5}, 1.5, 0.0)
    with cell_with(pallet(*tower(0.2, 0.2, 0.2)), leaks) as cell:
        cell.begin(cell.order)
        states = finish(cell)
        assert LineState.RECOVERING in states
        assert sum(one.drops for one in cell.unloaded) > 0
        assert sorted(cell.leave()) == [0, 1, 2]
        assert cell.whereabouts().gone == 3


def test_what_falls_off_the_belt_is_put_back_on_it():
    with cell_with(pallet(*tower(0.2, 0.2))) as cell:
        cell.begin(cell.order[:1])
        while not cell.unloaded:
            cell.advance(60)
        world, name = cell._world, cell.unloaded[0].parcel
        world.put(name, msgspec.structs.replace(world.box(name), position=(1.5, -1.5, 0.5), velocity=(0.0, 0.0, 0.0)))
        cell.advance(120)
        assert cell.whereabouts().fallen == 1
        finish(cell)
        assert cell.leave() == (name,)


def test_boxes_on_the_pallet_that_fell_are_put_back_where_they_were():
    stacked = pallet(*tower(0.2, 0.2), box(9, (0.9, 0.3, 0.0), (0.2, 0.2, 0.3)))
    with cell_with(stacked) as cell:
        world = cell._world
        cell.begin(cell.order[:1])
        first = cell.order[0]
        other = next(name for name in cell.order if name not in (0, first))
        moved = msgspec.structs.replace(world.box(other), position=(2.0, 2.0, 0.5), mass_kg=2.0)
        world.put(other, moved)
        cell._unloader.state.loose[other] = cell.steps
        states = finish(cell)
        assert LineState.RECOVERING in states
        place = on_deck(next(one for one in stacked.boxes if one.id == other))
        assert world.place(other)[0] == pytest.approx(place, abs=0.01)


def test_boxes_lie_at_the_head_of_the_belt_before_it_goes():
    with cell_with(pallet(*tower(0.25))) as cell:
        cell.begin([0])
        while not cell.unloaded:
            cell.advance(1)
        assert cell._world.place(0)[0] == pytest.approx((HEAD_M, 0.0, BELT_TOP_M + 0.125), abs=0.002)
        finish(cell)
        assert cell._world.place(0)[0][0] > HEAD_M + 0.3


def test_a_checkpoint_while_the_belt_goes_is_as_good_as_any_other():
    with cell_with(pallet(*tower(0.25, 0.2))) as cell:
        cell.begin(cell.order)
        while not cell.unloaded:
            cell.advance(10)
        checkpoints = []
        for _ in range(10):
            cell.advance(40)
            checkpoints.append(cell.checkpoint())
        finish(cell)
        cell.advance(LONG - cell.steps)
        for checkpoint in checkpoints:
            with closing(PalletCell(1, SURE, attend_s=2.0)) as other:
                other.resume(checkpoint)
                other.advance(LONG - other.steps)
                assert other.checkpoint() == cell.checkpoint()


def test_a_checkpoint_while_somebody_is_on_the_way_is_as_good_as_any_other():
    leaks = GraspParams(0.0, 0.0, 0.0, 0.0, {}, {"heavy": 1.0}, 1.5, 0.0)
    with cell_with(pallet(*tower(0.25)), leaks, attend_s=20.0) as cell:
        cell.begin([0])
        while not cell._attendant.called:
            cell.advance(10)
        cell.advance(300)
        checkpoint = cell.checkpoint()
        cell.advance(6000)
        with closing(PalletCell(1, leaks, attend_s=20.0)) as other:
            other.resume(checkpoint)
            other.advance(6000)
            assert other.checkpoint() == cell.checkpoint()


@pytest.mark.parametrize(
    ("parcels", "says"),
    [
        ([Parcel(1, "a", (1.3, 0.3, 0.2), 2.0)], "no firm place"),
        ([Parcel(1, "a", (0.3, 0.3, 0.2), 50.0)], "too heavy"),
        ([Parcel(1, "a", (0.3, 0.1, 0.1), 1.0)], "too small"),
        ([Parcel(-1, "a", (0.3, 0.3, 0.2), 2.0)], "negative"),
        ([Parcel(1, "a", (0.3, 0.3, 0.2), 2.0), Parcel(1, "a", (0.3, 0.3, 0.2), 2.0)], "twice"),
    ],
)
def test_parcels_that_cannot_come_on_a_pallet_are_refused_and_nothing_comes_in(parcels, says):
    with closing(PalletCell(1)) as cell:
        with pytest.raises(InputError, match=says):
            cell.feed(parcels)
        assert cell.whereabouts().came_in == 0


def test_one_pallet_at_a_time_and_boxes_only_in_its_order():
    with cell_with(pallet(*tower(0.2, 0.2))) as cell:
        with pytest.raises(InputError, match="has a pallet"):
            cell.bring(pallet(box(7, (0.0, 0.0, 0.0), (0.3, 0.3, 0.2))))
        with pytest.raises(InputError, match="ask for the next ones"):
            cell.begin([0])
        cell.begin([0, 1])
        finish(cell)
        cell.leave()
        with pytest.raises(InputError, match="was here before"):
            cell.bring(pallet(*tower(0.2)))
