"""Where trials run: in this process, in processes of this machine, or on a Ray cluster. The figures are the same."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import warnings
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

from fleet.app.tuning.errors import EvaluationError
from fleet.app.tuning.problem import Problem, Trial, throughput
from fleet.app.worker_process import end_with_parent
from fleet.errors import SettingError
from robots.errors import FutureparkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LOCAL_RAY: Final = "ray"
_GO_ON: Final = "`--resume` goes on after the last generation that was finished"


class TrialPool(Protocol):
    """Runs trials of one problem."""

    def run(self, trials: Sequence[Trial], done: Callable[[], None]) -> list[float]:
        """Return the throughput of each trial, in their order; `done` is called as each of them ends.

        Raises EvaluationError if a trial fails or whoever ran it is lost.
        """


@contextmanager
def open_pool(problem: Problem, processes: int, on: str | None) -> Iterator[TrialPool]:
    """Open the place for trials: `on` Ray if that is given, else in so many processes; 1 is this process.

    on: `ray` for a Ray of its own on this machine, which ends with this, `ray://HOST:PORT` for a cluster that runs.
    Raises SettingError if it is neither, there is no such cluster or Ray is not installed.
    """
    if on is not None:
        with _on_ray(problem, processes, on) as pool:
            yield pool
    elif processes == 1:
        yield _SerialPool(problem)
    else:
        # Fresh processes: a fork of one that has threads may hang.
        context = multiprocessing.get_context("spawn")
        executor = ProcessPoolExecutor(processes, mp_context=context, initializer=_take, initargs=(problem,))
        try:
            yield _ProcessPool(executor)
        finally:
            executor.shutdown(cancel_futures=True)


class _SerialPool:
    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def run(self, trials: Sequence[Trial], done: Callable[[], None]) -> list[float]:
        found = []
        for trial in trials:
            found.append(_evaluate_on(self._problem, trial))
            done()
        return found


class _ProcessPool:
    def __init__(self, executor: ProcessPoolExecutor) -> None:
        self._executor = executor

    def run(self, trials: Sequence[Trial], done: Callable[[], None]) -> list[float]:
        try:
            futures = [self._executor.submit(_evaluate, trial) for trial in trials]
            for future in as_completed(futures):
                future.result()
                done()
        except BrokenProcessPool:
            raise EvaluationError(
                f"a process that ran a simulation has died, most likely for want of memory; "
                f"take fewer --processes or fewer robots: {_GO_ON}"
            ) from None
        return [future.result() for future in futures]


_taken: list[Problem] = []


def _take(problem: Problem) -> None:
    """Keep the problem in a process of the pool: it is large, and the same for all trials."""
    _taken[:] = [problem]
    # Ctrl-C goes to all processes of a terminal: these end without a word, and the search says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()


def _evaluate(trial: Trial) -> float:
    return _evaluate_on(_taken[0], trial)


def _evaluate_on(problem: Problem, trial: Trial) -> float:
    try:
        return throughput(problem, trial)
    except FutureparkError as failure:
        # One text, which gets from process to process as it is.
        raise EvaluationError(f"a simulation failed: {failure}; seed {trial.seed}, rules {trial.rules}") from None


@contextmanager
def _on_ray(problem: Problem, processes: int, address: str) -> Iterator[TrialPool]:
    if address != _LOCAL_RAY and not address.startswith("ray://"):
        raise SettingError("--on", f"{address!r} is no Ray", "use ray://HOST:PORT, or ray for one on this machine")
    try:
        import ray
    except ImportError:
        remedy = "install futurepark[cluster], or leave --on out"
        raise SettingError("--on", "Ray is not installed", remedy) from None
    own = {"num_cpus": processes, "include_dashboard": False}
    named: dict[str, Any] = own if address == _LOCAL_RAY else {"address": address}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(**named, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError, OSError, ImportError) as failure:
        reason = (str(failure).strip() or type(failure).__name__).splitlines()[0]
        remedy = "start one with `ray start --head`, or use ray for one on this machine"
        raise SettingError("--on", f"there is no Ray to be reached at {address!r}: {reason}", remedy) from None
    try:
        yield _RayPool(problem)
    finally:
        ray.shutdown()


class _RayPool:
    def __init__(self, problem: Problem) -> None:
        import ray

        self._problem = ray.put(problem)
        # A trial that failed once fails again; a lost machine is for a person to know of.
        self._throughput = ray.remote(max_retries=0)(_evaluate_on)

    def run(self, trials: Sequence[Trial], done: Callable[[], None]) -> list[float]:
        import ray
        from ray.exceptions import RayError, RayTaskError

        running = [self._throughput.remote(self._problem, trial) for trial in trials]
        waiting = list(running)
        try:
            while waiting:
                ready, waiting = ray.wait(waiting)
                ray.get(ready)
                done()
            return list(ray.get(running))
        except RayTaskError as failure:
            if isinstance(failure.cause, EvaluationError):
                raise failure.cause from None
            raise EvaluationError(f"a simulation failed on the cluster: {failure.cause!r}; {_GO_ON}") from failure
        except RayError as failure:
            reason = str(failure).strip().splitlines()[0]
            raise EvaluationError(
                f"the cluster has lost a simulation: {reason}; look at its memory (`ray status`): {_GO_ON}"
            ) from None
