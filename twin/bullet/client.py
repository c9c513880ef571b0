"""One world of PyBullet: loaded when somebody needs it, quiet, and closed when it is not needed any more."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, Final

from robots.errors import InputError

_PROBE_S: Final = 30.0
_OPEN_A_WINDOW: Final = "import pybullet, sys; sys.exit(pybullet.connect(pybullet.GUI) < 0)"


class BulletError(InputError):
    """PyBullet is asked for and not there, or asked for what it cannot do here."""


class BulletClient:
    """A client of PyBullet of its own: its functions and constants are attributes, without `physicsClientId`.

    window  opens Bullet's window; else nothing is seen (DIRECT)

    Raises BulletError if PyBullet is not installed, or there is no display for the window.
    """

    def __init__(self, *, window: bool = False) -> None:
        if window:
            _check_display()
        with quiet():
            self._bullet = _load()
            self._number = self._bullet.connect(self._bullet.GUI if window else self._bullet.DIRECT)
        if self._number < 0:
            raise BulletError("pybullet", "has no room for another world", "close some")

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - PyBullet is untyped
        found = getattr(self._bullet, name)
        if callable(found):
            found = partial(found, physicsClientId=self._number)
        setattr(self, name, found)  # the next time it is at hand
        return found

    def close(self) -> None:
        """Let go of the world. May be called twice."""
        if self._number >= 0:
            with quiet():
                if self._bullet.isConnected(self._number):
                    self._bullet.disconnect(physicsClientId=self._number)
            self._number = -1


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what Bullet prints from C out of standard output and standard error."""
    sys.stdout.flush()
    sys.stderr.flush()
    _flush_c()
    kept = [os.dup(stream) for stream in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for stream in (1, 2):
            os.dup2(nowhere, stream)
        yield
    finally:
        _flush_c()
        for stream, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, stream)
            os.close(descriptor)
        os.close(nowhere)


def _flush_c() -> None:
    ctypes.CDLL(None).fflush(None)


def _load() -> ModuleType:
    try:
        import pybullet
    except ImportError:
        raise BulletError(
            "pybullet", "is not installed", "use Python 3.11, for which it has a wheel, or do without Bullet"
        ) from None
    module: ModuleType = pybullet
    return module


def _check_display() -> None:
    """Try the window in a process of its own: where there is no display, Bullet ends the process that asks for it."""
    try:
        tried = subprocess.run(  # noqa: S603 - our own interpreter and words
            [sys.executable, "-c", _OPEN_A_WINDOW], capture_output=True, check=False, timeout=_PROBE_S
        )
        opened = tried.returncode == 0
    except subprocess.TimeoutExpired:
        opened = False
    if not opened:
        raise BulletError("--gui", "there is no display for a window", "run it at a desk, or use --camera with --png")
