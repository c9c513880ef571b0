"""Seconds of errands on a floor, drawn from its measured service times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_worlds.errors import WorldError
from sim_worlds.service_times import PlaceKind, class_of_load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sim_worlds.service_times import ServiceDistribution, ServiceTimes
    from sim_worlds.world import World


class DrawnServices:
    """The `fleet.tasks.model.Services` of a world whose service times were measured.

    Seconds follow from hashes of the seed and the name of the errand, so they depend neither on the order of the calls
    nor on the process. Places that were not measured keep the seconds that the world gives them.
    """

    def __init__(
        self,
        world: World,
        times: ServiceTimes,
        class_of: Callable[[float, float], str],
        *,
        seed: int,
        grain_s: float = 0.0,
    ) -> None:
        """Raise WorldError if the times name a station that the world does not have.

        class_of: class of a parcel of these litres and kilograms, one of `times.classes`. grain_s: seconds are rounded
        to whole multiples of this, one at least, for a floor on which time goes in steps; 0: they are left as drawn.
        """
        unknown = set(times.stations) - {station.name for station in world.stations}
        if unknown:
            problem = f"service times are of station {min(unknown)!r}, which the world does not have"
            raise WorldError(str(world.path), problem, "measure them again, or rename the station")
        self._seed = seed
        self._grain_s = grain_s
        self._class_of = class_of
        self._classes = times.classes
        self._at = _by_cell(world, times)

    def seconds(self, cell: int, usual_s: float, goods: Sequence[tuple[float, float, int]], name: str) -> float:
        """Return the seconds of the errand of this name at a cell, `usual_s` if the place was not measured.

        goods: what is handled: litres and kilograms of a unit, and how many of it; one row or more.
        """
        by_class = self._at.get(cell)
        if by_class is None:
            return usual_s
        counts_as = class_of_load(self._classes, (self._class_of(litres, kg) for litres, kg, _ in goods))
        drawn_s = by_class[counts_as].drawn_s(sum(units for _, _, units in goods), f"{self._seed}\0{name}")
        if not self._grain_s:
            return drawn_s
        return max(1, round(drawn_s / self._grain_s)) * self._grain_s


def _by_cell(world: World, times: ServiceTimes) -> dict[int, Mapping[str, ServiceDistribution]]:
    """Distributions by class for each cell that was measured."""
    kinds = [(int(cell), PlaceKind.PICK_FACE) for cell in world.pick_faces]
    kinds += [(chute.cell, PlaceKind.DROP) for chute in world.chutes]
    kinds += [(dock, PlaceKind(station.kind.value)) for station in world.stations for dock in station.docks]
    at = {cell: times.kinds[kind] for cell, kind in kinds if kind in times.kinds}
    for station in world.stations:
        if station.name in times.stations:
            at |= dict.fromkeys(station.docks, times.stations[station.name])
    return at
