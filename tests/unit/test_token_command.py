"""`futurepark token`, and what becomes of a token file under a running server."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from fleet.app.dashboard import token_file
from fleet.app.dashboard.errors import ServerError
from fleet.app.dashboard.token_file import Role, TokenFile, new_token, read_tokens
from fleet.app.main import main


@pytest.fixture
def tokens(tmp_path):
    return tmp_path / "tokens.toml"


def test_a_token_is_made_listed_and_revoked(tokens, capsys):
    assert main(["token", "new", "anna", "--role", "operator", "--tokens", str(tokens)]) == 0
    token = capsys.readouterr().out.strip()
    assert len(token) >= 43
    assert token not in tokens.read_text()
    assert tokens.stat().st_mode & 0o777 == 0o600
    assert main(["token", "list", "--tokens", str(tokens), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"name": "anna", "role": "operator"}]
    assert main(["token", "list", "--tokens", str(tokens)]) == 0
    assert "operator" in capsys.readouterr().out
    file = TokenFile(tokens)
    assert file.holder(token).name == "anna"
    assert main(["token", "revoke", "anna", "--tokens", str(tokens)]) == 0
    file.refresh()
    assert file.holder(token) is None


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["new", "anna", "--role", "viewer"], "anna has a token"),
        (["new", "a b", "--role", "viewer"], "cannot be a name"),
        (["revoke", "ben"], "nobody is called 'ben'"),
    ],
)
def test_what_cannot_be_done_to_a_token_file_says_why(tokens, capsys, arguments, problem):
    new_token(tokens, "anna", Role.VIEWER)
    before = tokens.read_text()
    assert main(["token", *arguments, "--tokens", str(tokens)]) == 2
    assert problem in capsys.readouterr().err
    assert tokens.read_text() == before


def test_a_token_file_that_is_not_there_or_cannot_be_made_says_so(tmp_path, capsys):
    for arguments in (["list"], ["revoke", "anna"]):
        assert main(["token", *arguments, "--tokens", str(tmp_path / "none.toml")]) == 2
        assert "there is no such token file" in capsys.readouterr().err
    missing = tmp_path / "none" / "tokens.toml"
    assert main(["token", "new", "anna", "--role", "viewer", "--tokens", str(missing)]) == 2
    assert "cannot be made" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "[[token]]\nname = 'anna'\nrole = 'king'\nsha256 = '" + 64 * "0" + "'\n",
        "[[token]]\nname = 'anna'\nrole = 'viewer'\nsha256 = 'short'\n",
        2 * ("[[token]]\nname = 'anna'\nrole = 'viewer'\nsha256 = '" + 64 * "0" + "'\n"),
    ],
)
def test_a_file_that_is_none_is_refused(tokens, text):
    tokens.write_text(text)
    tokens.chmod(0o600)
    with pytest.raises(ServerError):
        read_tokens(tokens)


def test_a_file_that_others_may_read_lets_nobody_in_until_it_is_closed(tokens):
    token = new_token(tokens, "anna", Role.OPERATOR)
    file = TokenFile(tokens)
    tokens.chmod(0o644)
    file.refresh()
    assert file.holder(token) is None
    assert "others may read" in file.trouble
    tokens.chmod(0o600)
    file.refresh()
    assert (file.holder(token).role, file.trouble) == (Role.OPERATOR, "")
    tokens.unlink()
    file.refresh()
    assert file.holder(token) is None


def test_only_the_whole_token_is_right_and_no_hash_is_a_token(tokens):
    token = new_token(tokens, "anna", Role.OPERATOR)
    file = TokenFile(tokens)
    for wrong in ("", token[:-1], token + "x", token.upper(), sha256(token.encode()).hexdigest(), token * 10, "\udcff"):
        assert file.holder(wrong) is None


def test_so_many_tokens_are_kept_and_no_more(tokens, monkeypatch):
    monkeypatch.setattr(token_file, "_MOST_TOKENS", 2)
    new_token(tokens, "a", Role.VIEWER)
    new_token(tokens, "b", Role.VIEWER)
    with pytest.raises(ServerError, match="has 2 tokens"):
        new_token(tokens, "c", Role.VIEWER)
