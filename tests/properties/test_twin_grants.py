"""Robots on wheels keep the plan's promise: without faults no auditor finds anything, and nobody touches anybody."""

from __future__ import annotations

import pytest

from fleet.app.compose import compose
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig

pytestmark = pytest.mark.jit


@pytest.mark.parametrize(
    ("world", "robots", "seconds", "seed"),
    [("tiny", 5, 400.0, 1), ("tiny", 4, 400.0, 2), ("future_park", 100, 90.0, 3)],
)
def test_a_run_without_faults_is_without_violations_and_contacts(world, robots, seconds, seed):
    config = RunConfig(
        world=world, robots=robots, duration_s=seconds, seed=seed, execution="grants", driver="twin", audit=True
    )
    simulation = compose(config, clock=WallClock(), events=lambda _event: None)
    simulation.loop.run(simulation.steps)
    simulation.auditor.raise_findings()
    assert simulation.auditor.count == 0
    assert simulation.driver.contacts().tolist() == [0, 0, 0]
    assert not simulation.driver.truth().displaced.any()
    confirmed = simulation.driver.truth().confirmed
    assert confirmed.sum() > 15 * robots
