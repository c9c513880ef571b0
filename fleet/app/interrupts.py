"""Ctrl-C and SIGTERM as a wish to stop, not an end in the middle of something."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

# Exit code of a program that Ctrl-C ended, as shells have it: 128 and the number of SIGINT.
INTERRUPTED: Final = 130


class _Raise:
    """Raises KeyboardInterrupt, as Python does by itself, and knows that it has."""

    def __init__(self) -> None:
        self.has_raised = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.has_raised = True
        raise KeyboardInterrupt


def remember_interrupts() -> None:
    """From here on an interrupt that Python loses is found again by `on_interrupt`.

    KeyboardInterrupt can come between any two instructions. Where that is a destructor or a callback of a weak
    reference, Python prints it or drops it and goes on. Importing has many of both, and most of a start is imports.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _Raise())


@contextmanager
def on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Within this context, an interrupt (SIGINT) calls `stop` instead of raising KeyboardInterrupt.

    The exception can come between any two instructions, leaving half a step behind, and in compiled code it may be
    lost. Interrupts that are ignored (a job in the background) or handled by somebody else already stay so.

    Raises:
        KeyboardInterrupt: there was an interrupt before, and it was lost (see `remember_interrupts`).
    """
    before = signal.getsignal(signal.SIGINT)
    raises = before is signal.default_int_handler or isinstance(before, _Raise)
    if not raises or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, lambda _number, _frame: stop())
    try:
        if isinstance(before, _Raise) and before.has_raised:
            raise KeyboardInterrupt
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class StopRequest:
    """That this program is wanted to end; a context, within which an interrupt and SIGTERM say so.

    wanted  whether it is; code: exit code to end with, 130 after an interrupt and 0 after SIGTERM
    """

    def __init__(self) -> None:
        self.wanted = False
        self.code = 0
        self._then: Callable[[], None] | None = None
        self._contexts = ExitStack()

    def __enter__(self) -> Self:
        self._contexts.enter_context(on_interrupt(self._interrupt))
        before = signal.signal(signal.SIGTERM, lambda _number, _frame: self._want())
        self._contexts.callback(signal.signal, signal.SIGTERM, before)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._contexts.close()

    def then(self, stop: Callable[[], None]) -> None:
        """Call this when it is wanted: at once if it is already."""
        self._then = stop
        if self.wanted:
            stop()

    def _interrupt(self) -> None:
        self.code = INTERRUPTED
        self._want()

    def _want(self) -> None:
        self.wanted = True
        if self._then is not None:
            self._then()
