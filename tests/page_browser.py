"""A real browser for tests of the page, and programs of ours that serve it."""

from __future__ import annotations

import http.server
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.site_processes import Program
from fleet.app.dashboard.web_app import PAGE

CHROMIUM = "/usr/bin/chromium"
# As root, without a screen, a graphics card, or a word to anybody.
ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
PATIENCE_MS = 60_000.0
_ADDRESS = re.compile(r"(http://[^/\s]+/)#token=(\S+)")


@contextmanager
def browser() -> Iterator[Browser]:
    """Run Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


@contextmanager
def page_of(chromium: Browser, address: str, **context: Any) -> Iterator[Page]:
    """Open an address in a tab of its own; at its end, no script has failed and nothing was refused to be loaded."""
    troubles: list[str] = []
    tab = chromium.new_context(viewport={"width": 1280, "height": 800}, **context)
    page = tab.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(address)
    try:
        yield page
        assert troubles == []
    finally:
        tab.close()


@contextmanager
def program(*arguments: str) -> Iterator[Program]:
    """Run a command of ours; it is gone at the end."""
    running = Program(arguments[0], list(arguments))
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait(60)
        running.close()


def address_of(run: Program) -> tuple[str, str]:
    """Address of the page that a program with --live has said, and the operator's token."""
    run.wait_until(lambda: _said(run) is not None, "address of the page")
    found = _said(run)
    assert found
    return found[1], found[2]


def _said(run: Program) -> re.Match[str] | None:
    return next((found for _, line in list(run.lines) if (found := _ADDRESS.search(line))), None)


@contextmanager
def page_files() -> Iterator[str]:
    """Serve the files of the page and nothing else, for tests of single modules; gives the address."""

    class Files(http.server.SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            return str(PAGE / Path(path).name)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/page/icon.svg"
        finally:
            server.shutdown()
            thread.join()
