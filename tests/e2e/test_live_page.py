"""`--live`: a run, and a site, in a browser: real processes, the real server, and what becomes of it when they end."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from benchmarks.site_processes import SiteProcesses, free_ports, running
from fleet.app.main import main
from tests.served_site import until

pytestmark = pytest.mark.e2e

RUN = [sys.executable, "-m", "fleet", "run", "tiny", "--robots", "4", "--execution", "grants"]


@contextmanager
def live(tmp_path, *options, out=subprocess.PIPE):
    """A run that is shown, and a client of its page with the token that it told; killed in the end."""
    command = [*RUN, "--out", tmp_path, "--live", "127.0.0.1:0", *options]
    process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
    try:
        told = process.stderr.readline()
        found = re.match(r"See it at (http://127\.0\.0\.1:\d+/)#token=(\S+)$", told)
        assert found, told + process.stderr.read()
        headers = {"Authorization": f"Bearer {found[2]}"}
        with httpx.Client(base_url=f"{found[1]}api/v1/", headers=headers, timeout=60.0) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def is_gone(client):
    try:
        client.get("health")
    except httpx.TransportError:
        return True
    return False


def test_a_run_is_steered_from_its_page_and_its_page_ends_with_it(tmp_path):
    with live(tmp_path, "--for", "60s", "--speed", "8", "--json", "--audit") as (process, client):
        until(lambda: client.get("robots").status_code == 200)
        paused = client.post("robots/amr-001/pause")
        assert paused.status_code == 200, paused.text
        assert client.post("robots/amr-002/out_of_service").status_code == 200
        kinds = [("amr-001", "pause"), ("amr-002", "out_of_service")]
        until(lambda: [(zone["robot"], zone["kind"]) for zone in client.get("zones").json()["zones"]] == kinds)
        until(lambda: client.get("robots/amr-001").json()["condition"] == "halted")
        assert client.post("robots/amr-001/resume").status_code == 200
        assert client.post("robots/amr-001/pause", headers={"Authorization": ""}).status_code in (401, 403)
        out, _ = process.communicate(timeout=300)
        assert is_gone(client)
    assert process.returncode == 0
    summary = json.loads(out)
    assert summary["violations"] == 0
    events = [json.loads(line) for line in (tmp_path / "tiny-1-1" / "events.jsonl").read_text().splitlines()]
    told = [(event["event"], event["robot"], event["by"]) for event in events if event.get("robot", -1) in (1, 2)
            and "edges" in event]  # fmt: skip
    assert told == [
        ("robot_paused", 1, "operator"), ("robot_out_of_service", 2, "operator"), ("zone_opened", 1, "operator"),
    ]  # fmt: skip


def test_on_a_terminal_the_page_stays_until_an_interrupt(tmp_path):
    ours, theirs = pty.openpty()
    with live(tmp_path, "--for", "5s", "--speed", "0", out=theirs) as (process, client):
        os.close(theirs)
        until((tmp_path / "tiny-1-1").is_dir)
        until(lambda: client.get("robots").status_code == 200)
        refused = client.post("stop")
        assert refused.status_code >= 400
        assert "the run is over" in refused.text
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert is_gone(client)
    os.close(ours)


def test_the_page_ends_with_a_run_that_is_killed(tmp_path):
    with live(tmp_path, "--for", "1h") as (process, client):
        process.kill()
        process.wait()
        until(lambda: is_gone(client))


BAD = {
    "no address": (["--live", "non:sense"], "--live: 'non:sense' is no address"),
    "not ours": (["--live", "192.0.2.1:80"], "--live: 192.0.2.1:80 cannot be used"),
    "a speed that is none": (["--live", "--speed", "-1"], "--speed: is -1"),
    "a speed of nothing": (["--speed", "2"], "--speed: is for runs that are shown"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_options_are_refused_in_words(name, tmp_path, capsys):
    options, says = BAD[name]
    assert main(["run", "tiny", "--for", "2s", "--out", str(tmp_path), *options]) == 2
    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_site_with_keys_shows_its_page_with_a_key_of_its_own_and_keeps_it_running(tmp_path):
    with running(SiteProcesses(tmp_path, "tiny", 3, 1)) as site:
        (port,) = free_ports(1)
        controller = site.controller("--live", f"127.0.0.1:{port}", "--live-as", "anna")
        site.simulated_robots()
        controller.wait_for("running")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1/", timeout=60.0) as client:

            def is_shown():
                return not is_gone(client) and client.get("robots").status_code == 200

            until(is_shown)
            assert {robot["robot"] for robot in client.get("robots").json()} == {"amr-000", "amr-001", "amr-002"}
            # Without tokens nobody may act.
            assert client.post("robots/amr-001/pause").status_code in (401, 403)
            (page,) = pages_of(controller.process.pid)
            os.kill(page, signal.SIGKILL)
            assert controller.wait_for("page_ended")["exit_code"] == -signal.SIGKILL
            until(lambda: pages_of(controller.process.pid) not in ([], [page]))
            until(is_shown)
            controller.terminate()
            until(lambda: is_gone(client))


def pages_of(parent):
    """Processes that serve pages for a controller."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it has ended meanwhile
            command = status.with_name("cmdline").read_bytes()
            if f"\nPPid:\t{parent}\n" in status.read_text() and b"fleet.app.page_process" in command:
                found.append(int(status.parent.name))
    return found


@pytest.mark.parametrize("name", ["", "ben", "gw-000"])
def test_the_page_of_a_site_with_keys_needs_the_key_of_a_viewer_or_operator(tmp_path, capsys, name):
    site = SiteProcesses(tmp_path, "tiny", 3, 1)
    options = ["--live", *(["--live-as", name] if name else [])]
    code = main(["controller", "tiny", "--keys", str(site.keys), "--journal", str(tmp_path / "j.db"), *options])
    told = capsys.readouterr()
    assert code == 2
    assert "Traceback" not in told.err
    assert ("--live-as" if name != "ben" else "ben.key_secret") in told.err


def test_options_of_the_page_go_with_it(tmp_path, capsys):
    for option in (["--live-as", "anna"], ["--tokens", "t.toml"]):
        assert main(["controller", "tiny", "--robots", "3", "--journal", str(tmp_path / "j.db"), *option]) == 2
        assert f"{option[0]}: is for the live page" in capsys.readouterr().err
    assert main(["controller", "tiny", "--robots", "3", "--journal", "j", "--live", "--live-as", "anna"]) == 2
    assert "--live-as: is for sites with keys" in capsys.readouterr().err
