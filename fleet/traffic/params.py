"""Settings of execution: how far ahead robots are granted, and when something is wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.errors import SettingError


@dataclass(frozen=True, slots=True)
class GrantParams:
    """How far ahead robots are granted.

    reaction_s   a robot whose base lasts less than this is granted more: report, decision, message and actuation have
                 to fit into it, or robots brake before every cell
    most_cells   cells ahead of its last confirmed one that a robot may hold
    tick_s       seconds from one decision about grants to the next
    replan_s     seconds from one plan to the next
    """

    reaction_s: float = 0.4
    most_cells: int = 4
    tick_s: float = 0.1
    replan_s: float = 0.3

    def __post_init__(self) -> None:
        for name, least, most in (("reaction_s", 0.1, 5.0), ("tick_s", 0.02, 0.5), ("replan_s", 0.02, 10.0)):
            value = getattr(self, name)
            if not least <= value <= most:
                raise SettingError(name, f"is {value}", f"use {least:g} to {most:g} seconds")
        if not 2 <= self.most_cells <= 12:
            raise SettingError("most_cells", f"is {self.most_cells}", "use 2 to 12 cells")


@dataclass(frozen=True, slots=True)
class WatchParams:
    """How long is too long, in seconds.

    silent_s   without a report: the robot is an obstacle, and gets nothing to do
    lost_s     out of action: its task goes to another robot
    blocked_s  standing before something unexpected: it is called back, and others are led around it
    """

    silent_s: float = 1.8
    lost_s: float = 4.5
    blocked_s: float = 1.0

    def __post_init__(self) -> None:
        for name in ("silent_s", "lost_s", "blocked_s"):
            value = getattr(self, name)
            if not 0.2 <= value <= 600:
                raise SettingError(name, f"is {value}", "use 0.2 to 600 seconds")
        if self.lost_s < self.silent_s:
            raise SettingError("lost_s", f"is {self.lost_s}", f"use silent_s ({self.silent_s}) or more")
