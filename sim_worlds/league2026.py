"""What a League of Robot Runners 2026 instance says beyond a 2024 one: ticks, the robots' size, delays.

Format: `Input_Output_Format.md` in the organisers' Start-Kit, 2026 edition; bounds as its DelayGenerator has them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from fleet.errors import InstanceError

KEYS: Final = ("agentCounter", "agentSize", "delayConfig")

# Of the Start-Kit, for keys that an instance leaves out.
_ACTION_TICKS: Final = 10
_ROBOT_SIZE: Final = 1.0
_LONGEST: Final = 1_000_000


class DelayEvents(StrEnum):
    """How delays begin: each robot by itself, or a random number of robots in each tick."""

    BERNOULLI = "bernoulli"
    POISSON = "poisson"


class DelayDurations(StrEnum):
    """How long delays last."""

    UNIFORM = "uniform"
    GAUSSIAN = "gaussian"


@dataclass(frozen=True, slots=True)
class DelayModel:
    """Random delays. A delayed robot stands still; its action goes on where it was.

    seed                seed of the random numbers
    shortest, longest   ticks that a delay lasts at least and at most
    events, probability how delays begin: in a tick each robot that is not delayed is with this probability
                        (Bernoulli); or as many of them, at random, as a Poisson number with mean robots x probability
    durations           uniform between shortest and longest; or Gaussian, rounded, held between the two
    mean_ratio, deviation_ratio   mean and standard deviation of the Gaussian, as shares of the way from shortest to
                        longest (the mean is counted from the shortest)
    """

    seed: int
    shortest: int
    longest: int
    events: DelayEvents
    probability: float
    durations: DelayDurations
    mean_ratio: float = 0.5
    deviation_ratio: float = 0.22


@dataclass(frozen=True, slots=True)
class TickRules:
    """Rules of the 2026 edition.

    action_ticks  agentCounter: ticks that one cell forward or a quarter turn takes
    robot_size    agentSize: side of the square that a robot needs for itself, in cells, at most 1
    delays        delayConfig, None if there are no delays
    """

    action_ticks: int = _ACTION_TICKS
    robot_size: float = _ROBOT_SIZE
    delays: DelayModel | None = None


def read_tick_rules(table: dict[str, Any], at_key: Callable[[str], str]) -> TickRules:
    """Return the rules in an instance's JSON object; `at_key` tells file and line of a key.

    Raises InstanceError if a value is missing, unknown, ill-typed or out of range.
    """
    ticks = table.get("agentCounter", _ACTION_TICKS)
    if not _is_duration(ticks):
        problem = f"agentCounter is {ticks!r}"
        raise InstanceError(at_key("agentCounter"), problem, f"give a whole number of ticks from 1 to {_LONGEST}")
    size = table.get("agentSize", _ROBOT_SIZE)
    if not _is_number(size, 1) or size == 0:
        remedy = "give a number greater than 0 and at most 1: a larger robot cannot pass a cell beside an obstacle"
        raise InstanceError(at_key("agentSize"), f"agentSize is {size!r}", remedy)
    config = table.get("delayConfig")
    return TickRules(ticks, float(size), None if config is None else _delays(config, at_key))


def _delays(config: object, at_key: Callable[[str], str]) -> DelayModel:
    if not isinstance(config, dict):
        raise InstanceError(at_key("delayConfig"), f"delayConfig is {config!r}", "give an object, or leave it out")
    for key in config:
        if key not in _DELAY_KEYS:
            raise InstanceError(at_key(key), f"unknown key {key} in delayConfig", f"use {', '.join(_DELAY_KEYS)}")
    for key, (_, required, _, _) in _DELAY_KEYS.items():
        if required and key not in config:
            raise InstanceError(at_key("delayConfig"), f"the key {key} is missing in delayConfig", "add it")
    for key, value in config.items():
        _, _, valid, remedy = _DELAY_KEYS[key]
        if not valid(value):
            raise InstanceError(at_key(key), f"{key} is {value!r}", remedy)
    if config["maxDelay"] < config["minDelay"]:
        problem = f"maxDelay {config['maxDelay']} is less than minDelay {config['minDelay']}"
        raise InstanceError(at_key("maxDelay"), problem, "give the same or more")
    kinds = {"events": DelayEvents, "durations": DelayDurations}
    values = {_DELAY_KEYS[key][0]: value for key, value in config.items()}
    return DelayModel(**{"seed": 0} | values | {name: kind(values[name]) for name, kind in kinds.items()})


def _is_whole(value: object, least: float, most: float) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_number(value: object, most: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= most


def _is_duration(value: object) -> bool:
    return _is_whole(value, 1, _LONGEST)


def _is_share(value: object) -> bool:
    return _is_number(value, 1)


# Key of delayConfig: its name here, whether it must be there, what is a good value, what to do about others.
_DELAY_KEYS: Final[dict[str, tuple[str, bool, Callable[[object], bool], str]]] = {
    "seed": ("seed", False, lambda value: _is_whole(value, 0, math.inf), "give a whole number, 0 or more"),
    "minDelay": ("shortest", True, _is_duration, f"give a whole number of ticks from 1 to {_LONGEST}"),
    "maxDelay": ("longest", True, _is_duration, f"give a whole number of ticks from 1 to {_LONGEST}"),
    "eventModel": ("events", True, lambda value: value in list(DelayEvents), f"use {' or '.join(DelayEvents)}"),
    "pDelay": ("probability", True, _is_share, "give a number from 0 to 1"),
    "durationModel": (
        "durations",
        True,
        lambda value: value in list(DelayDurations),
        f"use {' or '.join(DelayDurations)}",
    ),
    "gaussMeanRatio": ("mean_ratio", False, _is_share, "give a number from 0 to 1"),
    "gaussStdRatio": ("deviation_ratio", False, lambda value: _is_number(value, math.inf), "give a number, 0 or more"),
}
