"""Handshakes of sockets that others can reach: what they demand, and why a client was not let in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import zmq

from robots.gateways.connection_events import ConnectionEvent
from robots.gateways.keys import Key

# What a socket's monitor has to listen to for `failure`.
FAILURES: Final = zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL


class Domain(StrEnum):
    """What a socket is for: who may connect to it, see robots.gateways.authenticator.ROLES."""

    GATEWAYS = "gateways"
    API = "api"


class RefusalReason(StrEnum):
    """Why a client was not let in."""

    UNKNOWN_KEY = "unknown_key"  # its key is not on the allow-list
    REVOKED = "revoked"
    ROLE = "role"  # its peer has no business on this socket
    MECHANISM = "mechanism"  # not CURVE: NULL, PLAIN, GSSAPI
    DOMAIN = "domain"  # a socket of which nobody has said who may come in
    REQUEST = "request"  # ZeroMQ's question to the authenticator is not understood
    CRYPTOGRAPHY = "cryptography"  # it does not know our public key or its own secret one, or bytes were changed
    HANDSHAKE = "handshake"  # it broke off, or did not come to an end in time


@dataclass(frozen=True, slots=True)
class Refusal:
    """A client that was not let in. Address (IP, no port), peer and key (Z85) are empty where ZeroMQ does not tell."""

    reason: RefusalReason
    domain: str
    address: str = ""
    peer: str = ""
    public_key: str = ""


def guard(socket: zmq.Socket[Any], key: Key, domain: Domain) -> None:
    """Make a socket let in nobody but this domain's peers, by CURVE, `key` being the server's; before its bind.

    Nobody at all gets in as long as no authenticator runs in its context.
    """
    socket.curve_server = True
    socket.curve_publickey, socket.curve_secretkey = key.public, key.secret
    socket.zap_domain = domain.encode()
    # Without this, and without an authenticator, ZeroMQ lets in everybody who has some key.
    socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)


def failure(event: ConnectionEvent, domain: Domain) -> Refusal:
    """Return what a monitor's event of `FAILURES` says of a handshake that ended before the authenticator was asked."""
    reason = RefusalReason.HANDSHAKE
    if event.kind == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
        if event.value == zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH:
            reason = RefusalReason.MECHANISM
        elif event.value == zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC:
            reason = RefusalReason.CRYPTOGRAPHY
    return Refusal(reason, domain)
