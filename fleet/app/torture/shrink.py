"""Shrinks a schedule that fails to one with few events that fails in the same way.

Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002: ddmin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import msgspec

from fleet.app.torture.schedule import Event, Schedule
from fleet.app.torture.trial import TrialResult, run_trial

# Trials of one shrinking, at most.
MOST_TRIALS: Final = 300


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A schedule with fewer events, what comes of it, and how many trials it took to find it."""

    schedule: Schedule
    result: TrialResult
    trials: int


def shrink(
    schedule: Schedule,
    result: TrialResult,
    run: Callable[[Schedule], TrialResult] = run_trial,
    *,
    most_trials: int = MOST_TRIALS,
    go_on: Callable[[], bool] = lambda: True,
) -> Shrunk:
    """Return the schedule with as few events as ddmin finds for which the same property is the first not to hold.

    result: of the schedule, which failed. No single event can be left out of what is returned, unless trials ran out
    or `go_on`, which is asked before each trial, said no.
    """
    best = Shrunk(schedule, result, 0)
    trials = 0

    def fails(events: Sequence[Event]) -> bool:
        nonlocal best, trials
        if trials >= most_trials or not go_on():
            return False
        trials += 1
        candidate = msgspec.structs.replace(schedule, events=tuple(events))
        found = run(candidate)
        if found.rule != result.rule:
            return False
        best = Shrunk(candidate, found, trials)
        return True

    if schedule.events and not fails([]):
        ddmin(list(schedule.events), fails)
    return Shrunk(best.schedule, best.result, trials)


def ddmin(events: list[Event], fails: Callable[[Sequence[Event]], bool]) -> list[Event]:
    """Return a part of the events, in their order, that fails and of which no event can be left out.

    All events together fail. Takes at most as many trials as the square of their number.
    """
    parts = 2
    while len(events) >= 2:
        bounds = [len(events) * part // parts for part in range(parts + 1)]
        chunks = [events[start:end] for start, end in pairwise(bounds)]
        rests = [[event for other in chunks[:k] + chunks[k + 1 :] for event in other] for k in range(parts)]
        smaller = next((chunk for chunk in chunks if fails(chunk)), None) if parts < len(events) else None
        if smaller is not None:
            events, parts = smaller, 2
            continue
        smaller = next((rest for rest in rests if rest and fails(rest)), None)
        if smaller is not None:
            events, parts = smaller, max(parts - 1, 2)
            continue
        if parts >= len(events):
            break
        parts = min(len(events), 2 * parts)
    return events
