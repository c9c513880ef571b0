"""What holds for every test.

Hypothesis tries the same examples in every run, fewer when kernels are interpreted or checked for bounds. In CI, where
everything is installed, a skipped test counts as a failure. Tests that run kernels are marked, for the stages that run
only these.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.kernel_tests import uses_kernels

# Its asserts are facts as those of tests are, and say as much when they fail.
pytest.register_assert_rewrite("tests.gateway_kit", "tests.cell_kit")

_INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT", "0") not in {"", "0"}
_BOUNDS_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK", "0") not in {"", "0"}
# Facts are tried in the compiled stage. In the others each line of a kernel is to be run, and no index to be wrong.
_EXAMPLES = 12 if _INTERPRETED else 50 if _BOUNDS_CHECKED else 100

settings.register_profile("futurepark", derandomize=True, deadline=None, database=None, max_examples=_EXAMPLES)
settings.load_profile("futurepark")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run kernels, before those with a mark are selected."""
    for item in items:
        if uses_kernels(item.path):
            item.add_marker("kernels")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skips into failures in CI; their reason says what is missing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {item.nodeid}: {report.longrepr}"
    return report
