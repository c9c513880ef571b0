"""What is wrong with photo-eyes: how much of it, and where the figures are from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import isfinite

from robots.errors import InputError


@dataclass(frozen=True, slots=True)
class BeamFaults:
    """How wrong photo-eyes are. The defaults are the nominal faults.

    missed          share of what comes into the beam that an eye does not see: too flat, or the light gets through
    spurious_per_h  how often it is dark for a moment though nothing slides by: dust, a loose label, a hand
    spurious_s      mean time for which it is then
    blind_per_h     how often it becomes dark for good: dirt, knocked out of line, dead
    dropout         share of readings that do not come

    Photo-eyes that look across are dark when they fail, so that a jam is never overlooked for that. Nobody publishes
    how often they miss a parcel, flicker or get dirty in chutes: all of it is assumed, on the bad side.

    Raises InputError for a value that cannot be.
    """

    missed: float = 0.01
    spurious_per_h: float = 1.0
    spurious_s: float = 0.5
    blind_per_h: float = 0.002
    dropout: float = 0.01

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isfinite(value) and value >= 0):
                raise InputError(f"beam faults, {field.name}", f"is {value}", "give a number, 0 or greater")
        for name in ("missed", "dropout"):
            if getattr(self, name) > 1:
                raise InputError(f"beam faults, {name}", f"is {getattr(self, name)}", "give a share from 0 to 1")

    @classmethod
    def none(cls) -> BeamFaults:
        """Return those of an eye that sees everything and never fails."""
        return cls(*(0.0 for _ in fields(cls)))
