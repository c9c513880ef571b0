"""Errors of forecasts.

robots.errors.FutureparkError
├── InputError
│   └── SnapshotError    the state of a site cannot be had as asked: journal, controller and world do not go together
└── ForecastError        a fork could not be run to its end
"""

from __future__ import annotations

from robots.errors import FutureparkError, InputError


class SnapshotError(InputError):
    """The state of a site cannot be had as asked."""


class ForecastError(FutureparkError):
    """A fork could not be run to its end."""
