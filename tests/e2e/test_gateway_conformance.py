"""Every gateway program keeps docs/protocol.md, and the kit that says so finds programs that do not."""

from __future__ import annotations

import shutil
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.gateway_kit.catalogue import FACTS, facts_of, try_fact
from tests.gateway_kit.hall import simulated_robots
from tests.gateway_kit.mutants import MUTANTS, STUB
from tests.gateway_kit.program import GatewayProgram, stub

pytestmark = pytest.mark.e2e

AT_ONCE = 12  # checks wait most of the time; each has its own process and port
MUTANT_PATIENCE_S = 20.0  # what a mutant never does is not waited for as long


def python_stub(_folder: Path) -> GatewayProgram:
    return stub("Python stub", sys.executable, str(STUB))


def c_stub(folder: Path) -> GatewayProgram:
    made = subprocess.run(
        ["make", "-C", str(STUB.parents[1] / "c"), f"OUT={folder}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert made.returncode == 0, made.stderr
    return stub("C stub", str(folder / "robot"))


@pytest.mark.parametrize("make_program", [python_stub, c_stub, simulated_robots], ids=lambda make: make.__name__)
def test_a_gateway_program_keeps_the_protocol(make_program, tmp_path):
    (tmp_path / "program").mkdir()
    program = make_program(tmp_path / "program")

    def trial(name, folder=tmp_path):
        try:
            try_fact(program, name, folder / name)
        except Exception as error:  # noqa: BLE001 (all that failed is shown at once)
            return "".join(traceback.format_exception(error, limit=-2))
        return ""

    names = facts_of(program)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        in_doubt = [name for name, failure in zip(names, pool.map(trial, names), strict=True) if failure]
    # Programs live in real time: where so many share a busy machine, one may be held up for longer than a robot may be.
    # What does not hold does not hold alone, either.
    again = tmp_path / "again"
    again.mkdir()
    failed = [failure for failure in (trial(name, again) for name in in_doubt) if failure]
    assert not failed, f"{len(failed)} of {len(names)} facts do not hold for the {program.name}:\n" + "\n".join(failed)


def test_every_mutant_of_the_stub_is_caught(tmp_path):
    def survives(number):
        mutant = MUTANTS[number]
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            try_fact(mutant.program(folder), mutant.caught_by, folder / "trial", MUTANT_PATIENCE_S)
        except AssertionError:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        survived = list(pool.map(survives, range(len(MUTANTS))))
    assert [mutant.broken for mutant, alive in zip(MUTANTS, survived, strict=True) if alive] == []
    assert {mutant.caught_by for mutant in MUTANTS} <= FACTS.keys()


def test_the_python_stub_needs_nothing_of_ours(tmp_path):
    alone = tmp_path / "robot.py"
    shutil.copy(STUB, alone)
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]); print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(alone)], capture_output=True, text=True, check=True, timeout=120
    )
    loaded = set(done.stdout.split())
    assert {"zmq", "msgpack"} <= loaded
    assert loaded.isdisjoint({"robots", "fleet", "twin", "sim_worlds", "firmware_stubs", "numpy", "msgspec"})
