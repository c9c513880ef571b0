"""10,000 robots on the League's two large floors: what each ingredient gives, beside the best solutions known."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.drawn_league import draw_league
from benchmarks.instances import LARGE_MAPS, find_instance
from benchmarks.league import COLUMNS, NOTES, SHORT_NOTE, figures, play
from benchmarks.references import BEST_KNOWN
from fleet.app.compose_league import LeagueSettings
from fleet.grid.map_file import MapFile, read_map

_ROBOTS: Final = 10_000
_SHORT_STEPS, _STEPS, _LONG_STEPS = 300, 1000, 5000
_SEEDS: Final = (1, 2, 3)
# More than any planner finishes in the longest run.
_TASKS: Final = 300_000
_PLAIN: Final = LeagueSettings(guidance="none")
_GUIDED: Final = LeagueSettings()
_INGREDIENTS: Final = {
    "epibt": _PLAIN,
    "epibt, guidance": _GUIDED,
    "epibt5, guidance": replace(_GUIDED, planner="epibt5"),
    "epibt+lns": replace(_PLAIN, planner="epibt+lns", deterministic=True),
    "epibt+lns, guidance": replace(_GUIDED, planner="epibt+lns", deterministic=True),
}
_NOTES = (
    "starts and tasks are drawn as in the League's files, which have no instance with 10,000 robots",
    "+lns: 10,000 attempts a step, counted, on one thread",
)


def run(options: Options) -> Report:
    """Run every ingredient for some steps; in the full form several seeds and as many steps as the League has, too."""
    tables = []
    for name, path in LARGE_MAPS.items():
        map_file = read_map(find_instance(options.instances, path))
        plays = [(ingredient, 1, _STEPS if options.full else _SHORT_STEPS) for ingredient in _INGREDIENTS]
        if options.full:
            plays += [("epibt, guidance", seed, _STEPS) for seed in _SEEDS[1:]]
            plays += [("epibt, guidance", 1, _LONG_STEPS)]
        else:
            plays = [play for play in plays if play[0] in {"epibt", "epibt, guidance"}]
        rows = tuple(_row(options, map_file, *play) for play in plays)
        tables.append(Table(f"{name}, {_ROBOTS:,} robots", ("ingredients", "seed", *COLUMNS), rows))
    notes = (*NOTES, *_NOTES)
    return Report(tuple(tables), notes if options.full else (*notes, SHORT_NOTE))


def _row(options: Options, map_file: MapFile, ingredient: str, seed: int, steps: int) -> tuple[Cell, ...]:
    options.say(f"{map_file.path.stem}: {ingredient}, seed {seed}, {steps} steps")
    instance = draw_league(map_file, _ROBOTS, seed, _TASKS)
    record, rate = play(instance, _INGREDIENTS[ingredient], steps)
    best_known = BEST_KNOWN[f"{map_file.path.stem}_{_ROBOTS}"]
    return ingredient, seed, *figures(record, steps, rate, best_known)


BENCHMARK = Benchmark("champions", "10,000 robots on the League's large floors, ingredient by ingredient", run)
