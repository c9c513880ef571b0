"""What the doctor finds: in a sound installation nothing, in others what is wrong and what to do."""

from __future__ import annotations

import importlib.metadata
import json
import sys
from importlib.machinery import ModuleSpec
from importlib.metadata import Distribution
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fleet.app import doctor_command, installation
from fleet.app.installation import (
    PACKAGES,
    Check,
    Status,
    check_compiler_cache,
    check_dependencies,
    check_imports,
    check_installation,
    check_versions,
    check_worlds,
    describe_machine,
)
from sim_worlds import world_file

HERE = Path(installation.__file__).parents[2]
EDITABLE = json.dumps({"dir_info": {"editable": True}, "url": HERE.as_uri()})


class Installed(Distribution):
    """A distribution that exists only here: its files' texts by name, installed in `folder`."""

    def __init__(self, *requires, python=">=3.11", extras=(), direct_url=EDITABLE, folder=HERE):
        lines = ["Metadata-Version: 2.4", "Name: futurepark", "Version: 9.9", f"Requires-Python: {python}"]
        lines += [f"Provides-Extra: {extra}" for extra in extras]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        self._texts = {"METADATA": "\n".join(lines) + "\n", "direct_url.json": direct_url}
        self._folder = folder

    def read_text(self, filename):
        return self._texts.get(filename)

    def locate_file(self, path):
        return self._folder / path


def by_name(checks):
    return {check.name: check for check in checks}


def test_a_sound_installation_is_ok():
    checks = [*check_versions(Installed()), *check_imports(Installed()), check_worlds(), *describe_machine()]
    assert {check.status for check in checks} == {Status.OK}


def test_versions_are_shown_and_a_wrong_python_is_broken():
    assert by_name(check_versions(Installed()))["futurepark"].found == "9.9, editable"
    assert by_name(check_versions(Installed(direct_url=None)))["futurepark"].found == "9.9"
    old = by_name(check_versions(Installed(python=">=99")))["python"]
    assert (old.status, "needs >=99" in old.found) == (Status.BROKEN, True)


def test_sources_that_are_not_installed_are_broken():
    check = by_name(check_versions(None))["futurepark"]
    assert check.status is Status.BROKEN
    assert "pip install" in check.remedy


@pytest.mark.parametrize(
    ("requirement", "status", "found"),
    [
        ("numpy>=1", Status.OK, "(needs >=1)"),
        ("numpy", Status.OK, "(needs any version)"),
        ("numpy>=9999", Status.BROKEN, "(needs >=9999)"),
        ("no-such-thing>=2", Status.BROKEN, "is missing (needs >=2)"),
        ("pybullet>=3; python_version < '3.0'", Status.OPTIONAL, "rigid-body physics in the twin"),
    ],
)
def test_each_dependency_is_held_against_its_constraint(requirement, status, found):
    (check,) = check_dependencies(Installed(requirement))
    assert check.status is status
    assert found in check.found
    assert bool(check.remedy) == (status is Status.BROKEN)


def test_an_extra_that_is_not_installed_is_optional_and_says_what_for():
    requirements = ("no-such-base", "no-such-thing; extra == 'dev'", "numpy; extra == 'other'")
    distribution = Installed(*requirements, extras=("dev", "other"))
    checks = by_name(check_dependencies(distribution))
    assert checks["dev"].status is Status.OPTIONAL
    assert checks["dev"].found == "missing no-such-thing; it is for make test"
    assert ".[dev]" in checks["dev"].remedy
    assert (checks["other"].status, checks["other"].found) == (Status.OK, "complete")


def test_packages_that_come_from_elsewhere_are_broken(tmp_path):
    checks = list(check_imports(Installed(direct_url=None, folder=tmp_path)))
    assert [check.name for check in checks] == list(PACKAGES)
    for check in checks:
        assert check.status is Status.BROKEN
        assert check.found == f"comes from {HERE / check.name}"
        assert str(tmp_path / check.name) in check.remedy


def test_sources_that_are_not_installed_must_lie_side_by_side(monkeypatch, tmp_path):
    stranger = ModuleSpec("robots", None, origin=str(tmp_path / "robots" / "__init__.py"))
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: stranger if name == "robots" else find(name))
    checks = by_name(check_imports(None))
    assert checks["robots"].status is Status.BROKEN
    assert checks["fleet"].status is Status.OK


@pytest.mark.parametrize("spec", [None, ModuleSpec("twin", None)])
def test_a_package_that_is_not_there_is_broken(monkeypatch, spec):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec if name == "twin" else find(name))
    check = by_name(check_imports(Installed()))["twin"]
    assert (check.status, check.found) == (Status.BROKEN, "cannot be imported")


def test_another_distribution_with_a_package_of_our_name_is_broken(monkeypatch):
    monkeypatch.setattr(
        importlib.metadata,
        "packages_distributions",
        lambda: {"fleet": ["Futurepark", "fleet-tools"], "robots": ["futurepark"]},
    )
    checks = by_name(check_imports(Installed()))
    assert checks["fleet"].status is Status.BROKEN
    assert checks["fleet"].found == "is also a package of fleet-tools"
    assert "pip uninstall fleet-tools" in checks["fleet"].remedy
    assert checks["robots"].status is Status.OK


class Kernels:
    """Stands for a module of compiled kernels whose cache is in `folder`."""

    def __init__(self, folder):
        self.fill_fields = type("Kernel", (), {"stats": type("Stats", (), {"cache_path": str(folder)})})


def kernels(monkeypatch, module):
    from fleet import grid

    monkeypatch.setitem(sys.modules, "fleet.grid._distances", module)
    monkeypatch.setattr(grid, "_distances", module, raising=False)


def test_the_cache_folder_is_shown_with_what_it_holds(monkeypatch, tmp_path):
    (tmp_path / "a.nbc").touch()
    kernels(monkeypatch, Kernels(tmp_path))
    check = check_compiler_cache()
    assert (check.status, check.found) == (Status.OK, f"{tmp_path} can be written, holds 1 kernels")


def test_a_cache_that_cannot_be_written_is_broken(monkeypatch, tmp_path):
    kernels(monkeypatch, Kernels(tmp_path / "gone"))
    check = check_compiler_cache()
    assert check.status is Status.BROKEN
    assert "NUMBA_CACHE_DIR" in check.remedy


def test_interpreted_kernels_are_pointed_out(monkeypatch):
    kernels(monkeypatch, type("Plain", (), {"fill_fields": staticmethod(lambda: None)}))
    check = check_compiler_cache()
    assert (check.status, "interpreted" in check.found) == (Status.OPTIONAL, True)


def test_kernels_that_cannot_be_loaded_are_broken(monkeypatch):
    from fleet import grid

    monkeypatch.delattr(grid, "_distances", raising=False)
    monkeypatch.setitem(sys.modules, "fleet.grid._distances", None)
    check = check_compiler_cache()
    assert (check.status, "cannot be loaded" in check.found) == (Status.BROKEN, True)


@pytest.mark.parametrize(
    ("worlds", "found"), [({}, "none came with the package"), ({"gone": Path("gone.toml")}, "gone.toml")]
)
def test_missing_worlds_are_broken(monkeypatch, worlds, found):
    monkeypatch.setattr(world_file, "shipped_worlds", lambda: worlds)
    check = check_worlds()
    assert check.status is Status.BROKEN
    assert found in check.found


@pytest.mark.parametrize("installed", [True, False])
def test_everything_is_looked_at_whether_installed_or_not(monkeypatch, installed):
    def find(_name):
        if installed:
            return Installed("numpy")
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr(importlib.metadata, "distribution", find)
    groups = {check.group for check in check_installation()}
    assert groups - {"dependencies"} == {"versions", "imports", "numba", "data", "machine"}
    assert ("dependencies" in groups) == installed


FINE = Check("versions", "python", Status.OK, "3.11")
SPARE = Check("extras", "dev", Status.OPTIONAL, "missing pytest", "pip install -e '.[dev]'")
BAD = Check("dependencies", "numpy", Status.BROKEN, "is missing", "pip install numpy")


def call(monkeypatch, checks, *options):
    monkeypatch.setattr(installation, "check_installation", lambda: checks)
    app = typer.Typer()
    doctor_command.register(app)
    return CliRunner().invoke(app, options)


def test_exit_code_0_when_only_optional_parts_are_missing(monkeypatch):
    result = call(monkeypatch, [FINE, SPARE])
    assert result.exit_code == 0
    assert "everything that is needed works" in result.output
    assert "pip install -e '.[dev]'" in result.output


def test_exit_code_1_when_something_that_is_needed_is_broken(monkeypatch):
    result = call(monkeypatch, [FINE, SPARE, BAD])
    assert result.exit_code == 1
    assert "1 broken" in result.output
    assert "-> pip install numpy" in result.output


def test_the_findings_as_json(monkeypatch):
    result = call(monkeypatch, [FINE, BAD], "--json")
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "ok": False,
        "checks": [
            {"group": "versions", "name": "python", "status": "ok", "found": "3.11", "remedy": ""},
            {
                "group": "dependencies",
                "name": "numpy",
                "status": "broken",
                "found": "is missing",
                "remedy": "pip install numpy",
            },
        ],
    }
