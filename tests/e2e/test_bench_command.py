"""The bench command in a process of its own: what it lists, leaves out and refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e


def bench(*arguments, **environment):
    command = [sys.executable, "-m", "fleet", "bench", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=300, check=False, env=os.environ | environment
    )


def test_benchmarks_are_listed():
    result = bench("--list", "--json")
    assert result.returncode == 0
    assert {"simulation", "distances", "planning", "league"} <= set(json.loads(result.stdout))


def test_without_instances_their_benchmarks_are_left_out_and_say_why(tmp_path):
    result = bench("planning", FUTUREPARK_INSTANCES=str(tmp_path))
    assert result.returncode == 0
    assert f"left out: {tmp_path}" in result.stdout
    assert "FUTUREPARK_INSTANCES" in result.stdout


def test_figures_come_as_json_with_the_machine(tmp_path):
    result = bench("distances", "--json", FUTUREPARK_INSTANCES=str(tmp_path))
    assert (result.returncode, result.stderr) == (0, "")
    everything = json.loads(result.stdout)
    (outcome,) = everything["benchmarks"]
    assert everything["machine"]["cores"]
    assert outcome["left_out"] is None
    assert outcome["report"]["tables"][0]["rows"][0][0] == "future_park"


def test_an_unknown_benchmark_is_refused_with_exit_code_2():
    result = bench("speed")
    assert (result.returncode, result.stdout) == (2, "")
    assert "there is no benchmark named 'speed'" in result.stderr
