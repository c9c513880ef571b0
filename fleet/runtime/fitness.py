"""Who is fit for duty, and what of the floor can be used: what the dispatcher has to know about faults."""

from __future__ import annotations

from dataclasses import dataclass

from robots.arrays import Bool, Int32


@dataclass(slots=True)
class Fitness:
    """What is wrong at the moment; columns of length n have one row a robot.

    unfit          bool (n,), out of action now: gets no new task, charger or parking place, starts nothing, holds, and
                   keeps what it has
    lost           bool (n,), unfit for so long that its task goes to another robot; implies `unfit`
    floor_whole    nothing is closed and nobody stands as an obstacle. Only then is a task that no robot can reach given
                   up; otherwise it waits until the floor changes
    floor_version  0 for the floor that everything was computed for; another number than before: ways have changed
                   since, and the distances know
    muster         int32 (n,), where robots have to go in an alarm, NO_CELL for those that go on with their duties;
                   None: no alarm
    chargers       bool (chargers,), which ones can be used: not closed, nobody out of action on them; None: all
    places         bool (places,), the same for parking places
    closed         bool (cells,), where nobody may go; None: nowhere
    withdrawn      bool (n,), gets no new task and finishes the one that it has; parks and charges like any other;
                   None: nobody
    """

    unfit: Bool
    lost: Bool
    floor_whole: bool = True
    floor_version: int = 0
    muster: Int32 | None = None
    chargers: Bool | None = None
    places: Bool | None = None
    closed: Bool | None = None
    withdrawn: Bool | None = None
