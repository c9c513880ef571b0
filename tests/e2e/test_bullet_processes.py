"""Robots in Bullet in processes of their own: the same run, the same hash; and nothing of Bullet's chatter."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e
pytest.importorskip("pybullet", reason="pybullet has no wheel for this Python")

ROOT = Path(__file__).parents[2]
RUN = """
import hashlib
from tests.bullet_rig import EAST, SOUTH, BulletRig
with BulletRig((2.5, 1.5, EAST), (3.4, 1.5, SOUTH), (6.5, 4.5, EAST)) as rig:  # the first pushes the second
    for step in range(240):
        rig.tell(0.5, 0.4)
        rig.tell(0.2, 0.1, row=2)
        rig.step()
    print(hashlib.sha256(b"".join(rig.bodies[name].tobytes() for name in rig.bodies.dtype.names)).hexdigest())
"""
WINDOW = """
from robots.errors import InputError
from twin.bullet.client import BulletClient
try:
    BulletClient(window=True)
except InputError as refused:
    print(refused)
"""
MISSING = """
import sys
sys.modules["pybullet"] = None
from robots.errors import InputError
from twin.bullet.client import BulletClient
try:
    BulletClient()
except InputError as refused:
    print(refused)
"""
LAZY = """
import sys
import twin.bullet.host, twin.bullet.scene, twin.bullet.film
print("pybullet" in sys.modules, "matplotlib" in sys.modules, "PIL" in sys.modules)
"""


def said(program, **environment):
    """Standard output of a program; standard error is to be empty."""
    env = {name: value for name, value in os.environ.items() if name != "DISPLAY"} | environment
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr == ""
    return done.stdout


def test_the_same_run_has_the_same_hash_in_every_process():
    first, second = (said(RUN, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert first == second
    assert len(first.strip()) == 64


def test_without_a_display_the_window_is_refused():
    assert said(WINDOW) == ("--gui: there is no display for a window; run it at a desk, or use --camera with --png\n")


def test_without_pybullet_it_says_so():
    assert said(MISSING).startswith("pybullet: is not installed; use Python 3.11")


def test_nothing_heavy_is_imported_before_it_is_used():
    assert said(LAZY) == "False False False\n"
