"""`futurepark serve` as people start it: a process that prints its address, serves, and ends when it is told to."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import httpx
import pytest

from benchmarks.site_processes import free_ports
from fleet.app.dashboard.http_protocol import MOST_HEAD_BYTES
from tests.recorded_runs import write_run
from tests.served_page import write_small_world
from tests.served_site import ServedSite, until

pytestmark = pytest.mark.e2e


@pytest.fixture
def serve(tmp_path):
    """Start the command in a folder with a run; returns its process and its address."""
    write_run(tmp_path / "runs")
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "fleet", "serve", "--listen", "127.0.0.1:0", *map(str, arguments)],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_prints_its_address_serves_page_and_runs_and_ends_as_told(serve, number, code):
    process, url = serve()
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        assert client.get("/").headers["content-type"].startswith("text/html")
        assert client.get("/page/main.js").headers["content-type"].startswith("text/javascript")
        assert len(client.get("/api/v1/runs").json()) == 1
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["serving", "stopped"]


def connection(url):
    """A bare connection to the server."""
    return socket.create_connection(("127.0.0.1", httpx.URL(url).port), timeout=30)


def test_a_request_is_answered_however_it_is_cut(serve):
    _, url = serve()
    host = httpx.URL(url).netloc
    request = b"GET /api/v1/runs HTTP/1.1\r\nHost: " + host + b"\r\nX: " + 8000 * b"x" + b"\r\n\r\n"
    with connection(url) as client, client.makefile("rb") as answers:
        for at in range(0, len(request), 100):
            client.sendall(request[at : at + 100])
        client.sendall(2 * request)
        for _ in range(3):
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            head = dict(line.lower().split(b": ") for line in iter(answers.readline, b"\r\n"))
            assert len(json.loads(answers.read(int(head[b"content-length"])))) == 1


@pytest.mark.parametrize("endless", [b"GET /", b"GET / HTTP/1.1\r\nX: ", b"GET / HTTP/1.1\r\n"])
def test_a_head_without_an_end_is_refused_and_others_are_served(serve, endless):
    _, url = serve()
    more = b"x: y\r\n" * 200 if endless.endswith(b"\r\n") else b"x" * 1200
    with connection(url) as client:
        client.sendall(endless)
        sent, answer = 0, b""
        # Beyond the limit goes what came along with its beginning: on a busy machine that is more than one piece.
        while not answer and sent < 3 * MOST_HEAD_BYTES:
            client.sendall(more)
            sent += len(more)
            # A server that is kept from running has not read yet: no reason to send it all the rest.
            client.settimeout(0.05 if sent < MOST_HEAD_BYTES else 2.0)
            with suppress(TimeoutError):
                answer = client.recv(1000)
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert httpx.get(url, trust_env=False).status_code == 200


def test_a_controller_that_is_away_at_the_start_is_followed_once_it_is_there(serve, tmp_path):
    world, found = write_small_world(tmp_path)
    (port, feed) = free_ports(2)
    _, url = serve("--connect", f"tcp://127.0.0.1:{port}", "--world", world)
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        until(lambda: "no controller answers" in client.get("/api/v1/health").json()["trouble"])
        assert client.get("/api/v1/robots").status_code == 503
        assert client.get("/api/v1/alerts").json()[0]["kind"] == "feed"
        site = ServedSite(api=f"tcp://127.0.0.1:{port}", feed=f"tcp://127.0.0.1:{feed}")
        site.site.floor_hash = found
        site.start()
        try:
            until(lambda: client.get("/api/v1/robots").status_code == 200)
            until(lambda: client.get("/api/v1/health").json()["heard"])
        finally:
            site.stop()
        until(lambda: not client.get("/api/v1/health").json()["heard"])


def test_a_floor_that_is_another_than_the_controllers_is_not_shown(serve, tmp_path):
    world, _ = write_small_world(tmp_path)
    site = ServedSite()
    site.start()
    try:
        _, url = serve("--connect", site.endpoint, "--world", world)
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            until(lambda: "has another floor" in client.get("/api/v1/health").json()["trouble"])
            assert client.get("/api/v1/world").status_code == 503
        _, url = serve("--connect", site.endpoint)
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            until(lambda: "give its file with --world" in client.get("/api/v1/health").json()["trouble"])
    finally:
        site.stop()
