"""Errors of those who talk to a running site.

robots.errors.FutureparkError
├── MessageError               a message of the API or the feed is not one
├── ControllerUnreachableError no controller answers; command line exit code 3
└── RefusedError               the controller does not carry a request out; command line exit code 1
"""

from __future__ import annotations

from robots.errors import FutureparkError


class MessageError(FutureparkError):
    """A message of the API or the feed is not one. `code`: malformed, version, too_large."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(f"{code}: {problem}")
        self.code = code
        self.problem = problem


class ControllerUnreachableError(FutureparkError):
    """No controller answers."""


class RefusedError(FutureparkError):
    """The controller does not carry a request out; docs/site-api.md has the codes."""

    def __init__(self, code: str, problem: str, remedy: str) -> None:
        super().__init__(f"refused, {code}: {problem}" + (f"\n  {remedy}" if remedy else ""))
        self.code = code
        self.problem = problem
        self.remedy = remedy
