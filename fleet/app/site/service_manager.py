"""Tells the service manager that started this process how it is: systemd's notification protocol, sd_notify(3)."""

from __future__ import annotations

import socket
from collections.abc import Mapping


class ServiceManager:
    """Sends `READY=1`, `STATUS=...`, `WATCHDOG=1` to $NOTIFY_SOCKET; does nothing where there is none.

    watchdog_s  seconds within which `alive` has to be called again and again, None if nobody watches
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A name in the abstract namespace is written with an @ for its leading zero byte.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        microseconds = environment.get("WATCHDOG_USEC", "")
        self.watchdog_s = int(microseconds) / 1e6 if microseconds.isdigit() else None

    def ready(self, status: str) -> None:
        """Say that the service is up."""
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        """Say what the service is doing, in one line."""
        self._send(f"STATUS={status}")

    def alive(self) -> None:
        """Say that the loop goes round."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the service is on its way out."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.sendto(message.encode(), self._address)
