"""The search for rules: a screening of lanes, CMA-ES over their numbers, and a proof with seeds it has not seen.

Optimiser: N. Hansen, "The CMA Evolution Strategy: A Tutorial" (2016), as the package `cma` has it. Guidance by CMA-ES:
Zhang et al., "Guidance Graph Optimization for Lifelong Multi-Agent Path Finding", IJCAI-24.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING, Final, Protocol

import cma
import numpy as np
from scipy import stats

from fleet.app.tuning.candidates import NO_GUIDANCE, candidates
from fleet.app.tuning.parameters import Parameters
from fleet.app.tuning.problem import Trial
from fleet.grid.guidance import HIGHEST_TURN
from fleet.grid.guidance_rules import GuidanceRules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.app.tuning.pools import TrialPool
    from fleet.app.tuning.settings import TuneSettings
    from fleet.app.tuning.state_file import TuneState
    from robots.arrays import Float64
    from sim_worlds.world import World

TUNED: Final = "tuned"
# Share of the unit cube that the first generation spreads over, one standard deviation.
_FIRST_SPREAD: Final = 0.15
_CONFIDENCE: Final = 0.95


class Watcher(Protocol):
    """Is told how the search goes."""

    def begin(self, what: str, trials: int) -> None:
        """So many trials begin."""

    def trial_done(self) -> None:
        """One of them has ended."""

    def end(self, figures: Sequence[float]) -> None:
        """They have ended, with these throughputs, tasks a step."""


@dataclass(frozen=True, slots=True)
class Gain:
    """How much better one is than another over the same seeds, tasks a step.

    mean     of the differences
    margin   half the width of its 95 % confidence interval
    percent  mean as a share of the other's throughput
    """

    mean: float
    margin: float
    percent: float

    @property
    def is_proven(self) -> bool:
        """Whether the confidence interval lies above zero."""
        return self.mean - self.margin > 0


@dataclass(frozen=True, slots=True)
class Contender:
    """Rules that made it to the proof, and their throughput with each of its seeds, float64 (seeds,)."""

    name: str
    rules: GuidanceRules | None
    throughput: Float64

    def gain_over(self, other: Contender) -> Gain:
        """The gain over another, seed by seed (paired Student's t interval)."""
        difference = self.throughput - other.throughput
        seeds = len(difference)
        quantile = float(stats.t.ppf(0.5 + _CONFIDENCE / 2, seeds - 1))
        margin = quantile * float(difference.std(ddof=1)) / sqrt(seeds)
        before = float(other.throughput.mean())
        mean = float(difference.mean())
        return Gain(mean, margin, 100.0 * mean / before if before else nan)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a search: contenders by name, and the best of them, which is kept.

    none      no guidance
    start     what the screening chose, where the search began; it may be `none`
    tuned     what the search found
    """

    none: Contender
    start: Contender
    tuned: Contender

    @property
    def best(self) -> Contender:
        """The one with the most throughput; the simpler one where two are equal."""
        return max((self.none, self.start, self.tuned), key=lambda contender: float(contender.throughput.mean()))


def tune(
    world: World,
    settings: TuneSettings,
    pool: TrialPool,
    state: TuneState,
    keep: Callable[[TuneState], None],
    watch: Watcher,
) -> Outcome:
    """Search, on from what `state` holds; `keep` is called with it whenever it holds more.

    The outcome follows from world and settings alone, wherever trials run and however often the search is interrupted.
    """
    start = _screen(world, settings, pool, state, keep, watch)
    first = candidates(world)[start]
    stations = len(world.service_cells) > 0
    # A turn that costs as much as a move is no guidance.
    base = first or GuidanceRules(lanes="none", along=HIGHEST_TURN, turn=HIGHEST_TURN)
    parameters = Parameters(base, world.layout.height, world.layout.width, stations=stations)
    found = _evolve(parameters, settings, pool, state, keep, watch)
    contenders = {NO_GUIDANCE: None, start: first, TUNED: found}
    figures = _run(pool, list(contenders.values()), settings.proof_seeds(), "proof", watch)
    proven = {name: Contender(name, rules, row) for (name, rules), row in zip(contenders.items(), figures, strict=True)}
    return Outcome(proven[NO_GUIDANCE], proven[start], proven[TUNED])


def _screen(
    world: World,
    settings: TuneSettings,
    pool: TrialPool,
    state: TuneState,
    keep: Callable[[TuneState], None],
    watch: Watcher,
) -> str:
    """Name of the rules to begin from: those with the most throughput."""
    if not state.screening:
        known = candidates(world)
        figures = _run(pool, list(known.values()), settings.training_seeds(0), "screening", watch)
        state.screening = dict(zip(known, figures.mean(axis=1).tolist(), strict=True))
        keep(state)
    return max(state.screening, key=lambda name: state.screening[name])


def _evolve(
    parameters: Parameters,
    settings: TuneSettings,
    pool: TrialPool,
    state: TuneState,
    keep: Callable[[TuneState], None],
    watch: Watcher,
) -> GuidanceRules:
    """Rules at the centre of the last generation's distribution."""
    # cma draws through numpy's old interface.
    random = np.random.RandomState(settings.seed % 2**32)
    options = {
        "popsize": settings.population,
        "bounds": [0.0, 1.0],
        "randn": random.randn,
        "seed": nan,  # which leaves numpy's global generator alone
        "verbose": -10,
        "verb_log": 0,
        "CMA_mirrors": 0,
    }
    optimiser = cma.CMAEvolutionStrategy(parameters.start(), _FIRST_SPREAD, options)
    for generation in range(settings.generations):
        points = optimiser.ask()
        if generation == len(state.generations):
            seeds = settings.training_seeds(generation + 1)
            rules = [parameters.rules(np.asarray(point)) for point in points]
            figures = _run(pool, rules, seeds, f"generation {generation + 1} of {settings.generations}", watch)
            state.generations.append(figures.mean(axis=1).tolist())
            keep(state)
        optimiser.tell(points, [-figure for figure in state.generations[generation]])
    if not settings.generations:
        return parameters.rules(parameters.start())
    return parameters.rules(np.asarray(optimiser.result.xfavorite))


def _run(
    pool: TrialPool, rules: Sequence[GuidanceRules | None], seeds: Sequence[int], what: str, watch: Watcher
) -> Float64:
    """Throughput of each of the rules with each of the seeds, float64 (rules, seeds)."""
    trials = [Trial(each, seed) for each in rules for seed in seeds]
    watch.begin(what, len(trials))
    figures = pool.run(trials, watch.trial_done)
    watch.end(figures)
    return np.array(figures).reshape(len(rules), len(seeds))
