"""The web application: page, API, websocket, metrics; for any ASGI server, and for tests without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fleet.app.dashboard.access import Gate
from fleet.app.dashboard.access_log import AccessLog
from fleet.app.dashboard.action_api import SiteActs
from fleet.app.dashboard.alerts import SILENT_S
from fleet.app.dashboard.api_app import ApiApp, no_such_thing, problem_response
from fleet.app.dashboard.controller_desk import ControllerDesk
from fleet.app.dashboard.endpoint import JSON, Call, Endpoint
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.http_messages import Health
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.live_socket import LiveSocket
from fleet.app.dashboard.metrics import CONTENT_TYPE, SiteMetrics
from fleet.app.dashboard.openapi import document
from fleet.app.dashboard.request_limits import LimitParams
from fleet.app.dashboard.run_api import RunReads
from fleet.app.dashboard.run_shelf import RunShelf
from fleet.app.dashboard.site_api import SiteReads
from fleet.app.dashboard.traffic_counts import TrafficCounts
from fleet.runtime.clock import Clock

PAGE: Final = Path(__file__).parent / "page"
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# As ASGI has them: to set them one by one took 20 to 40 us of each answer.
_RAW_HEADERS: Final = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
_CACHE: Final = (b"cache-control", b"no-cache")


@dataclass(slots=True)
class WebSite:
    """What the application serves.

    live, desk  a live site and who asks its controller; None for recorded runs alone
    socket      tells browsers of the live site; set by `web_app`
    """

    gate: Gate
    clock: Clock
    log: AccessLog
    runs: RunShelf
    version: str
    live: LiveFloor | None = None
    desk: ControllerDesk | None = None
    limits: LimitParams = field(default_factory=LimitParams)
    counts: TrafficCounts = field(default_factory=TrafficCounts)
    socket: LiveSocket | None = None


def web_app(site: WebSite) -> ASGIApp:
    """Return the application; a site that is followed is told of by `site.socket.take`."""
    endpoints = [_health(site), *RunReads(site.runs).endpoints()]
    sockets: list[BaseRoute] = []
    if site.live is not None and site.desk is not None:
        reads = SiteReads(site.live, site.desk)
        endpoints += [*reads.endpoints(), *SiteActs(site.live, site.desk).endpoints()]
        site.socket = LiveSocket(site.live, reads, site.gate, site.clock, site.limits, site.counts)
        sockets.append(WebSocketRoute("/live", site.socket.serve))
    api = ApiApp(endpoints, site.gate, site.clock, site.limits, site.counts, site.log)
    routes = [*api.routes(), *sockets, *_other_routes(site, api, endpoints)]
    app = Starlette(routes=routes, exception_handlers={HTTPException: no_such_thing, Exception: _Failed(site.log)})
    return _WithHeaders(app)


def _other_routes(site: WebSite, api: ApiApp, endpoints: Sequence[Endpoint]) -> list[BaseRoute]:
    openapi = msgspec.json.encode(document(endpoints, site.version))
    metrics = SiteMetrics(site.live, site.counts)

    async def page(_request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def openapi_json(_request: Request) -> Response:
        return Response(openapi, media_type=JSON)

    async def prometheus(request: Request) -> Response:
        return await api.read(request, lambda: Response(metrics.text(), headers={"content-type": CONTENT_TYPE}))

    return [
        Route("/", page),
        Route("/openapi.json", openapi_json),
        Route("/metrics", prometheus),
        Mount("/page", StaticFiles(directory=PAGE, check_dir=False)),
    ]


def _health(site: WebSite) -> Endpoint:
    async def health(_call: Call) -> Health:
        picture = None if site.live is None else site.live.picture
        heard = picture is not None and picture.site is not None and picture.silent_s < SILENT_S
        return Health(
            version=site.version,
            live=picture is not None,
            heard=heard,
            silent_s=0.0 if picture is None else round(picture.silent_s, 1),
            trouble="" if picture is None else picture.trouble,
            page_clients=site.counts.browsers,
        )

    return Endpoint("GET", "/health", "health", "How this server is.", Health, health)


class _Failed:
    """Answers a request at which we failed, and puts it on record; the traceback goes to the server's log."""

    def __init__(self, log: AccessLog) -> None:
        self._log = log

    async def __call__(self, request: Request, error: Exception) -> Response:
        self._log.say(
            "failed", method=request.method, path=request.url.path, problem=f"{type(error).__name__}: {error}"
        )
        return problem_response(RequestError(500, "server", "it failed at this request", "see its log"))


class _WithHeaders:
    """Puts the headers that keep a page to itself on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                given = message.get("headers", [])
                # Modules of one version of the page do not go with those of another: a browser asks for newer ones.
                kept = [] if any(name == _CACHE[0] for name, _ in given) else [_CACHE]
                message["headers"] = [*given, *_RAW_HEADERS, *kept]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] in ("http", "websocket") else send)
