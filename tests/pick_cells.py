"""Pick cells and parcels for them, for tests."""

from __future__ import annotations

from functools import cache
from random import Random

from robots.model import RobotModel
from twin.cells.arm import KUKA
from twin.cells.gripper import SuctionCup
from twin.cells.parcel import Parcel
from twin.cells.parcel_sizes import ParcelSizes
from twin.cells.pick_cell import PickCell
from twin.cells.pick_rules import why_not


def pick_cell(seed: int, **options) -> PickCell:
    return PickCell(seed, RobotModel(), **options)


@cache
def shipped_sizes() -> ParcelSizes:
    return ParcelSizes.read()


def pickable_parcels(random: Random, first: int, number: int, arm=KUKA) -> list[Parcel]:
    """Real parcels that an arm can pick."""
    parcels: list[Parcel] = []
    while len(parcels) < number:
        parcel = shipped_sizes().draw(random, first + len(parcels))
        if why_not(parcel, arm, SuctionCup()) is None:
            parcels.append(parcel)
    return parcels


def box_parcel(name: int, length: float = 0.2, width: float = 0.15, height: float = 0.05, kg: float = 0.4) -> Parcel:
    return Parcel(name, f"sku-{name}", (length, width, height), kg)
