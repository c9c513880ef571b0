"""Work cells in processes of their own, side by side with the fleet: what a second core is for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Final

from robots.errors import DriverError
from twin.cells.cell_crew import CellReport, LocalCells, MakeCell, Told
from twin.cells.parcel import Parcel

_END_S: Final = 10.0


class CellProcesses:
    """A CellCrew whose cells are shared out among processes; the same calls tell the same as with LocalCells.

    makers  are pickled: functions of modules, or partials of such
    """

    def __init__(self, makers: Mapping[int, MakeCell], processes: int = 1) -> None:
        context = get_context("spawn")
        docks = sorted(makers)
        self._shares = [docks[first::processes] for first in range(processes)]
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for share in self._shares:
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(theirs, {dock: makers[dock] for dock in share}), name="cells", daemon=True
            )
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self._served: dict[int, tuple[Parcel, ...]] = {}
        self._running = False

    @property
    def docks(self) -> frozenset[int]:
        """Cells of the floor that have a work cell."""
        return frozenset(dock for share in self._shares for dock in share)

    def serve(self, dock: int, parcels: Sequence[Parcel]) -> None:
        """A robot has come; its cell hears of it with the next run."""
        self._served[dock] = tuple(parcels)

    def run(self, steps: int) -> None:
        """Let all cells run."""
        for pipe, share in zip(self._pipes, self._shares, strict=True):
            pipe.send(("run", {dock: self._served[dock] for dock in share if dock in self._served}, steps))
        self._served.clear()
        self._running = True

    def done(self) -> list[Told]:
        """Wait for the run, and return what the cells have to tell."""
        if not self._running:
            return []
        self._running = False
        told: list[Told] = [one for answer in self._answers() for one in answer]
        return sorted(told, key=lambda one: one.dock)

    def reports(self) -> list[CellReport]:
        """Return how all cells are."""
        reports: list[CellReport] = [one for answer in self._ask("reports") for one in answer]
        return sorted(reports, key=lambda one: one.dock)

    def checkpoint(self) -> Mapping[int, bytes]:
        """All there is to know of the cells."""
        return {dock: data for answer in self._ask("checkpoint") for dock, data in answer.items()}

    def resume(self, checkpoint: Mapping[int, bytes], serving: Collection[int]) -> None:
        """Go on from a checkpoint."""
        self.done()
        self._served.clear()
        for pipe, share in zip(self._pipes, self._shares, strict=True):
            kept = {dock: checkpoint[dock] for dock in share}
            pipe.send(("resume", kept, [dock for dock in serving if dock in kept]))
        self._answers()

    def close(self) -> None:
        """End the processes."""
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join(_END_S)
            if process.is_alive():
                process.kill()
                process.join()
            process.close()
        self._pipes.clear()
        self._processes.clear()

    def _ask(self, method: str) -> list[Any]:
        for pipe in self._pipes:
            pipe.send((method,))
        return self._answers()

    def _answers(self) -> list[Any]:
        """One answer of every process. Raises DriverError for one that has failed."""
        answers = []
        for pipe, share in zip(self._pipes, self._shares, strict=True):
            try:
                failed, answer = pipe.recv()
            except EOFError:
                raise DriverError(f"the process of the work cells at {share} has ended") from None
            if failed:
                raise DriverError(f"the process of the work cells at {share} failed: {answer}")
            answers.append(answer)
        return answers


def _work(pipe: Connection, makers: Mapping[int, MakeCell]) -> None:
    """Do what the other end of the pipe asks for, until it is closed."""
    cells: LocalCells | None = None
    try:
        cells = LocalCells(makers)
        while True:
            method, *arguments = pipe.recv()
            pipe.send((False, _answer(cells, method, arguments)))
    except (EOFError, OSError, KeyboardInterrupt):
        pass  # the other end has gone: nobody is left to tell
    except Exception as failure:  # noqa: BLE001 - whatever it is, the other process has to hear of it
        pipe.send((True, repr(failure)))
    finally:
        if cells is not None:
            cells.close()


def _answer(cells: LocalCells, method: str, arguments: list[Any]) -> Any:  # noqa: ANN401 - one type a method
    if method != "run":
        return getattr(cells, method)(*arguments)
    served, steps = arguments
    told = cells.done()
    for dock in sorted(served):
        cells.serve(dock, served[dock])
    cells.run(steps)
    return [*told, *cells.done()]
