"""Where things that happen are told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Called with a dict of plain JSON values for each thing that happens: `t`, seconds, `event`, its kind, and others.
EventSink = Callable[[dict[str, Any]], None]
