"""What comes on mixed pallets: shipping cartons of usual sizes, and cases of the real goods of the shipped orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from twin.cells.parcel_sizes import Measures, ParcelSizes
from twin.pallets.mixed_pallet import PalletError

Size = tuple[float, float, float]

# Module of 600 mm x 400 mm and parts of it (ISO 3394), seen from above, metres; one row a carton, and how usual it is.
_FOOTPRINTS: Final = ((0.6, 0.4, 2), (0.4, 0.3, 4), (0.4, 0.2, 3), (0.3, 0.2, 4), (0.6, 0.2, 1), (0.2, 0.2, 2))
_HEIGHTS_M: Final = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4)
_SMALLER_M: Final = (0.004, 0.014)  # that a carton is than its module, so that it fits
_DENSITY_KG_M3: Final = (80.0, 350.0)
_CARTON_SHARE: Final = 0.5  # of the articles; the others are cases
_HEAVIEST_KG: Final = 15.0  # that people are given to lift
_WALL_M: Final = 0.004
_CARDBOARD_KG_M2: Final = 0.6
_CASE_EDGE_M: Final = 0.13  # of the least upper face that is made into a case
_CASE_HEIGHT_M: Final = (0.1, 0.28)


@dataclass(frozen=True, slots=True)
class Article:
    """What comes in several boxes of the same size: edges in metres (longer, shorter, height), and mass."""

    sku: str
    size_m: Size
    mass_kg: float

    @property
    def volume_m3(self) -> float:
        """Of one box."""
        length, width, height = self.size_m
        return length * width * height


def draw_article(random: np.random.Generator, number: int) -> Article:
    """Draw a carton or a case; `number` makes the name of a carton."""
    return _carton(random, number) if random.random() < _CARTON_SHARE else _case(random)


@cache
def real_goods() -> Mapping[str, Measures]:
    """Return what one unit of each real SKU is, in the order of names."""
    return dict(sorted(ParcelSizes.read().lines))


def case_of(sku: str, height_m: float) -> Article:
    """Return a case: units of a real SKU that lie one on another in cardboard, as many as make about that height.

    Raises PalletError if there is no such SKU.
    """
    if sku not in real_goods():
        raise PalletError(f"SKU {sku!r}", "is not among the real goods", "use one of `real_goods`")
    unit = real_goods()[sku]
    long, middle, short = unit.size_m
    most = max(1, int(_HEAVIEST_KG / unit.mass_kg))
    units = min(most, max(1, int((height_m - 2 * _WALL_M) / short)))
    length, width, height = long + 2 * _WALL_M, middle + 2 * _WALL_M, units * short + 2 * _WALL_M
    cardboard = _CARDBOARD_KG_M2 * 2 * (length * width + length * height + width * height)
    return Article(sku, (length, width, height), units * unit.mass_kg + cardboard)


@cache
def _casable() -> tuple[str, ...]:
    return tuple(sku for sku, unit in real_goods().items() if unit.size_m[1] >= _CASE_EDGE_M)


def _case(random: np.random.Generator) -> Article:
    goods = _casable()
    return case_of(goods[int(random.integers(len(goods)))], float(random.uniform(*_CASE_HEIGHT_M)))


def _carton(random: np.random.Generator, number: int) -> Article:
    usual = np.array([share for _, _, share in _FOOTPRINTS], dtype=np.float64)
    long, short, _ = _FOOTPRINTS[int(random.choice(len(_FOOTPRINTS), p=usual / usual.sum()))]
    smaller = random.uniform(*_SMALLER_M, size=2)
    height = _HEIGHTS_M[int(random.integers(len(_HEIGHTS_M)))]
    size = (long - float(smaller[0]), short - float(smaller[1]), height)
    mass = float(random.uniform(*_DENSITY_KG_M3)) * size[0] * size[1] * size[2]
    return Article(f"carton-{number}", size, min(mass, _HEAVIEST_KG))
