"""What can go wrong with recordings.

FutureparkError
├── InputError
│   └── TraceFileError  a trace is no trace, is damaged or cut off, or is of another floor
└── ReplayError         a replay did not do what was recorded
"""

from __future__ import annotations

from robots.errors import FutureparkError, InputError


class TraceFileError(InputError):
    """A trace cannot be read (or written, or used) from some place on; what comes before it can."""


class ReplayError(FutureparkError):
    """A replay did something else than what was recorded; says from which tick on."""
