"""Programs that people and robots wait for import only what they need; each case is a way in, in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(
    ("module", "not_needed"),
    [
        ("fleet.runtime.config", ["numba", "scipy", "zmq"]),
        ("fleet.app.site.api_client", ["numba", "scipy", "asyncio", "twin"]),
        ("fleet.app.simulated_robots.run", ["scipy.sparse", "asyncio", "fleet.planning", "fleet.tasks"]),
        ("fleet.app.site.serve", ["scipy.optimize", "asyncio", "twin", "matplotlib", "psycopg"]),
    ],
)
def test_a_start_does_not_wait_for_what_it_does_not_need(module, not_needed):
    code = f"import sys, {module}; print(*({set(not_needed)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
