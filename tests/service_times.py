"""Service times, made up, for tests."""

from __future__ import annotations

from sim_worlds.service_times import Measurement, PlaceKind, ServiceDistribution, ServiceTimes

CLASSES = ("heavy", "light")
MEASURED = Measurement(
    by="pick cell with kuka, seed 1",
    services=12,
    units=30,
    mean_s=9.5,
    p5_s=6.25,
    p50_s=9.0,
    p95_s=14.125,
    retried=0.1,
    recovered=0.0833,
    refused=0.25,
)


def distribution(first_s: tuple[float, ...], more_s: tuple[float, ...]) -> ServiceDistribution:
    return ServiceDistribution(first_s, more_s, MEASURED)


def service_times(**changes: object) -> ServiceTimes:
    """Pick stations and chutes were measured, pick faces and inductions were not; heavy parcels take ten times."""
    pick = {"light": distribution((5.5, 6.0), (4.0, 5.0, 7.5)), "heavy": distribution((55.0, 65.0), (40.0, 50.0))}
    drop = {"light": distribution((3.25,), (0.0, 0.5)), "heavy": distribution((32.5,), (1.0,))}
    given = {"classes": CLASSES, "kinds": {PlaceKind.PICK: pick, PlaceKind.DROP: drop}, "stations": {}}
    return ServiceTimes(**given | changes)  # type: ignore[arg-type]


def class_of(litres: float, kg: float) -> str:
    return "heavy" if kg > 10 else "light"
