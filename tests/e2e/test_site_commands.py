"""`futurepark order`, `zone` and `watch` as processes of their own, with keys, against a site that answers."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from tests.orders import HEADER
from tests.served_site import Keys, served

pytestmark = pytest.mark.e2e

ROWS = "".join(f"pipe-{at},1,bolt,10,10,10,5\n" for at in range(60))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    keys = Keys(tmp_path_factory.mktemp("site") / "keys")
    with served(keys) as site:
        site.options = ["--connect", site.endpoint, "--keys", str(keys.folder), "--as"]
        yield site


def command(site, name, *arguments):
    return [sys.executable, "-m", "fleet", *arguments, *site.options, name]


def run(site, name, *arguments, text=""):
    return subprocess.run(
        command(site, name, *arguments), check=False, capture_output=True, text=True, timeout=600, input=text
    )


def test_orders_come_through_a_pipe_and_may_come_again(site):
    first = run(site, "anna", "order", "add", "-", "--format", "csv", text=f"{HEADER}\n{ROWS}")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == "60 accepted, 0 accepted before, 0 refused\n"
    again = run(site, "anna", "order", "add", "-", "--format", "csv", "--json", text=f"{HEADER}\n{ROWS}")
    assert json.loads(again.stdout)["duplicate"] == 60


def test_a_bad_row_in_a_pipe_is_told_with_its_line(site):
    bad = run(site, "anna", "order", "add", "-", "--format", "csv", text=f"{HEADER}\na,0,bolt,1,1,1,1\n")
    assert bad.returncode == 2
    assert "line 2, column quantity: is '0'" in bad.stderr
    assert "Traceback" not in bad.stderr


def test_a_viewer_may_look_at_the_floor_and_not_stop_it(site):
    assert run(site, "ben", "zone", "list").stdout == "nothing is restricted\n"
    stop = run(site, "ben", "zone", "e-stop", "--floor")
    assert (stop.returncode, stop.stdout) == (1, "")
    assert "not_allowed: ben is a viewer" in stop.stderr
    assert run(site, "ben", "zone", "list").stdout == "nothing is restricted\n"


@contextmanager
def watching(site, *options, **streams):
    """A watch that is killed in the end, and before that if it says nothing for too long."""
    watch = subprocess.Popen(command(site, "ben", "watch", *options), **streams)
    killer = threading.Timer(300, watch.kill)
    killer.start()
    try:
        yield watch
    finally:
        killer.cancel()
        watch.kill()
        watch.wait()


def site_s(line):
    return json.loads(line)["site"]["site_s"]


@pytest.mark.parametrize("options", [["--json"], []])
def test_watching_ends_with_130_on_ctrl_c_and_says_nothing_more(site, options):
    with watching(site, *options, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watch:
        told = [watch.stdout.readline(), watch.stdout.readline()]
        # On a loaded machine the site may stand still between two pictures.
        while options and site_s(told[-1]) <= site_s(told[0]):
            told.append(watch.stdout.readline())
        watch.send_signal(signal.SIGINT)
        out, err = watch.communicate()
    assert (watch.returncode, err) == (130, "")
    if options:
        pictures = [json.loads(line) for line in (*told, *out.splitlines())]
        assert {picture["missed"] for picture in pictures} == {0}


def test_on_a_terminal_the_picture_is_drawn_over_and_ctrl_c_leaves_it_clean(site):
    ours, theirs = pty.openpty()
    with watching(site, stdin=theirs, stdout=theirs, stderr=theirs) as watch:
        os.close(theirs)
        shown = b""
        while shown.count(b"small, ") < 3 and (chunk := _read(ours)):
            shown += chunk
        watch.send_signal(signal.SIGINT)
        while chunk := _read(ours):
            shown += chunk
        assert watch.wait() == 130
    os.close(ours)
    assert b"Traceback" not in shown
    assert b"\x1b[?25h" in shown  # the cursor is back


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""
