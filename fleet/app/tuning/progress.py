"""A progress bar over the trials of a search; silent when nobody watches."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleet.app.tuning.search import Watcher


@contextmanager
def watching() -> Iterator[Watcher]:
    """Show how a search goes for as long as it goes."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield _Bars(progress)


class _Bars:
    """One bar for the screening, each generation and the proof."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = TaskID(0)

    def begin(self, what: str, trials: int) -> None:
        self._bar = self._progress.add_task(what, total=trials, figures="")

    def trial_done(self) -> None:
        self._progress.advance(self._bar)

    def end(self, figures: Sequence[float]) -> None:
        shown = f"{min(figures):.3f} to {max(figures):.3f} tasks a step"
        self._progress.update(self._bar, figures=shown)
