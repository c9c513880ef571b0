"""Instances of the 2026 edition: what their keys mean, and what is refused with file, line and remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

from fleet.errors import InstanceError
from sim_worlds.league import read_league
from sim_worlds.league2026 import DelayDurations, DelayEvents, DelayModel, TickRules
from tests.league_instances import written

DELAYS = {
    "seed": 7,
    "minDelay": 2,
    "maxDelay": 8,
    "eventModel": "poisson",
    "pDelay": 0.003,
    "durationModel": "gaussian",
    "gaussMeanRatio": 0.4,
    "gaussStdRatio": 0.2,
}


def instance(folder: Path, **changes: Any) -> Path:
    """An instance of the 2026 edition with these keys, one a line; None leaves a key out."""
    path = written(folder, ["....", "...."], [(0, 0), (1, 1)], [[(0, 3)]])
    keys = json.loads(path.read_text()) | {"version": "2026 LoRR"} | changes
    path.write_text(json.dumps({key: value for key, value in keys.items() if value is not None}, indent=1))
    return path


def test_ticks_size_and_delays_are_read(tmp_path: Path) -> None:
    path = instance(tmp_path, agentCounter=3, agentSize=0.9, delayConfig=DELAYS)
    delays = DelayModel(7, 2, 8, DelayEvents.POISSON, 0.003, DelayDurations.GAUSSIAN, 0.4, 0.2)
    assert read_league(path).ticks == TickRules(3, 0.9, delays)


def test_what_is_left_out_is_as_the_start_kit_has_it(tmp_path: Path) -> None:
    assert read_league(instance(tmp_path)).ticks == TickRules(10, 1.0, None)
    some = {key: value for key, value in DELAYS.items() if key not in ("seed", "gaussMeanRatio", "gaussStdRatio")}
    rules = read_league(instance(tmp_path, delayConfig=some)).ticks
    assert rules is not None
    assert rules.delays == DelayModel(0, 2, 8, DelayEvents.POISSON, 0.003, DelayDurations.GAUSSIAN, 0.5, 0.22)


def test_the_edition_is_what_the_version_says_else_what_the_keys_say(tmp_path: Path) -> None:
    assert read_league(instance(tmp_path, version="2024 LoRR")).ticks is None
    assert read_league(instance(tmp_path, version=None)).ticks is None
    assert read_league(instance(tmp_path, version=None, agentCounter=3)).ticks == TickRules(3)
    with pytest.raises(InstanceError, match="unknown key agentCounter; this is an instance of the 2024 edition"):
        read_league(instance(tmp_path, version="2024 LoRR", agentCounter=3))
    with pytest.raises(InstanceError, match="unknown key agentSpeed; this is an instance of the 2026 edition"):
        read_league(instance(tmp_path, agentSpeed=3))


BAD_KEYS: dict[str, tuple[dict[str, Any], str]] = {
    "no ticks": ({"agentCounter": 0}, "line 8: agentCounter is 0; give a whole number of ticks from 1"),
    "half a tick": ({"agentCounter": 2.5}, "line 8: agentCounter is 2.5"),
    "a truth value for ticks": ({"agentCounter": True}, "agentCounter is True"),
    "a robot of no size": ({"agentSize": 0}, "line 8: agentSize is 0"),
    "a robot larger than a cell": ({"agentSize": 1.5}, "agentSize is 1.5; .* at most 1"),
    "a size in words": ({"agentSize": "large"}, "agentSize is 'large'"),
    "delays that are no object": ({"delayConfig": 3}, "line 8: delayConfig is 3; give an object"),
    "an unknown key": ({"delayConfig": DELAYS | {"mean": 3}}, "line 17: unknown key mean in delayConfig; use seed"),
    "a seed below zero": ({"delayConfig": DELAYS | {"seed": -1}}, "line 9: seed is -1"),
    "a delay of no ticks": ({"delayConfig": DELAYS | {"minDelay": 0}}, "line 10: minDelay is 0"),
    "an endless delay": ({"delayConfig": DELAYS | {"maxDelay": 10**9}}, "line 11: maxDelay is 1000000000"),
    "the longest below the shortest": ({"delayConfig": DELAYS | {"maxDelay": 1}}, "maxDelay 1 is less than minDelay 2"),
    "an unknown event": ({"delayConfig": DELAYS | {"eventModel": "often"}}, "'often'; use bernoulli or poisson"),
    "an event that is a list": ({"delayConfig": DELAYS | {"eventModel": []}}, r"eventModel is \[\]"),
    "more than certain": ({"delayConfig": DELAYS | {"pDelay": 1.5}}, "line 13: pDelay is 1.5; give a number from 0"),
    "an unknown duration": ({"delayConfig": DELAYS | {"durationModel": "long"}}, "use uniform or gaussian"),
    "no number for the mean": ({"delayConfig": DELAYS | {"gaussMeanRatio": None}}, "gaussMeanRatio is None"),
    "a deviation below zero": ({"delayConfig": DELAYS | {"gaussStdRatio": -0.1}}, "gaussStdRatio is -0.1; .*0 or more"),
    "a deviation without end": ({"delayConfig": DELAYS | {"gaussStdRatio": float("inf")}}, "gaussStdRatio is inf"),
}


@pytest.mark.parametrize("case", BAD_KEYS)
def test_a_bad_key_is_refused_with_its_line(tmp_path: Path, case: str) -> None:
    keys, message = BAD_KEYS[case]
    with pytest.raises(InstanceError, match=message):
        read_league(instance(tmp_path, **keys))


@pytest.mark.parametrize("key", ["minDelay", "maxDelay", "eventModel", "pDelay", "durationModel"])
def test_a_key_missing_in_the_delays_is_named(tmp_path: Path, key: str) -> None:
    config = {name: value for name, value in DELAYS.items() if name != key}
    with pytest.raises(InstanceError, match=f"the key {key} is missing in delayConfig"):
        read_league(instance(tmp_path, delayConfig=config))
