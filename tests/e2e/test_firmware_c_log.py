"""`robot --log`: the C firmware's simulated host writes a log that calibration reads."""

from __future__ import annotations

import signal
import subprocess
import time

import numpy as np
import pytest

from tests.firmware_c import built
from twin.calibration.drive_log import read_drive_log

pytestmark = pytest.mark.e2e

OPTIONS = ["--connect", "tcp://127.0.0.1:9", "--gateway", "gateway-1", "--robot", "amr-000"]
OPTIONS += ["--at", "2.5,3.5,0.25", "--map", "hall", "--state"]


def test_a_robot_logs_every_tick_from_where_it_stands(tmp_path):
    path = tmp_path / "amr-000.csv"
    command = [built() / "robot", *OPTIONS, tmp_path / "state", "--log", path]
    with subprocess.Popen(command) as process:
        deadline = time.monotonic() + 60
        while (not path.exists() or path.stat().st_size < 10_000) and time.monotonic() < deadline:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    log = read_drive_log(path)
    assert np.diff(log.t) == pytest.approx(0.01)
    assert (log.pose == [2.5, 3.5, 0.25]).all()
    assert not log.told.any()
    assert not log.wheels.any()


def test_a_log_that_cannot_be_written_is_refused_at_the_start(tmp_path):
    command = [built() / "robot", *OPTIONS, tmp_path / "state", "--log", tmp_path / "none" / "log.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "--log" in done.stderr
