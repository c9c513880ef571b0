"""An endpoint of the HTTP API as data: what it takes and gives, so that requests are checked and documented by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from fleet.app.dashboard.access import Caller
from fleet.app.dashboard.errors import RequestError

PREFIX: Final = "/api/v1"
OCTETS: Final = "application/octet-stream"
JSON: Final = "application/json"


class Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parameters of a query. A subclass has a field for each, with its bounds and, unless demanded, its default."""


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What is sent with a request."""


class Problem(msgspec.Struct, frozen=True):
    """Why a request is not carried out: where the trouble is, what it is, and what to do about it."""

    where: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has been checked. place: the parts of the path by name; query, body: of the endpoint's types."""

    caller: Caller
    place: Mapping[str, str]
    query: Any
    body: Any


Handle = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path below PREFIX.

    name     as code that is made from the OpenAPI document calls it
    answer   type of the JSON that is answered, or OCTETS
    handle   gives the answer, or octets; raises RequestError
    acts     it changes something, and takes an operator's token
    query, body, place   types of what comes in; place: of the path's parts by name; body_needed: it has no defaults
    errors   statuses besides those that every endpoint may have, and what they mean
    """

    method: str
    path: str
    name: str
    summary: str
    answer: Any
    handle: Handle
    acts: bool = False
    query: type[Query] = Query
    body: Any = None
    body_needed: bool = True
    place: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[int, str] = field(default_factory=dict)

    def checked(self, caller: Caller, place: Mapping[str, str], query: Mapping[str, str], body: bytes) -> Call:
        """Return the call that a request makes; raises RequestError 422 for what is out of bounds, 400 for no JSON."""
        for name, kind in self.place.items():
            _convert(place[name], kind, name)
        found = _convert(dict(query), self.query, "query")
        if self.body is None:
            return Call(caller, place, found, None)
        return Call(caller, place, found, _decoded(body if body or self.body_needed else b"{}", self.body))


# Parts of paths.
Serial = Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f,:/]{1,64}$", description="Serial of a robot.")]
RunName = Annotated[str, Meta(pattern=r"^[^./\x00][^/\x00]{0,254}$", description="Name of a run directory.")]
OrderId = Annotated[str, Meta(pattern=r"^\S(.*\S)?$", max_length=128, description="Id of an order.")]
RestrictionId = Annotated[str, Meta(pattern=r"^[0-9]{1,9}$", description="Number of a restriction.")]


def _convert(value: object, kind: Any, where: str) -> Any:  # noqa: ANN401 (whatever the endpoint's types say)
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as failure:
        raise RequestError(422, where, str(failure), "see /openapi.json") from None


def _decoded(body: bytes, kind: Any) -> Any:  # noqa: ANN401
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as failure:
        raise RequestError(422, "body", str(failure), "see /openapi.json") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        raise RequestError(400, "body", f"is no JSON: {failure}", "send one JSON value") from None
