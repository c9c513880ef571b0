"""How robots take and carry out their bases: rules 1 to 5 of robots.driver."""

from __future__ import annotations

from robots.conformance.rig import CCW, CW, EAST, FORWARD, NORTH, SOUTH, WEST, DriverFactory, commands, service
from robots.conformance.trial import Trial, require
from robots.driver import Commands
from robots.state import Entry, Flag

# There and back around a square, for robot 0: entry, and the cell and heading that it leads to.
_SQUARE = (
    *((FORWARD, 11, EAST), (CW, 11, SOUTH), (FORWARD, 16, SOUTH), (CW, 16, WEST), (FORWARD, 15, WEST)),
    *((CW, 15, NORTH), (FORWARD, 10, NORTH), (CW, 10, EAST), (CCW, 10, NORTH)),
)
_WAY = tuple(entry for entry, _, _ in _SQUARE)


def carries_out_moves(make_driver: DriverFactory) -> None:
    """Forward goes one cell where the robot faces, turns go a quarter; the others stay where they are."""
    trial = Trial(make_driver)
    for step, (entry, cell, heading) in enumerate(_SQUARE):
        trial.give(0, entry)
        state = trial.finish()
        got = (int(state.cell[0]), int(state.heading[0]))
        require(got == (cell, heading), f"step {step}: {Entry(entry).name} led to {got}, not {(cell, heading)}")
        require(state.cell[1:].tolist() == [6, 20, 19], f"step {step}: robots that were given nothing are elsewhere")
    trial.driver.close()


def carries_out_bases_in_order(make_driver: DriverFactory) -> None:
    """A base that is handed over as far ahead as the driver takes it is carried out entry by entry."""
    trial = Trial(make_driver)
    trial.give(0, *_WAY)
    trial.give(3, CW, CW, FORWARD)
    seen: set[int] = set()
    furthest = 0

    def done() -> bool:
        nonlocal furthest
        seen.add(int(trial.state.confirmed[0]))
        furthest = max(furthest, int(trial.state.received[0] - trial.state.confirmed[0]))
        return int(trial.state.confirmed[0]) == len(_WAY)

    trial.until("a base of nine entries is confirmed", done)
    require(seen >= set(range(1, len(_WAY) + 1)), f"numbers of confirmed entries seen were {sorted(seen)}")
    ahead = trial.driver.entries_ahead
    require(ahead == 1 or furthest > 1, f"the driver says {ahead} entries ahead, and a robot never had more than one")
    require(int(trial.finish().cell[3]) == 18, "a second robot did not carry its base out meanwhile")
    trial.driver.close()


def lets_robots_follow_each_other(make_driver: DriverFactory) -> None:
    """A cell may be entered while its robot leaves it."""
    trial = Trial(make_driver)
    trial.give(1, CW, FORWARD, CCW)
    trial.finish()
    trial.give(0, FORWARD)
    trial.give(1, FORWARD)
    state = trial.finish()
    require(state.cell[:2].tolist() == [11, 12], f"the two robots in a row are in {state.cell[:2].tolist()}")
    trial.driver.close()


def takes_entries_once(make_driver: DriverFactory) -> None:
    """Rows handed over again, whole or in part, change nothing."""
    trial = Trial(make_driver)
    trial.give(0, FORWARD, CW, service(1.0), FORWARD)
    trial.finish()
    for first in range(4):
        again = commands({0: trial.bases[0][first:]}, index=first, room=4)
        trial.wait(2.0, lambda again=again: again)  # type: ignore[misc]
        require(int(trial.state.received[0]) == 4, f"entries from {first} on were taken again")
        require(not trial.state.service_left_s.any(), "a service was done again")
    trial.finish()
    trial.driver.close()


def passes_over_gaps(make_driver: DriverFactory) -> None:
    """A row that does not follow on what the robot has changes nothing; the right one is taken afterwards."""
    trial = Trial(make_driver)
    trial.give(0, FORWARD)
    trial.finish()
    trial.wait(3.0, lambda: commands({0: [FORWARD]}, index=2))
    require(int(trial.state.received[0]) == 1, "a robot took an entry after a gap")
    trial.give(0, FORWARD)
    trial.finish()
    trial.driver.close()


def ignores_older_epochs(make_driver: DriverFactory) -> None:
    """Rows of an older epoch change nothing: neither base nor halt."""
    trial = Trial(make_driver)
    trial.raise_epoch()
    trial.raise_epoch()
    trial.wait(3.0, lambda: commands({0: [FORWARD]}, epoch=1, halt=[1]))
    require(trial.state.received.tolist() == [0] * 4, "a robot took an entry of an older epoch")
    require(not trial.state.flags[1] & Flag.HALTED, "a robot halted at a row of an older epoch")
    trial.give(0, FORWARD)
    trial.finish()
    trial.driver.close()


def drops_what_it_has_not_begun_at_a_new_epoch(make_driver: DriverFactory) -> None:
    """At a newer epoch a halted robot drops its base, and so does one on its way once it is in a cell.

    Entries in the row that raises the epoch are passed over, and later ones are numbered on from `received`.
    """
    trial = Trial(make_driver)
    trial.give(0, *_WAY)
    trial.until("a halted robot takes entries", lambda: trial.state.received[0] > 0, lambda: trial.rows(halt=[0]))
    trial.raise_epoch(commands({0: [CW]}, epoch=1, index=trial.state.received))
    require(trial.state.received[0] == 0, f"a robot that had not begun kept {trial.state.received[0]} entries")
    trial.raise_epoch(commands({0: [CW]}, epoch=2))
    require(trial.state.received[0] == 0, "a robot took an entry of the row that raised its epoch")
    trial.give(0, FORWARD, FORWARD, FORWARD, CW, FORWARD)
    trial.until("the first entry is confirmed", lambda: trial.state.confirmed[0] == 1)
    state = trial.raise_epoch()
    require(1 <= state.confirmed[0] < 5, f"a robot on its way went on to {state.confirmed[0]} of 5 entries")
    confirmed = int(state.confirmed[0])
    trial.give(0, CW, FORWARD)
    require(int(trial.finish().confirmed[0]) == confirmed + 2, "numbers did not go on from what was received")
    trial.driver.close()


def finishes_a_service_at_a_new_epoch(make_driver: DriverFactory) -> None:
    """A service that has begun is not dropped."""
    trial = Trial(make_driver)
    trial.give(3, service(5.0), CW)
    trial.until("a service begins", lambda: bool(trial.state.service_left_s[3] > 0))
    state = trial.raise_epoch()
    require(int(state.confirmed[3]) == 1, f"a robot in service confirmed {state.confirmed[3]} entries")
    trial.driver.close()


def halts_and_goes_on(make_driver: DriverFactory) -> None:
    """A halted robot stands, says so, and keeps its base; it goes on when it is told to, the others all the time."""
    trial = Trial(make_driver)
    trial.give(0, *_WAY)
    trial.give(3, CW, FORWARD)
    trial.until("the first entry is confirmed", lambda: trial.state.confirmed[0] == 1)

    def halt() -> Commands:
        return trial.rows(halt=[0])

    trial.until("a robot says that it halted", lambda: bool(trial.state.flags[0] & Flag.HALTED), halt)
    stands = (float(trial.state.x_m[0]), float(trial.state.y_m[0]))
    confirmed = int(trial.state.confirmed[0])
    trial.wait(8.0, halt)
    state = trial.state
    moved = max(abs(float(state.x_m[0]) - stands[0]), abs(float(state.y_m[0]) - stands[1]))
    require(moved < 0.05 and abs(float(state.speed_mps[0])) < 0.02, f"a halted robot moved {moved} m")
    require(int(state.confirmed[0]) == confirmed, "a halted robot confirmed entries")
    require(state.received[0] > confirmed, "a halted robot lost its base")
    require(bool(state.flags[0] & Flag.HALTED) and not (state.flags[1:] & Flag.HALTED).any(), f"flags {state.flags}")
    require(int(state.confirmed[3]) == 2, "a robot that was not halted did not go on")
    require(not trial.finish().flags[0] & Flag.HALTED, "a robot that went on says that it is halted")
    trial.driver.close()


def keeps_to_speed_limits(make_driver: DriverFactory) -> None:
    """Robots get there under a speed limit too, and do not report more than it allows."""
    trial = Trial(make_driver)
    trial.give(0, FORWARD, FORWARD, CW, FORWARD)
    fastest = 0.0

    def slowly() -> bool:
        nonlocal fastest
        fastest = max(fastest, float(abs(trial.state.speed_mps[0])))
        return int(trial.state.confirmed[0]) == 4

    trial.until("a robot is there under a speed limit", slowly, lambda: trial.rows(speed_limit_mps=0.3))
    require(fastest < 0.33, f"a robot drove {fastest} m/s at a limit of 0.3")
    trial.finish()
    trial.driver.close()
