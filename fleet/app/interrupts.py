"""Ctrl-C as a wish to stop, not an exception in the middle of something."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class InterruptRequest:
    """A context manager in which an interrupt (SIGINT) is noted in `requested` instead of raised.

    An exception can come between any two instructions, and in compiled code it may be lost; a loop that looks at
    `requested` ends where its state is whole. Interrupts that are ignored (a job in the background) or handled by
    somebody else already stay so.
    """

    def __init__(self) -> None:
        self.requested = False
        self._ours = False

    def __enter__(self) -> Self:
        raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._ours = raises and threading.current_thread() is threading.main_thread()
        if self._ours:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.requested = True
