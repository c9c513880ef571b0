"""P1 to P10 of the specification of execution against fault schedules drawn from seeds, checked in every tick.

Small fleets, so that there are many seeds; `futurepark torture` plays large ones.
"""

import pytest

from fleet.app.torture.drawing import draw_schedule
from fleet.app.torture.trial import run_trial

SEEDS = 208
CHUNK = 8
ROBOTS = 12
FAULTS_S = (20.0, 60.0)


@pytest.mark.jit
@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_nothing_breaks_and_everything_comes_to_rest(first: int) -> None:
    for seed in range(first, first + CHUNK):
        result = run_trial(draw_schedule(seed, ROBOTS + seed % 5, FAULTS_S))
        assert not result.failed, f"seed {seed}: {result.finding}; {result.undrained}"
        assert result.violations == 0
