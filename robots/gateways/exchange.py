"""The controller's exchange with gateways: hellos, heartbeats, leases and identity; robots' messages are handed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, Final, Protocol

import zmq

from robots.codec import Decoder, encode
from robots.errors import KeyFileError, WireError
from robots.gateways.allow_list import AllowList
from robots.gateways.controller_socket import Arrival, ControllerSocket
from robots.gateways.keys import Key
from robots.gateways.peers import Peers
from robots.gateways.sessions import Session, Sessions
from robots.gateways.wire_params import WireParams
from robots.gateways.wire_record import RefusedError, WireRecord
from robots.messages import Ack, Bye, FromGateway, Hb, Hello, Message, PoseReport, Resync, State, Welcome

# Messages that are taken in before the clock is looked at again.
_ROUND: Final = 256
_EPS_S: Final = 1e-9
_LEASES_S: Final = 0.05  # leases are looked at so often
_LONGEST_WAIT_S: Final = 0.05
_LONGEST_DRAIN_S: Final = 0.5
# Refusals of which a gateway hears, once in a while, so that it says hello anew or gives up.
_ANSWERED: Final = frozenset({"no_session", "version", "robot", "taken", "sessions", "boot", "route"})


class RobotEnd(Protocol):
    """Takes in what robots say, by row. Each may raise RefusedError: then nothing of the message counts."""

    def joined(self, rows: Sequence[int], boot: bytes) -> None:
        """A gateway speaks for these robots now."""

    def state(self, row: int, state: State, now_s: float) -> None:
        """A robot says how it is."""

    def pose(self, row: int, report: PoseReport, now_s: float) -> None:
        """A robot says where it is."""

    def ack(self, row: int, ack: Ack, now_s: float) -> None:
        """A robot has answered."""

    def again(self, rows: Sequence[int]) -> None:
        """A gateway asks for all that these robots were told."""


class Exchange:
    """The bound socket and the sessions over it. Raises InputError where ControllerSocket does."""

    def __init__(
        self,
        listen: str,
        *,
        roster: Sequence[str],
        robots: RobotEnd,
        record: WireRecord,
        params: WireParams,
        clock: Callable[[], float],
        wall_ns: Callable[[], int],
        context: zmq.Context[Any],
        epoch: int,
        server_key: Key | None,
        allow_list: AllowList | None,
    ) -> None:
        self._robots = robots
        self._record = record
        self._params = params
        self._clock = clock
        self._wall_ns = wall_ns
        self._epoch = epoch
        self._peers = Peers(allow_list, roster)
        self.sessions = Sessions(roster, self._peers, params, epoch)
        self._decoder: Decoder[Message] = Decoder(FromGateway)
        self._next_leases_s = self._next_hb_s = self._next_refresh_s = -inf
        self._socket = ControllerSocket(context, listen, server_key, params)
        self.endpoint = self._socket.endpoint

    def turn(self, deadline_s: float) -> bool:
        """Take in what has come, wait for more if there is time; return whether the deadline has come.

        What has come by the deadline is taken in, but for a flood that lasts.
        """
        drained = self._receive()
        now_s = self._clock()
        left_s = deadline_s - now_s
        if drained:
            self.keep(now_s)
        elif left_s > -_LONGEST_DRAIN_S:
            return False
        if left_s <= _EPS_S:
            return True
        if self._socket.wait(min(left_s, _LONGEST_WAIT_S)):
            zmq.zmq_poll([], round(1000 * min(self._params.gather_s, left_s)))
        return False

    def keep(self, now_s: float) -> None:
        """Do what is due, all that has come being taken in: heartbeats, ends of leases, a look at the allow-list."""
        for reason in self._socket.broken():
            self._record.note(reason, None)
        if now_s >= self._next_refresh_s:
            self._next_refresh_s = now_s + self._params.refresh_s
            self._refresh()
            self._record.tell(now_s)
        if now_s >= self._next_leases_s:
            self._next_leases_s = now_s + _LEASES_S
            for session in self.sessions:
                if now_s - session.heard_s > self._params.lease_s:
                    self.sessions.end(session)
                    self._record.note("lease", session.peer)
        if now_s >= self._next_hb_s:
            self._next_hb_s = now_s + self._params.hb_s
            for session in self.sessions:
                self.send(session, Hb(session.number, self._epoch, self._wall_ns()))

    def send(self, session: Session, message: Message) -> bool:
        """Send to a gateway; return whether it is on its way."""
        if session.route is None:
            return False
        sent = self._send(session.route, message)
        if sent is None:
            self.sessions.lose(session)
        return bool(sent)

    def ask(self, session: Session, serial: str) -> None:
        """Ask for the state of a robot."""
        self.send(session, Resync(session.number, self._epoch, self._wall_ns(), (serial,)))

    def close(self, reason: str) -> None:
        """Say bye to everybody and let go of the socket."""
        for session in self.sessions:
            self.send(session, self._bye(session.number, reason))
        self._record.tell(inf)
        self._socket.close()

    def _receive(self) -> bool:
        """Take in messages that have come, a round of them at most; return whether these were all."""
        record = self._record
        now_s = self._clock()
        for _ in range(_ROUND):
            arrival = self._socket.receive()
            if arrival is None:
                return True
            record.received += 1
            try:
                self._peers.check(arrival.user)
                self._take(arrival, self._decoder.decode(arrival.frames), now_s)
            except WireError as error:
                self._refuse(arrival, error.code, {"detail": error.detail})
            except RefusedError as refusal:
                self._refuse(arrival, refusal.code, refusal.detail)
            else:
                record.accepted += 1
        return False

    def _refuse(self, arrival: Arrival, code: str, detail: dict[str, str]) -> None:
        told = self._record.refuse(code, arrival.user, address=arrival.address, **detail)
        if told and code in _ANSWERED:
            self._send(arrival.route, self._bye(0, code))

    def _take(self, arrival: Arrival, message: Message, now_s: float) -> None:
        """Take in one message; raises RefusedError."""
        if isinstance(message, Hello):
            self._hello(arrival, message, now_s)
            return
        session = self.sessions.find(arrival.user, arrival.route)
        if isinstance(message, PoseReport):
            self._robots.pose(_row(session, message.robot), message, now_s)
        elif isinstance(message, State):
            if message.boot != session.boot:
                raise RefusedError("boot", robot=message.robot)
            if message.t > self._wall_ns() + self._params.future_s * 1e9:
                raise RefusedError("future", robot=message.robot)
            self._robots.state(_row(session, message.robot), message, now_s)
        elif isinstance(message, Ack):
            self._robots.ack(_row(session, message.robot), message, now_s)
        elif isinstance(message, Hb | Bye | Resync):
            self._of_session(session, message)
        session.heard_s = now_s

    def _hello(self, arrival: Arrival, hello: Hello, now_s: float) -> None:
        session, before = self.sessions.hello(arrival.user, arrival.route, hello, now_s)
        if before:
            self._record.note(before, session.peer)
        params = self._params
        lease_ms, hb_ms = round(1000 * params.lease_s), round(1000 * params.hb_s)
        self.send(session, Welcome(session.number, self._epoch, lease_ms, hb_ms, session.spoken))
        self._robots.joined([session.rows[robot.serial] for robot in hello.robots], hello.boot)

    def _of_session(self, session: Session, message: Hb | Bye | Resync) -> None:
        if message.epoch > self._epoch:
            self._record.note("newer_controller", session.peer, epoch=message.epoch)
        if isinstance(message, Bye) and message.session == 0 and message.epoch > self._epoch:
            self.sessions.end(session)
            return
        if message.session != session.number:
            raise RefusedError("session")
        if isinstance(message, Bye):
            self.sessions.end(session)
        elif isinstance(message, Resync):
            named = message.robots or tuple(session.rows)
            self._robots.again([_row(session, serial) for serial in named])

    def _bye(self, session: int, reason: str) -> Bye:
        return Bye(session, self._epoch, self._wall_ns(), reason)

    def _send(self, route: bytes, message: Message) -> bool | None:
        sent = self._socket.send(route, encode(message))
        if sent:
            self._record.sent += 1
        else:
            self._record.held_back += 1
        return sent

    def _refresh(self) -> None:
        """Look at the allow-list: whoever is no longer on it hears nothing more."""
        try:
            self._peers.refresh()
        except KeyFileError as error:
            self._record.note("allow_list", None, detail=str(error))
        for session in self.sessions:
            serials = self._peers.serials(session.peer)
            if not serials:
                self.sessions.end(session)
                self._record.note("revoked", session.peer)
            elif len(session.rows) > len(serials) or not serials.issuperset(session.rows):
                self.sessions.restrict(session, serials)


def _row(session: Session, serial: str) -> int:
    """Row of a robot; raises RefusedError if the session does not speak for it."""
    row = session.rows.get(serial)
    if row is None:
        raise RefusedError("robot", robot=serial)
    return row
