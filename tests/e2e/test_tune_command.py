"""`futurepark tune` on the real command line: in processes, on Ray, killed and resumed, to the very same rules."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

FUTUREPARK = [sys.executable, "-m", "fleet"]
BUDGET = ["--for", "90s", "--generations", "4", "--population", "4", "--proof", "2", "--json"]
# Ray's client forks while gRPC has threads.
RAY_ENVIRONMENT = {"GRPC_ENABLE_FORK_SUPPORT": "0", "RAY_USAGE_STATS_ENABLED": "0"}


def tune(out, *arguments, **environment):
    command = [*FUTUREPARK, "tune", "tiny", *BUDGET, "--out", str(out), *arguments]
    named = {"env": os.environ | environment, "capture_output": True, "text": True, "timeout": 600}
    return subprocess.run(command, check=False, **named)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a search in one process, without an interruption, comes to."""
    return told(tune(tmp_path_factory.mktemp("whole") / "g.toml", "--processes", "1"))


def told(done):
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    summary = json.loads(done.stdout)
    if summary["out"] is not None:
        assert Path(summary.pop("out")).is_file()
    return summary


def test_a_search_that_is_killed_is_resumed_to_the_same_result_on_any_number_of_processes(tmp_path, whole):
    out = tmp_path / "g.toml"
    state = tmp_path / "g.toml.state.json"
    command = [*FUTUREPARK, "tune", "tiny", *BUDGET, "--out", str(out), "--processes", "2"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 300
    while not (state.is_file() and json.loads(state.read_text())["generations"]):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not out.exists()
    while group_is_alive(process.pid):
        assert time.monotonic() < deadline, "processes of a killed search live on"
        time.sleep(0.05)
    kept = json.loads(state.read_text())
    assert 1 <= len(kept["generations"]) < 4
    assert told(tune(out, "--processes", "2", "--resume")) == whole
    assert json.loads(state.read_text())["generations"][: len(kept["generations"])] == kept["generations"]


def test_ctrl_c_ends_all_processes_without_a_traceback_and_the_search_can_be_resumed(tmp_path, whole):
    out, state = tmp_path / "g.toml", tmp_path / "g.toml.state.json"
    command = [*FUTUREPARK, "tune", "tiny", *BUDGET, "--out", str(out), "--processes", "2"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, start_new_session=True, **pipes)
    deadline = time.monotonic() + 300
    while not (state.is_file() and json.loads(state.read_text())["screening"]):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    out_text, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    assert (out_text, "Traceback" in error) == ("", False)
    assert told(tune(out, "--processes", "1", "--resume")) == whole


def group_is_alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_ray_of_its_own_gives_the_same_result(tmp_path, whole):
    assert told(tune(tmp_path / "g.toml", "--on", "ray", "--processes", "1", **RAY_ENVIRONMENT)) == whole


@contextmanager
def running_ray():
    """A Ray cluster of one machine with a token of its own; what to connect with, and to what."""
    pytest.importorskip("grpc", reason="Ray's client needs grpcio: install futurepark[dev]")
    first = free_port(6400 + os.getpid() % 1000)
    ports = [first, free_port(first + 1)]
    environment = RAY_ENVIRONMENT | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    ray = [str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", "--num-cpus", "1"]
    options = ["--port", str(ports[0]), "--ray-client-server-port", str(ports[1]), "--include-dashboard", "false"]
    # Sockets of Ray must have short paths, which those of pytest are not.
    with tempfile.TemporaryDirectory(prefix="ray", ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [*ray, *options, "--temp-dir", folder, "--disable-usage-stats"],
            env=os.environ | environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(ports[1], process)
            yield environment, f"ray://127.0.0.1:{ports[1]}"
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def free_port(least):
    """A port from `least` on, below those that Ray gives to its workers and the system to its clients."""
    for port in range(least, 10000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise AssertionError("no port is free")


def wait_for(port, process):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, "ray start has failed"
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.2)
    raise AssertionError("Ray does not start")


def test_a_cluster_gives_the_same_result(tmp_path, whole):
    with running_ray() as (environment, address):
        assert told(tune(tmp_path / "g.toml", "--on", address, **environment)) == whole
