"""`futurepark serve`: from settings to a page that is served, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

import uvicorn
import uvloop
import zmq

from fleet.app.dashboard.access import Gate, is_loopback_host
from fleet.app.dashboard.access_log import AccessLog
from fleet.app.dashboard.controller_desk import ControllerDesk
from fleet.app.dashboard.errors import ServerError
from fleet.app.dashboard.http_protocol import BoundedHttp
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.live_socket import MOST_HEARD_BYTES
from fleet.app.dashboard.picture import Picture
from fleet.app.dashboard.request_limits import LimitParams
from fleet.app.dashboard.run_shelf import RunShelf
from fleet.app.dashboard.site_follower import SiteAddress, SiteFollower
from fleet.app.dashboard.token_file import TokenFile
from fleet.app.dashboard.web_app import WebSite, web_app
from fleet.app.interrupts import StopRequest
from fleet.app.listen_address import address_of, place_of
from fleet.app.low_priority import give_way
from fleet.runtime.clock import WallClock

# What waits for a browser that does not read is a second of frames, not megabytes of them.
_SEND_BUFFER_BYTES: Final = 256 * 1024
# A connection whose other end takes nothing for so long is given up.
_GIVE_UP_MS: Final = 30_000
_BACKLOG: Final = 512
_GRACE_S: Final = 2
# The page gives way to whatever drives the robots on this machine.
_NICE: Final = 10
_MOST_CONNECTIONS: Final = 1000


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What `futurepark serve` was asked for.

    listen   HOST:PORT; port 0: any that is free
    site     the live site to follow, None for recorded runs alone
    runs     folder of run directories
    tokens   file of tokens, None for none: then nobody may act
    proxied  a proxy passes requests on: to read takes a token, wherever they seem to come from
    """

    listen: str
    site: SiteAddress | None
    runs: Path
    tokens: Path | None = None
    proxied: bool = False
    limits: LimitParams = field(default_factory=LimitParams)


def serve(settings: ServeSettings) -> int:
    """Serve until told to stop; return the exit code: 130 after an interrupt, 0 after SIGTERM.

    Prints the page's address once it can be opened. Raises InputError, before anything is served, for an address that
    cannot be had, tokens that cannot be read, and where there is neither a site nor a folder of runs.
    """
    if settings.site is None and not settings.runs.is_dir():
        remedy = "name a folder of runs with --runs, or a controller with --connect"
        raise ServerError("--runs", f"there is no folder {settings.runs}", remedy)
    tokens = None if settings.tokens is None else TokenFile(settings.tokens)
    host, port = address_of(settings.listen, "--listen")
    here = is_loopback_host(host)
    if tokens is None and not (here and not settings.proxied):
        problem = f"{host} can be reached from other machines" if not here else "requests come from other machines"
        raise ServerError("--tokens", f"{problem}, and nobody has a token", "make one with `futurepark token new`")
    log = AccessLog(sys.stderr)
    give_way(_NICE)
    with ExitStack() as stack:
        listener = stack.enter_context(_listener(host, port))
        clock = WallClock()
        site = WebSite(
            gate=Gate(tokens, clock, open_here=here and not settings.proxied),
            clock=clock,
            log=log,
            runs=RunShelf(settings.runs),
            version=version("futurepark"),
            limits=settings.limits,
        )
        stop = stack.enter_context(StopRequest())
        uvloop.run(_serve(settings.site, site, listener, host, stop))
        return stop.code


async def _serve(
    address: SiteAddress | None, site: WebSite, listener: socket.socket, host: str, stop: StopRequest
) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    follower = None
    try:
        if address is not None:
            site.live = LiveFloor()
            site.desk = ControllerDesk(context, address, site.clock, site.limits.asks)
        app = web_app(site)
        if address is not None and site.socket is not None:
            follower = SiteFollower(context, address, site.clock, _into(asyncio.get_running_loop(), site.socket.take))
            follower.start()
        server = _Server(_config(app))
        stop.then(server.end)
        url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"
        site.log.say("serving", url=url, live=address is not None)
        print(url, flush=True)
        if not stop.wanted:
            await server.serve(sockets=[listener])
        site.log.say("stopped")
    finally:
        if follower is not None:
            await asyncio.to_thread(follower.stop)
        if site.desk is not None:
            await asyncio.to_thread(site.desk.stop)
        context.destroy(linger=0)


def _into(loop: asyncio.AbstractEventLoop, take: Callable[[Picture], None]) -> Callable[[Picture], None]:
    """A function for another thread that lets this loop take a picture."""

    def hand_over(picture: Picture) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server is about to end
            loop.call_soon_threadsafe(take, picture)

    return hand_over


class _Server(uvicorn.Server):
    """Uvicorn's server without its own signal handlers, which would raise the signal once more at the end."""

    def end(self) -> None:
        """Let it end soon; from a signal handler or another thread, too."""
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type] # any ASGI application
        http=BoundedHttp,
        ws="websockets-sansio",
        ws_max_size=MOST_HEARD_BYTES,
        ws_max_queue=4,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_level="error",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
        limit_concurrency=_MOST_CONNECTIONS,
    )


@contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there. Raises InputError if the address cannot be had."""
    family, kind, address = place_of(host, port, "--listen")
    with socket.socket(family, kind) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit these.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GIVE_UP_MS)
        # The head of an answer does not wait until the other end has acknowledged what it got before.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError as failure:
            problem = f"{host}:{port} cannot be had: {failure.strerror}"
            raise ServerError("--listen", problem, "name an address of this machine that nobody uses") from None
        yield listener
