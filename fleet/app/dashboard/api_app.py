"""Endpoints behind HTTP: who asks is checked, then how much, then what; every action goes on record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from fleet.app.dashboard.access import Caller, Gate
from fleet.app.dashboard.access_log import AccessLog
from fleet.app.dashboard.endpoint import JSON, OCTETS, PREFIX, Endpoint, Problem
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.request_limits import LimitParams, Limits
from fleet.app.dashboard.traffic_counts import TrafficCounts
from fleet.runtime.clock import Clock

_ENCODER: Final = msgspec.json.Encoder()
_HEADERS: Final = {"cache-control": "no-store"}
_WORDS: Final = {404: "there is nothing of this name", 405: "this cannot be done here"}


class ApiApp:
    """Carries requests out by endpoints.

    counts: of what was answered and refused; log: where actions go on record
    """

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        gate: Gate,
        clock: Clock,
        limits: LimitParams,
        counts: TrafficCounts,
        log: AccessLog,
    ) -> None:
        self._endpoints = endpoints
        self._gate = gate
        self._reads = Limits(limits.reads, clock)
        self._acts = Limits(limits.acts, clock)
        self._refusals_told = Limits(limits.acts, clock)
        self._most_body_bytes = limits.most_body_bytes
        self._counts = counts
        self._log = log

    def routes(self) -> list[Route]:
        """Return a route for each path, with all of its methods."""
        by_path: dict[str, dict[str, Endpoint]] = {}
        for endpoint in self._endpoints:
            by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
        # An order's id may have any letters, slashes too.
        return [
            Route(PREFIX + path.replace("{order}", "{order:path}"), self._route(methods), methods=list(methods))
            for path, methods in by_path.items()
        ]

    async def read(self, request: Request, answer: Callable[[], Response]) -> Response:
        """Answer something that any reader may have."""
        try:
            caller = self._gate.caller(request.headers, client_of(request))
            self._reads.check(caller.name or caller.client)
            self._counts.answered += 1
            return answer()
        except RequestError as error:
            return self._refusal(error)

    def _route(self, methods: Mapping[str, Endpoint]) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            endpoint = methods.get(request.method) or methods["GET"]
            return await (self._act(request, endpoint) if endpoint.acts else self._answer(request, endpoint))

        return respond

    async def _answer(self, request: Request, endpoint: Endpoint) -> Response:
        try:
            caller = self._gate.caller(request.headers, client_of(request))
            self._reads.check(caller.name or caller.client)
            call = endpoint.checked(caller, request.path_params, _query(request), b"")
            response = _encoded(await endpoint.handle(call))
        except RequestError as error:
            return self._refusal(error)
        self._counts.answered += 1
        return response

    async def _act(self, request: Request, endpoint: Endpoint) -> Response:
        caller, body = Caller(client_of(request)), b""
        try:
            caller = self._gate.caller(request.headers, caller.client)
            if not caller.may_act:
                raise _may_not(caller)
            self._acts.check(caller.name)
            body = await self._body(request)
            call = endpoint.checked(caller, request.path_params, _query(request), body)
            response = _encoded(await endpoint.handle(call))
        except RequestError as error:
            # A flood of what nobody may do does not fill the disk with lines that say so; all of it is counted.
            if self._refusals_told.allows(caller.client):
                self._log.acted(caller, request.method, request.url.path, body, error.status, str(error))
            return self._refusal(error)
        self._log.acted(caller, request.method, request.url.path, body, 200, "")
        self._counts.acted += 1
        return response

    async def _body(self, request: Request) -> bytes:
        parts, size = [], 0
        try:
            async for part in request.stream():
                size += len(part)
                if size > self._most_body_bytes:
                    problem = f"is longer than {self._most_body_bytes} bytes"
                    raise RequestError(413, "body", problem, "send less at a time")
                parts.append(part)
        except ClientDisconnect:
            raise RequestError(400, "body", "did not come to its end") from None
        return b"".join(parts)

    def _refusal(self, error: RequestError) -> Response:
        self._counts.refused[str(error.status)] += 1
        return problem_response(error)


def client_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else ""


def problem_response(error: RequestError) -> Response:
    """Return the answer to a request that is not carried out."""
    headers = dict(_HEADERS)
    if error.status == 401:
        headers["www-authenticate"] = "Bearer"
    elif error.status in (429, 503):
        headers["retry-after"] = "1"
    content = _ENCODER.encode(Problem(error.where, error.problem, error.remedy))
    return Response(content, error.status, headers, media_type=JSON)


async def no_such_thing(_request: Request, error: Exception) -> Response:
    """Answer a request for a path or method that there is not."""
    if not isinstance(error, HTTPException):
        raise error
    problem = _WORDS.get(error.status_code, str(error.detail))
    response = problem_response(RequestError(error.status_code, "path", problem, "see /openapi.json"))
    response.headers.update(error.headers or {})
    return response


def _encoded(answer: object) -> Response:
    if isinstance(answer, bytes):
        return Response(answer, headers=_HEADERS, media_type=OCTETS)
    return Response(_ENCODER.encode(answer), headers=_HEADERS, media_type=JSON)


def _query(request: Request) -> dict[str, str]:
    """The parameters of a query; raises RequestError for one that is there twice."""
    pairs = request.query_params.multi_items()
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError(422, "query", "a parameter is there twice", "give each once")
    return found


def _may_not(caller: Caller) -> RequestError:
    if not caller.name:
        remedy = "send `Authorization: Bearer TOKEN`; `futurepark token new NAME --role operator` makes one"
        return RequestError(401, "Authorization", "actions take an operator's token", remedy)
    return RequestError(403, "Authorization", f"{caller.name} is a viewer", "ask an operator")
