"""Robots on wheels go on from a checkpoint bit for bit, and the same seed is the same run."""

from __future__ import annotations

import numpy as np
import pytest

from tests.oracles.wheels import WheelHost
from tests.wheeled_floor import CCW, CW, FORWARD, PERFECT, SERVICE, WheeledFloor
from twin.faults import Fault, FaultKind
from twin.physics.body_model import BodyModel

FAULTS = (
    Fault(at_s=0.1, kind=FaultKind.PERSON, cell=23, seconds=2.0, value=1.0),
    Fault(at_s=0.2, kind=FaultKind.SLIP, cell=9, seconds=1.0, value=0.1),
    Fault(at_s=0.3, kind=FaultKind.DRIFT, robot=0, seconds=1.0, value=0.03),
    Fault(at_s=0.4, kind=FaultKind.STALL, robot=1, seconds=0.5),
    Fault(at_s=0.8, kind=FaultKind.BLIND, robot=2, seconds=1.0),
)
BASES = {0: [FORWARD, FORWARD, SERVICE], 1: [FORWARD, CW], 2: [CCW, FORWARD]}


def new_floor(faults=FAULTS, seed=1, host=None):
    return WheeledFloor([8, 11, 21], headings=[0, 2, 3], body=BodyModel(), seed=seed, faults=faults, host=host)


def seen(floor):
    columns = [column.tobytes() for column in floor.wheels.columns()]
    return floor.robots.tobytes(), columns, floor.driver.checkpoint()


def test_the_same_seed_is_the_same_run_and_another_is_another():
    runs = []
    for seed in (1, 1, 2):
        floor = new_floor(seed=seed)
        floor.give(BASES)
        floor.run(1.0)
        runs.append(seen(floor))
    assert runs[0] == runs[1]
    assert runs[0][1] != runs[2][1]


@pytest.mark.parametrize("ticks", [1, 12, 40, 50, 60])
def test_a_run_that_is_resumed_is_the_same_run(ticks):
    """While robots touch, a person walks, and wheels have yet to hear what they were told."""
    floor = new_floor()
    floor.give(BASES)
    floor.run(0.05 * ticks)
    checkpoint = floor.driver.checkpoint()
    floor.run(0.5)
    expected = seen(floor)
    again = new_floor(faults=())
    # A driver is resumed instead of opened: this one has not been used.
    again.driver = _unopened(again)
    again.driver.resume(checkpoint)
    again.run(0.5)
    assert seen(again) == expected


def _unopened(floor):
    from robots.life_cycle import LifeCycle

    floor.driver._life = LifeCycle()
    return floor.driver


def test_the_run_that_is_compared_has_contacts_in_it():
    floor = new_floor()
    floor.give(BASES)
    floor.run(3.0)
    assert floor.wheels.contacts()[0] >= 1
    assert len(np.unique(floor.bodies["draws"])) > 1


def test_a_host_is_told_whom_it_has_after_a_checkpoint():
    hosts = WheelHost(PERFECT), WheelHost(PERFECT)
    floor = new_floor(host=hosts[0])
    floor.wheels.hand_over(1)
    floor.give(BASES)
    checkpoint = floor.driver.checkpoint()
    again = new_floor(faults=(), host=hosts[1])
    _unopened(again).resume(checkpoint)
    again.run(0.1)
    assert hosts[1].rows == {1}
    alone = new_floor(faults=())
    _unopened(alone).resume(checkpoint)
    alone.run(0.1)
    assert not alone.bodies["elsewhere"].any()
