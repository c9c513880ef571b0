"""Whatever drops out, fails and is closed: nobody does another's work, nothing is lost, and in the end all is done."""

from __future__ import annotations

import numpy as np
import pytest

from tests.troubled_hall import TroubledHall


@pytest.mark.parametrize("seed", range(16))
def test_whatever_happens_everything_is_done_once_it_is_over(seed):
    rng = np.random.default_rng(seed)
    floor = TroubledHall()
    for name in ("ab", "cd", "a"):
        floor.order(name, name)
    for _ in range(25):
        floor.befall(rng)
        for _ in range(rng.choice([1, 3, 6, 40])):
            floor.second()
            if floor.now_s % 20 == 0:
                floor.order(f"every 20 s, {floor.now_s}", "ab")
    floor.repair()
    counts = floor.pool.counts()
    assert counts["orders"]["open"] == counts["tasks"]["open"] == counts["tasks"]["failed"] == 0
    assert counts["units"]["ordered"] == counts["units"]["picked"] == counts["units"]["dropped"]
    picked = [(event["task"], event["errand"]) for event in floor.said("errand_done")]
    assert len(picked) == len(set(picked))
    assert not floor.roster.retired.any()
