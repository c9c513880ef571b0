"""Range sensors with faults: as much wrong as is said, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from robots.errors import InputError
from twin.sensors.range_sensors import RangeSensors
from twin.sensors.sensor_faults import SensorFaults

NONE = SensorFaults.none()
MANY = 20_000
FAR = np.full(MANY, 0.5, dtype=np.float32)


def test_without_faults_readings_are_true_to_the_millimetre() -> None:
    distance = np.linspace(0.05, 0.95, 1000).astype(np.float32)
    found = RangeSensors(NONE, 1000, seed=1).read(1.0, distance)
    assert found.time_s == 1.0
    np.testing.assert_array_equal(found.sensor, np.arange(1000))
    np.testing.assert_array_equal(found.distance_m, (np.rint(distance.astype(float) * 1000) / 1000).astype(np.float32))


def test_noise_is_of_a_reading_and_offset_and_scale_are_of_a_sensor() -> None:
    sensors = RangeSensors(replace(NONE, noise_m=0.004, offset_m=0.005, scale=0.01, resolution_m=1e-6), MANY, seed=1)
    near, far = np.full(MANY, 0.1, dtype=np.float32), np.full(MANY, 0.9, dtype=np.float32)
    one, other, third = (
        sensors.read(0.5 * row, way).distance_m.astype(float) for row, way in enumerate((near, near, far))
    )
    assert np.std(one - other) == pytest.approx(0.004 * 2**0.5, rel=0.03)
    assert np.cov(one, other)[0, 1] == pytest.approx(0.005**2 + 0.001**2, rel=0.05)
    assert np.cov(one, third)[0, 1] == pytest.approx(0.005**2 + 0.001 * 0.009, rel=0.05)


def test_a_share_of_readings_does_not_come() -> None:
    found = RangeSensors(replace(NONE, dropout=0.05), MANY, seed=1).read(0.0, FAR)
    assert np.isnan(found.distance_m).mean() == pytest.approx(0.05, abs=0.005)


def test_beyond_its_reach_a_sensor_sees_nothing() -> None:
    distance = np.array([1.29, 1.31, np.inf], dtype=np.float32)
    assert RangeSensors(NONE, 3, seed=1).read(0.0, distance).distance_m.tolist() == [np.float32(1.29), np.inf, np.inf]


def test_no_reading_is_below_nothing() -> None:
    near = np.full(MANY, 0.001, dtype=np.float32)
    assert RangeSensors(replace(NONE, noise_m=0.01), MANY, seed=1).read(0.0, near).distance_m.min() == 0.0


def test_offsets_wander_with_the_root_of_time() -> None:
    sensors = RangeSensors(replace(NONE, drift_m=0.01, resolution_m=1e-6), MANY, seed=1)
    start = sensors.read(0.0, FAR).distance_m
    for hours in (1.0, 4.0):
        now = sensors.read(3600.0 * hours, FAR).distance_m
        assert np.std(now - start) == pytest.approx(0.01 * hours**0.5, rel=0.03)


def test_dirt_makes_readings_shorter_until_none_comes_and_wiping_helps() -> None:
    sensors = RangeSensors(replace(NONE, dirt_per_h=0.01, blind=0.4), MANY, seed=1)
    found = sensors.read(3600.0 * 5, FAR).distance_m
    assert np.nanmean(0.5 - found) == pytest.approx(0.5 * 0.05, rel=0.03)
    assert np.nanstd(0.5 - found) == pytest.approx(0.5 * 0.05, rel=0.03), "each gets dirty as fast as it does"
    silent = np.isnan(sensors.read(3600.0 * 50, FAR).distance_m)
    assert silent.mean() == pytest.approx(np.exp(-0.4 / 0.5), abs=0.02)
    np.testing.assert_array_equal(silent, sensors.dirt > 0.4)
    sensors.clean(np.flatnonzero(silent).astype(np.int32))
    np.testing.assert_allclose(sensors.read(3600.0 * 50, FAR).distance_m[silent], 0.5)


def test_smears_come_at_once_and_stay() -> None:
    sensors = RangeSensors(replace(NONE, smears_per_h=0.1, blind=1.0), MANY, seed=1)
    sensors.read(0.0, FAR)
    first = sensors.read(3600.0, FAR).distance_m
    assert (first < 0.49).mean() == pytest.approx(0.1 * 0.98, abs=0.01)
    np.testing.assert_array_equal(sensors.read(3600.5, FAR).distance_m, first)


def test_a_stuck_sensor_repeats_its_last_reading_for_a_while() -> None:
    faults = replace(NONE, noise_m=0.01, resolution_m=1e-6, stuck_per_h=20.0, stuck_s=60.0)
    sensors = RangeSensors(faults, MANY, seed=1)
    before = sensors.read(0.0, FAR).distance_m
    now = sensors.read(6.0, FAR).distance_m
    stuck = now == before
    assert stuck.mean() == pytest.approx(20.0 * 6.0 / 3600.0, abs=0.004)
    later = sensors.read(36.0, FAR).distance_m
    still = (later == before)[stuck].mean()
    assert still == pytest.approx(np.exp(-30.0 / 60.0), abs=0.1)


def test_the_same_seed_gives_the_same_readings_another_seed_others() -> None:
    one, same, other = (RangeSensors(SensorFaults(), 100, seed) for seed in (1, 1, 2))
    for number in range(5):
        readings = [sensors.read(0.5 * number, FAR[:100]).distance_m for sensors in (one, same, other)]
        np.testing.assert_array_equal(readings[0], readings[1])
        assert (readings[0] != readings[2]).sum() > 80


def test_who_puts_its_columns_back_gets_the_same_readings_again() -> None:
    sensors = RangeSensors(replace(SensorFaults(), stuck_per_h=50.0, smears_per_h=5.0), 200, seed=3)
    for number in range(20):
        sensors.read(0.5 * number, FAR[:200])
    kept = [column.copy() for column in sensors.columns()]
    after = [sensors.read(10.0 + 0.5 * number, FAR[:200]).distance_m for number in range(20)]
    other = RangeSensors(replace(SensorFaults(), stuck_per_h=50.0, smears_per_h=5.0), 200, seed=3)
    for column, then in zip(other.columns(), kept, strict=True):
        column[...] = then
    for number, expected in enumerate(after):
        np.testing.assert_array_equal(other.read(10.0 + 0.5 * number, FAR[:200]).distance_m, expected)


def test_time_does_not_go_back() -> None:
    sensors = RangeSensors(NONE, 3, seed=1, start_s=10.0)
    with pytest.raises(InputError, match="time goes back to 9"):
        sensors.read(9.0, FAR[:3])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"noise_m": -0.1}, "noise_m: is -0.1"),
        ({"offset_m": float("inf")}, "offset_m: is inf"),
        ({"dropout": 1.5}, "dropout: is 1.5"),
        ({"blind": 2.0}, "blind: is 2.0"),
        ({"resolution_m": 0.0}, "resolution_m: is 0"),
        ({"reach_m": 0.0}, "reach_m: is 0"),
    ],
)
def test_faults_that_cannot_be_are_refused(change, says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(NONE, **change)
