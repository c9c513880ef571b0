"""The planner protocol: all robots in, a window of actions for all robots out. Plain numpy on both sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from robots.arrays import Bool, Float32, Int8, Int32, UInt8


@dataclass(slots=True)
class PlanRequest:
    """Where the robots are and where they want to go; every column has one row a robot.

    cells       int32, current cells, passable and all different
    headings    int8, 0 east, 1 south, 2 west, 3 north
    goals       int32, the cell to reach; NO_CELL (-1) for a robot that wants nothing: it stays unless it is in the way
    next_goals  int32, the cell after that, NO_CELL if unknown
    priorities  float32, the larger goes first; ties are broken by robot number
    dwell       bool, the robot will stay at its goal for a while once there (service, charging, parking)
    hold        bool, the robot cannot move during this window (it is in service, charging or out of order)
    blocked     bool (cells,), cells that no robot may enter during this window, or None. A robot that stands on one
                may leave it.
    delays      uint8, or None for no delays: steps that a robot still needs until it is where `cells` and `headings`
                say. It is planned as if it stood there, and waits for so many steps; what is longer than the window is
                all of the window.

    Cells and moves that are closed for longer are known to `DistanceFields.close`, and keep away all planners that plan
    with these distances.
    """

    cells: Int32
    headings: Int8
    goals: Int32
    next_goals: Int32
    priorities: Float32
    dwell: Bool
    hold: Bool
    blocked: Bool | None = None
    delays: UInt8 | None = None


@dataclass(slots=True)
class PlanWindow:
    """What the planner proposes: a valid window, whatever part of it the caller carries out.

    actions  uint8 (window, n): 0 forward, 1 turn clockwise, 2 turn counter-clockwise, 3 wait. Row t is step t; the
             whole window is free of collisions if every robot carries it out in step. The array belongs to the planner
             and is valid until the next `plan`.
    counts   what the planner did, by name (searches, pushes, ...), for reports and profiling
    """

    actions: UInt8
    counts: dict[str, int] = field(default_factory=dict)


class Planner(Protocol):
    """A strategy for multi-agent path finding with headings.

    One step is one cell forward, a quarter turn, or a wait. Rules of the floor (`auditor.py` checks them): no two
    robots in one cell, no two robots swapping cells; a robot may enter a cell that another leaves in the same step.
    """

    def plan(self, request: PlanRequest, budget_s: float | None = None) -> PlanWindow:
        """Plan a window of moves for all robots; raises PlanError on an impossible request.

        budget_s: seconds after which a planner that can be cut short is, and until which one that can improve its plan
        does; such a planner needs a clock. None, the default: the plan follows from the requests alone.
        """

    def forget(self) -> None:
        """Drop what was carried over from the last plan, as after a jump in the robots' positions."""

    def warmup(self) -> None:
        """Compile everything that `plan` needs, so that the first real call is as fast as the others."""
