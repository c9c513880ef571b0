"""Mutants of robots and their firmware: what the auditors would find if robots broke the rules of their driver."""

from __future__ import annotations

from math import cos, sin

import numpy as np

from robots.state import Entry
from robots.truth import FloorTruth
from tests.mutants.mutant import Mutant, wrap
from twin import simulated_fleet
from twin.simulated_fleet import SimulatedFleet

_OVERSHOOT_M = 0.4


def _due(driver, row):
    """Messages that come to a robot in the tick that begins."""
    count = int(driver._robots[row]["commands"])
    messages = driver._commands[row, :count]
    return messages[messages["due"] <= driver._now + 1e-9]


def _take(robot, message, first):
    """Append entries of a message, from place `first` of it on, to what the robot has."""
    for place in range(first, int(message["end"] - message["first"])):
        number = int(robot["received"])
        robot["entries"][number % simulated_fleet.ENTRIES_AHEAD] = message["entries"][place]
        robot["service_s"][number % simulated_fleet.ENTRIES_AHEAD] = message["service_s"][place]
        robot["received"] = number + 1


def _obeys_old_epochs(poll, driver):
    for row, robot in enumerate(driver._robots):
        for message in _due(driver, row):
            gap = int(robot["received"] - message["first"])
            if message["epoch"] < robot["epoch"] and not robot["down"] and gap >= 0:
                _take(robot, message, gap)
    return poll(driver)


def _falls_back(poll, driver):
    for row, robot in enumerate(driver._robots):
        for message in _due(driver, row):
            if not robot["down"]:
                robot["epoch"] = message["epoch"]
    return poll(driver)


def _carries_out_replays(poll, driver):
    for row, robot in enumerate(driver._robots):
        for message in _due(driver, row):
            old = message["first"] < message["end"] <= robot["received"]
            if old and message["epoch"] == robot["epoch"] and not robot["down"]:
                _take(robot, message, int(message["end"] - message["first"]) - 1)
    return poll(driver)


def _confirms_too_much(poll, driver):
    state = poll(driver)
    state.confirmed[state.speed_mps > 0.3] += 1
    return state


def _overshoots(poll, driver):
    state = poll(driver)
    for row, robot in enumerate(driver._robots):
        ended = robot["doing"] == Entry.WAIT and robot["received"] == robot["confirmed"] and robot["confirmed"] > 0
        ahead = _OVERSHOOT_M if ended else 0.0
        driver._bodies._shift[row] = ahead * cos(robot["theta"]), ahead * sin(robot["theta"])
    return state


def _front_confirms(limits, *arguments):
    made = limits(*arguments)
    return made._replace(confirm_at=made.cell_m / 2)


def _effect_again(truth, driver):
    seen: FloorTruth = truth(driver)
    last = vars(driver).setdefault("last_effects", {})
    for robot in [robot for robot in last if driver._robots[robot]["down"]]:
        seen.effect_robot = np.append(seen.effect_robot, np.int32(robot))
        seen.effect_entry = np.append(seen.effect_entry, last.pop(robot))
    last.update(zip(seen.effect_robot.tolist(), seen.effect_entry, strict=True))
    return seen


ROBOTS = (
    Mutant(
        "robots_overshoot",
        "robots come to rest 0.4 m beyond the end of their base",
        "P2",
        "calm",
        wrap(SimulatedFleet, "poll", _overshoots),
    ),
    Mutant(
        "front_confirms",
        "a cell is confirmed as left when the middle of the robot has crossed its border",
        "P2",
        "calm",
        wrap(simulated_fleet, "new_limits", _front_confirms),
    ),
    Mutant(
        "robots_confirm_too_much",
        "robots at speed confirm the entry that they have just begun",
        "P6",
        "calm",
        wrap(SimulatedFleet, "poll", _confirms_too_much),
    ),
    Mutant(
        "old_epochs_obeyed",
        "robots take entries of older epochs",
        "P7",
        "links",
        wrap(SimulatedFleet, "poll", _obeys_old_epochs),
    ),
    Mutant(
        "epochs_fall",
        "robots obey the epoch of whatever comes last",
        "P7",
        "links",
        wrap(SimulatedFleet, "poll", _falls_back),
    ),
    Mutant(
        "replays_carried_out",
        "robots carry out the last entry of a row that comes again",
        "P7",
        "links",
        wrap(SimulatedFleet, "poll", _carries_out_replays),
    ),
    Mutant(
        "service_again_after_reboot",
        "a robot that goes down does its last service again",
        "P10",
        "broken",
        wrap(SimulatedFleet, "truth", _effect_again),
    ),
)
