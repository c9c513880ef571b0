"""The doctor command in a process of its own, in the installation that runs the tests."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e


def test_the_doctor_finds_our_packages_and_says_so_by_exit_code():
    command = [sys.executable, "-m", "fleet", "doctor", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    findings = json.loads(result.stdout)
    assert result.returncode == (0 if findings["ok"] else 1)
    origins = {check["name"]: check["status"] for check in findings["checks"] if check["group"] == "imports"}
    assert origins == dict.fromkeys(("fleet", "robots", "twin", "sim_worlds", "firmware_stubs"), "ok")
