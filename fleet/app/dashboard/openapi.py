"""The OpenAPI 3.1 document of the HTTP API, made from its endpoints and their types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from fleet.app.dashboard.endpoint import JSON, OCTETS, PREFIX, Endpoint, Problem

_ANY: Final = {
    401: "the token is missing, unknown or revoked",
    422: "something is out of bounds",
    429: "this client asks too much",
}
_ACTING: Final = {403: "this token may not act"}
_WITH_BODY: Final = {400: "the body is no JSON", 413: "the body is too long"}
_SCHEME: Final = "bearer"


def document(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """Return the document of these endpoints, plain JSON values; version: of this program."""
    types = [each for endpoint in endpoints for each in _types(endpoint)]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    named = iter(schemas)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(PREFIX + endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, named, components)
    # What parameters are described by is no part of any message.
    used = {endpoint.query.__name__ for endpoint in endpoints}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "futurepark",
            "version": version,
            "description": "A robot warehouse: its floor, robots, orders and zones, live and recorded.",
        },
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in used},
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(endpoint: Endpoint) -> Iterable[Any]:
    """The types of an endpoint, in the order in which `_operation` asks for their schemas."""
    yield from endpoint.place.values()
    yield endpoint.query
    if endpoint.body is not None:
        yield endpoint.body
    if endpoint.answer != OCTETS:
        yield endpoint.answer
    yield Problem


def _operation(endpoint: Endpoint, schemas: Iterator[dict[str, Any]], components: dict[str, Any]) -> dict[str, Any]:
    parameters = [{"name": name, "in": "path", "required": True, "schema": next(schemas)} for name in endpoint.place]
    next(schemas)
    parameters += _of_query(components[endpoint.query.__name__])
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": parameters,
        "security": [{_SCHEME: []}] if endpoint.acts else [{}, {_SCHEME: []}],
    }
    if endpoint.body is not None:
        operation["requestBody"] = {"required": endpoint.body_needed, "content": {JSON: {"schema": next(schemas)}}}
    answer = {"type": "string", "format": "binary"} if endpoint.answer == OCTETS else next(schemas)
    kind = OCTETS if endpoint.answer == OCTETS else JSON
    responses = {"200": {"description": "Done.", "content": {kind: {"schema": answer}}}}
    problem = next(schemas)
    for status, what in sorted(statuses(endpoint).items()):
        responses[str(status)] = {"description": what, "content": {JSON: {"schema": problem}}}
    operation["responses"] = responses
    return operation


def statuses(endpoint: Endpoint) -> dict[int, str]:
    """Return the statuses of an endpoint's errors, and what they mean."""
    found = _ANY | (_ACTING if endpoint.acts else {}) | (_WITH_BODY if endpoint.body is not None else {})
    return found | dict(endpoint.errors)


def _of_query(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The parameters of a query."""
    required = schema.get("required", ())
    found = []
    for name, kind in schema["properties"].items():
        # A parameter that is not given has no value; nothing that is given means null.
        plain = {key: value for key, value in kind.items() if key != "anyOf"}
        options = [option for option in kind.get("anyOf", ()) if option.get("type") != "null"]
        if plain.get("default", ...) is None:
            del plain["default"]
        for option in options:
            plain |= option
        if "enum" in plain:
            plain["enum"] = [value for value in plain["enum"] if value is not None]
        parameter = {"name": name, "in": "query", "required": name in required, "schema": plain}
        description = plain.pop("description", "")
        found.append(parameter | ({"description": description} if description else {}))
    return found
