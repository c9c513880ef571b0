"""Whatever drops out, fails and is closed: nobody does another's work, nothing is lost, and in the end all is done."""

from __future__ import annotations

import numpy as np
import pytest

from tests.troubled_hall import TroubledHall


@pytest.mark.parametrize("seed", range(16))
def test_whatever_happens_everything_is_done_once_it_is_over(seed):
    floor = TroubledHall()
    floor.live_through_mishaps(np.random.default_rng(seed))
    counts = floor.pool.counts()
    assert counts["orders"]["open"] == counts["tasks"]["open"] == counts["tasks"]["failed"] == 0
    assert counts["units"]["ordered"] == counts["units"]["picked"] == counts["units"]["dropped"]
    picked = [(event["task"], event["errand"]) for event in floor.said("errand_done")]
    assert len(picked) == len(set(picked))
    assert not floor.roster.retired.any()
