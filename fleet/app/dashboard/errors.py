"""Errors of the server behind the page.

robots.errors.FutureparkError
├── InputError
│   └── ServerError       the server cannot be set up as asked: address, tokens, folder of runs
└── RequestError          a request is not carried out; its status and words are the answer
"""

from __future__ import annotations

from robots.errors import FutureparkError, InputError


class ServerError(InputError):
    """The server cannot be set up as asked."""


class RequestError(FutureparkError):
    """A request is not carried out. `status` is that of HTTP; where, problem, remedy are told to whoever asked."""

    def __init__(self, status: int, where: str, problem: str, remedy: str = "") -> None:
        super().__init__(f"{where}: {problem}")
        self.status = status
        self.where = where
        self.problem = problem
        self.remedy = remedy
