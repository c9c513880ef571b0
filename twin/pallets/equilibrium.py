"""Whether a pile can stand at all: the exact answer, where `load_paths` finds no forces of springs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from robots.arrays import Bool
from twin.pallets.mixed_pallet import MixedPallet
from twin.pallets.touching import DECK, Face

_MOST_MARGIN: Final = 0.25  # of a contact's width, at either side: a narrow one is not lost to the margin


def can_stand(pallet: MixedPallet, there: Bool, found: Sequence[Face], margin_m: float) -> bool:
    """Return whether pushing forces in the faces of boxes balance the weight and the moments of each of them.

    there     bool (n,), which boxes of the pallet are considered; found: what each of the n stands on
    margin_m  how far inside their contacts forces have to act

    A linear program with four unknowns a contact (static equilibrium of rigid boxes); some milliseconds.
    """
    from scipy.optimize import linprog

    rows = np.flatnonzero(there)
    place = {row: number for number, row in enumerate(rows.tolist())}
    columns = []
    for row, number in place.items():
        face = found[row]
        margin = np.minimum(margin_m, _MOST_MARGIN * (face.high - face.low))
        corners = (face.low + margin, face.high - margin)
        for contact, below in enumerate(face.below.tolist()):
            if below != DECK and below not in place:
                continue
            for x in (corners[0][contact, 0], corners[1][contact, 0]):
                for y in (corners[0][contact, 1], corners[1][contact, 1]):
                    column = np.zeros((len(rows), 3))
                    column[number] = 1.0, x, y
                    if below != DECK:
                        column[place[below]] = -1.0, -x, -y
                    columns.append(column.ravel())
    if not columns:
        return len(rows) == 0
    loads = np.array([_load(pallet, row) for row in place]).ravel()
    answer = linprog(np.zeros(len(columns)), A_eq=np.column_stack(columns), b_eq=loads, bounds=(0.0, None))
    return bool(answer.status == 0)


def _load(pallet: MixedPallet, row: int) -> tuple[float, float, float]:
    """Weight of a box, kg, and its moments about the corner of the deck, kg m."""
    box = pallet.boxes[row]
    mass, (x, y) = box.parcel.mass_kg, box.middle_m
    return mass, mass * x, mass * y
