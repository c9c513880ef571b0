"""Guidance: what a move costs, by cell and direction. Distances, and through them all planning, respect it.

Dear moves against a lane turn a floor into soft one-way streets. Sources: Zhang et al., "Guidance Graph Optimization
for Lifelong Multi-Agent Path Finding", IJCAI-24; Jiang et al., "Scaling Lifelong Multi-Agent Path Finding to More
Realistic Settings: Research Challenges and Opportunities", 2024.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from fleet.errors import SettingError
from fleet.grid.layout import Layout
from robots.arrays import UInt8

HIGHEST_WEIGHT: Final = 255
# A distance field keeps what two quarter turns can cost in four bits; weights may be scaled down together to fit.
HIGHEST_TURN: Final = 7


@dataclass(frozen=True, slots=True)
class Guidance:
    """Weights of moves, whole numbers from 1 to 255 (turns: to 7).

    forward  uint8 (cells, 4): what moving one cell ahead costs, by the cell it begins in and the heading; read only for
             moves that the layout allows
    turn     what a quarter turn costs
    unit     what a step in free flow costs: a distance divided by it is about the steps that the way takes
    """

    forward: UInt8
    turn: int
    unit: int

    def __post_init__(self) -> None:
        if self.forward.dtype != np.uint8 or self.forward.ndim != 2 or self.forward.shape[1] != 4:
            raise ValueError(f"forward is {self.forward.dtype} {self.forward.shape}, not uint8 (cells, 4)")
        for name, highest in (("turn", HIGHEST_TURN), ("unit", HIGHEST_WEIGHT)):
            if not 1 <= getattr(self, name) <= highest:
                remedy = f"use a whole number from 1 to {highest}"
                raise SettingError(f"guidance {name}", f"is {getattr(self, name)}", remedy)
        if self.forward.min(initial=1) < 1:
            raise SettingError("guidance weight", "is 0", f"use whole numbers from 1 to {HIGHEST_WEIGHT}")
        self.forward.setflags(write=False)

    @classmethod
    def none(cls, layout: Layout) -> Guidance:
        """Return the guidance that does not guide: every step costs one."""
        return cls(np.ones((layout.cells, 4), dtype=np.uint8), turn=1, unit=1)

    @property
    def is_uniform(self) -> bool:
        """Whether all moves and turns cost one."""
        return self.turn == 1 and bool((self.forward == 1).all())
