"""Where trials run: in this process, or in processes of this machine. What comes of a schedule is the same."""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from fleet.app.torture.drawing import draw_schedule
from fleet.app.torture.errors import TortureError
from fleet.app.torture.schedule import Schedule
from fleet.app.torture.shrink import Shrunk, shrink
from fleet.app.torture.trial import TrialResult, TrialStopped, run_trial
from fleet.app.worker_process import end_with_parent


@dataclass(frozen=True, slots=True)
class Job:
    """A seed to be played with so many robots, or a schedule; or one to be shrunk, of which this came."""

    seed: int
    robots: int | None = None
    schedule: Schedule | None = None
    shrink: TrialResult | None = None

    def drawn(self) -> Schedule:
        """Return the schedule."""
        return self.schedule if self.schedule is not None else draw_schedule(self.seed, self.robots)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job, and what it cost: seconds of a core, ticks and robot-ticks of all its trials."""

    job: Job
    result: TrialResult
    core_s: float
    shrunk: Shrunk | None = None


class Stop(Protocol):
    """Says that jobs are to end."""

    def is_set(self) -> bool:
        """Whether they are."""

    def set(self) -> None:
        """Let them end."""


class Jobs(Protocol):
    """Runs jobs."""

    def add(self, job: Job) -> None:
        """Take one more job, to be done before those that have not begun."""

    def done(self) -> Iterator[Outcome]:
        """Yield what comes of the jobs as they end, those added meanwhile too; ends early when it is stopped."""

    def stop(self) -> None:
        """End as soon as can be."""


@contextmanager
def open_jobs(seeds: Iterator[Job], processes: int) -> Iterator[Jobs]:
    """Open the place for these jobs: so many processes; 1 is this one. Jobs that have not begun end with it."""
    if processes == 1:
        yield _Serial(seeds)
        return
    # Fresh processes: a fork of one that has threads may hang.
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    executor = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(stop,))
    try:
        yield _Parallel(seeds, executor, stop, processes)
    finally:
        stop.set()
        executor.shutdown(cancel_futures=True)


def run_job(job: Job, stop: Stop) -> Outcome | None:
    """Do a job; None if it was stopped."""
    began_s = time.process_time()
    shrunk = None
    try:
        if job.shrink is None:
            result = run_trial(job.drawn(), stop.is_set)
        else:
            shrunk = shrink(job.drawn(), job.shrink, lambda schedule: run_trial(schedule, stop.is_set))
            result = shrunk.result
    except TrialStopped:
        return None
    return Outcome(job, result, time.process_time() - began_s, shrunk)


class _Serial:
    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs = jobs
        self._first: list[Job] = []
        self._stop = threading.Event()

    def add(self, job: Job) -> None:
        self._first.append(job)

    def done(self) -> Iterator[Outcome]:
        while not self._stop.is_set():
            job = self._first.pop() if self._first else next(self._jobs, None)
            outcome = None if job is None else run_job(job, self._stop)
            if outcome is None:
                return
            yield outcome

    def stop(self) -> None:
        self._stop.set()


class _Parallel:
    def __init__(self, jobs: Iterator[Job], executor: ProcessPoolExecutor, stop: Stop, processes: int) -> None:
        self._jobs = jobs
        self._executor = executor
        self._stop = stop
        self._at_once = 2 * processes
        self._under_way: set[Future[Outcome | None]] = set()

    def add(self, job: Job) -> None:
        self._under_way.add(self._executor.submit(_run, job))

    def done(self) -> Iterator[Outcome]:
        try:
            while not self._stop.is_set():
                while len(self._under_way) < self._at_once and (job := next(self._jobs, None)) is not None:
                    self.add(job)
                if not self._under_way:
                    return
                ended, self._under_way = wait(self._under_way, timeout=_LOOK_S, return_when=FIRST_COMPLETED)
                for future in ended:
                    outcome = future.result()
                    if outcome is not None:
                        yield outcome
        except BrokenProcessPool:
            problem = "a process that ran a schedule has died, most likely for want of memory"
            raise TortureError(f"{problem}; take fewer --jobs or fewer robots") from None

    def stop(self) -> None:
        self._stop.set()


# How often a stop is looked for while nothing ends, seconds.
_LOOK_S: Final = 0.5
_stop: list[Stop] = []


def _begin(stop: Stop) -> None:
    """Ctrl-C goes to all processes of a terminal: the first one tells these when to end."""
    _stop[:] = [stop]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def _run(job: Job) -> Outcome | None:
    return run_job(job, _stop[0])
