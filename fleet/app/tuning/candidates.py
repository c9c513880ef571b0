"""The rules that are tried before the search: it moves numbers, and which lanes there are is no number."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from fleet.grid.guidance_rules import GuidanceRules

if TYPE_CHECKING:
    from sim_worlds.world import World

NO_GUIDANCE: Final = "no guidance"
CURRENT: Final = "the world's own rules"

_SOFT, _HARD = 40, 200


def candidates(world: World) -> dict[str, GuidanceRules | None]:
    """Rules to begin from, by name: none, the world's own if it has any, and lanes of every kind and phase."""
    own = {} if world.guidance is None else {CURRENT: world.guidance}
    streets = {
        f"streets {rows} {columns}": GuidanceRules(lanes="streets", rows=rows, columns=columns, against=_HARD)
        for rows, columns in product(("><", "<>"), ("v^", "^v"))
    }
    return {
        NO_GUIDANCE: None,
        **own,
        "dear turns": GuidanceRules(lanes="none", along=4, turn=7),
        "keep right": GuidanceRules(lanes="keep_right", against=_HARD),
        "keep right, soft": GuidanceRules(lanes="keep_right", against=_SOFT),
        **streets,
        "streets in pairs": GuidanceRules(lanes="streets", rows=">><<", columns="vv^^", against=_HARD),
        "streets, soft": GuidanceRules(lanes="streets", rows="><", columns="v^", against=_SOFT),
    }
