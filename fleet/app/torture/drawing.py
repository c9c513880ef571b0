"""Draws a schedule from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from fleet.app.torture.floors import FLOORS, torture_world
from fleet.app.torture.schedule import RESTART, STALL, Event, Schedule
from sim_worlds.world import World
from twin.faults import FaultKind

_FEWEST_ROBOTS, _MOST_ROBOTS = 48, 96
# Mean events of a kind for 50 robots in two minutes, in a schedule that has this kind at all; and how many do.
_SHARE_OF_KINDS: Final = 0.65
# Orders an hour for each robot: few enough to be done by a fleet that is beset by all this, through one door.
_ORDERS: Final = (8.0, 20.0)
_DIRECTIONS: Final = ("north", "east", "south", "west")
_PEOPLE: Final = ("ada", "ben", "cleo")


def draw_schedule(seed: int, robots: int | None = None, faults_s: tuple[float, float] = (60.0, 180.0)) -> Schedule:
    """Return the schedule of a seed, with so many robots, or as many as the seed says.

    faults_s: faults begin, and orders come, for a time between these, in seconds.
    """
    rng = np.random.default_rng([seed, 4])
    drawn = int(rng.integers(_FEWEST_ROBOTS, _MOST_ROBOTS + 1))
    fleet = drawn if robots is None else robots
    floor = str(rng.choice(FLOORS))
    quiet_s = float(rng.uniform(*faults_s))
    rate = float(rng.uniform(*_ORDERS)) * fleet
    loss = float(rng.choice([0.0, 0.001, 0.01, 0.05]))
    charge = float(rng.uniform(25.0, 90.0))
    draw = _Draw(rng, torture_world(floor, fleet), fleet, quiet_s)
    return Schedule(
        seed=seed,
        robots=fleet,
        floor=floor,
        orders_per_hour=round(rate, 1),
        orders_s=round(quiet_s, 1),
        charge_percent=round(charge, 1),
        message_loss=loss,
        events=tuple(sorted(draw.events(), key=lambda event: event["t"])),
    )


class _Draw:
    """Draws events of every kind."""

    def __init__(self, rng: np.random.Generator, world: World, robots: int, quiet_s: float) -> None:
        self._rng = rng
        self._world = world
        self._robots = robots
        self._quiet_s = quiet_s
        self._labels = 0

    def events(self) -> list[Event]:
        # What there is: how often for 50 robots in two minutes (or for the whole floor), and how it is drawn.
        kinds: tuple[tuple[float, bool, Callable[[], Event]], ...] = (
            (6, True, lambda: self._of_robot(FaultKind.DEAD, (2.0, 90.0))),
            (6, True, lambda: self._of_robot(FaultKind.REBOOT, (0.5, 6.0))),
            (8, True, lambda: self._of_robot(FaultKind.MUTE, (0.5, 30.0))),
            (5, True, lambda: self._of_robot(FaultKind.STUCK, (1.0, 40.0))),
            (5, True, lambda: self._of_robot(FaultKind.SLOW, (5.0, 60.0), (0.1, 0.9))),
            (3, True, lambda: self._of_robot(FaultKind.DISPLACED, None, (-1.5, 1.5))),
            (3, True, lambda: self._of_robot(FaultKind.DRAINED, None, (3.0, 30.0))),
            (6, True, self._obstacle),
            (1, False, self._charger_out),
            (1.5, False, lambda: self._of_link(FaultKind.LOSS, (0.01, 0.3))),
            (1.5, False, lambda: self._of_link(FaultKind.DELAY, (0.05, 1.5))),
            (1.5, False, lambda: self._of_link(FaultKind.DUPLICATION, (0.05, 0.6))),
            (3, False, self._close),
            (1, False, self._one_way),
            (1, False, self._slow_zone),
            (1, False, lambda: self._stop("person")),
            (1, False, lambda: self._stop("e_stop")),
            (0.3, False, self._floor_stop),
            (0.4, False, self._fire),
            (1.5, False, lambda: self._controller(STALL, (0.3, 8.0))),
            (1.0, False, lambda: self._controller(RESTART, (0.1, 6.0))),
            (2, True, lambda: self._hold_back("pause")),
            (2, True, lambda: self._hold_back("out_of_service")),
        )
        events = []
        for mean, each_robot, make in kinds:
            has = self._rng.random() < _SHARE_OF_KINDS
            share = self._quiet_s / 120.0 * (self._robots / 50.0 if each_robot else 1.0)
            count = int(self._rng.poisson(mean * share))
            made = [make() for _ in range(count)]
            if has:
                events += made
        return events

    def _number(self, least: float, most: float) -> float:
        return round(float(self._rng.uniform(least, most)), 2)

    def _at(self) -> float:
        return self._number(0.0, self._quiet_s)

    def _of_robot(
        self, kind: FaultKind, seconds: tuple[float, float] | None, value: tuple[float, float] | None = None
    ) -> Event:
        event: Event = {"t": self._at(), "kind": kind.value, "robot": int(self._rng.integers(self._robots))}
        if seconds is not None:
            event["for_s"] = self._number(*seconds)
        if value is not None:
            event["value"] = self._number(*value)
        return event

    def _of_link(self, kind: FaultKind, value: tuple[float, float]) -> Event:
        for_s = self._number(5.0, self._quiet_s)
        return {"t": self._at(), "kind": kind.value, "for_s": for_s, "value": self._number(*value)}

    def _cell(self) -> list[int]:
        cell = int(self._rng.choice(self._world.layout.free_cells))
        return [cell // self._world.layout.width, cell % self._world.layout.width]

    def _obstacle(self) -> Event:
        kind = FaultKind.OBSTACLE.value
        return {"t": self._at(), "kind": kind, "cell": self._cell(), "for_s": self._number(3.0, 60.0)}

    def _charger_out(self) -> Event:
        width, cell = self._world.layout.width, int(self._rng.choice(self._world.chargers))
        place = [cell // width, cell % width]
        kind = FaultKind.CHARGER_OUT.value
        return {"t": self._at(), "kind": kind, "cell": place, "for_s": self._number(20.0, 120.0)}

    # What people do to the floor.

    def _label(self) -> dict[str, Any]:
        self._labels += 1
        return {"by": str(self._rng.choice(_PEOPLE)), "ref": f"r{self._labels}"}

    def _place(self) -> Event:
        """A cell, a rectangle around one, or a named zone."""
        row, column = self._cell()
        layout, draw = self._world.layout, self._rng.random()
        if draw < 0.3:
            return {"cell": [row, column]}
        if draw < 0.45 and self._world.zones:
            return {"zone": str(self._rng.choice(sorted(self._world.zones)))}
        high, wide = (int(self._rng.integers(1, 6)) for _ in range(2))
        return {"rect": [row, column, min(row + high, layout.height - 1), min(column + wide, layout.width - 1)]}

    def _for(self) -> Event:
        """A time to live, or none: then somebody has to open it again."""
        return {"for_s": self._number(3.0, 60.0)} if self._rng.random() < 0.6 else {}

    def _close(self) -> Event:
        place = self._place()
        if self._rng.random() < 0.3:
            layout, cell = self._world.layout, int(self._rng.choice(self._world.layout.free_cells))
            ahead = [int(other) for other in layout.neighbours[cell] if other >= 0]
            if ahead:
                other = int(self._rng.choice(ahead))
                edge = [[at // layout.width, at % layout.width] for at in (cell, other)]
                place = {"edge": edge, "both": bool(self._rng.random() < 0.5)}
        return {"t": self._at(), "do": "close", **self._label(), **place, **self._for()}

    def _one_way(self) -> Event:
        direction = str(self._rng.choice(_DIRECTIONS))
        event = {"t": self._at(), "do": "one_way", **self._label(), **self._place(), "direction": direction}
        return event | self._for()

    def _slow_zone(self) -> Event:
        limit = self._number(0.1, 0.8)
        return {"t": self._at(), "do": "slow", **self._label(), **self._place(), "limit_mps": limit} | self._for()

    def _stop(self, do: str) -> Event:
        return {"t": self._at(), "do": do, **self._label(), **self._place()}

    def _floor_stop(self) -> Event:
        return {"t": self._at(), "do": "e_stop", **self._label(), "floor": True}

    def _hold_back(self, do: str) -> Event:
        event = {"t": self._at(), "do": do, **self._label(), "robot": int(self._rng.integers(self._robots))}
        return event | self._for()

    def _fire(self) -> Event:
        return {"t": self._at(), "do": "fire", **self._label()}

    def _controller(self, what: str, seconds: tuple[float, float]) -> Event:
        return {"t": self._at(), "controller": what, "for_s": self._number(*seconds)}
