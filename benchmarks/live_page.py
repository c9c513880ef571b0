"""How smoothly the page draws: time from one frame to the next in a real browser without a graphics card."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from benchmarks.benchmark import Benchmark, LeftOutError, Options, Report, Table
from benchmarks.drawn_floor_server import CELLS_PER_ROBOT
from robots.arrays import Float64

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_ROBOTS: Final = (500, 1000, 5000, 10_000)
_RATE_HZ: Final = 10.0
_SHORT_S, _FULL_S = 5.0, 20.0
_WARM_S: Final = 3.0
_WIDTH, _HEIGHT = 1440, 900
# A display of 60 Hz shows a frame every 16.7 ms; what took longer than this was shown at least one refresh later.
_MISSED_MS: Final = 17.5
_CHROMIUM: Final = Path("/usr/bin/chromium")
ARGUMENTS: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
_COLUMNS = (
    "robots", "ms a frame, median", "p95", "longest", "frames over 16.7 ms, %", "frames a second", "kB/s received",
    "browser, % of a core",
)  # fmt: skip
_NOTES = (
    f"headless Chromium, {_WIDTH} x {_HEIGHT}, no graphics card: all is drawn by the processor, beside the server of"
    " the frames; floor, heat, worst spots, lists and charts are drawn as for people",
    f"{_RATE_HZ:g} frames a second from the server; a drawn floor with a robot on {CELLS_PER_ROBOT} cells, all in view",
    "ms a frame: from one requestAnimationFrame to the next; Chromium calls it every 16.7 ms at most",
    "browser: user and system time of all its processes",
)
# Gathers the time of every frame, and bytes of websocket messages, in a page.
_WATCH: Final = """async seconds => {
    const gaps = [];
    let last = 0;
    const began = performance.now();
    await new Promise(done => {
        const tick = now => {
            if (last) gaps.push(now - last);
            last = now;
            if (now - began > 1000 * seconds) done(); else requestAnimationFrame(tick);
        };
        requestAnimationFrame(tick);
    });
    return gaps;
}"""


@contextmanager
def drawn_floor(robots: int, rate_hz: float) -> Iterator[str]:
    """Serve so many drawn robots from a process of its own; gives the address of the page."""
    command = [sys.executable, "-m", "benchmarks.drawn_floor_server", str(robots), str(rate_hz)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}/"
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def _measure(chromium: Browser, robots: int, seconds: float) -> tuple[Any, ...]:
    """Look at so many robots; returns a row of the table."""
    with drawn_floor(robots, _RATE_HZ) as address:
        page = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        received = [0]
        page.on("websocket", lambda socket: socket.on("framereceived", lambda data: _add(received, data)))
        page.goto(address)
        page.wait_for_function("() => document.querySelector('#figures dd') !== null")
        page.wait_for_timeout(1000 * _WARM_S)
        received[0] = 0
        before_s = _browser_cpu_s()
        gaps: Float64 = np.array(page.evaluate(_WATCH, seconds))
        cpu_s = _browser_cpu_s() - before_s
        page.close()
    total_s = float(gaps.sum()) / 1000
    return (
        robots,
        round(float(np.median(gaps)), 1),
        round(float(np.percentile(gaps, 95)), 1),
        round(float(gaps.max()), 1),
        round(100 * float(np.mean(gaps > _MISSED_MS)), 1),
        round(len(gaps) / total_s, 1),
        round(received[0] / total_s / 1000, 1),
        round(100 * cpu_s / total_s),
    )


def _add(received: list[int], data: str | bytes) -> None:
    received[0] += len(data)


def _browser_cpu_s() -> float:
    """Processor time that the browser of this process has taken, user and system, seconds."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = path.read_text(encoding="ascii", errors="replace").rpartition(")")
        except OSError:  # it has just ended
            continue
        columns = tail.split()
        pid = int(path.parent.name)
        parents[pid] = int(columns[1])
        if head.partition("(")[2].startswith("chrom"):
            ticks[pid] = int(columns[11]) + int(columns[12])
    return sum(taken for pid, taken in ticks.items() if _descends(pid, parents)) / os.sysconf("SC_CLK_TCK")


def _descends(pid: int, parents: dict[int, int]) -> bool:
    """Whether a process was started by this one, or by one that was."""
    while pid in parents and pid != os.getpid():
        pid = parents[pid]
    return pid == os.getpid()


def _run(options: Options) -> Report:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as missing:
        raise LeftOutError("playwright is not installed: pip install 'futurepark[dev]'") from missing
    if not _CHROMIUM.exists():
        raise LeftOutError(f"there is no {_CHROMIUM}: install Debian's package chromium")
    if hasattr(os, "sched_setaffinity"):  # benchmarks are pinned to one core; a browser has the whole machine
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    seconds = _FULL_S if options.full else _SHORT_S
    rows = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(ARGUMENTS))
        for robots in _ROBOTS:
            options.say(f"{robots} robots")
            rows.append(_measure(chromium, robots, seconds))
        chromium.close()
    return Report((Table("Frames of the page", _COLUMNS, tuple(rows)),), _NOTES)


BENCHMARK = Benchmark("live_page", "The page: time from frame to frame", _run)
