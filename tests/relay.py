"""A TCP relay in front of an endpoint: records what clients send, and flips bits of it."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Relay:
    """Relays connections to an endpoint, each way in a thread of its own."""

    def __init__(self, endpoint):
        self._port = int(endpoint.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._recorded = []
        self._flip = None
        self._flipped = threading.Event()
        self._open = [self._listener]
        self._threads = []

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *failure):
        for connection in self._open:
            with suppress(OSError):  # it may have gone already
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(timeout=10)

    def recorded(self):
        """What clients have sent so far, in the pieces in which it came."""
        return list(self._recorded)

    def flip(self, bit):
        """Flip one bit of the next piece that a client sends, counted from its beginning."""
        self._flipped.clear()
        self._flip = bit

    def wait_until_flipped(self):
        assert self._flipped.wait(60), "nothing was sent"

    def _start(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
            except OSError:
                return
            self._open += [client, server]
            self._start(self._pass_on, client, server, self._seen)
            self._start(self._pass_on, server, client, bytes)

    def _seen(self, piece):
        self._recorded.append(piece)
        if self._flip is None:
            return piece
        place, self._flip = self._flip % (8 * len(piece)), None
        changed = bytearray(piece)
        changed[place // 8] ^= 1 << place % 8
        self._flipped.set()
        return bytes(changed)

    @staticmethod
    def _pass_on(source, target, change):
        with suppress(OSError):  # one side has gone: the other is to know
            while piece := source.recv(65536):
                target.sendall(change(piece))
        for connection in (source, target):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
