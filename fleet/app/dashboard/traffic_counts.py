"""What this server has done, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class TrafficCounts:
    """Counters that only grow, and how many browsers there are.

    answered, acted  requests that were carried out, and actions among the others
    refused          requests that were not, by status
    frames_left_out  frames that a browser was not told, since it did not read
    bytes_told       over websockets
    browsers         that are connected now
    """

    answered: int = 0
    acted: int = 0
    frames_left_out: int = 0
    bytes_told: int = 0
    browsers: int = 0
    refused: Counter[str] = field(default_factory=Counter)
