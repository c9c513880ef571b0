"""Pictures of the page for docs: `python -m benchmarks.page_pictures docs/images`, about five minutes.

A live run of the shipped floor is watched in headless Chromium until it is busy, then another one that was recorded
is replayed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.live_page import ARGUMENTS
from benchmarks.site_processes import Program

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_CHROMIUM: Final = "/usr/bin/chromium"
_WIDTH, _HEIGHT = 1440, 900
_ROBOTS: Final = 800
# Simulated seconds: the floor is busy after some minutes; replays begin where the heat of a window is there.
_BUSY_S: Final = 360
_REPLAY_S: Final = 500
_LINKS: Final = 3
_TRIES: Final = 60
_ADDRESS: Final = re.compile(r"See it at (\S+)")
# The clock beside the lamp has come so far.
_BUSY: Final = """seconds => {
    const [, ...parts] = document.getElementById('state-text').textContent.match(/(\\d+):(\\d+):(\\d+)/) ?? [];
    return parts.reduce((sum, part) => 60 * sum + Number(part), 0) > seconds;
}"""
# The robot with the longest chain of waits, and how long that is.
_CHAIN: Final = """async () => {
    const { page } = await (await import('/page/main.js')).shown;
    let best = [0, ''];
    page.scene.roster.forEach((serial, row) => {
        page.scene.chosen = row;
        const links = page.scene.chain().length;
        if (links > best[0]) best = [links, serial];
    });
    page.scene.chosen = -1;
    return best;
}"""


def main(arguments: list[str]) -> None:
    """Take the pictures into a folder."""
    from playwright.sync_api import sync_playwright

    folder = Path(arguments[0] if arguments else "docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, TemporaryDirectory() as scratch:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(ARGUMENTS))
        _live(chromium, folder, scratch)
        _replay(chromium, folder, scratch)
        chromium.close()


def _live(chromium: Browser, folder: Path, scratch: str) -> None:
    """Pictures of a run that goes on."""
    options = ("--execution", "grants", "--live", "127.0.0.1:0", "--speed", "4", "--for", "2h", "--out", scratch)
    with _program("run", "future_park", "--robots", str(_ROBOTS), *options) as run:
        run.wait_until(lambda: _address(run) is not None, "address of the page")
        page = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light")
        page.set_default_timeout(600_000)
        page.goto(_address(run) or "")
        page.wait_for_function(_BUSY, arg=_BUSY_S)
        page.wait_for_timeout(3000)
        _take(page, folder, "page-live")
        page.keyboard.press("t")
        _take(page, folder, "page-dark")
        page.keyboard.press("t")
        page.get_by_role("radio", name="Visits").click()
        page.wait_for_function("() => document.querySelectorAll('#spots li').length === 5")
        _take(page, folder, "page-heat")
        page.get_by_role("radio", name="Off").click()
        _choose_one_that_waits(page)
        _take(page, folder, "page-why", settle_ms=0)
        page.close()


def _choose_one_that_waits(page: Page) -> None:
    """Choose the robot with the longest chain of waits until the server says as much of one."""
    from playwright.sync_api import TimeoutError as NotInTime

    for _ in range(_TRIES):
        links, serial = page.evaluate(_CHAIN)
        if links < _LINKS:
            page.wait_for_timeout(500)
            continue
        page.fill("#find-text", serial)
        page.keyboard.press("Enter")
        with suppress(NotInTime):
            page.wait_for_function(
                "links => document.querySelectorAll('#why li').length >= links", arg=_LINKS, timeout=2000
            )
            return


def _replay(chromium: Browser, folder: Path, scratch: str) -> None:
    """A picture of a run that was recorded."""
    with _program("run", "future_park", "--robots", str(_ROBOTS), "--for", "20m", "--out", scratch) as run:
        run.finish(600)
    with _program("serve", "--runs", scratch, "--listen", "127.0.0.1:0") as server:
        name = next(path.name for path in Path(scratch).iterdir() if (path / "trace.npz").exists())
        page = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light")
        page.goto(f"{server.wait_for('serving')['url']}?run={name}")
        page.locator("#scrubber").evaluate(
            "(bar, t) => { bar.value = t; bar.dispatchEvent(new Event('input')); }", _REPLAY_S
        )
        page.wait_for_function("() => document.querySelectorAll('#spots li').length === 5")
        page.wait_for_timeout(3000)
        _take(page, folder, "page-replay")
        page.close()


def _take(page: Page, folder: Path, name: str, settle_ms: float = 800) -> None:
    page.wait_for_timeout(settle_ms)
    page.screenshot(path=folder / f"{name}.png")
    print(folder / f"{name}.png", flush=True)


@contextmanager
def _program(*arguments: str) -> Iterator[Program]:
    running = Program(arguments[0], list(arguments))
    try:
        yield running
    finally:
        running.close()


def _address(run: Program) -> str | None:
    return next((found[1] for _, line in list(run.lines) if (found := _ADDRESS.search(line))), None)


if __name__ == "__main__":
    main(sys.argv[1:])
