"""Errors of the whole distribution, and those of `robots`.

FutureparkError
├── InputError             something a person or another system gave us is wrong; command line exit code 2
│   ├── RobotModelError    a robot model has an impossible value
│   ├── (sim_worlds.errors.WorldError, fleet.errors.OrderError, ... : one for each kind of input)
└── DriverError            a driver was asked for something that its robots cannot do
"""

from __future__ import annotations


class FutureparkError(Exception):
    """Base of every error that this distribution raises on purpose."""


class InputError(FutureparkError):
    """Bad input: says what is wrong, where, and what to do about it.

    `where` names the file, with line and field when known (`orders.csv, line 7, column quantity`), or the option.
    """

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        super().__init__(f"{where}: {problem}; {remedy}")
        self.where = where
        self.problem = problem
        self.remedy = remedy


class RobotModelError(InputError):
    """A robot model has a value that no robot can have."""


class DriverError(FutureparkError):
    """A driver was asked for something that its robots cannot do (a defect of the caller)."""
