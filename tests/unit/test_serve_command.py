"""What `futurepark serve` refuses before it serves anything."""

from __future__ import annotations

import socket
import tomllib
from importlib import util

import pytest
from packaging.requirements import Requirement

from fleet.app.dashboard import serve, web_extra
from fleet.app.dashboard.access import is_loopback_host
from fleet.app.dashboard.token_file import Role, new_token
from fleet.app.main import main
from tests.kernel_tests import ROOT


@pytest.fixture
def refused(tmp_path, capsys, monkeypatch):
    """Run the command in an empty folder; it must end with exit code 2. Returns what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FUTUREPARK_API", raising=False)
    monkeypatch.setattr(serve, "give_way", lambda _nice: None)

    def run(*arguments):
        assert main(["serve", *arguments]) == 2
        return capsys.readouterr().err

    return run


def test_without_runs_and_without_a_controller_there_is_nothing_to_serve(refused):
    assert "there is no folder runs" in refused()


@pytest.mark.parametrize(
    "listen", ["8080", "127.0.0.1:", "127.0.0.1:99999", ":8080", "no such host.invalid:1", "a..b:1"]
)
def test_what_is_no_address_is_refused(refused, tmp_path, listen):
    tokens = tmp_path / "tokens.toml"
    new_token(tokens, "anna", Role.VIEWER)
    assert "--listen" in refused("--runs", ".", "--listen", listen, "--tokens", str(tokens))


def test_an_address_that_is_taken_is_refused(refused):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port} cannot be had" in refused("--runs", ".", "--listen", f"127.0.0.1:{port}")


@pytest.mark.parametrize("options", [("--listen", "0.0.0.0:0"), ("--listen", "127.0.0.1:0", "--proxied")])
def test_whoever_is_elsewhere_needs_a_token(refused, options):
    assert "nobody has a token" in refused("--runs", ".", *options)


def test_tokens_that_others_may_read_are_refused(refused, tmp_path):
    tokens = tmp_path / "tokens.toml"
    assert "there is no such token file" in refused("--runs", ".", "--tokens", str(tokens))
    new_token(tokens, "anna", Role.VIEWER)
    tokens.chmod(0o640)
    assert "others may read" in refused("--runs", ".", "--tokens", str(tokens))


def test_a_controller_needs_an_endpoint_and_keys_a_name(refused, tmp_path):
    assert "is no endpoint" in refused("--connect", "localhost")
    assert "--as" in refused("--connect", "tcp://127.0.0.1:1", "--keys", str(tmp_path))
    assert "key" in refused("--connect", "tcp://127.0.0.1:1", "--keys", str(tmp_path), "--as", "anna")


def test_all_packages_of_the_extra_are_demanded():
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["web"]
    assert {Requirement(line).name for line in extra} == set(web_extra._PACKAGES)


def test_a_missing_package_names_the_extra(refused, monkeypatch):
    found = util.find_spec
    monkeypatch.setattr(
        "fleet.app.dashboard.web_extra.find_spec", lambda name: None if name == "uvicorn" else found(name)
    )
    said = refused("--runs", ".")
    assert "needs uvicorn, which is not installed" in said
    assert "futurepark[web]" in said


def test_the_names_of_this_machine_are_told_from_others():
    assert all(is_loopback_host(host) for host in ("127.0.0.1", "127.9.9.9", "[::1]", "::1", "localhost", "LOCALHOST"))
    assert not any(is_loopback_host(host) for host in ("", "0.0.0.0", "10.0.0.1", "localhost.example", "[::]"))
