"""The effect auditor is quiet about errands that take effect once and are counted, and finds everything else (P10)."""

from __future__ import annotations

import numpy as np
import pytest

from fleet.errors import AuditError
from fleet.traffic.audit.effect_auditor import EffectAuditor
from robots.truth import FloorTruth

ROBOTS = 3


class Story:
    """An auditor, and a floor on which entries take effect."""

    def __init__(self):
        self.auditor = EffectAuditor()
        self.confirmed = np.zeros(ROBOTS, dtype=np.int32)
        self.time_s = 0.0

    def tick(self, *effects, confirm=True):
        """A tick in which these (robot, entry) take effect, confirmed unless said."""
        self.time_s += 0.1
        for robot, entry in effects:
            if confirm:
                self.confirmed[robot] = max(self.confirmed[robot], entry + 1)
        zeros = np.zeros(ROBOTS)
        none = np.zeros(0, dtype=np.int32)
        self.auditor.floor(
            FloorTruth(
                time_s=self.time_s,
                x_m=zeros,
                y_m=zeros,
                theta_rad=zeros,
                displaced=np.zeros(ROBOTS, dtype=np.bool_),
                epoch=np.zeros(ROBOTS, dtype=np.int32),
                received=self.confirmed,
                confirmed=self.confirmed,
                delivered_robot=none,
                delivered_epoch=none,
                effect_robot=np.array([robot for robot, _ in effects], dtype=np.int32),
                effect_entry=np.array([entry for _, entry in effects], dtype=np.int32),
            )
        )


def test_errands_that_take_effect_once_and_are_counted_are_fine():
    story = Story()
    story.auditor.granted(0, 4, task=7, errand=0)
    story.auditor.granted(1, 4, task=8, errand=0)
    story.tick()
    story.tick((0, 4), (1, 4))
    story.auditor.counted(7, 0)
    story.auditor.granted(0, 9, task=7, errand=1)
    story.auditor.counted(8, 0)
    story.tick((0, 9))
    story.auditor.counted(7, 1)
    story.auditor.drained()
    assert (story.auditor.findings, story.auditor.count) == ([], 0)
    story.auditor.raise_findings()


def test_a_takeover_has_a_key_of_its_own():
    story = Story()
    story.auditor.granted(0, 0, task=7, errand=0)
    story.auditor.granted(1, 0, task=7, errand=("takeover", 1))
    story.tick((0, 0), (1, 0))
    story.auditor.counted(7, 0)
    story.auditor.counted(7, ("takeover", 1))
    story.auditor.drained()
    assert story.auditor.findings == []


def test_an_entry_that_was_dropped_may_serve_another_errand_later():
    story = Story()
    story.auditor.granted(0, 3, task=7, errand=0)
    story.auditor.granted(0, 3, task=9, errand=0)
    story.tick((0, 3))
    story.auditor.counted(9, 0)
    story.auditor.drained()
    assert story.auditor.findings == []


def counted_without_an_effect(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.auditor.counted(7, 0)


def counted_before_its_effect(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.auditor.counted(7, 0)
    story.tick((0, 0))
    story.auditor.drained()


def counted_for_another_errand_of_the_task(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.tick((0, 0))
    story.auditor.counted(7, 1)


def counted_twice(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.tick((0, 0))
    story.auditor.counted(7, 0)
    story.auditor.counted(7, 0)


def done_by_two_robots(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.auditor.granted(1, 5, task=7, errand=0)
    story.tick((0, 0))
    story.tick((1, 5))


def done_twice_by_one_robot(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.auditor.granted(0, 1, task=7, errand=0)
    story.tick((0, 0), (0, 1))


def an_entry_takes_effect_twice(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.tick((0, 0))
    story.tick((0, 0))


def an_entry_that_serves_nothing(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.tick((0, 1))


def the_same_entry_of_another_robot(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.tick((1, 0))


def effective_and_not_confirmed(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.tick((0, 0), confirm=False)


def effective_and_never_counted(story):
    story.auditor.granted(0, 0, task=7, errand=0)
    story.tick((0, 0))
    story.auditor.drained()


@pytest.mark.parametrize(
    ("broken", "text"),
    [
        (counted_without_an_effect, "errand 0 of task 7 is counted, and has not taken effect"),
        (counted_before_its_effect, "errand 0 of task 7 is counted, and has not taken effect"),
        (counted_for_another_errand_of_the_task, "errand 1 of task 7 is counted, and has not taken effect"),
        (counted_twice, "errand 0 of task 7 is counted twice"),
        (done_by_two_robots, "errand 0 of task 7 took effect again, after robot 0's"),
        (done_twice_by_one_robot, "errand 0 of task 7 took effect again, after robot 0's"),
        (an_entry_takes_effect_twice, "entry 0 took effect, which serves no errand or took effect before"),
        (an_entry_that_serves_nothing, "entry 1 took effect, which serves no errand or took effect before"),
        (the_same_entry_of_another_robot, "entry 0 took effect, which serves no errand or took effect before"),
        (effective_and_not_confirmed, "entry 0 took effect, and is not confirmed"),
        (effective_and_never_counted, "errand 0 of task 7 took effect and was never counted"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_broken_history_is_found(broken, text):
    story = Story()
    broken(story)
    (finding,) = story.auditor.findings
    assert (finding.rule, finding.text) == ("P10", text)
    with pytest.raises(AuditError, match="1 violations: P10, tick"):
        story.auditor.raise_findings()


def test_a_finding_says_who_and_when():
    story = Story()
    story.tick()
    story.tick((2, 1))
    (finding,) = story.auditor.findings
    assert (finding.tick, finding.robots) == (1, (2,))
    assert finding.time_s == pytest.approx(0.2)
