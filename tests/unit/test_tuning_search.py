"""The search for guidance: what it tries, that it finds what is better, and that interruptions change nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from fleet.app.tuning.candidates import CURRENT, NO_GUIDANCE, candidates
from fleet.app.tuning.parameters import Parameters
from fleet.app.tuning.search import TUNED, Contender, tune
from fleet.app.tuning.settings import TuneSettings
from fleet.app.tuning.state_file import TuneState
from fleet.grid.guidance_rules import GuidanceRules
from sim_worlds.world_file import load_world

SETTINGS = TuneSettings(
    robots=6, steps=40, warmup=10, orders="poisson:9", seed=3, population=6, generations=8, repeats=2, proof=3
)
STREETS = GuidanceRules(lanes="streets", rows="><", columns="v^")


@pytest.fixture(scope="module")
def tiny():
    return load_world("tiny")


class FakePool:
    """Throughput by a formula, with noise from the seed; remembers all trials."""

    def __init__(self, formula=None):
        self.formula = formula or (lambda rules: 1.0)
        self.trials = []

    def run(self, trials, done):
        self.trials += trials
        found = []
        for trial in trials:
            noise = np.random.default_rng(trial.seed).normal(0.0, 0.001)
            found.append(float(self.formula(trial.rules) + noise))
            done()
        return found


class Silent:
    def __init__(self):
        self.told = []

    def begin(self, what, trials):
        self.told.append((what, trials))

    def trial_done(self):
        pass

    def end(self, figures):
        pass


def searched(world, settings=SETTINGS, pool=None, state=None, keep=lambda state: None, watch=None):
    state = state or TuneState(world.name, "floor", settings)
    return tune(world, settings, pool or FakePool(), state, keep, watch or Silent())


def liking(turn):
    """A formula that likes streets, and turns of some cost."""

    def formula(rules):
        if rules is None:
            return 1.0
        return (2.0 if rules.lanes == "streets" else 0.5) - abs(np.log(rules.turn / turn)) / 5

    return formula


# What is tried


def test_candidates_have_none_first_and_the_worlds_own_rules_if_there_are_any(tiny):
    names = list(candidates(replace(tiny, guidance=None)))
    assert names[0] == NO_GUIDANCE
    assert CURRENT not in names
    own = candidates(replace(tiny, guidance=STREETS))
    assert own[CURRENT] == STREETS
    assert own[NO_GUIDANCE] is None
    assert {rules.lanes for rules in own.values() if rules} == {"none", "streets", "keep_right"}


def test_a_generation_shares_its_seeds_and_no_two_have_the_same(tiny):
    pool, watch = FakePool(), Silent()
    searched(tiny, pool=pool, watch=watch)
    seeds, first = [], 0
    for _, trials in watch.told:
        part = pool.trials[first : first + trials]
        by_rules = [tuple(trial.seed for trial in part[at : at + 2]) for at in range(0, trials, 2)]
        seeds.append({trial.seed for trial in part})
        if len(seeds) <= 9:
            assert len(set(by_rules)) == 1
        first += trials
    assert watch.told[0][0] == "screening"
    assert watch.told[-1][0] == "proof"
    assert len(set.union(*seeds)) == sum(map(len, seeds)) == 2 * 9 + 3


def test_the_proof_has_seeds_that_no_search_trains_with():
    highest = replace_settings(seed=10**9, repeats=1000).training_seeds(10**5)[-1]
    assert highest < SETTINGS.proof_seeds()[0]
    assert replace_settings(seed=10**9, proof=1000).proof_seeds()[-1] < 2**63


def replace_settings(**changes):
    import msgspec

    return msgspec.structs.replace(SETTINGS, **changes)


# What it finds


def test_the_search_begins_from_the_best_lanes_and_finds_better_numbers(tiny):
    outcome = searched(tiny, pool=FakePool(liking(turn=4)), settings=replace_settings(generations=20))
    assert outcome.start.name.startswith("streets")
    assert outcome.tuned.rules.lanes == "streets"
    assert 3 <= outcome.tuned.rules.turn <= 5
    assert outcome.best is outcome.tuned
    assert outcome.best.gain_over(outcome.start).is_proven
    assert outcome.best.gain_over(outcome.none).mean == pytest.approx(1.0, abs=0.1)


def test_where_no_guidance_is_best_it_is_kept(tiny):
    outcome = searched(tiny, pool=FakePool(lambda rules: 1.0 if rules is None else 0.5))
    assert outcome.start.name == outcome.best.name == NO_GUIDANCE
    assert outcome.best.rules is None
    assert outcome.tuned.name == TUNED
    gain = outcome.tuned.gain_over(outcome.none)
    assert (gain.is_proven, gain.mean) == (False, pytest.approx(-0.5, abs=0.01))


def test_of_equals_the_simplest_is_kept(tiny):
    class Equal(FakePool):
        def run(self, trials, done):
            return [1.0] * len(trials)

    assert searched(tiny, pool=Equal()).best.name == NO_GUIDANCE


def test_without_generations_the_start_is_what_was_tuned(tiny):
    outcome = searched(tiny, pool=FakePool(liking(turn=2)), settings=replace_settings(generations=0))
    assert outcome.tuned.rules.lanes == outcome.start.rules.lanes


def test_a_gain_is_the_paired_interval_of_student():
    one, other = np.array([3.0, 5.0, 4.0, 6.0]), np.array([2.0, 3.0, 3.5, 4.0])
    gain = Contender("a", None, one).gain_over(Contender("b", None, other))
    low, high = stats.ttest_rel(one, other).confidence_interval(0.95)
    assert gain.mean - gain.margin == pytest.approx(low)
    assert gain.mean + gain.margin == pytest.approx(high)
    assert gain.percent == pytest.approx(100 * 1.375 / 3.125)
    assert gain.is_proven == (low > 0)
    assert not Contender("b", None, other).gain_over(Contender("a", None, one)).is_proven


# Interruptions


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("after", [1, 2, 5, 9])
def test_a_search_that_is_interrupted_goes_on_to_the_same_result(tiny, after):
    formula = liking(turn=4)
    pool = FakePool(formula)
    whole = searched(tiny, pool=pool)
    kept = []

    def stop(state):
        kept.append(replace_state(state))
        if len(kept) == after:
            raise StoppedError

    with pytest.raises(StoppedError):
        searched(tiny, pool=FakePool(formula), keep=stop)
    rest = FakePool(formula)
    resumed = searched(tiny, pool=rest, state=kept[-1])
    assert resumed.tuned.rules == whole.tuned.rules
    assert resumed.start.name == whole.start.name
    assert resumed.tuned.throughput.tolist() == whole.tuned.throughput.tolist()
    # Nothing is simulated twice.
    assert rest.trials == pool.trials[len(pool.trials) - len(rest.trials) :]
    assert len(rest.trials) == 9 + (9 - after) * 12


def replace_state(state):
    return TuneState(
        state.world, state.floor, state.settings, dict(state.screening), [list(row) for row in state.generations]
    )


def test_the_search_leaves_the_global_random_numbers_alone(tiny):
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    searched(tiny)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


# Parameters


def test_the_start_stands_for_the_rules():
    rules = replace(STREETS, against=120, turn=7, station_extra=9, row_extra=(0.0, 10.0), column_extra=(3.0,) * 5)
    parameters = Parameters(rules, 40, 50, stations=True)
    found = parameters.rules(parameters.start())
    assert (found.lanes, found.rows, found.columns, found.along) == ("streets", "><", "v^", 20)
    assert (found.against, found.turn, found.station_extra) == (120, 7, 9)
    assert found.row_extra == pytest.approx((0.3, 2.5, 5.0, 7.5, 10.0))
    assert found.column_extra == (3.0,) * 5


@pytest.mark.parametrize(
    ("rules", "height", "width", "stations", "numbers"),
    [
        (STREETS, 40, 50, True, 13),
        (STREETS, 40, 20, True, 8),
        (STREETS, 10, 20, False, 2),
        (GuidanceRules(lanes="none"), 10, 20, False, 1),
        (GuidanceRules(lanes="none"), 10, 30, True, 7),
        (replace(STREETS, along=255), 10, 20, False, 1),
    ],
)
def test_only_what_matters_is_searched(rules, height, width, stations, numbers):
    assert Parameters(rules, height, width, stations=stations).start().shape == (numbers,)


def test_all_points_of_the_cube_but_for_rounding_errors_are_rules_no_dearer_than_they_may_be():
    parameters = Parameters(STREETS, 40, 50, stations=True)
    corners = [np.full(13, place) for place in (-1e-9, 0.0, 0.5, 1.0, 1.0 + 1e-9)]
    found = [parameters.rules(corner) for corner in corners]
    assert (found[0].against, found[0].turn, found[0].station_extra) == (20, 1, 0)
    assert (found[-1].against, found[-1].turn, found[-1].station_extra) == (255, 7, 40)
    assert found[0].row_extra == (0.0,) * 5
    assert found[-1].column_extra == (30.0,) * 5
    assert found[2].against == round((20 * 255) ** 0.5)
