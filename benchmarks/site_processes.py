"""A whole site in processes of its own, as people run it: controller and robots, over sockets with keys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any

import zmq

from fleet.app.site.roster import numbered_roster
from robots.gateways.allow_list import Peer, Role
from robots.gateways.allow_list_edits import allow
from robots.gateways.keys import load_public_key, new_key

_PATIENCE_S = 120.0


class Program:
    """A command of ours that runs; what it says on standard error is kept, line by line."""

    def __init__(self, name: str, arguments: list[str]) -> None:
        self.name = name
        self.began_s = monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fleet", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if hasattr(os, "sched_setaffinity"):  # benchmarks are pinned to one core; a site has the whole machine
            os.sched_setaffinity(self.process.pid, range(os.cpu_count() or 1))
        self.lines: list[tuple[float, str]] = []
        self._out: list[str] = []
        assert self.process.stderr is not None
        assert self.process.stdout is not None
        self._threads = [
            threading.Thread(target=self._keep_errors, args=(self.process.stderr,), daemon=True),
            threading.Thread(target=self._out.extend, args=(self.process.stdout,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _keep_errors(self, stream: IO[str]) -> None:
        self.lines.extend((monotonic(), line.rstrip("\n")) for line in stream)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Events of this name that it has told of so far."""
        return [found for _, line in list(self.lines) if (found := _event(line)) and found["event"] == name]

    def wait_for(self, name: str, patience_s: float = _PATIENCE_S) -> dict[str, Any]:
        """Return the first event of this name; raises RuntimeError, with what was said, if it does not come."""
        self.wait_until(lambda: bool(self.events(name)), f"event {name}", patience_s)
        return self.events(name)[0]

    def wait_until(self, holds: Callable[[], bool], what: str, patience_s: float = _PATIENCE_S) -> None:
        """Return once this holds; raises RuntimeError, with what was said, if it does not come to that."""
        until_s = monotonic() + patience_s
        while not holds():
            if self.process.poll() is not None:
                self._join()  # its last words may not have been read yet
                if holds():
                    return
            if self.process.poll() is not None or monotonic() > until_s:
                raise RuntimeError(f"{self.name}: no {what}\n{self.said()}")
            sleep(0.01)

    def said(self) -> str:
        """The last that it said."""
        return "\n".join(line for _, line in self.lines[-30:])

    def kill(self) -> None:
        """End it without a word, as a crash does."""
        self.process.kill()
        self.process.wait()

    def finish(self, patience_s: float = _PATIENCE_S) -> str:
        """Wait for its end and return what it printed; raises RuntimeError if its exit code is not 0."""
        code = self.process.wait(patience_s)
        self._join()
        if code != 0:
            raise RuntimeError(f"{self.name}: exit code {code}\n{self.said()}")
        return "".join(self._out)

    def terminate(self) -> str:
        """Ask it to end, and return what it printed."""
        self.process.send_signal(signal.SIGTERM)
        return self.finish()

    def close(self) -> None:
        """Make sure that it is gone."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()
        self._join()

    def cpu_s(self) -> float:
        """Processor time that it has taken, seconds."""
        columns = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(columns[11]) + int(columns[12])) / os.sysconf("SC_CLK_TCK")

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@dataclass
class SiteProcesses:
    """A site of so many robots behind so many gateways, its files in `folder`. Its programs end with `running`."""

    folder: Path
    world: str
    robots: int
    gateways: int
    listen: str = ""
    api: str = ""
    _stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.keys = self.folder / "keys"
        self.journal: Path | str = self.folder / "journal.db"
        ports = free_ports(3)
        self.listen, self.api, self.feed = (f"tcp://127.0.0.1:{port}" for port in ports)
        self.folder.mkdir(exist_ok=True)
        self.keys.mkdir(mode=0o700)
        new_key(self.keys, "controller")
        serials = numbered_roster(self.robots)
        peers = [self.new_peer("anna", "operator")]
        for row in range(self.gateways):
            name = f"gw-{row:0{max(3, len(str(self.gateways - 1)))}d}"
            own = serials[row * self.robots // self.gateways : (row + 1) * self.robots // self.gateways]
            peers.append(self.new_peer(name, "gateway", own))
        allow(self.keys, *peers)

    def new_peer(self, name: str, role: Role, robots: tuple[str, ...] = ()) -> Peer:
        """Make a key, for the allow-list."""
        public = load_public_key(new_key(self.keys, name).with_suffix(".key")).decode()
        return Peer(name, public, role, robots)

    def controller(self, *options: str, listen: str = "", api: str = "", feed: str = "") -> Program:
        """Start a controller."""
        ends = {"--listen": listen or self.listen, "--api": api or self.api, "--feed": feed or self.feed}
        given = [part for option in ends.items() for part in option]
        return self._start(
            "controller", "controller", self.world, *given, "--keys", str(self.keys), "--journal", str(self.journal),
            *options,
        )  # fmt: skip

    def simulated_robots(self, *options: str, connect: str = "", command: str = "robots") -> Program:
        """Start the robots, all in one program: on rails, or with physics by the command `twin`."""
        return self._start(
            "robots", command, self.world, "--connect", connect or self.listen, "--count", str(self.robots),
            "--gateways", str(self.gateways), "--keys", str(self.keys), "--server-key",
            str(self.keys / "controller.key"), "--state", str(self.folder / "robots.state"), "--json", *options,
        )  # fmt: skip

    def ask(self, *arguments: str) -> Program:
        """Start a command of an operator, as anna."""
        who = ["--connect", self.api, "--keys", str(self.keys), "--as", "anna"]
        return self._start("operator", *arguments, *who)

    def _start(self, name: str, *arguments: str) -> Program:
        program = Program(name, list(arguments))
        self._stack.callback(program.close)
        return program

    def close(self) -> None:
        """End all programs."""
        self._stack.close()


@contextmanager
def running(site: SiteProcesses) -> Iterator[SiteProcesses]:
    """Within this context the site may have programs; they end with it."""
    try:
        yield site
    finally:
        site.close()


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody uses now."""
    with zmq.Context() as context, ExitStack() as stack:
        sockets = [stack.enter_context(context.socket(zmq.PAIR)) for _ in range(count)]
        return [socket.bind_to_random_port("tcp://127.0.0.1") for socket in sockets]


def _event(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "event" in found else None
