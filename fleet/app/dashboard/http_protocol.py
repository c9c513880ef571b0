"""HTTP as uvicorn speaks it by httptools, with an end to how long the head of a request may be."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES: Final = 16 * 1024


class BoundedHttp(HttpToolsProtocol):
    """Refuses a request (400) and ends the connection once more of its head has come than MOST_HEAD_BYTES.

    The parser keeps what it has of a head until it ends, however long that takes. What came along with the beginning of
    a head is not counted; it is bounded by what is read of a socket at once.
    """

    _begun = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Take in what a client sent."""
        if self._begun:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._begun and self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long.")

    def on_message_begin(self) -> None:
        """Hear from the parser that a head begins."""
        self._begun, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Hear from the parser that a head is whole."""
        self._begun = False
        super().on_headers_complete()
