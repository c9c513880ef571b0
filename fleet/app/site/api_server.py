"""The API's socket: requests in, answers out, never waiting."""

from __future__ import annotations

from typing import Final

import zmq

from fleet.app.site.api_messages import MAX_REQUEST_BYTES, Reply
from fleet.app.site.local_socket import Context, Guard, Options, bind
from fleet.app.site.request_desk import Request, RequestDesk, Users

# Messages read in one go; the rest waits in its socket, and its sender with it.
_MESSAGES_A_TAKE: Final = 100
# One more than a request has, however many follow.
_MOST_FRAMES: Final = 3
_OPTIONS: Final[Options] = {
    zmq.MAXMSGSIZE: MAX_REQUEST_BYTES,
    zmq.ROUTER_MANDATORY: 1,
    zmq.RCVHWM: 100,
    zmq.SNDHWM: 100,
}


class ApiServer:
    """A ROUTER that the controller's loop asks once a tick: `take`, carry out, `answer`, commit, `flush`.

    An answer goes out with the first `flush` after a commit: who hears that an order was accepted may rely on it. What
    cannot be sent is dropped; its client asks again and gets the remembered answer.

    guard, users: who is let in, and what they may do; both or neither, see local_socket.bind. Raises SettingError for
    an endpoint that cannot be bound.
    """

    def __init__(self, context: Context, endpoint: str, guard: Guard | None, users: Users | None) -> None:
        if (guard is None) != (users is None):
            raise ValueError("an API has both a guard and users, or neither")
        self.desk = RequestDesk(users)
        self._socket = bind(context, zmq.ROUTER, endpoint, guard, _OPTIONS, "--api")
        self.endpoint: str = self._socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def take(self) -> list[Request]:
        """Return the requests to be carried out in this tick; does not wait."""
        for _ in range(_MESSAGES_A_TAKE):
            try:
                route = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                break
            part = self._socket.recv(zmq.NOBLOCK, copy=False)
            frames = [part.bytes]
            while part.more:
                part = self._socket.recv(zmq.NOBLOCK, copy=False)
                if len(frames) < _MOST_FRAMES:
                    frames.append(part.bytes)
            self.desk.receive(route, _user(part), frames)
        return self.desk.take()

    def answer(self, request: Request, reply: Reply) -> None:
        """Give the answer to a request; `flush` sends it."""
        self.desk.answer(request, reply)

    def flush(self, *, committed: bool) -> None:
        """Send answers, without waiting; those to requests that change something, and orders, only after a commit."""
        for route, frames in self.desk.outgoing(committed=committed):
            try:
                self._socket.send_multipart([route, *frames], zmq.NOBLOCK)
            except zmq.ZMQError as failure:
                if failure.errno not in (zmq.EAGAIN, zmq.EHOSTUNREACH):
                    raise

    def close(self) -> None:
        """Let go of the socket; answers that were not flushed are never sent. May be called twice."""
        self._socket.close()


def _user(frame: zmq.Frame) -> str | None:
    """The name that the allow-list gave for the key of the connection; None where there was no key."""
    try:
        return str(frame.get("User-Id"))
    except zmq.ZMQError:
        return None
