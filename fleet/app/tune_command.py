"""`futurepark tune`: find guidance that raises a floor's throughput, and prove that it does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from fleet.app.tuning.search import Contender, Outcome
    from fleet.app.tuning.settings import TuneSettings
    from sim_worlds.world import World

# Orders an hour for each robot: more than robots can do on any floor.
_ORDERS_A_ROBOT: Final = 60
_WARMUP_SHARE: Final = 4


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("tune")(tune)


def tune(
    world: Annotated[str, typer.Argument(help="A shipped world, a world file, a .map or a league instance .json.")],
    robots: Annotated[
        int | None, typer.Option(min=1, help="Robots on the floor; the world's own number if left out.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Steps of one simulation; the first quarter does not count.")] = 500,
    duration: Annotated[
        str | None, typer.Option("--for", help="Simulated time of one simulation instead of --steps, like 90s or 30m.")
    ] = None,
    orders: Annotated[
        str | None, typer.Option(help="poisson:RATE; more than can be done if left out. Not for .map and .json.")
    ] = None,
    evaluations: Annotated[
        int | None,
        typer.Option(min=1, help="Candidates to try at most, in whole generations, instead of --generations."),
    ] = None,
    generations: Annotated[int, typer.Option(help="Generations of the search.")] = 20,
    population: Annotated[int, typer.Option(help="Candidates in a generation.")] = 12,
    repeats: Annotated[int, typer.Option(help="Simulations of each candidate, each with a seed of its own.")] = 1,
    proof: Annotated[
        int, typer.Option(help="Simulations of each contender at the end, with seeds not seen before.")
    ] = 5,
    seed: Annotated[int, typer.Option(help="Of everything random; same seed, same result.")] = 1,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Simulations at the same time; all processors of this machine if left out."),
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="Simulate on Ray: ray://HOST:PORT for a cluster, ray for one on this machine.")
    ] = None,
    memory: Annotated[int, typer.Option(min=1, help="MB of distance fields of one simulation, at most.")] = 4096,
    out: Annotated[Path | None, typer.Option(help="Guidance file to write; WORLD.guidance.toml if left out.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a search that was interrupted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON instead of a table.")] = False,
) -> None:
    """Search for guidance, what moves cost, that gives a floor more throughput.

    Tries lanes of several kinds, tunes the numbers of the best by CMA-ES, and measures the gain with seeds that the
    search has not seen. Writes the best rules found to a guidance file, for `run --guidance` or for a world file.
    """
    from fleet.app.tuning.pools import open_pool
    from fleet.app.tuning.problem import Problem, check_problem
    from fleet.app.tuning.progress import watching
    from fleet.app.tuning.search import tune as search
    from fleet.app.tuning.settings import TuneSettings
    from fleet.app.tuning.state_file import TuneState, begin_state, state_path, write_state
    from sim_worlds.guidance_file import floor_digest, write_guidance
    from sim_worlds.world_file import load_world

    floor = load_world(world)
    fleet = robots or _default_robots(floor)
    length = steps if duration is None else _steps(floor, duration)
    settings = TuneSettings(
        robots=fleet,
        steps=length,
        warmup=length // _WARMUP_SHARE,
        orders=_orders(floor, fleet, orders),
        seed=seed,
        population=population,
        generations=generations if evaluations is None else evaluations // max(1, population),
        repeats=repeats,
        proof=proof,
    )
    problem = Problem(floor, fleet, length, settings.warmup, settings.orders, memory)
    check_problem(problem)
    target = out or Path(f"{floor.name}.guidance.toml")
    kept = state_path(target)
    state = begin_state(kept, TuneState(floor.name, floor_digest(floor.layout), settings), resume=resume)
    at_once = processes or len(os.sched_getaffinity(0))
    with open_pool(problem, at_once, on) as pool, watching() as watch:
        # Said before the work of hours, not after it: that there is no writing to that folder.
        write_state(kept, state)
        outcome = search(floor, settings, pool, state, lambda now: write_state(kept, now), watch)
    best = outcome.best
    if best.rules is not None:
        write_guidance(target, best.rules, floor.layout, _provenance(floor, settings, outcome))
    _print(floor, settings, outcome, target if best.rules is not None else None, as_json=as_json)


def _default_robots(world: World) -> int:
    from fleet.errors import SettingError

    if world.path.suffix.lower() == ".map":
        raise SettingError("--robots", "is missing", f"a map does not say how many: add --robots N for {world.path}")
    return world.default_robots


def _steps(world: World, duration: str) -> int:
    from fleet.app.durations import parse_duration
    from robots.kinematics import step_time

    return round(parse_duration(duration, "--for") / step_time(world.robot, world.cell_m))


def _orders(world: World, robots: int, given: str | None) -> str:
    """The order source of described worlds, empty for bare maps."""
    from fleet.errors import SettingError

    if world.path.suffix.lower() != ".toml":
        if given is not None:
            problem = f"{world.name} is a bare map, whose robots always have a goal"
            raise SettingError("--orders", problem, "leave --orders out, or describe the floor in a world file")
        return ""
    if given is None:
        return f"poisson:{_ORDERS_A_ROBOT * robots}"
    if not given.startswith("poisson:"):
        raise SettingError("--orders", f"{given!r} comes to an end", "use poisson:RATE, more than the robots can do")
    return given


def _provenance(world: World, settings: TuneSettings, outcome: Outcome) -> dict[str, Any]:
    from importlib.metadata import version

    import msgspec

    return {
        "by": f"futurepark {version('futurepark')}",
        "world": world.name,
        **{name: value for name, value in msgspec.structs.asdict(settings).items() if value != ""},
        "kept": outcome.best.name,
        "tasks_a_step": _means(outcome),
    }


def _means(outcome: Outcome) -> dict[str, float]:
    contenders: tuple[Contender, ...] = (outcome.none, outcome.start, outcome.tuned)
    return {contender.name: round(float(contender.throughput.mean()), 4) for contender in contenders}


def _print(world: World, settings: TuneSettings, outcome: Outcome, out: Path | None, *, as_json: bool) -> None:
    import json
    from dataclasses import asdict

    best, gains = outcome.best, {}
    for name, other in (("none", outcome.none), ("start", outcome.start)):
        gain = best.gain_over(other)
        gains[f"gain_over_{name}"] = {**asdict(gain), "proven": gain.is_proven}
    if as_json:
        summary = {
            "world": world.name,
            "robots": settings.robots,
            "steps": settings.steps,
            "generations": settings.generations,
            "seed": settings.seed,
            "start": outcome.start.name,
            "tasks_a_step": _means(outcome),
            "kept": best.name,
            **gains,
            "rules": None if best.rules is None else best.rules.as_table(),
            "out": None if out is None else str(out),
        }
        typer.echo(json.dumps(summary))
        return
    _print_table(world, settings, outcome, out)


def _print_table(world: World, settings: TuneSettings, outcome: Outcome, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table

    console, best = Console(), outcome.best
    title = f"{world.name}, {settings.robots} robots: {settings.proof} simulations with seeds not seen before"
    table = Table("rules", "tasks a step", "over no guidance", title=title)
    for contender in {one.name: one for one in (outcome.none, outcome.start, outcome.tuned)}.values():
        gain = contender.gain_over(outcome.none)
        shown = "" if contender is outcome.none else f"{gain.mean:+.3f} ± {gain.margin:.3f} ({gain.percent:+.1f} %)"
        kept = " (kept)" if contender is best else ""
        table.add_row(contender.name + kept, f"{contender.throughput.mean():.3f}", shown)
    console.print(table)
    for name, other in (
        ("no guidance", outcome.none),
        (f"the rules that it began from ({outcome.start.name})", outcome.start),
    ):
        if other is not best:
            gain = best.gain_over(other)
            word = "is proven" if gain.is_proven else "is not proven: the 95 % interval holds zero"
            console.print(f"The gain of {best.name} over {name}, {gain.mean:+.3f} ± {gain.margin:.3f}, {word}.")
    if best is not outcome.tuned:
        console.print(f"There is no gain in tuning here: {best.name} is better than what the search found.")
    console.print("Nothing written: no guidance is best." if out is None else f"Written to {out}", soft_wrap=True)
