"""Where forks run: in this process, or in processes of this machine. What comes of a fork is the same."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from fleet.app.forecast.errors import ForecastError
from fleet.app.forecast.fork import ForkParams, Scenario, run_fork
from fleet.app.forecast.tally import ForkResult
from fleet.app.worker_process import end_with_parent
from robots.errors import FutureparkError
from sim_worlds.world import World


def run_forks(
    world: World, scenarios: Sequence[Scenario], params: ForkParams, processes: int
) -> list[list[ForkResult]]:
    """Return what came of each fork, by scenario; 1 process is this one. Raises ForecastError if one cannot be run."""
    jobs = [(scenario, fork) for scenario in range(len(scenarios)) for fork in range(params.forks)]
    processes = min(processes, len(jobs))
    if processes == 1:
        found = [_run(world, scenarios[scenario], params, fork) for scenario, fork in jobs]
    else:
        found = _in_processes(world, scenarios, params, processes, jobs)
    return [found[at : at + params.forks] for at in range(0, len(found), params.forks)]


def _in_processes(
    world: World, scenarios: Sequence[Scenario], params: ForkParams, processes: int, jobs: Sequence[tuple[int, int]]
) -> list[ForkResult]:
    # Fresh processes: a fork of one that has threads may hang.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(
        processes, mp_context=context, initializer=_begin_process, initargs=(world, scenarios, params)
    )
    try:
        futures = [executor.submit(_run_begun, *job) for job in jobs]
        return [future.result() for future in futures]
    except BrokenProcessPool:
        problem = "a process that ran a fork has died, most likely for want of memory; take fewer --processes"
        raise ForecastError(problem) from None
    finally:
        executor.shutdown(cancel_futures=True)


_begun: list[tuple[World, Sequence[Scenario], ForkParams]] = []


def _begin_process(world: World, scenarios: Sequence[Scenario], params: ForkParams) -> None:
    """Keep what all forks have in common: it is large."""
    _begun[:] = [(world, scenarios, params)]
    # Ctrl-C goes to all processes of a terminal: these end without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()


def _run_begun(scenario: int, fork: int) -> ForkResult:
    world, scenarios, params = _begun[0]
    return _run(world, scenarios[scenario], params, fork)


def _run(world: World, scenario: Scenario, params: ForkParams, fork: int) -> ForkResult:
    try:
        return run_fork(world, scenario, params, fork)
    except FutureparkError as failure:
        # One text, which gets from process to process as it is.
        raise ForecastError(f"fork {fork} failed: {failure}") from None
