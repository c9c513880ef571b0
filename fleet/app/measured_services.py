"""Where the seconds of picks and drops come from: the world, or service times that were measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from fleet.errors import SettingError
from fleet.runtime.config import RunConfig
from fleet.tasks.model import Services
from sim_worlds.drawn_services import DrawnServices
from sim_worlds.errors import WorldError
from sim_worlds.service_times import ServiceTimes
from sim_worlds.service_times_file import read_service_times, services_path
from sim_worlds.world import World

_KEPT: Final = 65_536  # classes that are remembered
_LEAST: Final = 1e-6  # litres and kilograms of what weighs nothing in an order file


def services_of(config: RunConfig, world: World, step_s: float) -> Services | None:
    """Return what draws the seconds of errands, as the settings say; None: all are as the world has them.

    Raises WorldError for a file of service times that is wrong or of another floor, SettingError if there is none.
    """
    if config.services == "fixed":
        return None
    if config.services == "measured":
        path = services_path(world.path)
        if not path.exists():
            remedy = "make them with `futurepark twin stations WORLD --measure`, or use fixed"
            raise SettingError("--services", f"{world.name} has no measured service times, {path.name}", remedy)
    else:
        path = Path(config.services)
    times = classed_service_times(path)
    # In steps a service takes whole steps: rounded up, as a driver does it, all would take half a step too long.
    grain_s = step_s if config.execution == "ideal" else 0.0
    return DrawnServices(world, times, class_of_units(), seed=config.seed, grain_s=grain_s)


@cache
def class_of_units() -> Callable[[float, float], str]:
    """Return what tells the class of units of which only litres and kilograms are known: that of the parcel they are.

    The parcel is the one of the shipped orders with these figures, or the nearest to it.
    """
    from twin.cells.parcel_sizes import ParcelSizes, parcel_class

    sizes = ParcelSizes.read()

    @lru_cache(_KEPT)
    def class_of(litres: float, kg: float) -> str:
        return parcel_class(sizes.of_line(0, "", max(litres, _LEAST), max(kg, _LEAST)))

    return class_of


def classed_service_times(path: Path) -> ServiceTimes:
    """Read service times; raises WorldError for a wrong file, also for one of other classes than parcels have now."""
    from twin.cells.parcel_sizes import PARCEL_CLASSES

    times = read_service_times(path)
    if times.classes != PARCEL_CLASSES:
        problem = f"classes are {', '.join(times.classes)}, but parcels are {', '.join(PARCEL_CLASSES)}"
        raise WorldError(str(path), problem, "measure again with `futurepark twin stations WORLD --measure`")
    return times
