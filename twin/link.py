"""How messages between the controller and simulated robots travel."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from robots.errors import InputError


@dataclass(frozen=True, slots=True)
class LinkParams:
    """The link of a simulated fleet; each message, in either direction, fares by itself.

    delay_s      shortest and longest time that a message takes; each takes a random one between
    loss         probability that a message is lost
    duplication  probability that a message comes twice, each copy in its own time
    resend_s     a row that its robot does not report yet is sent again after so long
    report_s     a robot reports so often, each at its own moment

    Raises InputError if a value is impossible.
    """

    delay_s: tuple[float, float] = (0.02, 0.08)
    loss: float = 0.0
    duplication: float = 0.0
    resend_s: float = 0.2
    report_s: float = 0.1

    def __post_init__(self) -> None:
        least, most = self.delay_s
        if not (0 <= least <= most and isfinite(most)):
            raise InputError("link.delay_s", f"is {self.delay_s}", "give the shortest and the longest delay, 0 or more")
        for name in ("loss", "duplication"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"link.{name}", f"is {getattr(self, name)}", "give a probability from 0 to 1")
        for name in ("resend_s", "report_s"):
            if not (getattr(self, name) > 0 and isfinite(getattr(self, name))):
                raise InputError(f"link.{name}", f"is {getattr(self, name)}", "give seconds greater than zero")
