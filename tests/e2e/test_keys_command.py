"""`futurepark keys` in processes of its own: many at once, and files that others may read."""

from __future__ import annotations

import stat
import subprocess
import sys

import pytest
from zmq.utils import z85

from robots.gateways.allow_list import FILE_NAME, read_peers

pytestmark = pytest.mark.e2e


def start(*arguments, umask=-1):
    command = [sys.executable, "-m", "fleet", "keys", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, umask=umask)


def run(*arguments, umask=-1):
    process = start(*arguments, umask=umask)
    told, complained = process.communicate(timeout=300)
    assert "Traceback" not in complained
    return process.returncode, told, complained


def test_no_peer_is_lost_when_many_commands_allow_one_each(tmp_path):
    names = [f"gw-{k}" for k in range(1, 13)]
    commands = [
        start(
            "allow", name, "--keys", tmp_path / "keys", "--key", z85.encode(bytes([k]) * 32).decode(),
            "--role", "gateway", "--robots", f"amr-{k}",
        )
        for k, name in enumerate(names, start=1)
    ]  # fmt: skip
    for command in commands:
        _, complained = command.communicate(timeout=300)
        assert (command.returncode, complained) == (0, "")
    assert {peer.name: peer.robots for peer in read_peers(tmp_path / "keys" / FILE_NAME)} == {
        name: (f"amr-{k}",) for k, name in enumerate(names, start=1)
    }


def test_whatever_the_umask_a_secret_is_its_owners(tmp_path):
    for name, umask in (("a", 0o000), ("b", 0o077)):
        assert run("new", name, "--keys", tmp_path / "keys", umask=umask)[0] == 0
        assert stat.S_IMODE((tmp_path / "keys" / f"{name}.key_secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_list_that_others_may_change_is_exit_code_2(tmp_path):
    key = z85.encode(bytes(32)).decode()
    run("allow", "wall", "--keys", tmp_path, "--key", key, "--role", "viewer")
    (tmp_path / FILE_NAME).chmod(0o666)
    code, told, complained = run("list", "--keys", tmp_path)
    assert (code, told) == (2, "")
    assert "others may change it (mode 0666)" in complained
