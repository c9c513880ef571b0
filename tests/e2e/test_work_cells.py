"""Work cells on the real command line: arms and belts in Bullet do what robots are sent to stations and chutes for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.version_info >= (3, 12), reason="pybullet has no wheel for this Python"),
]

FUTUREPARK = [sys.executable, "-m", "fleet"]
RUN = (
    "run", "tiny", "--driver", "twin", "--cells", "stations,C1,C2", "--orders", "poisson:900", "--for", "60s",
    "--audit",
)  # fmt: skip


def run(*arguments):
    command = [*FUTUREPARK, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def told(*arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_cells_do_the_services_and_no_unit_is_lost_in_whatever_process_they_are(tmp_path):
    here, beside = (told(*RUN, "--cell-processes", number, "--out", tmp_path / str(number)) for number in (0, 1))
    assert (here["violations"], here["contacts"]["robots"]) == (0, 0)
    cells = here["work_cells"]["cells"]
    assert len(cells) == 6
    came = {name.split(",")[0]: cell["units_in"] for name, cell in cells.items() if cell["units_in"]}
    assert came
    assert all(sum(cell["seconds"].values()) == pytest.approx(60.0, abs=0.01) for cell in cells.values())
    assert any(cell["seconds"]["working"] > 0 for cell in cells.values())
    # The same cells in another process do the same, to the last bit.
    assert beside["trace_hash"] == here["trace_hash"]
    assert beside["work_cells"] == here["work_cells"]


def test_the_settings_of_a_run_with_cells_repeat_it_and_its_report_names_them(tmp_path):
    short = [*RUN]
    short[short.index("60s")] = "20s"
    first = run(*short, "--out", tmp_path)
    assert first.returncode == 0, first.stderr
    assert "Pick 1, " in first.stdout
    assert "units in" in first.stdout
    (folder,) = tmp_path.iterdir()
    again = told("run", "--config", folder, "--out", tmp_path / "again")
    assert again["trace_hash"] == json.loads((folder / "summary.json").read_text())["trace_hash"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--driver", "twin", "--cells", "Pick 9"), "--cells: tiny has no station or chute 'Pick 9'"),
        (("--cells", "Pick 1"), "--cells: is 'Pick 1'   use execution grants with it"),
    ],
)
def test_cells_that_are_impossible_are_refused(tmp_path, arguments, said):
    refused = run("run", "tiny", *arguments, "--for", "10s", "--out", tmp_path)
    assert refused.returncode == 2
    assert said in refused.stderr.replace("\n", " ")
    assert "Traceback" not in refused.stderr
