"""Wherever a controller is cut off, the next one goes on: every errand is done once, and none is left."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from fleet.grid.layout import NO_ROBOT
from fleet.runtime.site_journal import ServiceRecord
from tests.troubled_hall import MISHAPS, TroubledHall


class CutHall(TroubledHall):
    """A hall whose controller is cut off now and then; `effects` is what was really done, in order."""

    def __init__(self):
        super().__init__((*MISHAPS, *["cancel"] * 3, "prioritise"))
        self.granted = {}
        self.effects = []
        self.entries = 0

    def second(self):
        for robot in [robot for robot in self.granted if not self.roster.serving[robot]]:
            del self.granted[robot]
        duties = super().second()
        for robot in np.flatnonzero(duties.start_s > 0).tolist():
            task = int(self.roster.task[robot])
            takes_over = self.pool.takeover_robot[task] != NO_ROBOT
            errand = -1 if takes_over else int(self.pool.errand_index[task])
            self.granted[robot] = ServiceRecord(robot, self.entries, task, errand)
            self.entries += 1
        done = set(self.effects)
        over = [one for one in self.granted.values() if self.roster.serving[one.robot] and one not in done]
        self.effects += [one for one in over if self.state.service_left_s[one.robot] == 0]
        return duties

    def after_second(self, rng):
        """Now and then cut the controller off. Of some of what robots did the next one hears before it dispatches."""
        if rng.random() > 0.2:
            return
        self.restart()
        heard = rng.random(len(self.state.cell)) < 0.5
        self.dispatcher.services_took_effect(heard & (self.state.service_left_s == 0), self.now_s)


@pytest.mark.parametrize("seed", range(12))
def test_a_controller_that_is_cut_off_anywhere_does_nothing_twice_and_leaves_nothing_out(seed):
    hall = CutHall()
    hall.live_through_mishaps(np.random.default_rng(seed))
    counts = hall.pool.counts()
    assert counts["tasks"]["open"] == counts["tasks"]["failed"] == counts["orders"]["open"] == 0
    units = counts["units"]
    assert units["ordered"] - units["cancelled"] == units["picked"] == units["dropped"]
    really = Counter((one.task, one.errand) for one in hall.effects)
    counted = Counter((event["task"], event["errand"]) for event in hall.said("errand_done"))
    counted.update((event["task"], -1) for event in hall.said("task_taken_over"))
    assert counted == really
    assert {number for (_, errand), number in really.items() if errand >= 0} == {1}
    hall.pool.check()
