"""What holds for every test.

Hypothesis tries the same examples in every run, fewer when kernels are interpreted or checked for bounds. In CI, where
everything is installed, a skipped test counts as a failure. Tests that run kernels are marked, for the stages that run
only these.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from itertools import groupby

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
    """Mark the tests that run kernels, before those with a mark are selected; spread those that run programs.

    Programs wait for sockets and timeouts: side by side they would leave processors idle, and others would pile up.
    """
    for item in items:
        if uses_kernels(item.path):
            item.add_marker("kernels")
    items[:] = _spread(items)


def _spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the items with modules of programs at even distances among the other modules, both in their own order.

    Modules stay whole: what they set up once is for all their tests.
    """
    modules = [list(group) for _, group in groupby(items, key=lambda item: item.path)]
    programs = [module for module in modules if module[0].get_closest_marker("e2e")]
    others = [module for module in modules if not module[0].get_closest_marker("e2e")]
    places = {(2 * number + 1) * len(modules) // (2 * len(programs)) for number in range(len(programs))}
    ahead, behind = iter(programs), iter(others)
    return [item for place in range(len(modules)) for item in next(ahead if place in places else behind)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn skips into failures in CI; their reason says what is missing."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {item.nodeid}: {report.longrepr}"
    return report
