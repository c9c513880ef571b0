"""Who asks, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.token_file import Holder, Role, TokenFile
from fleet.runtime.clock import Clock

# What a browser's websocket says besides its token, see docs/http-api.md.
SUBPROTOCOL: Final = "futurepark"
_TOKEN_PROTOCOL: Final = "token."  # noqa: S105 (what stands before one)
_BEARER: Final = "bearer "
_REFRESH_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. name, role: of their token, empty and None without one; client: where they are."""

    client: str
    name: str = ""
    role: Role | None = None
    token: str = field(default="", repr=False)

    @property
    def may_act(self) -> bool:
        """Whether they may change anything."""
        return self.role is Role.OPERATOR


class Gate:
    """Tells who asks by their token.

    tokens   None: nobody has one
    open     everybody on this machine may read without one: requests that name it by a loopback address
    """

    def __init__(self, tokens: TokenFile | None, clock: Clock, *, open_here: bool) -> None:
        self._tokens = tokens
        self._clock = clock
        self._open_here = open_here
        self._refreshed_s = clock.now()

    def caller(self, headers: Mapping[str, str], client: str) -> Caller:
        """Return who asks, by the header `Authorization`; raises RequestError 401 if they may not even read."""
        given = headers.get("authorization", "")
        if given and not given.lower().startswith(_BEARER):
            raise _unauthorised("Authorization is no bearer token")
        return self._caller(given[len(_BEARER) :].strip(), headers, client)

    def socket_caller(self, headers: Mapping[str, str], client: str) -> Caller:
        """Return who opens a websocket, by its subprotocols; raises RequestError, 403 for a page of another site."""
        origin = headers.get("origin", "")
        if origin and origin.partition("://")[2] != headers.get("host", ""):
            raise RequestError(403, "Origin", f"{origin} is another site", "open the page of this server")
        offered = [each.strip() for each in headers.get("sec-websocket-protocol", "").split(",")]
        tokens = [each.removeprefix(_TOKEN_PROTOCOL) for each in offered if each.startswith(_TOKEN_PROTOCOL)]
        return self._caller(tokens[0] if tokens else "", headers, client)

    def still(self, caller: Caller) -> bool:
        """Whether they may still do what they might when they came."""
        if not caller.token:
            return True
        holder = self._holder(caller.token)
        return holder is not None and (holder.name, holder.role) == (caller.name, caller.role)

    def _caller(self, token: str, headers: Mapping[str, str], client: str) -> Caller:
        if token:
            holder = self._holder(token)
            if holder is None:
                unusable = self._tokens is not None and self._tokens.trouble
                raise _unauthorised(
                    "the server's token file has become unusable, `futurepark token list` says why"
                    if unusable
                    else "this token is not known, or was revoked"
                )
            return Caller(client, holder.name, holder.role, token)
        # A page of another site can make its own name lead to this machine; what it then asks for names that.
        if self._open_here and _is_loopback(headers.get("host", "")):
            return Caller(client)
        raise _unauthorised("this takes a token")

    def _holder(self, token: str) -> Holder | None:
        if self._tokens is None:
            return None
        if self._clock.now() - self._refreshed_s >= _REFRESH_S:
            self._tokens.refresh()
            self._refreshed_s = self._clock.now()
        return self._tokens.holder(token)


@lru_cache(maxsize=64)
def is_loopback_host(host: str) -> bool:
    """Whether a host name or address is that of this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_loopback(host_header: str) -> bool:
    host, _, _ = host_header.rpartition(":") if not host_header.endswith("]") else (host_header, "", "")
    return is_loopback_host(host or host_header)


def _unauthorised(problem: str) -> RequestError:
    remedy = "send `Authorization: Bearer TOKEN`; `futurepark token new` makes one"
    return RequestError(401, "Authorization", problem, remedy)
