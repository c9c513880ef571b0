"""The luck of grasps."""

from __future__ import annotations

from statistics import fmean, stdev

import pytest

from twin.cells.grasping import LEAST_COVERAGE, Grasping, GraspParams

_PLACE = (0.5, -0.2, 0.45)


def test_without_noise_eyes_are_right_and_every_grasp_holds():
    luck = Grasping(1, GraspParams.perfect())
    for attempt in range(500):
        assert luck.seen(attempt, _PLACE, 0.3) == (_PLACE, 0.3)
        assert luck.hangs(attempt, _PLACE, 0.3) == (_PLACE, 0.3)
        assert luck.hold(attempt, "flat", 1.0, 75.0) == (75.0, 0.0)
        assert luck.hold(attempt, "heavy", 0.8, 75.0) == pytest.approx((60.0, 0.0))


def test_luck_depends_on_seed_and_attempt_alone():
    one, other = Grasping(7, GraspParams()), Grasping(7, GraspParams())
    forwards = [(one.seen(n, _PLACE, 0.0), one.hold(n, "flat", 1.0, 75.0)) for n in range(50)]
    backwards = [(other.seen(n, _PLACE, 0.0), other.hold(n, "flat", 1.0, 75.0)) for n in reversed(range(50))]
    assert forwards == backwards[::-1]
    assert forwards != [(Grasping(8, GraspParams()).seen(n, _PLACE, 0.0), 0.0) for n in range(50)]


@pytest.mark.parametrize("kind", ["flat", "medium"])
def test_grasps_fail_as_often_as_their_class_says(kind):
    params = GraspParams(no_seal={"flat": 0.2, "medium": 0.05}, leak={"flat": 0.1, "medium": 0.3}, leak_s=2.0)
    luck = Grasping(3, params)
    holds = [luck.hold(n, kind, 1.0, 100.0) for n in range(4000)]
    assert sum(hold.force_n == 0.0 for hold in holds) / 4000 == pytest.approx(params.no_seal[kind], abs=0.025)
    assert sum(hold.loses_nps > 0.0 for hold in holds) / 4000 == pytest.approx(params.leak[kind], abs=0.025)
    assert max(hold.force_n for hold in holds) <= 100.0
    assert max(hold.force_n / hold.loses_nps for hold in holds if hold.loses_nps) <= 2.0


def test_a_cup_that_lies_beside_the_parcel_in_part_holds_less_or_nothing():
    luck = Grasping(1, GraspParams.perfect())
    assert luck.hold(0, "medium", LEAST_COVERAGE, 100.0).force_n == pytest.approx(100.0 * LEAST_COVERAGE)
    assert luck.hold(0, "medium", LEAST_COVERAGE - 0.01, 100.0) == (0.0, 0.0)


def test_eyes_have_the_noise_that_they_are_said_to_have():
    luck = Grasping(5, GraspParams(eye_m=0.002, eye_rad=0.01, misread=0.0))
    for see in (luck.seen, luck.hangs):
        seen = [see(n, _PLACE, 0.3) for n in range(3000)]
        for axis in range(3):
            values = [place[axis] for place, _ in seen]
            assert fmean(values) == pytest.approx(_PLACE[axis], abs=2e-4)
            assert stdev(values) == pytest.approx(0.002, rel=0.06)
        assert stdev(yaw for _, yaw in seen) == pytest.approx(0.01, rel=0.06)


def test_places_are_misread_now_and_then():
    luck = Grasping(5, GraspParams(eye_m=0.0, misread=0.1, misread_m=0.05))
    off = [max(abs(a - b) for a, b in zip(luck.seen(n, _PLACE, 0.0)[0], _PLACE, strict=True)) for n in range(3000)]
    assert sum(value > 0.0 for value in off) / 3000 == pytest.approx(0.1, abs=0.02)
    assert 0.04 < max(off) <= 0.05
