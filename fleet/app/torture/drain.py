"""P9: whether everything has come to rest, and if not, what has not."""

from __future__ import annotations

import numpy as np

from fleet.app.crew import Crew
from fleet.app.grant_crew import GrantParts
from fleet.grid.layout import NO_CELL, NO_TASK
from robots.arrays import Bool

_SHOWN = 6


class Drain:
    """Looks at a floor on which nothing goes wrong any more.

    over  all orders are done, nothing is restricted, nobody is out of action, and since that is so every robot has been
          where it wanted to be: at its charger or parking place, or anywhere if it wanted nothing. Robots may go on to
          charge after that, one after the other, for as long as their batteries run down.
    """

    def __init__(self, crew: Crew, parts: GrantParts) -> None:
        self._crew = crew
        self._parts = parts
        self._arrived: Bool = np.zeros(crew.robots, dtype=np.bool_)
        self.over = False

    def look(self) -> None:
        """Take in how things are now."""
        if self._open():
            self._arrived[:] = False
            return
        loop, roster = self._parts.loop, self._crew.dispatcher.roster
        ledger = loop.execution.ledger
        there = (roster.goal == NO_CELL) | (loop.state.cell == roster.goal)
        self._arrived |= there & (ledger.granted == ledger.confirmed)
        self.over = bool(self._arrived.all())

    def unfinished(self) -> list[str]:
        """Return in words what is still under way or stuck; what comes first keeps the rest from being asked for."""
        return self._open() or [_named("have not been where they wanted to be", ~self._arrived)]

    def _open(self) -> list[str]:
        loop, roster = self._parts.loop, self._crew.dispatcher.roster
        counts = self._crew.pool.counts()
        owed = {name: counts[name] for name in ("orders", "tasks")}
        found = [f"{name}: {count}" for name, count in owed.items() if count["open"] or count.get("failed")]
        restrictions = [f"{one.kind.value} {one.id}" for one in self._parts.zones.in_force()]
        if restrictions:
            found.append(f"zones in force: {', '.join(restrictions[:_SHOWN])}")
        for words, robots in (
            ("have a task", roster.task != NO_TASK),
            ("are retired", roster.retired),
            ("are down", loop.floor.watch.down),
            ("are out of step", ~loop.execution.ledger.synced),
            ("have no charge", loop.state.charge_percent <= 0),
        ):
            if robots.any():
                found.append(_named(words, robots))
        return found


def _named(words: str, robots: Bool) -> str:
    names = np.flatnonzero(robots).tolist()
    shown = ", ".join(str(robot) for robot in names[:_SHOWN])
    return f"{len(names)} robots {words}: {shown}{', ...' if len(names) > _SHOWN else ''}"
