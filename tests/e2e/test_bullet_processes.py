"""Robots in Bullet in processes of their own: the same run, the same hash; and nothing of Bullet's chatter."""

from __future__ import annotations

import json
import os
import shutil
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
FRAMED = """
import json
import time
import numpy as np
from robots.truth import FloorTruth
from sim_worlds.world_file import load_world
from twin.bullet.camera import OVERVIEW, find_camera
from twin.bullet.frames import place
from twin.bullet.scene import Scene
world = load_world("tiny")
none = np.zeros(1, dtype=np.int32)
truth = FloorTruth(0.0, np.array([4.0]), np.array([8.2]), np.zeros(1), np.zeros(1, bool), *([none] * 7))
wide, high = world.layout.width * world.cell_m, world.layout.height * world.cell_m
with Scene(world, 1, window=True) as scene:
    scene.show(truth)
    scene.look_from(find_camera(world, OVERVIEW, 1), truth)
    while (seen := scene._client.getDebugVisualizerCamera())[2][0] < 0.999:  # it turns north with the next frame
        time.sleep(0.05)
    view, projection = (np.reshape(seen[k], (4, 4)).T for k in (2, 3))
    corners = [(*place(x, y), 1.0) for x in (0, wide) for y in (0, high)]
    drawn = projection @ view @ np.array(corners).T
    print(json.dumps((drawn[:2] / drawn[3]).tolist()))  # from -1 to 1 across the window, and from below to above
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


@pytest.fixture
def display():
    """A display without a screen; its name."""
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb: install Debian's packages xvfb and libgl1-mesa-dri")
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout is not None
        yield f":{server.stdout.readline().strip()}"
        server.terminate()


def test_the_window_shows_all_of_the_floor_and_little_else(display):
    across, up = json.loads(said(FRAMED, DISPLAY=display, LIBGL_ALWAYS_SOFTWARE="1"))
    assert -1 < min(across) < -0.8
    assert 0.8 < max(across) < 1
    assert min(up) > -1
    assert max(up) < 1


def test_without_pybullet_it_says_so():
    assert said(MISSING).startswith("pybullet: is not installed; use Python 3.11")


def test_nothing_heavy_is_imported_before_it_is_used():
    assert said(LAZY) == "False False False\n"
