"""The page's server as a child: where it listens, what it is told, and that it is started again for a site."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from fleet.app.listen_address import address_of, free_address
from fleet.app.live_command import DEFAULT_ADDRESS, with_address
from fleet.app.page_process import PageSettings
from fleet.app.site.kept_page import KeptPage
from fleet.errors import SettingError


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:80", ("::1", 80)),
        ("0.0.0.0:65535", ("0.0.0.0", 65535)),
    ],
)
def test_an_address_is_a_host_and_a_port(text, found):
    assert address_of(text, "--live") == found


@pytest.mark.parametrize("text", ["", "tiny", ":80", "host:", "host:http", "host:65536", "host:-1"])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(SettingError, match="is no address") as caught:
        address_of(text, "--live")
    assert caught.value.where == "--live"


def test_port_0_is_a_free_one():
    host, port = free_address("127.0.0.1:0", "--live")
    assert (host, port > 0) == ("127.0.0.1", True)


def test_an_address_that_is_taken_or_not_ours_is_refused():
    taken = socket.create_server(("127.0.0.1", 0))
    with taken, pytest.raises(SettingError, match="cannot be used: Address already in use"):
        free_address(f"127.0.0.1:{taken.getsockname()[1]}", "--live")
    for host in ("192.0.2.1", "no.such.host.invalid", "no..host"):
        with pytest.raises(SettingError, match="cannot be used"):
            free_address(f"{host}:0", "--live")


@pytest.mark.parametrize(
    ("api", "asked"),
    [
        ("ipc:///tmp/x/api", "ipc:///tmp/x/api"),
        ("tcp://10.0.0.7:5571", "tcp://10.0.0.7:5571"),
        ("tcp://0.0.0.0:5571", "tcp://127.0.0.1:5571"),
        ("tcp://[::]:5571", "tcp://[::1]:5571"),
    ],
)
def test_the_server_asks_the_api_on_this_machine(api, asked):
    assert PageSettings("127.0.0.1", 80).options(api) == ["--connect", asked, "--listen", "127.0.0.1:80"]


def test_the_server_is_told_what_there_is():
    settings = PageSettings("::1", 80, Path("t.toml"), Path("keys"), "anna", "my.toml", Path("runs"))
    assert settings.options("ipc://x")[2:] == [
        "--listen", "[::1]:80", "--tokens", "t.toml", "--keys", "keys", "--as", "anna", "--world", "my.toml",
        "--runs", "runs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "complete"),
    [
        (["tiny"], ["tiny"]),
        (["tiny", "--live"], ["tiny", "--live", DEFAULT_ADDRESS]),
        (["tiny", "--live", "--speed", "2"], ["tiny", "--live", DEFAULT_ADDRESS, "--speed", "2"]),
        (["tiny", "--live", "[::]:80", "--speed", "2"], ["tiny", "--live", "[::]:80", "--speed", "2"]),
        (["tiny", "--live=[::]:80"], ["tiny", "--live=[::]:80"]),
        (["--live", "tiny"], ["--live", DEFAULT_ADDRESS, "tiny"]),
    ],
)
def test_live_may_stand_without_its_address(arguments, complete):
    assert with_address(arguments) == complete


class Page:
    """A page that a test lets end."""

    def __init__(self):
        self.exit_code = None
        self.closed = False

    def close(self):
        self.closed = True


def test_a_page_that_has_ended_is_started_again_after_a_pause_that_doubles():
    pages = []

    def start():
        pages.append(Page())
        return pages[-1]

    with KeptPage(start) as kept:
        now_s, pauses = 0.0, []
        for _ in range(9):
            assert kept.look(now_s) is None
            pages[-1].exit_code = 2
            assert kept.look(now_s) == 2
            assert pages[-1].closed
            ended_s, count = now_s, len(pages)
            while len(pages) == count:
                now_s += 0.5
                assert kept.look(now_s) is None
            pauses.append(now_s - ended_s)
        assert pauses == [1, 2, 4, 8, 16, 32, 64, 64, 64]
        assert not pages[-1].closed
    assert pages[-1].closed


def test_a_page_that_ran_for_long_is_started_again_at_once():
    pages = []
    with KeptPage(lambda: pages.append(Page()) or pages[-1]) as kept:
        now_s = 0.0
        for _ in range(3):
            assert kept.look(now_s) is None
            now_s += 3600.0
            pages[-1].exit_code = 1
            assert kept.look(now_s) == 1
            now_s += 1.0
            assert kept.look(now_s) is None
    assert len(pages) == 4


def test_a_page_that_cannot_be_started_again_is_tried_later_and_harms_nobody():
    page, tried_s = Page(), []

    def start():
        tried_s.append(now_s)
        if now_s > 0:
            raise BlockingIOError
        return page

    now_s = 0
    with KeptPage(start) as kept:
        page.exit_code = 1
        for now_s in range(20):
            assert kept.look(now_s) == (None if now_s else 1)
    assert tried_s == [0, 1, 3, 7, 15]


def test_a_page_that_is_not_there_at_the_end_need_not_be_closed():
    page = Page()
    with KeptPage(lambda: page) as kept:
        page.exit_code = 1
        assert kept.look(0.0) == 1
