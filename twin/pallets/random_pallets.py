"""Random mixed pallets, as a wholesaler's: a few articles, several boxes of each, the larger ones mostly below."""

from __future__ import annotations

from typing import Final

import numpy as np

from twin.cells.parcel import Parcel
from twin.pallets.assortment import Article, draw_article
from twin.pallets.mixed_pallet import DECK_M, HIGHEST_M, MixedPallet, PalletError
from twin.pallets.stacking import Stack, StackingParams

FEWEST, MOST = 20, 80
_ARTICLES: Final = (3, 12)
_FILLED: Final = 0.65  # of the space above the deck, at most; what does not fit in is left out
_UNTIDY: Final = 0.35  # of the logarithm of volume, by which boxes are sorted: not all small ones are above
_MISSES: Final = 8  # boxes in a row for which there is no place: the pallet is full
_TRIALS: Final = 100


def random_pallet(
    seed: int, *, fewest: int = FEWEST, most: int = MOST, params: StackingParams | None = None
) -> MixedPallet:
    """Return a stable mixed pallet of `fewest` to `most` boxes with ids from 0, the same for the same arguments.

    Raises PalletError if the numbers are impossible, or so many boxes do not fit.
    """
    if not 1 <= fewest <= most:
        raise PalletError("random pallet", f"{fewest} to {most} boxes", "give 1 or more, the fewest first")
    random = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(7,)))
    for _ in range(_TRIALS):
        wanted = int(random.integers(fewest, most + 1))
        parcels = random_parcels(random, wanted)
        if len(parcels) < fewest:  # they are too large
            continue
        stack = Stack(random, StackingParams() if params is None else params)
        misses = 0
        for parcel in parcels:
            misses = 0 if stack.put(parcel) else misses + 1
            if misses == _MISSES:
                break
        if len(stack.boxes) >= fewest:
            mirror_x, mirror_y = (random.random(2) < 0.5).tolist()
            return stack.pallet(mirror_x=mirror_x, mirror_y=mirror_y)
    raise PalletError("random pallet", f"{fewest} boxes do not fit", "ask for fewer")


def random_parcels(random: np.random.Generator, wanted: int) -> list[Parcel]:
    """Return boxes of some articles in the order in which they are stacked: `wanted`, or fewer if they are large."""
    articles = [draw_article(random, number) for number in range(int(random.integers(_ARTICLES[0], _ARTICLES[1] + 1)))]
    shares = random.dirichlet(np.full(len(articles), 1.5))
    volume = float(shares @ np.array([article.volume_m3 for article in articles]))
    fits = int(_FILLED * DECK_M[0] * DECK_M[1] * HIGHEST_M / volume)
    drawn = random.choice(len(articles), size=max(1, min(wanted, fits)), p=shares).tolist()
    boxes = [articles[number] for number in drawn]
    rank = [np.log(article.volume_m3) + _UNTIDY * float(random.normal()) for article in boxes]
    ordered = [boxes[row] for row in np.argsort(-np.array(rank), kind="stable").tolist()]
    return [_parcel(number, article) for number, article in enumerate(ordered)]


def _parcel(number: int, article: Article) -> Parcel:
    return Parcel(number, article.sku, article.size_m, article.mass_kg)
