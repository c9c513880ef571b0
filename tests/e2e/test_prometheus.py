"""Metrics, alert rules and the Grafana dashboard against Debian's Prometheus: all are valid, every query resolves."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from benchmarks.site_processes import free_ports
from robots.state import FleetState
from tests.orders import WIDTH
from tests.served_page import served_page
from tests.served_site import SmallSite, until

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
RULES = DEPLOY / "prometheus-rules.yml"
METRIC = re.compile(r"futurepark_[a-z_]+")


def tool(name):
    path = shutil.which(name)
    assert path is not None, f"{name} is missing: install Debian's package prometheus"
    return path


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """A server of a small site that Prometheus scrapes: the address of both."""
    folder = tmp_path_factory.mktemp("prometheus")
    site = SmallSite()
    site.state = FleetState.at(np.arange(4, dtype=np.int32), width=WIDTH)
    with served_page(folder, site=site) as (_, page):
        yield page


def test_the_metrics_are_as_prometheus_wants_them(metrics):
    with metrics.client() as client:
        text = client.get("/metrics").text
    checked = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_the_alert_rules_are_valid_and_about_metrics_that_there_are(metrics):
    checked = subprocess.run(
        [tool("promtool"), "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    with metrics.client() as client:
        told = set(METRIC.findall(client.get("/metrics").text))
    assert set(METRIC.findall(RULES.read_text())) <= told


SILENT = """
rule_files: [{rules}]
tests:
  - interval: 10s
    input_series:
      - {{series: 'futurepark_feed_up{{instance="a"}}', values: '0x20'}}
      - {{series: 'futurepark_feed_silence_seconds{{instance="a"}}', values: '30+10x20'}}
      - {{series: 'futurepark_feed_up{{instance="b"}}', values: '1x20'}}
      - {{series: 'futurepark_feed_silence_seconds{{instance="b"}}', values: '0x20'}}
    alert_rule_test:
      - eval_time: 1m
        alertname: FutureparkControllerSilent
        exp_alerts:
          - exp_labels: {{severity: critical, instance: a}}
            exp_annotations:
              summary: Nothing has been heard of the controller for 1m 30s; robots stand soon.
"""


def test_the_alert_of_a_silent_controller_says_for_how_long_it_has_been(tmp_path):
    (tmp_path / "silent.yml").write_text(SILENT.format(rules=RULES))
    command = [tool("promtool"), "test", "rules", str(tmp_path / "silent.yml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def queries():
    """Every query of the dashboard, as Grafana sends it when all sites are shown."""
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return [expression.replace("$instance", ".*") for expression in found]


def test_every_query_of_the_dashboard_has_an_answer(metrics, tmp_path):
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{RULES}]\n"
        "scrape_configs:\n"
        f"  - {{job_name: futurepark, static_configs: [{{targets: ['127.0.0.1:{metrics.port}']}}]}}\n"
    )
    with Prometheus(tmp_path) as client:
        until(lambda: answers(client, 'count_over_time(up{job="futurepark"}[1m]) >= 3'))
        empty = [query for query in queries() if not answers(client, query)]
        assert len(queries()) >= 20
        assert empty == []
        rules = client.get("/api/v1/rules").json()["data"]["groups"][0]["rules"]
        assert {rule["health"] for rule in rules} <= {"ok", "unknown"}


class Prometheus:
    """Debian's Prometheus on a free port, with the settings in a folder; gives a client of its HTTP API."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        (port,) = free_ports(1)
        self.log = (self.folder / "log").open("w")
        self.process = subprocess.Popen(
            [
                tool("prometheus"), f"--config.file={self.folder}/prometheus.yml",
                f"--storage.tsdb.path={self.folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stdout=self.log, stderr=self.log,
        )  # fmt: skip
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        return self.client

    def __exit__(self, *_):
        self.client.close()
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def answers(client, query):
    """What a query answers now; nothing while Prometheus is still starting."""
    try:
        answer = client.get("/api/v1/query", params={"query": query, "time": time.time()})
    except httpx.TransportError:
        return []
    assert answer.status_code in (200, 503), f"{query}: {answer.text}"
    return answer.json()["data"]["result"] if answer.status_code == 200 else []
