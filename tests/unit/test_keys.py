"""Key files: made so that nobody else ever reads a secret, and trusted only as long as nobody else can change them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import zmq
import zmq.auth

from robots.errors import KeyFileError
from robots.gateways import owned_file
from robots.gateways.keys import is_key, load_key, load_public_key, new_key

ANOTHER_USER = 12345


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def lines_changed(path, old, new):
    path.write_text(path.read_text().replace(old, new))


def given_away(path, monkeypatch):
    """Let a file belong to somebody else: root gives it away, everybody else becomes somebody else."""
    if os.geteuid() == 0:
        os.chown(path, ANOTHER_USER, -1)
    else:
        monkeypatch.setattr(owned_file.os, "geteuid", lambda: ANOTHER_USER)


def test_a_new_key_is_two_files_in_a_folder_of_its_owner(folder):
    secret_file = new_key(folder, "gw-1")
    assert secret_file == folder / "gw-1.key_secret"
    assert sorted(path.name for path in folder.iterdir()) == ["gw-1.key", "gw-1.key_secret"]
    assert (mode(folder), mode(secret_file)) == (0o700, 0o600)
    key = load_key(secret_file)
    assert key.public == load_public_key(folder / "gw-1.key") == zmq.curve_public(key.secret)


def test_the_files_are_those_of_zmq_auth_both_ways(folder, tmp_path):
    secret_file = new_key(folder, "a")
    key = load_key(secret_file)
    assert zmq.auth.load_certificate(secret_file) == (key.public, key.secret)
    assert zmq.auth.load_certificate(folder / "a.key") == (key.public, None)
    public_file, secret_file = zmq.auth.create_certificates(tmp_path, "theirs", {"owner": "the hall"})
    Path(secret_file).chmod(0o600)
    Path(public_file).chmod(0o644)
    theirs = load_key(tmp_path / "theirs.key_secret")
    assert load_public_key(tmp_path / "theirs.key") == theirs.public


def test_a_secret_file_is_made_with_its_mode_and_never_has_another(folder, monkeypatch):
    opened = {}
    really = os.open

    def watch(path, flags, mode=0o777, **rest):
        descriptor = really(path, flags, mode, **rest)
        if flags & os.O_CREAT:
            opened[Path(path).name] = (stat.S_IMODE(os.fstat(descriptor).st_mode), flags)
        return descriptor

    monkeypatch.setattr(owned_file.os, "open", watch)
    monkeypatch.setattr(owned_file.os, "chmod", lambda *_arguments: pytest.fail("a mode was changed afterwards"))
    before = os.umask(0)
    try:
        new_key(folder, "gw-1")
    finally:
        os.umask(before)
    assert {name: made for name, (made, _) in opened.items()} == {"gw-1.key_secret": 0o600, "gw-1.key": 0o644}
    assert all(flags & os.O_EXCL and flags & os.O_NOFOLLOW for _, flags in opened.values())


def test_a_secret_is_not_shown(folder):
    key = load_key(new_key(folder, "a"))
    assert key.secret.decode() not in repr(key)
    assert repr(key.public) in repr(key)


@pytest.mark.parametrize("name", ["", ".a", "-a", "a/b", "../a", "a b", "a\n", "ä", "x" * 65])
def test_a_name_that_is_no_file_name_is_refused(folder, name):
    with pytest.raises(KeyFileError, match="cannot be the name of a key"):
        new_key(folder, name)
    assert not folder.exists()


def test_a_key_is_never_overwritten(folder):
    before = new_key(folder, "a").read_text()
    with pytest.raises(KeyFileError, match="is there already"):
        new_key(folder, "a")
    assert (folder / "a.key_secret").read_text() == before


def test_no_half_of_a_key_is_left(folder, monkeypatch):
    new_key(folder, "a")
    (folder / "a.key_secret").unlink()
    with pytest.raises(KeyFileError, match="is there already"):
        new_key(folder, "a")
    assert [path.name for path in folder.iterdir()] == ["a.key"]

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(owned_file.os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        new_key(folder, "b")
    assert [path.name for path in folder.iterdir()] == ["a.key"]


def test_a_link_in_the_place_of_a_new_key_is_not_followed(folder, tmp_path):
    folder.mkdir(mode=0o700)
    (folder / "a.key_secret").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError, match="is there already"):
        new_key(folder, "a")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="cannot be made"):
        new_key(tmp_path / "file", "a")
    with pytest.raises(KeyFileError, match="cannot be made"):
        new_key(tmp_path / "no" / "such" / "folder", "a")


# Who may read and write


@pytest.mark.parametrize("loose", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o660, 0o666, 0o777])
def test_a_secret_that_others_may_read_or_change_is_refused(folder, loose):
    secret_file = new_key(folder, "a")
    secret_file.chmod(loose)
    with pytest.raises(KeyFileError, match=f"others may read or change it .mode {loose:04o}.; run `chmod go-rwx`"):
        load_key(secret_file)


@pytest.mark.parametrize("loose", [0o602, 0o620, 0o666])
def test_a_public_key_that_others_may_change_is_refused(folder, loose):
    new_key(folder, "a")
    (folder / "a.key").chmod(loose)
    with pytest.raises(KeyFileError, match="others may change it"):
        load_public_key(folder / "a.key")


def test_a_secret_that_only_its_owner_may_read_is_good(folder):
    secret_file = new_key(folder, "a")
    secret_file.chmod(0o400)
    load_key(secret_file)


@pytest.mark.parametrize("loose", [0o720, 0o702, 0o777])
def test_a_folder_in_which_others_may_write_is_refused(folder, loose):
    secret_file = new_key(folder, "a")
    folder.chmod(loose)
    for attempt in (lambda: load_key(secret_file), lambda: new_key(folder, "b")):
        with pytest.raises(KeyFileError, match="others may change it"):
            attempt()


def test_in_a_folder_where_nobody_may_replace_what_is_anothers_keys_are_good(folder):
    secret_file = new_key(folder, "a")
    folder.chmod(0o1777)
    load_key(secret_file)


def test_another_users_key_is_refused(folder, monkeypatch):
    secret_file = new_key(folder, "a")
    given_away(secret_file, monkeypatch)
    with pytest.raises(KeyFileError, match="belongs to user"):
        load_key(secret_file)


def test_a_link_is_as_good_as_what_it_leads_to(folder, tmp_path, monkeypatch):
    secret_file = new_key(folder, "a")
    link = tmp_path / "link"
    link.symlink_to(secret_file)
    assert load_key(link) == load_key(secret_file)
    secret_file.chmod(0o640)
    with pytest.raises(KeyFileError, match="others may read"):
        load_key(link)
    secret_file.chmod(0o600)
    folder.chmod(0o702)
    with pytest.raises(KeyFileError, match="others may change it"):
        load_key(link)
    folder.chmod(0o700)
    given_away(secret_file, monkeypatch)
    with pytest.raises(KeyFileError, match="belongs to user"):
        load_key(link)


def test_what_is_no_file_is_refused_without_waiting_for_it(folder, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (pipe, tmp_path):
        with pytest.raises(KeyFileError, match="is no file"):
            load_key(path)
    with pytest.raises(KeyFileError, match=r"there is no such key file; make a key with `futurepark keys new`"):
        load_key(tmp_path / "none")


def test_a_file_that_cannot_be_opened_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(KeyFileError, match="cannot be read"):
        load_key(tmp_path / "loop")


# Malformed content


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("public-key", "publik-key", "has no public key"),
        ("secret-key", "sekret-key", "has no secret key"),
        ('secret-key = "', 'secret-key = "x', "line 7: secret-key is no key of 40 characters"),
        ('public-key = "', 'public-key = "#####', "line 6: public-key is no key of 40 characters"),
        ("    secret-key", "    public-key", "line 7: public-key is there twice"),
        ("metadata", "metadaten", "line 4: is no line of a key file"),
        ("curve", "curve\nrm -rf", "line 6: is no line of a key file"),
    ],
)
def test_a_malformed_key_file_is_refused_with_its_line(folder, old, new, says):
    secret_file = new_key(folder, "a")
    lines_changed(secret_file, old, new)
    with pytest.raises(KeyFileError, match=says):
        load_key(secret_file)


def test_halves_that_do_not_belong_together_are_refused(folder):
    one, other = (load_key(new_key(folder, name)) for name in ("a", "b"))
    lines_changed(folder / "a.key_secret", one.public.decode(), other.public.decode())
    with pytest.raises(KeyFileError, match="is not that of its secret key"):
        load_key(folder / "a.key_secret")


def test_a_secret_key_is_not_taken_for_a_public_one(folder):
    with pytest.raises(KeyFileError, match="is a secret key"):
        load_public_key(new_key(folder, "a"))


def test_what_is_not_text_or_longer_than_any_key_file_is_refused(folder):
    secret_file = new_key(folder, "a")
    secret_file.write_bytes(b"#\n#\n\xff\n")
    with pytest.raises(KeyFileError, match="line 3: is not UTF-8 text"):
        load_key(secret_file)
    secret_file.write_bytes(b"#" * (4 * 2**20 + 1))
    with pytest.raises(KeyFileError, match="is longer than any key file"):
        load_key(secret_file)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a" * 40, True), ("%nSc0" * 8, True), ("%nSc1" * 8, False), ("#" * 40, False), ("a" * 39, False),
        ("a" * 41, False), ("a" * 40 + "\n", False), ("a" * 39 + "~", False), ("a" * 39 + "ä", False), ("", False),
    ],
)  # fmt: skip
def test_a_key_is_z85_of_32_bytes(text, answer):
    assert is_key(text) is answer
