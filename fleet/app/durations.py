"""Durations as people write them on the command line: 90, 90s, 30m, 1.5h."""

from __future__ import annotations

import re

from fleet.errors import SettingError

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")


def parse_duration(text: str, option: str) -> float:
    """Seconds of a duration such as `90`, `90s`, `30m` or `1.5h`; raises SettingError naming `option`."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise SettingError(option, f"{text!r} is not a duration", "write it like 90s, 30m or 1.5h")
    return float(match[1]) * _SECONDS[match[2]]
