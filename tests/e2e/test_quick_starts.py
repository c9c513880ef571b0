"""Programs that people and robots wait for import only what they need; each case is a way in, in a fresh process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e


# Whoever needs numba has `scipy` as well: numba looks at its version. What takes long are its parts.
SCIPY = [f"scipy.{part}" for part in ("linalg", "ndimage", "optimize", "sparse", "special", "stats")]


@pytest.mark.parametrize(
    ("start", "not_needed"),
    [
        ("import fleet.runtime.config", ["numba", "scipy", "zmq"]),
        ("import fleet.app.site.api_client", ["numba", "scipy", "asyncio", "twin"]),
        ("import fleet.app.simulated_robots.run", [*SCIPY, "asyncio", "fleet.planning", "fleet.tasks"]),
        ("import fleet.app.site.serve", [*SCIPY, "asyncio", "twin", "matplotlib", "psycopg"]),
        ("from sim_worlds.world_file import load_world; load_world('tiny')", ["numba", "scipy"]),
    ],
)
def test_a_start_does_not_wait_for_what_it_does_not_need(start, not_needed):
    code = f"import sys; {start}; print(*({set(not_needed)!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
