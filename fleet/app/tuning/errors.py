"""Errors of tuning.

robots.errors.FutureparkError
└── EvaluationError    a simulation of a candidate failed, or the process that ran it
"""

from __future__ import annotations

from robots.errors import FutureparkError


class EvaluationError(FutureparkError):
    """A simulation of a candidate failed, or the process that ran it."""
