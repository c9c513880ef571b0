"""The live page of a site, which is started again when its process has ended."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

# Until it is started again, seconds: at first, and at most. One that cannot run at all costs little that way; one that
# has run for longer than that can.
_FIRST_S: Final = 1.0
_LAST_S: Final = 64.0


class Page(Protocol):
    """A process that serves the page; see fleet.app.page_process."""

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""

    def close(self) -> None:
        """Tell it to end, and wait until it has."""


class KeptPage:
    """Keeps a page running, and the site running without it; a context, at whose end the page is told to end.

    start: starts its process; where that is impossible after the first time (OSError), it is tried again later
    """

    def __init__(self, start: Callable[[], Page]) -> None:
        self._start = start
        self._page: Page | None = start()
        self._began_s: float | None = None
        self._pause_s = _FIRST_S
        self._again_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._page is not None:
            self._page.close()

    def look(self, now_s: float) -> int | None:
        """Start it again if it is time to; return its exit code if it is found to have ended, once."""
        if self._page is None:
            if now_s >= self._again_s:
                self._start_again(now_s)
            return None
        if self._began_s is None:
            self._began_s = now_s
        code = self._page.exit_code
        if code is not None:
            self._page.close()
            self._page = None
            if now_s - self._began_s > _LAST_S:
                self._pause_s = _FIRST_S
            self._put_off(now_s)
        return code

    def _start_again(self, now_s: float) -> None:
        try:
            self._page, self._began_s = self._start(), now_s
        except OSError:  # no process or memory to be had, or the program is being replaced: robots must not care
            self._put_off(now_s)

    def _put_off(self, now_s: float) -> None:
        self._again_s = now_s + self._pause_s
        self._pause_s = min(2 * self._pause_s, _LAST_S)
