"""The pick cell: what becomes of parcels that are asked for."""

from __future__ import annotations

from contextlib import closing
from random import Random

import numpy as np
import pytest

from robots.errors import InputError
from robots.model import RobotModel
from tests.cell_kit import resumed_elsewhere
from tests.pick_cells import box_parcel, pick_cell, pickable_parcels
from twin.cells.arm import ARMS
from twin.cells.grasping import GraspParams
from twin.cells.pick_cell import PickCell
from twin.cells.station_cell import LineState

pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

_LEAKY = GraspParams(leak=dict.fromkeys(("heavy", "flat", "small", "large", "medium"), 0.7))


def _finish(cell, most=40_000):
    """Let the visit go on to its end; return the states that there were, and the most that ever lay on the floor."""
    states, fallen, end = set(), 0, cell.steps + most
    while not cell.finished:
        assert cell.steps < end
        cell.advance(24)
        states.add(cell.state)
        fallen = max(fallen, cell.whereabouts().fallen)
    return states, fallen


def _rest(cell):
    while cell.busy:
        cell.advance(24)


@pytest.mark.parametrize("name", ARMS)
def test_without_noise_nothing_is_dropped_and_all_lies_within_half_a_millimetre(name):
    with closing(pick_cell(1, arm=ARMS[name], grasps=GraspParams.perfect())) as cell:
        parcels = pickable_parcels(Random(3), 0, 6, ARMS[name])
        cell.feed(parcels)
        cell.begin([parcel.id for parcel in parcels])
        states, fallen = _finish(cell)
        assert (cell.drops, fallen) == (0, 0)
        assert LineState.RECOVERING not in states
        assert [pick.grasps for pick in cell.picks] == [1] * 6
        assert max(pick.off_m for pick in cell.picks) < 5e-4
        assert all(pick.done > pick.begun for pick in cell.picks)
        assert sorted(cell.leave()) == [parcel.id for parcel in parcels]


def test_a_robot_gets_what_was_asked_for_and_nothing_else():
    with closing(pick_cell(2)) as cell:
        cell.feed([box_parcel(name) for name in range(6)])
        cell.begin([4, 1])
        _finish(cell)
        assert [pick.parcel for pick in cell.picks] == [4, 1]
        assert cell.whereabouts().loaded == 2
        assert set(cell.leave()) == {1, 4}
        found = cell.whereabouts()
        assert (found.waiting, found.gone, found.loaded) == (4, 2, 0)
        cell.begin([0])
        _finish(cell)
        assert cell.leave() == (0,)


def test_dropped_parcels_lie_on_the_floor_or_elsewhere_and_come_back():
    with closing(pick_cell(4, grasps=_LEAKY, attend_s=3.0)) as cell:
        cell.feed([box_parcel(name, kg=1.5) for name in range(3)])
        cell.begin([0, 1, 2])
        states, fallen = _finish(cell, most=120_000)
        assert cell.drops > 0
        assert fallen > 0
        assert LineState.RECOVERING in states
        assert sum(pick.drops for pick in cell.picks) == cell.drops
        assert sorted(cell.leave()) == [0, 1, 2]


def test_the_arm_tries_again_when_the_cup_gets_no_vacuum():
    grasps = GraspParams(no_seal={"medium": 0.6}, leak={}, misread=0.0)
    with closing(pick_cell(1, grasps=grasps)) as cell:
        cell.feed([box_parcel(name) for name in range(4)])
        cell.begin([0, 1, 2, 3])
        _finish(cell)
        assert sum(pick.grasps for pick in cell.picks) > 4
        assert cell.drops == 0
        assert max(pick.off_m for pick in cell.picks) < 0.005


def test_misread_places_are_seen_when_the_parcel_hangs():
    """It is set down again, or its place corrected: it never lies askew on the tray."""
    grasps = GraspParams(no_seal={}, leak={}, misread=0.7, misread_m=0.06)
    with closing(pick_cell(6, grasps=grasps)) as cell:
        cell.feed([box_parcel(name, 0.29, 0.21, 0.01) for name in range(5)])
        cell.begin(list(range(5)))
        _finish(cell)
        assert sum(pick.grasps for pick in cell.picks) > 5
        assert max(pick.off_m for pick in cell.picks) < 0.005


def test_a_parcel_that_hangs_off_the_middle_comes_to_its_place_whichever_way_it_is_turned():
    """Also where the tool may as well be half a turn further: straight before the arm."""
    grasps = GraspParams(eye_m=0.0, eye_rad=0.0, misread=1.0, misread_m=0.015, no_seal={}, leak={})
    with closing(pick_cell(2, grasps=grasps)) as cell:
        cell.feed([box_parcel(0)])
        cell.begin([0])
        while not cell.whereabouts().held or cell._arm.moving:
            cell.advance(1)
        arm, picker, client = cell._arm, cell._picker, cell._world.client
        (tip, tool), (box, _) = arm.tip(), cell._world.place(0)
        hangs = complex(box[0] - tip[0], box[1] - tip[1])
        assert abs(hangs) > 0.005
        for y in np.linspace(-0.06, 0.06, 61):
            picker._work.base, picker._work.turned = (0.5, y, 0.4), True
            assert picker._plan_place()
            for joint, place in zip(arm.model.joints, picker._work.down, strict=True):
                client.resetJointState(arm.number, joint, place)
            there, turned = arm.tip()
            place = complex(there[0], there[1]) + hangs * np.exp(1j * (turned - tool))
            assert abs(place - complex(0.5, y)) < 1e-3
            for joint, place in zip(arm.model.joints, arm.state().end, strict=True):
                client.resetJointState(arm.number, joint, place)


def test_it_starves_until_what_was_asked_for_comes_in():
    with closing(pick_cell(1)) as cell:
        cell.begin([0])
        cell.advance(2400)
        assert cell.state is LineState.STARVED
        assert cell.busy
        assert not cell.finished
        cell.feed([box_parcel(0)])
        states, _ = _finish(cell)
        assert LineState.WORKING in states
        assert cell.leave() == (0,)
        _rest(cell)
        assert cell.state is LineState.IDLE
        assert sum(cell.seconds_in_states().values()) == pytest.approx(cell.steps / 240)
        assert cell.seconds_in_states()[LineState.STARVED] >= 10.0


@pytest.mark.parametrize(
    "robot", [RobotModel(length_m=0.4, width_m=0.35), RobotModel(payload_kg=1.0)], ids=["room", "payload"]
)
def test_a_robot_that_can_take_no_more_is_finished_with_what_it_has(robot):
    with closing(PickCell(1, robot, grasps=GraspParams.perfect())) as cell:
        cell.feed([box_parcel(name, 0.30, 0.24, 0.2, kg=0.8) for name in range(3)])
        cell.begin([0, 1, 2])
        _finish(cell)
        assert cell.state is LineState.BLOCKED
        assert cell.leave() == (0,)
        assert cell.state is LineState.IDLE
        cell.begin([1])
        _finish(cell)
        assert cell.leave() == (1,)


@pytest.mark.parametrize(
    ("parcel", "words"),
    [
        (box_parcel(7, 0.61, 0.2), "too big"),
        (box_parcel(7, 0.3, 0.3, 0.26), "too high"),
        (box_parcel(7, 0.1, 0.012), "too small"),
        (box_parcel(7, kg=3.6), "too heavy"),
        (box_parcel(-1), "negative"),
    ],
)
def test_parcels_that_the_arm_cannot_pick_are_refused_with_all_that_came_with_them(parcel, words):
    with closing(pick_cell(1)) as cell:
        with pytest.raises(InputError, match=words):
            cell.feed([box_parcel(0), parcel])
        assert cell.whereabouts().came_in == 0
        cell.feed([box_parcel(0)])


def test_stores_that_are_full_and_wishes_that_cannot_be_are_refused():
    with closing(pick_cell(1, totes=1)) as cell:
        cell.feed([box_parcel(0, 0.3, 0.3)])
        with pytest.raises(InputError, match="room"):
            cell.feed([box_parcel(1, 0.3, 0.3)])
        with pytest.raises(InputError, match="twice"):
            cell.begin([0, 0])
        cell.begin([0])
        _finish(cell)
        cell.leave()
        for bad in ([0], [-3]):
            with pytest.raises(InputError, match="parcel"):
                cell.begin(bad)
        with pytest.raises(InputError, match="parcel 0"):
            cell.feed([box_parcel(0, 0.3, 0.3)])


def test_it_goes_on_from_a_checkpoint_while_somebody_is_on_the_way_to_a_dropped_parcel():
    with closing(leaky_cell(4)) as cell, closing(leaky_cell(4)) as other:
        cell.feed([box_parcel(name, kg=1.5) for name in range(3)])
        cell.begin([0, 1, 2])
        since = 0
        while since < 700:  # what fell back into its tote is picked again at once
            cell.advance(10)
            since = since + 10 if cell.state is LineState.RECOVERING else 0
        other.resume(cell.checkpoint())
        while cell.state is LineState.RECOVERING:
            assert other.whereabouts() == cell.whereabouts()
            for one in (cell, other):
                one.advance(10)
        for one in (cell, other):
            one.advance(500)
        assert other.checkpoint() == cell.checkpoint()


@pytest.mark.e2e
def test_a_busy_cell_with_a_parcel_in_the_air_goes_on_in_another_process():
    with closing(pick_cell(5, grasps=_LEAKY)) as cell:
        cell.feed([box_parcel(name) for name in range(3)])
        cell.begin([0, 1, 2])
        while not cell.whereabouts().held:
            cell.advance(10)
        cell.advance(77)
        checkpoint = cell.checkpoint()
        cell.advance(2000)
        assert resumed_elsewhere("tests.unit.test_pick_cell:leaky_cell", 5, checkpoint, 2000) == cell.checkpoint()


def leaky_cell(seed):
    return pick_cell(seed, grasps=_LEAKY)
