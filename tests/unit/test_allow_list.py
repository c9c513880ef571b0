"""The allow-list: read strictly, read again when it changed, changed whole or not at all."""

from __future__ import annotations

import os
import tomllib
from concurrent.futures import ThreadPoolExecutor

import pytest
from zmq.utils import z85

from robots.errors import KeyFileError
from robots.gateways import allow_list_edits, owned_file
from robots.gateways.allow_list import FILE_NAME, AllowList, Peer, read_peers
from robots.gateways.allow_list_edits import allow, revoke

KEYS = [z85.encode(bytes([k]) * 32).decode() for k in range(1, 17)]
GATEWAY = Peer("gw-1", KEYS[0], "gateway", ("amr-000", "amr-001"))
OTHER = Peer("gw-2", KEYS[1], "gateway", ("amr-002",))
OPERATOR = Peer("anna", KEYS[2], "operator")
VIEWER = Peer("wall", KEYS[3], "viewer", revoked=True)


@pytest.fixture
def folder(tmp_path):
    for peer in (GATEWAY, OTHER, OPERATOR, VIEWER):
        allow(tmp_path / "keys", peer)
    return tmp_path / "keys"


@pytest.fixture
def file(folder):
    return folder / FILE_NAME


def table(name="gw-1", key=KEYS[0], role="gateway", robots='["amr-000"]', more=""):
    return f'[[peer]]\nname = "{name}"\npublic_key = "{key}"\nrole = "{role}"\nrobots = {robots}\n{more}\n'


# Reading


def test_peers_are_found_by_name_and_by_key_revoked_ones_too(file):
    listed = AllowList(file)
    assert listed.peers == (GATEWAY, OTHER, OPERATOR, VIEWER)
    assert listed.peer("wall") == listed.owner(KEYS[3]) == VIEWER
    assert listed.peer("nobody") is None
    assert listed.owner(KEYS[9]) is None


def test_robots_and_revoked_may_be_left_out(tmp_path):
    file = tmp_path / FILE_NAME
    file.write_text(f'# by hand\n[[peer]]\nname = "anna"\npublic_key = "{KEYS[2]}"\nrole = "operator"\n')
    assert read_peers(file) == (OPERATOR,)


def test_a_list_of_nobody_is_a_list(tmp_path):
    (tmp_path / FILE_NAME).write_text("")
    assert AllowList(tmp_path / FILE_NAME).peers == ()


GOOD = table()
BAD = [
    ("peers = 3", ": Object contains unknown field `peers`"),
    ("peer = 3", ", key peer: Expected `array`, got `int`"),
    ("[[peer]\n", ": is no TOML: .* line 1"),
    (
        GOOD + table("gw-2", KEYS[1], more='site = "x"', robots='["x"]'),
        ", line 7: Object contains unknown field `site`",
    ),
    (GOOD + GOOD.replace(KEYS[0], KEYS[1]), ", line 7, key name: gw-1 belongs to peer gw-1"),
    (GOOD + table("gw-2", robots='["x"]'), ", line 7, key public_key: .* belongs to peer gw-1"),
    (GOOD + table("gw-2", KEYS[1]), ", line 7, key robots: amr-000 belongs to peer gw-1"),
    (table(robots='["a", "b", "a"]'), ", line 1, key robots: a belongs to peer gw-1"),
    (table(key="a" * 39), ", line 1, key public_key: is no key of 40"),
    (table(key="#" * 40), ", line 1, key public_key: is no key of 40"),
    (table(key=""), ", line 1, key public_key: is no key of 40"),
    (table(role="admin"), ", line 1, key role: Invalid enum value 'admin'"),
    (table(role="viewer"), ", line 1, key robots: a viewer speaks for no robots"),
    (table(robots="[]"), ", line 1, key robots: a gateway speaks for some robot"),
    (table(robots="[1]"), r", line 1, key robots\[0\]: Expected `str`"),
    (table(robots='["a,b"]'), ", line 1, key robots.*matching regex"),
    (table(robots='"amr-000"'), ", line 1, key robots: Expected `array`"),
    (table(name="../x"), ", line 1, key name: .*matching regex"),
    (table(name="x" * 65), ", line 1, key name: .*matching regex"),
    (table(more='revoked = "no"'), ", line 1, key revoked: Expected `bool`"),
    ('[[peer]]\nname = "a"\n', ", line 1: Object missing required field `public_key`"),
]


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_bad_list_is_refused_with_file_line_and_key(tmp_path, text, says):
    file = tmp_path / FILE_NAME
    file.write_text(text)
    with pytest.raises(KeyFileError, match=f"{FILE_NAME}{says}"):
        AllowList(file)


def test_a_list_that_others_may_change_is_refused(file):
    file.chmod(0o664)
    with pytest.raises(KeyFileError, match="others may change it"):
        AllowList(file)


def test_without_a_list_it_is_said_how_to_begin_one(tmp_path):
    with pytest.raises(KeyFileError, match=r"no such allow-list; allow a peer with `futurepark keys allow`"):
        AllowList(tmp_path / FILE_NAME)


def test_robots_of_a_revoked_gateway_may_be_given_to_another_one(folder):
    revoke(folder, "gw-2")
    allow(folder, Peer("gw-3", KEYS[5], "gateway", ("amr-002",)))
    assert AllowList(folder / FILE_NAME).peer("gw-3").robots == ("amr-002",)


# Reading again


def test_a_list_is_read_again_when_it_changed_and_not_otherwise(folder, file, monkeypatch):
    listed = AllowList(file)
    assert listed.refresh() is False
    revoke(folder, "gw-1")
    assert listed.peer("gw-1").revoked is False
    assert listed.refresh() is True
    assert listed.peer("gw-1").revoked is True
    monkeypatch.setattr("robots.gateways.allow_list.read_peers", lambda _path: pytest.fail("it was read"))
    assert listed.refresh() is False


def test_a_change_that_keeps_size_and_time_is_seen_by_its_new_file(file):
    listed = AllowList(file)
    before = file.stat()
    changed = file.with_name("changed")
    changed.write_text(file.read_text().replace("amr-002", "amr-009"))
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    changed.replace(file)
    assert file.stat().st_size == before.st_size
    assert listed.refresh() is True
    assert listed.peer("gw-2").robots == ("amr-009",)


@pytest.mark.parametrize("spoil", [lambda file: file.write_text("[[peer]"), lambda file: file.unlink()])
def test_a_bad_change_is_told_once_and_the_old_list_stays_until_it_is_good_again(file, spoil):
    listed = AllowList(file)
    good = file.read_text()
    spoil(file)
    with pytest.raises(KeyFileError):
        listed.refresh()
    assert listed.refresh() is False
    assert listed.peer("gw-1") == GATEWAY
    file.write_text(good.replace("amr-002", "amr-0099"))
    assert listed.refresh() is True
    assert listed.peer("gw-2").robots == ("amr-0099",)


def test_a_name_cannot_be_given_another_key_while_somebody_may_be_connected_as_it(file):
    listed = AllowList(file)
    file.write_text(file.read_text().replace(KEYS[0], KEYS[8]))
    with pytest.raises(KeyFileError, match="peer gw-1 has another key than before"):
        listed.refresh()
    assert listed.owner(KEYS[8]) is None


# Changing


def test_what_is_written_is_canonical(folder, file):
    text = file.read_text()
    assert "#" not in "".join(line for line in text.splitlines() if "public_key" not in line)
    assert tomllib.loads(text)["peer"][0] == {
        "name": "gw-1", "public_key": KEYS[0], "role": "gateway", "robots": ["amr-000", "amr-001"], "revoked": False,
    }  # fmt: skip
    file.write_text("# mine\n\n" + text.replace(" = ", "="))
    allow(folder, GATEWAY)
    assert file.read_text() == text


def test_of_several_peers_all_are_allowed_or_none(folder, file):
    more = (Peer("gw-8", KEYS[5], "gateway", ("amr-008",)), Peer("gw-9", KEYS[6], "gateway", ("amr-009",)))
    with pytest.raises(KeyFileError, match="gw-1 has another key"):
        allow(folder, *more, Peer("gw-1", KEYS[7], "gateway", ("amr-000",)))
    before = read_peers(file)
    assert len(before) == 4
    allow(folder, *more)
    assert read_peers(file) == (*before, *more)


def test_role_and_robots_of_a_peer_may_be_changed_and_its_place_stays(folder, file):
    moved = Peer("gw-1", KEYS[0], "gateway", ("amr-001", "amr-077"))
    allow(folder, moved)
    assert read_peers(file) == (moved, OTHER, OPERATOR, VIEWER)


@pytest.mark.parametrize(
    ("peer", "says"),
    [
        (Peer("gw-1", KEYS[7], "gateway", ("amr-000",)), "gw-1 has another key"),
        (Peer("wall", KEYS[3], "viewer"), "wall is revoked"),
        (Peer("gw-9", KEYS[0], "gateway", ("amr-009",)), "belongs to peer gw-1"),
        (Peer("gw-9", KEYS[3], "gateway", ("amr-009",)), "belongs to peer wall"),
        (Peer("gw-9", KEYS[7], "gateway", ("amr-009", "amr-001")), "amr-001 belongs to peer gw-1"),
        (Peer("gw-9", KEYS[7], "gateway", ()), "speaks for some robot"),
        (Peer("gw-9", "a" * 39, "gateway", ("amr-009",)), "is no key of 40 characters"),
        (Peer("gw 9", KEYS[7], "viewer"), "matching regex"),
    ],
)
def test_a_change_that_would_make_a_bad_list_is_refused_and_changes_nothing(folder, file, peer, says):
    before = (file.read_text(), file.stat().st_ino)
    with pytest.raises(KeyFileError, match=says):
        allow(folder, peer)
    assert (file.read_text(), file.stat().st_ino) == before


def test_revoking_says_whether_it_was_news(folder, file):
    assert revoke(folder, "gw-1") is True
    assert revoke(folder, "gw-1") is False
    assert [peer.revoked for peer in read_peers(file)] == [True, False, False, True]
    with pytest.raises(KeyFileError, match="there is no peer 'nobody'"):
        revoke(folder, "nobody")


def test_without_a_list_nobody_is_revoked_and_nothing_is_made(tmp_path):
    with pytest.raises(KeyFileError, match="no such allow-list"):
        revoke(tmp_path / "none", "gw-1")
    assert list(tmp_path.iterdir()) == []


def test_a_bad_list_is_not_changed(folder, file):
    file.write_text("[[peer]")
    for attempt in (lambda: allow(folder, GATEWAY), lambda: revoke(folder, "gw-1")):
        with pytest.raises(KeyFileError, match="is no TOML"):
            attempt()
    assert file.read_text() == "[[peer]"


def test_a_disk_that_fails_leaves_the_old_list(folder, file, monkeypatch):
    before = file.read_text()

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(owned_file.os, "fsync", fail)
        with pytest.raises(OSError, match="No space left"):
            revoke(folder, "gw-1")
    assert file.read_text() == before
    (folder / f".{FILE_NAME}.partial").write_text("left by a command that was killed")
    assert revoke(folder, "gw-1") is True
    assert sorted(path.name for path in folder.iterdir()) == [".allowed.lock", FILE_NAME]


def test_the_new_list_is_on_the_disk_before_it_takes_the_place_of_the_old_one(folder, file, monkeypatch):
    done = []
    fsync = os.fsync
    monkeypatch.setattr(owned_file.os, "fsync", lambda descriptor: done.append("sync") or fsync(descriptor))
    really = type(file).replace
    monkeypatch.setattr(type(file), "replace", lambda self, to: done.append("rename") or really(self, to))
    revoke(folder, "gw-1")
    assert done.index("sync") < done.index("rename") < len(done) - 1 - done[::-1].index("sync")


def test_no_peer_is_lost_when_many_are_allowed_at_once(tmp_path):
    peers = [Peer(f"gw-{k}", KEYS[k], "gateway", (f"amr-{k:03}",)) for k in range(16)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda peer: allow(tmp_path / "keys", peer), peers))
    assert sorted(read_peers(tmp_path / "keys" / FILE_NAME), key=peers.index) == peers


def test_a_command_waits_for_another_one(folder, file):
    with ThreadPoolExecutor(1) as pool:
        with allow_list_edits._locked(folder):
            waiting = pool.submit(revoke, folder, "gw-1")
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.2)
            assert read_peers(file)[0].revoked is False
        assert waiting.result() is True
    assert read_peers(file)[0].revoked is True
