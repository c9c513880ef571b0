"""Pictures of a made-up live site, for tests of what browsers are told."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from fleet.app.dashboard.picture import DutiesSeen, FleetSeen, Picture, Roster
from fleet.app.dashboard.shown_floor import ShownFloor
from fleet.app.site.condition import Condition
from fleet.app.site.feed_messages import Event, JournalNews, SiteNews
from sim_worlds.world_file import load_world

TINY = load_world("tiny")


def floor():
    return ShownFloor(TINY)


def site_news(site_s=100.0, **changes):
    fields = {
        "world": "tiny", "version": "0", "site_s": site_s, "uptime_s": 50.0, "term": 3, "leads": True,
        "journal": JournalNews("memory"),
        "counts": {
            "orders": {"accepted": 9, "done": 4, "open": 5, "rejected": 0, "cancelled": 0},
            "tasks": {"created": 20, "done": 8, "open": 12, "failed": 0, "cancelled": 0},
            "units": {"ordered": 30, "picked": 20, "dropped": 10},
        },
        "robots": {"idle": 3},
    }  # fmt: skip
    return SiteNews(**(fields | changes))


def fleet_at(cells, *, condition=Condition.IDLE, task=-1, width=TINY.layout.width):
    """A fleet in the middle of these cells of a map with cells of 1 m."""
    cells = np.array(cells, dtype=np.int32)
    n = len(cells)
    return FleetSeen(
        x_m=(cells % width + 0.5).astype(np.float32),
        y_m=(cells // width + 0.5).astype(np.float32),
        theta_rad=np.zeros(n, dtype=np.float32),
        speed_mps=np.zeros(n, dtype=np.float32),
        charge_percent=np.full(n, 80, dtype=np.uint8),
        condition=np.array(np.broadcast_to(condition, n), dtype=np.uint8),
        task=np.full(n, task, dtype=np.int32),
    )


def duties_of(n, **columns):
    """Duties of n robots that wait for nobody, but for these columns."""
    nothing = DutiesSeen.nothing(n)
    return replace(nothing, **{name: np.array(c, dtype=getattr(nothing, name).dtype) for name, c in columns.items()})


@cache
def roster_of(n):
    return Roster(tuple(f"amr-{row:03d}" for row in range(n)))


def picture(cells=(), seen_s=10.0, **changes):
    """A picture in which everything is known, but for these changes."""
    n = len(cells)
    fields = {
        "seen_s": seen_s, "t_s": 90.0 + seen_s, "roster": roster_of(n),
        "floor": None, "fleet": fleet_at(cells), "duties": duties_of(n), "site": site_news(),
    }  # fmt: skip
    return Picture(**(fields | changes))


def event(number, **record):
    return Event(number, {"t": float(number), "event": "task_done"} | record)


# Columns of a frame by its kind, as docs/dashboard.md has them.
COLUMNS = {
    1: {"x": "<u2", "y": "<u2", "heading": "u1", "condition": "u1"},
    2: {"waits_for": "<u2", "wait": "u1", "waited": "u1", "charge": "u1", "loaded": "u1"},
}


class PageState:
    """What a page knows from the frames that it was told: columns by name; keys: FLEET frames of all robots."""

    def __init__(self):
        self.columns = {}
        self.keys = 0

    def take(self, frame):
        kind, key, rows, at = frame[0], frame[1] & 1, int.from_bytes(frame[4:8], "little"), 16
        told = np.arange(rows) if key else np.frombuffer(frame, "<u2", rows, at)
        at += 0 if key else 2 * rows
        for name, dtype in COLUMNS[kind].items():
            column = np.frombuffer(frame, dtype, rows, at)
            at += column.nbytes
            if key:
                self.columns[name] = column.copy()
            else:
                self.columns[name][told] = column
        self.keys += bool(key and kind == 1)
        assert at == len(frame)
