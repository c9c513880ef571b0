"""Robots on wheels pass the conformance kit of drivers, over a nominal link and over one that doubles and reorders."""

from __future__ import annotations

import pytest

from fleet.grid.layout import Layout
from robots import conformance
from twin.link import LinkParams
from twin.physics.body_model import BodyModel
from twin.physics.chassis import twin_motion
from twin.physics.wheeled import wheeled
from twin.simulated_fleet import SimulatedFleet

LINKS = {
    "nominal": LinkParams(),
    "late_and_doubled": LinkParams(delay_s=(0.0, 0.5), duplication=0.3),
}


@pytest.mark.jit
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS.keys())
@pytest.mark.parametrize("check", conformance.CHECKS, ids=lambda check: check.__name__)
def test_robots_on_wheels_conform(check, link):
    def make(rig):
        layout = Layout(rig.height, rig.width, rig.passable)
        body = BodyModel()
        return SimulatedFleet(
            layout,
            rig.model,
            rig.cell_m,
            start=rig.start,
            chargers=rig.chargers,
            tick_s=0.1,
            seed=1,
            link=link,
            motion=twin_motion(rig.model, body),
            bodies=wheeled(layout, rig.model, body, 1),
        )

    check(make)
