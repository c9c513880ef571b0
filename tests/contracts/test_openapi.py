"""The OpenAPI document against a running server: what it allows to be asked is answered as it says, never with 5xx."""

from __future__ import annotations

from contextlib import suppress

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from fleet.app.dashboard.request_limits import LimitParams
from tests.recorded_runs import tiny_trace, write_run
from tests.served_page import served_page
from tests.served_site import SERIALS

CHECKED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.ignored_auth,
    checks.unsupported_method,
    checks.allow_header_conformance,
]
FEW = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A server of a small site and a recorded run, which any client may ask as much as it likes."""
    folder = tmp_path_factory.mktemp("openapi")
    run = write_run(folder / "runs", tiny_trace(steps=20)).name
    with served_page(folder, limits=LimitParams(reads=1e6, acts=1e6, asks=1e6)) as (_, page):
        with page.client(page.token) as client:
            line = {"sku": "bolt", "quantity": 1, "unit_litres": 1.0, "unit_kg": 1.0}
            client.post("/api/v1/orders", json={"id": "X1", "lines": [line]})
        page.known = {"run": run, "robot": SERIALS[1], "order": "X1", "restriction": "1"}
        yield page


def test_the_document_is_openapi_3_1_and_names_every_error(page):
    with page.client() as client:
        document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) >= 32
    assert all({"200", "401", "422", "429"} <= set(operation["responses"]) for operation in operations)


def test_whatever_the_document_allows_is_answered_as_it_says(page):
    schema = schemathesis.openapi.from_url(f"{page.url}/openapi.json")
    tried = 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {page.token}"
        session.trust_env = False
        for found in schema.get_all_operations():
            operation = found.ok()
            known = {parameter.name: page.known[parameter.name] for parameter in operation.path_parameters}
            for mode, places, examples in (
                (GenerationMode.POSITIVE, known, 4),
                (GenerationMode.POSITIVE, None, 2 if known else 0),
                (GenerationMode.NEGATIVE, None, 4),
            ):
                tried += try_out(operation, mode, places, examples, session)
    assert tried > 200


def try_out(operation, mode, places, examples, session):
    """Ask so many requests that are right, or wrong, by the document, and check the answers; return how many."""
    tried = []
    if examples == 0:
        return 0

    @settings(max_examples=examples, **FEW)
    @given(case=operation.as_strategy(mode, path_parameters=places))
    def ask(case):
        response = case.call(session=session)
        tried.append(response.status_code)
        case.validate_response(response, checks=CHECKED, transport_kwargs={"session": session})

    with suppress(Unsatisfiable):  # there may be nothing about a request that could be wrong
        ask()
    return len(tried)
