"""Planners by name."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Final

from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.planning.epibt import EPIBT, EPIBTParams
from fleet.planning.pibt import PIBT
from fleet.planning.planner import Planner

DEFAULT_PLANNER: Final = "epibt"

_MAKERS: Final[dict[str, Callable[[DistanceFields], Planner]]] = {
    "pibt": PIBT,
    "epibt": EPIBT,
    "epibt3": lambda distances: EPIBT(distances, EPIBTParams(window=3)),
    "epibt4": lambda distances: EPIBT(distances, EPIBTParams(window=4)),
    "epibt5": lambda distances: EPIBT(distances, EPIBTParams(window=5)),
}
PLANNERS: Final = tuple(_MAKERS)


def make_planner(name: str, distances: DistanceFields) -> Planner:
    """Return a new planner on the layout of `distances`; raises SettingError for a name that is not in PLANNERS."""
    if name not in _MAKERS:
        close = get_close_matches(name, PLANNERS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(PLANNERS)}"
        raise SettingError("--planner", f"there is no planner named {name!r}", hint)
    return _MAKERS[name](distances)
