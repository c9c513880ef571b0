"""Ctrl-C as a wish to stop, not an exception in the middle of something."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def on_interrupt(stop: Callable[[], None]) -> Iterator[None]:
    """Within this context, an interrupt (SIGINT) calls `stop` instead of raising KeyboardInterrupt.

    The exception can come between any two instructions, leaving half a step behind, and in compiled code it may be
    lost. Interrupts that are ignored (a job in the background) or handled by somebody else already stay so.
    """
    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not raises or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, lambda _number, _frame: stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
