"""What a service manager is told, over a real socket as systemd binds it."""

from __future__ import annotations

import socket

import pytest

from fleet.app.site.service_manager import ServiceManager


@pytest.fixture(params=["path", "abstract"])
def listening(request, tmp_path):
    name = str(tmp_path / "notify") if request.param == "path" else f"\0futurepark-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(name)
        server.settimeout(5)
        yield name.replace("\0", "@"), server


def test_a_service_manager_hears_how_the_service_is(listening):
    address, server = listening
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000"})
    assert manager.watchdog_s == 3.0
    manager.ready("500 robots")
    manager.status("standing by")
    manager.alive()
    manager.stopping()
    heard = [server.recv(200).decode() for _ in range(4)]
    assert heard == ["READY=1\nSTATUS=500 robots", "STATUS=standing by", "WATCHDOG=1", "STOPPING=1"]


def test_without_a_service_manager_nothing_is_said():
    manager = ServiceManager({})
    assert manager.watchdog_s is None
    manager.ready("up")
    manager.alive()
