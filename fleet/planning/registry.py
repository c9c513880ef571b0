"""Planners by name."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from typing import Final

from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.planning.epibt import EPIBT, EPIBTParams
from fleet.planning.improvement import ImprovementParams
from fleet.planning.pibt import PIBT
from fleet.planning.planner import Planner

DEFAULT_PLANNER: Final = "epibt"

_WINDOWS: Final = {"epibt": 4, "epibt3": 3, "epibt4": 4, "epibt5": 5}
IMPROVED: Final = "+lns"
PLANNERS: Final = ("pibt", *_WINDOWS, "epibt+lns", "epibt3+lns", "epibt5+lns")


def make_planner(
    name: str,
    distances: DistanceFields,
    *,
    improvement: ImprovementParams | None = None,
    budget_s: float | None = None,
    now: Callable[[], float] | None = None,
) -> Planner:
    """Return a new planner on the layout of `distances`; raises SettingError for a name that is not in PLANNERS.

    improvement: settings for names that end in "+lns". budget_s: seconds a plan may take by the clock `now`; without it
    plans depend on nothing but requests and settings. PIBT reads neither.
    """
    if name not in PLANNERS:
        close = get_close_matches(name, PLANNERS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(PLANNERS)}"
        raise SettingError("--planner", f"there is no planner named {name!r}", hint)
    if name == "pibt":
        return PIBT(distances)
    improved = (improvement or ImprovementParams()) if name.endswith(IMPROVED) else None
    window = _WINDOWS[name.removesuffix(IMPROVED)]
    return EPIBT(distances, EPIBTParams(window=window, budget_s=budget_s, improvement=improved), now)
