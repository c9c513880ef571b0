"""What a search is asked for."""

from __future__ import annotations

from typing import Final

import msgspec

from fleet.errors import SettingError

HIGHEST_SEED: Final = 10**9
# Seeds of training and of the proof come from stretches that do not meet, whatever --seed is.
_STRETCH: Final = 10**6
_PROOF: Final = 10**16


class TuneSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that the result of a search follows from, besides world and floor.

    steps, warmup  of one simulation; the first `warmup` do not count
    orders         `poisson:RATE` for described worlds, empty for bare maps
    repeats        simulations of each candidate, each with a seed of its own, the same for all of a generation
    proof          simulations of each contender at the end, with seeds that the search has never seen
    """

    robots: int
    steps: int
    warmup: int
    orders: str
    seed: int
    population: int
    generations: int
    repeats: int
    proof: int

    def __post_init__(self) -> None:
        _demand("--seed", self.seed, 0 <= self.seed <= HIGHEST_SEED, f"use a whole number from 0 to {HIGHEST_SEED}")
        _demand("--steps", self.steps, self.steps >= 8, "use 8 or more")
        _demand("--population", self.population, self.population >= 4, "use 4 or more")
        _demand("--generations", self.generations, self.generations >= 0, "use 0 or more")
        _demand("--repeats", self.repeats, 1 <= self.repeats <= 1000, "use 1 to 1000")
        _demand("--proof", self.proof, 2 <= self.proof <= 1000, "use 2 to 1000")

    def training_seeds(self, generation: int) -> range:
        """Seeds of a generation's simulations; generation 0 is the screening."""
        first = self.seed * _STRETCH + generation * self.repeats
        return range(first, first + self.repeats)

    def proof_seeds(self) -> range:
        """Seeds of the simulations that prove the gain; none of them is a training seed of any search."""
        first = _PROOF + self.seed * self.proof
        return range(first, first + self.proof)


def _demand(option: str, value: int, holds: bool, remedy: str) -> None:
    if not holds:
        raise SettingError(option, f"is {value}", remedy)
