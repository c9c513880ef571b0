"""What `world check` says about a world file: a problem, where it is and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from sim_worlds.errors import WorldError

if TYPE_CHECKING:
    from robots.errors import InputError


class Severity(Enum):
    """Whether a world can be used at all."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem. `where` names the file, with line and column when known."""

    where: str
    problem: str
    remedy: str
    severity: Severity = Severity.ERROR

    @classmethod
    def of(cls, error: InputError) -> Finding:
        """Return the finding that says what an error says."""
        return cls(error.where, error.problem, error.remedy)

    def as_error(self) -> WorldError:
        """Return the error that says what this finding says."""
        return WorldError(self.where, self.problem, self.remedy)

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}; {self.remedy}"
