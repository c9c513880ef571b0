"""`futurepark forecast` against a controller that leads a site of simulated robots, in real processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from benchmarks.site_processes import SiteProcesses, running
from fleet.app.forecast.forecast import forecast
from fleet.app.forecast.fork import ForkParams
from tests.forecast_floors import TINY, snapshot
from tests.site_operator import Operator

pytestmark = pytest.mark.e2e


@pytest.fixture
def site(tmp_path):
    with running(SiteProcesses(tmp_path, "tiny", 6, 2)) as site:
        yield site


def looked_ahead(*options):
    """What a forecast of two minutes says, in a process of its own."""
    command = [sys.executable, "-m", "fleet", "forecast", "tiny", "--for", "2m", "--forks", "2", "--json", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_running_site_is_forecast_by_journal_and_api_and_goes_on(site):
    controller, robots = site.controller("--audit", "--json"), site.simulated_robots()
    controller.wait_for("running")
    with Operator(site) as anna:
        anna.add(0, 8)
        time.sleep(3.0)
        access = ("--connect", site.api, "--keys", str(site.keys), "--as", "anna")
        by_api = looked_ahead(*access, "--close", "Main aisle north", "--robots", "+1")
        by_journal = looked_ahead("--journal", str(site.journal))
        anna.until_done(8)
    said = json.loads(controller.terminate())
    robots.terminate()
    for found in (by_api, by_journal):
        assert found["now"]["robots"] == 6
        assert found["now"]["tasks"]["mean"] > 0
        assert found["at_s"] > 0
    assert by_api["changed"]["robots"] == 7
    assert by_api["changed"]["closed_entries"] <= by_api["now"]["closed_entries"]
    assert said["orders"]["done"] == 8
    assert said["violations"] == 0


def test_a_forecast_does_not_depend_on_the_number_of_processes():
    params = ForkParams(seconds=60.0, forks=3)
    assert forecast(snapshot(240), TINY, params=params, processes=1) == forecast(
        snapshot(240), TINY, params=params, processes=2
    )
