"""`futurepark keys`: from an empty folder to a list of who may connect."""

from __future__ import annotations

import json

import pytest

from fleet.app.main import main
from robots.gateways.allow_list import FILE_NAME, AllowList
from robots.gateways.keys import load_public_key


@pytest.fixture
def keys(tmp_path, monkeypatch):
    """Run a command on a folder of keys."""
    monkeypatch.setenv("COLUMNS", "160")
    folder = tmp_path / "keys"

    def run(*arguments):
        return main(["keys", *map(str, arguments), "--keys", str(folder)])

    run.folder = folder
    return run


def test_a_site_is_set_up_with_three_commands(keys, capsys):
    assert keys("new", "controller") == 0
    assert keys("new", "gw-1") == 0
    key_file = keys.folder / "gw-1.key"
    key = load_public_key(key_file).decode()
    assert f"{key_file}: {key}" in capsys.readouterr().out.splitlines()
    assert keys("allow", "gw-1", "--key", key_file, "--role", "gateway", "--robots", "amr-000:amr-019") == 0
    peer = AllowList(keys.folder / FILE_NAME).peer("gw-1")
    assert (peer.public_key, peer.role, len(peer.robots), peer.revoked) == (key, "gateway", 20, False)


def test_a_key_may_be_given_as_text(keys):
    keys("new", "anna")
    key = load_public_key(keys.folder / "anna.key").decode()
    assert keys("allow", "anna", "--key", key, "--role", "operator") == 0
    assert AllowList(keys.folder / FILE_NAME).owner(key).name == "anna"


def test_the_list_shows_who_may_connect_for_people_and_for_scripts(keys, capsys):
    for name, role, robots in (("gw-1", "gateway", "amr-000:amr-002"), ("wall", "viewer", "")):
        keys("new", name)
        keys("allow", name, "--key", keys.folder / f"{name}.key", "--role", role, "--robots", robots)
    assert keys("revoke", "wall") == 0
    capsys.readouterr()
    assert keys("list") == 0
    told = capsys.readouterr().out
    for words in ("gw-1", "gateway", "amr-000:amr-002", "revoked", load_public_key(keys.folder / "wall.key").decode()):
        assert words in told
    assert keys("list", "--json") == 0
    assert json.loads(capsys.readouterr().out) == [
        {
            "name": name,
            "public_key": load_public_key(keys.folder / f"{name}.key").decode(),
            "role": role,
            "robots": robots,
            "revoked": revoked,
        }
        for name, role, robots, revoked in (
            ("gw-1", "gateway", ["amr-000", "amr-001", "amr-002"], False),
            ("wall", "viewer", [], True),
        )
    ]
    assert keys("revoke", "wall") == 0
    assert capsys.readouterr().out == "wall was revoked before\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("new", "../x"), "cannot be the name of a key"),
        (("new", "gw-1"), "is there already"),
        (("allow", "a b", "--key", "KEY", "--role", "viewer"), "cannot be a name"),
        (("allow", "x", "--key", "KEY", "--role", "gateway"), "a gateway speaks for some robot"),
        (("allow", "x", "--key", "KEY", "--role", "viewer", "--robots", "a"), "a viewer speaks for no robots"),
        (("allow", "x", "--key", "KEY", "--role", "gateway", "--robots", "a:b"), "a:b is no range"),
        (("allow", "x", "--key", "KEY", "--role", "gateway", "--robots", "amr-000"), "amr-000 belongs to peer gw-1"),
        (("allow", "gw-9", "--key", "LISTED", "--role", "viewer"), "belongs to peer gw-1"),
        (("allow", "x", "--key", "SECRET", "--role", "viewer"), "is a secret key"),
        (("allow", "x", "--key", "/no/such.key", "--role", "viewer"), "there is no such key file"),
        (("revoke", "x"), "there is no peer 'x'"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2_and_changes_nothing(keys, capsys, arguments, says):
    for name in ("gw-1", "new"):
        keys("new", name)
    keys("allow", "gw-1", "--key", keys.folder / "gw-1.key", "--role", "gateway", "--robots", "amr-000,amr-001")
    files = {
        "KEY": keys.folder / "new.key",
        "LISTED": keys.folder / "gw-1.key",
        "SECRET": keys.folder / "new.key_secret",
    }
    before = (keys.folder / FILE_NAME).read_text()
    capsys.readouterr()
    assert keys(*(files.get(each, each) for each in arguments)) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.startswith("error: ")
    assert (keys.folder / FILE_NAME).read_text() == before


@pytest.mark.parametrize("arguments", [("list",), ("revoke", "gw-1")])
def test_without_a_list_it_is_said_how_to_begin_one(keys, capsys, arguments):
    assert keys(*arguments) == 2
    assert "allow a peer with `futurepark keys allow`" in capsys.readouterr().err
