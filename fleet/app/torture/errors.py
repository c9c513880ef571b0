"""Errors of torture.

FutureparkError
├── InputError
│   └── ScheduleError   a schedule in a file is malformed, or cannot be written
└── TortureError        schedules could not be played to their ends
"""

from __future__ import annotations

from robots.errors import FutureparkError, InputError


class ScheduleError(InputError):
    """A torture schedule cannot be read or written."""


class TortureError(FutureparkError):
    """Torture itself failed, not what it tortures."""
