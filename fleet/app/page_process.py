"""`futurepark serve` as a child of a run or a controller, which lives no longer than they do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Final, Self

# A server that is told to end lets go of its connections first.
_ENDS_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class PageSettings:
    """What the page's server is told.

    host, port  where browsers connect
    tokens      file of those who may act, None: nobody
    keys, name  folder of keys, and whose key is shown to an API with keys
    world       file of the floor, empty for a shipped one
    runs        folder of recorded runs to look at
    """

    host: str
    port: int
    tokens: Path | None = None
    keys: Path | None = None
    name: str = ""
    world: str = ""
    runs: Path | None = None

    def options(self, api: str) -> list[str]:
        """Return the options of `futurepark serve` for a controller whose API has this endpoint."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        given = {
            "--connect": _from_here(api),
            "--listen": f"{host}:{self.port}",
            "--tokens": self.tokens,
            "--keys": self.keys,
            "--as": self.name,
            "--world": self.world,
            "--runs": self.runs,
        }
        return [text for option, value in given.items() if value for text in (option, str(value))]


class PageProcess:
    """The process that serves the page of a controller's API; a context, at whose end it is told to end.

    api  endpoint of the API; one that is bound to every address is asked on this machine

    What it says on standard error goes to ours. It ends by itself when this process is gone, however that came about;
    Ctrl-C in a terminal reaches it by way of us alone.
    """

    def __init__(self, api: str, settings: PageSettings) -> None:
        self._address = _reached_at(settings.host), settings.port
        self._process = subprocess.Popen(  # noqa: S603 (our own program, and no shell)
            [sys.executable, "-m", "fleet.app.page_process", "serve", *settings.options(api)],
            # What people have set for their own commands is not meant for it.
            env={name: value for name, value in os.environ.items() if not name.startswith("FUTUREPARK_")},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where the page is."""
        host, port = self._address
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    @property
    def exit_code(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._process.poll()

    def listens(self) -> bool:
        """Whether it takes connections by now; costs one."""
        try:
            with socket.create_connection(self._address, timeout=1.0):
                return True
        except OSError:
            return False

    def close(self) -> None:
        """Tell it to end, and wait until it has. May be called twice."""
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_ENDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _from_here(api: str) -> str:
    """The endpoint as it is reached on this machine."""
    for everywhere, here in (("tcp://0.0.0.0:", "tcp://127.0.0.1:"), ("tcp://[::]:", "tcp://[::1]:")):
        if api.startswith(everywhere):
            return here + api.removeprefix(everywhere)
    return api


def _reached_at(host: str) -> str:
    """A host as it is reached on this machine."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return host


def _end_with_parent() -> None:
    """End this process as if it were told to, once nobody holds the other end of its standard input any more."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: Sequence[str]) -> int:
    """Be the child: run `futurepark` with these arguments until it ends, or its parent does."""
    from fleet.app.main import main as futurepark

    threading.Thread(target=_end_with_parent, daemon=True).start()
    return futurepark(list(arguments))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
