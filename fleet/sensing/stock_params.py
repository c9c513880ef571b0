"""What the stock filter takes for granted of sensors and of people's work."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import isfinite

from fleet.errors import SettingError


@dataclass(frozen=True, slots=True)
class WorkErrors:
    """How often work at a bin is not what was confirmed.

    wrong_quantity  share of works with other units than confirmed: one more or less mostly
    wrong_bin       share of works that were done at a bin beside it
    spread          each further unit of a wrong quantity is so many times less likely

    Trade sources call 0.5 % wrong picks of all picks very good, and 1 % still acceptable.
    """

    wrong_quantity: float = 0.006
    wrong_bin: float = 0.002
    spread: float = 0.4

    def __post_init__(self) -> None:
        for name, value in (("wrong_quantity", self.wrong_quantity), ("wrong_bin", self.wrong_bin)):
            if not 0 <= value < 0.5:
                raise SettingError(f"work errors, {name}", f"is {value}", "give a share from 0 to below 0.5")
        if not 0 <= self.spread < 1:
            raise SettingError("work errors, spread", f"is {self.spread}", "give a share from 0 to below 1")


@dataclass(frozen=True, slots=True)
class StockFilterParams:
    """Settings of the stock filter. The defaults fit common time-of-flight sensors at 2 Hz and trained people.

    noise_m          standard deviation of a reading
    offset_m, scale  standard deviation of a sensor's constant error, and of that in proportion to the distance
    offset_drift_m, scale_drift  how far they wander in an hour, as random walks: temperature; dirt
    spurious         share of readings that have nothing to do with the stock
    reach_m          no reading is greater
    most_same        so many times in a row a reading may be exactly the one before; then the sensor counts as stuck
    patience         after so many readings in a row that agree and that no number of units explains, either the sensor
                     has changed at once (something sticks to it, somebody has wiped it) or the stock has, untold
    jump_m, jump_scale  standard deviation of offset and scale after such a change of the sensor
    unseen           probability that it was the stock
    known            share of bins whose number at the start is right
    picks, fills     what goes wrong when units are taken out and put in

    Raises SettingError for a value that cannot be.
    """

    noise_m: float = 0.0045
    offset_m: float = 0.006
    scale: float = 0.006
    offset_drift_m: float = 0.0015
    scale_drift: float = 0.002
    spurious: float = 0.002
    reach_m: float = 1.3
    most_same: int = 3
    patience: int = 10
    jump_m: float = 0.1
    jump_scale: float = 0.3
    unseen: float = 0.1
    known: float = 0.98
    picks: WorkErrors = field(default_factory=WorkErrors)
    fills: WorkErrors = field(default_factory=lambda: WorkErrors(wrong_quantity=0.01, wrong_bin=0.003))

    def __post_init__(self) -> None:
        for item in fields(self):
            if item.name not in ("picks", "fills"):
                value = getattr(self, item.name)
                if not (isfinite(value) and value >= 0):
                    raise SettingError(f"stock filter, {item.name}", f"is {value}", "give a number, 0 or greater")
        for name in ("noise_m", "reach_m", "patience"):
            if getattr(self, name) == 0:
                raise SettingError(f"stock filter, {name}", "is 0", "give a number greater than 0")
        for name in ("spurious", "unseen", "known"):
            if not 0 < getattr(self, name) < 1:
                raise SettingError(f"stock filter, {name}", f"is {getattr(self, name)}", "give a share between 0 and 1")
