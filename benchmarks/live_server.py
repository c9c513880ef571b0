"""The server behind the page: what it sends a browser and takes of the machine, and what reads cost a controller."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any, Final
from urllib.request import urlopen

import numpy as np
from websockets.sync.client import connect

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from benchmarks.site_processes import Program, SiteProcesses, running
from benchmarks.synthetic_site import SyntheticSite
from robots.arrays import Int64

_ROBOTS: Final = (500, 1_000, 5_000, 10_000)
_SHORT_S, _FULL_S = 10.0, 60.0
# kB a second to a browser with 1,000 robots; by how much reads may lengthen the control loop's slowest reactions.
_TARGET_KB, _TARGET_ROBOTS = 200.0, 1_000
_TARGET_SLOWER: Final = 1.1
_READS: Final = 1000
_CONNECTIONS: Final = 10
_PATHS: Final = (
    "robots?limit=20",
    "site",
    "robots/amr-017/why",
    "zones",
    "alerts",
    "health",
    "robots/amr-200",
    "orders",
)
_SITE: Final = ("future_park", 500, 10, "poisson:12000")
# Short, since robots and controller fall into step and out of it again within a minute, which moves all of it by 4 ms.
_SPELL_S: Final = 6.0
_SHORT_PAIRS, _FULL_PAIRS = 6, 40
# Until robots are on their way, and until what was told before a change is no longer the last that was told.
_WARM_S, _SETTLE_S = 15.0, 2.0

_BROWSER_COLUMNS = (
    "robots", "kB a second to a browser", "target", "of it frames", "frames a second", "median kB a frame",
    "cores of the server", "with 10 browsers", "MB memory",
)  # fmt: skip
_READ_COLUMNS = (
    "reads a second", "seconds", "answered", "refused", "ms median", "ms p99", "reports", "report to grant ms median",
    "p99", "p99 against no reads", "target", "cores of the controller", "cores of the server",
)  # fmt: skip
_NOTES = (
    "made-up robots, 65 % driving, 15 % waiting for another, on a real feed at 10 Hz; no compression",
    "reads: 10 connections on loopback that keep to the rate, eight kinds of requests in turn, beside a controller of"
    " 500 robots behind 10 gateways, with keys; robots, controller, server and readers share the machine;"
    " with reads and without by turns, in one run; the server is started to have what others leave, as its unit does",
    "report to grant: from when a report of progress came in to when what rests on it was in the journal and sent",
)


def run(options: Options) -> Report:
    """Measure; `full` takes a minute a fleet and four minutes each with and without reads."""
    seconds = _FULL_S if options.full else _SHORT_S
    rows = []
    for robots in _ROBOTS:
        options.say(f"{robots} robots, {seconds:.0f} s with one browser and with ten")
        rows.append(_browsers(robots, seconds))
    pairs = _FULL_PAIRS if options.full else _SHORT_PAIRS
    options.say(f"no reads and {_READS} a second beside a controller, by turns, {pairs} times {_SPELL_S:.0f} s each")
    spells = _beside_a_controller(pairs)  # last: it makes this process idle
    reads = [_read_row(spell, spells[0]) for spell in spells]
    tables = (
        Table("browsers", _BROWSER_COLUMNS, tuple(rows)),
        Table("reads beside a controller", _READ_COLUMNS, tuple(reads)),
    )
    return Report(tables, _NOTES)


class Page:
    """`futurepark serve`, and what it takes."""

    def __init__(self, *arguments: str) -> None:
        self.program = Program("serve", ["serve", *arguments, "--listen", "127.0.0.1:0"])
        url = self.program.wait_for("serving")["url"]
        self.port = int(url.rsplit(":", 1)[1].strip("/"))

    def cores(self, seconds: float) -> float:
        """Processor time a second over the next `seconds`."""
        before, began_s = self.program.cpu_s(), monotonic()
        sleep(seconds)
        return (self.program.cpu_s() - before) / (monotonic() - began_s)

    def memory_mb(self) -> float:
        """Memory that it holds."""
        pages = Path(f"/proc/{self.program.process.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Browser:
    """Reads a websocket in a thread, as fast as it can, and counts."""

    def __init__(self, port: int) -> None:
        self.frames: list[int] = []
        self.text_bytes = 0
        self._socket = connect(f"ws://127.0.0.1:{port}/live", compression=None, max_size=None)
        self._socket.send(json.dumps({"heat": "delay", "window_s": 300}))
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def forget(self) -> None:
        """Begin to count anew."""
        self.frames, self.text_bytes = [], 0

    def close(self) -> None:
        """Go."""
        self._socket.close()
        self._thread.join()

    def _read(self) -> None:
        for message in self._socket:
            if isinstance(message, bytes):
                self.frames.append(len(message))
            else:
                self.text_bytes += len(message)


def _browsers(robots: int, seconds: float) -> tuple[Cell, ...]:
    with TemporaryDirectory() as folder, SyntheticSite(Path(folder), robots) as site:
        page = Page("--connect", site.api, "--world", str(site.world), "--runs", folder)
        browsers = [Browser(page.port)]
        try:
            first = browsers[0]
            page.program.wait_until(lambda: len(first.frames) > 20, "frames")
            first.forget()
            began_s = monotonic()
            cores = page.cores(seconds)
            took_s, frames, text = monotonic() - began_s, list(first.frames), first.text_bytes
            browsers += [Browser(page.port) for _ in range(9)]
            sleep(2.0)
            of_ten = page.cores(seconds)
            memory = page.memory_mb()
        finally:
            for browser in browsers:
                browser.close()
            page.program.terminate()
            page.program.close()
    return (
        robots,
        (sum(frames) + text) / took_s / 1000,
        _TARGET_KB if robots == _TARGET_ROBOTS else None,
        sum(frames) / took_s / 1000,
        len(frames) / took_s,
        float(np.median(frames)) / 1000,
        cores,
        of_ten,
        memory,
    )


def _beside_a_controller(pairs: int) -> tuple[_Spell, _Spell]:
    """Run one site with a server beside it, asked by turns nothing and so much; return what became of both, added up.

    By turns, since a disk or a neighbour on this machine that is slow for minutes moves p99 more than reads do.
    """
    world, robots, gateways, orders = _SITE
    seconds = _WARM_S + 2 * pairs * (_SETTLE_S + _SPELL_S) + _SETTLE_S
    spells = {rate: _Spell(rate) for rate in (0, _READS)}
    with TemporaryDirectory() as folder, running(SiteProcesses(Path(folder), world, robots, gateways)) as site:
        controller = site.controller("--orders", orders, "--for", f"{seconds:g}s", "--json")
        simulated = site.simulated_robots()
        controller.wait_for("running")
        # What is started from here on takes what all others leave: the server, as docs/deploy/futurepark-page.service
        # starts it, and readers, which are on other machines as a rule.
        if hasattr(os, "SCHED_IDLE"):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        page = Page("--connect", site.api, "--keys", str(site.keys), "--as", "anna", "--runs", folder)
        try:
            sleep(_WARM_S)
            for turn in range(2 * pairs):
                # Each comes first in every other pair.
                rate = (0, _READS)[(turn % 2) ^ (turn // 2 % 2)]
                asyncio.run(_spell(spells[rate], page, controller))
            controller.wait_for("stopped", seconds + 120)
            controller.finish()
        finally:
            page.program.close()
        simulated.terminate()
    return spells[0], spells[_READS]


@dataclass
class _Spell:
    """What became of a controller and of readers while these asked so often, all times together."""

    rate: int
    seconds: float = 0.0
    answers: list[tuple[int, float]] = field(default_factory=list)
    upto_ms: list[int] = field(default_factory=list)
    reactions: Int64 = field(default_factory=lambda: np.zeros(1, dtype=np.int64))
    controller_s: float = 0.0
    page_s: float = 0.0

    def reaction_ms(self, share: float) -> float:
        """Within how many milliseconds that share of reports was answered; between the bounds of a class, in line."""
        sums = np.cumsum(self.reactions)
        bounds = np.array([0, *self.upto_ms, 2 * self.upto_ms[-1]])
        return float(np.interp(share * sums[-1], np.concatenate([[0], sums]), bounds))


async def _spell(spell: _Spell, page: Page, controller: Program) -> None:
    """Ask for a while, and add up what became of it."""
    loop = asyncio.get_running_loop()
    reads = asyncio.create_task(_read(page.port, spell.rate, _SETTLE_S + _SPELL_S))
    await asyncio.sleep(_SETTLE_S)
    began_s, controller_s, page_s = monotonic(), controller.cpu_s(), page.program.cpu_s()
    before = await loop.run_in_executor(None, _reactions, page.port)
    await asyncio.sleep(_SPELL_S - (monotonic() - began_s))
    after = await loop.run_in_executor(None, _reactions, page.port)
    spell.controller_s += controller.cpu_s() - controller_s
    spell.page_s += page.program.cpu_s() - page_s
    spell.seconds += monotonic() - began_s
    spell.answers += await reads
    spell.upto_ms = after["upto_ms"]
    spell.reactions = spell.reactions + np.array(after["counts"]) - np.array(before["counts"])


def _reactions(port: int) -> dict[str, Any]:
    """Reactions of the controller so far, at most a second ago."""
    with urlopen(f"http://127.0.0.1:{port}/api/v1/site", timeout=30) as answer:
        told: dict[str, Any] = json.loads(answer.read())["site"]["reactions"]
    return told


async def _read(port: int, rate: int, seconds: float) -> list[tuple[int, float]]:
    """Ask `rate` times a second; return status and milliseconds of each answer."""
    if rate == 0:
        await asyncio.sleep(seconds)
        return []
    parts = await asyncio.gather(*(_client(port, rate / _CONNECTIONS, seconds, at) for at in range(_CONNECTIONS)))
    return [answer for part in parts for answer in part]


async def _client(port: int, rate: float, seconds: float, first: int) -> list[tuple[int, float]]:
    """One connection that keeps to its rate, whatever came late is asked at once."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    began_s = monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(began_s + number / rate - monotonic())
        path = _PATHS[(first + number) % len(_PATHS)]
        asked_s = monotonic()
        writer.write(f"GET /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await reader.readexactly(length)
        answers.append((int(head[9:12]), 1000 * (monotonic() - asked_s)))
    writer.close()
    return answers


def _read_row(spell: _Spell, calm: _Spell) -> tuple[Cell, ...]:
    took_ms = [ms for _, ms in spell.answers]
    good = sum(status == 200 for status, _ in spell.answers)
    p99_ms = spell.reaction_ms(0.99)
    return (
        spell.rate,
        spell.seconds,
        good,
        len(took_ms) - good,
        float(np.median(took_ms)) if took_ms else None,
        float(np.percentile(took_ms, 99)) if took_ms else None,
        int(spell.reactions.sum()),
        spell.reaction_ms(0.5),
        p99_ms,
        p99_ms / calm.reaction_ms(0.99),
        _TARGET_SLOWER if spell.rate else None,
        spell.controller_s / spell.seconds,
        spell.page_s / spell.seconds,
    )


BENCHMARK = Benchmark(
    "live_server", "the server behind the page: bytes, processor time, and reads beside a controller", run
)
