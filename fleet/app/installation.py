"""What `futurepark doctor` looks at: versions, where imports come from, the compiler's cache, what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final
from urllib.parse import unquote, urlsplit

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from robots.errors import InputError

DISTRIBUTION: Final = "futurepark"
PACKAGES: Final = ("fleet", "robots", "twin", "sim_worlds", "firmware_stubs")

# What a part is for that a Python or an installation may do without.
_PURPOSES: Final = {
    "pybullet": "rigid-body physics in the twin",
    "cluster": "futurepark tune on many machines",
    "data": "Parquet files",
    "dev": "make test",
    "mcap": "recordings for Foxglove",
    "postgres": "journals in PostgreSQL",
    "video": "heatmaps as MP4 films",
    "web": "the live page and the HTTP API",
}
_THREAD_SETTINGS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_INSTALL: Final = "install it again: pip install -e . in the source checkout"


class Status(StrEnum):
    """How a part of the installation is."""

    OK = "ok"
    OPTIONAL = "optional"  # missing, and everything that is needed works without it
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Check:
    """One part: what it is, how it is, what was found, and what to do if anything is wrong."""

    group: str
    name: str
    status: Status
    found: str
    remedy: str = ""


def check_installation() -> list[Check]:
    """Look at everything; never raises for what it finds."""
    try:
        distribution: Distribution | None = importlib.metadata.distribution(DISTRIBUTION)
    except PackageNotFoundError:
        distribution = None
    return [
        *check_versions(distribution),
        *(check_dependencies(distribution) if distribution is not None else ()),
        *check_imports(distribution),
        check_compiler_cache(),
        check_worlds(),
        *describe_machine(),
    ]


def check_versions(distribution: Distribution | None) -> Iterator[Check]:
    """Of Python and of futurepark itself."""
    python = platform.python_version()
    if distribution is None:
        yield Check("versions", "python", Status.OK, python)
        yield Check("versions", DISTRIBUTION, Status.BROKEN, "is not installed", _INSTALL)
        return
    wanted = SpecifierSet(",".join(distribution.metadata.get_all("Requires-Python") or []))
    fits = wanted.contains(python, prereleases=True)
    status = Status.OK if fits else Status.BROKEN
    yield Check("versions", "python", status, f"{python} (needs {wanted})", "" if fits else "use another Python")
    editable = ", editable" if _source_root(distribution) is not None else ""
    yield Check("versions", DISTRIBUTION, Status.OK, f"{distribution.version}{editable}")


def check_dependencies(distribution: Distribution) -> Iterator[Check]:
    """Every requirement in the distribution's metadata, then its extras."""
    requirements = [Requirement(text) for text in distribution.requires or ()]
    extras = distribution.metadata.get_all("Provides-Extra") or []
    for requirement in requirements:
        if _applies(requirement, ""):
            yield _check_dependency(requirement)
        elif not any(_applies(requirement, extra) for extra in extras):
            purpose = _PURPOSES.get(requirement.name, "optional")
            found = f"not for this Python ({requirement.marker}); it is for {purpose}"
            yield Check("dependencies", requirement.name, Status.OPTIONAL, found)
    for extra in extras:
        parts = [_check_dependency(part) for part in requirements if _applies(part, extra) and not _applies(part, "")]
        missing = [part.name for part in parts if part.status is Status.BROKEN]
        status = Status.OPTIONAL if missing else Status.OK
        found = f"missing {', '.join(missing)}" if missing else "complete"
        if extra in _PURPOSES:
            found += f"; it is for {_PURPOSES[extra]}"
        remedy = f"pip install -e '.[{extra}]' in the source checkout" if missing else ""
        yield Check("extras", extra, status, found, remedy)


def check_imports(distribution: Distribution | None) -> Iterator[Check]:
    """Each of our packages comes from this distribution: other distributions have packages of these names."""
    others = importlib.metadata.packages_distributions()
    root = _root(distribution)
    for name in PACKAGES:
        expected = root / name / "__init__.py"
        spec = importlib.util.find_spec(name)
        rivals = sorted({other for other in others.get(name, []) if canonicalize_name(other) != DISTRIBUTION})
        if spec is None or spec.origin is None:
            yield Check("imports", name, Status.BROKEN, "cannot be imported", _INSTALL)
        elif Path(spec.origin).resolve() != expected.resolve():
            remedy = f"uninstall what is there, or take it off PYTHONPATH; ours is {expected.parent}"
            yield Check("imports", name, Status.BROKEN, f"comes from {Path(spec.origin).parent}", remedy)
        elif rivals:
            found = f"is also a package of {', '.join(rivals)}"
            yield Check("imports", name, Status.BROKEN, found, f"pip uninstall {' '.join(rivals)}, then {_INSTALL}")
        else:
            yield Check("imports", name, Status.OK, str(expected.parent))


def check_compiler_cache() -> Check:
    """Where numba keeps compiled kernels: without it every process compiles them again, for half a minute or more."""
    group, name = "numba", "cache"
    try:
        from fleet.grid import _distances
    except (ImportError, RuntimeError) as failure:
        remedy = "set NUMBA_CACHE_DIR to a folder that can be written, or install numba again"
        return Check(group, name, Status.BROKEN, f"kernels cannot be loaded: {failure}", remedy)
    stats = getattr(_distances.fill_fields, "stats", None)
    if stats is None:
        remedy = "unset NUMBA_DISABLE_JIT: without it everything is a hundred times faster"
        return Check(group, name, Status.OPTIONAL, "not used, kernels are interpreted", remedy)
    folder = Path(stats.cache_path)
    try:
        with TemporaryFile(dir=folder):
            pass
    except OSError as failure:
        remedy = "make the folder writable, or set NUMBA_CACHE_DIR to one that is"
        return Check(group, name, Status.BROKEN, f"{folder} cannot be written: {failure.strerror}", remedy)
    return Check(group, name, Status.OK, f"{folder} can be written, holds {len(list(folder.glob('*.nbc')))} kernels")


def check_worlds() -> Check:
    """The worlds that come with the package can be loaded."""
    from sim_worlds.world_file import load_world, shipped_worlds

    names = list(shipped_worlds())
    try:
        for name in names:
            load_world(name)
    except InputError as failure:
        return Check("data", "worlds", Status.BROKEN, str(failure), _INSTALL)
    if not names:
        return Check("data", "worlds", Status.BROKEN, "none came with the package", _INSTALL)
    return Check("data", "worlds", Status.OK, ", ".join(names))


def describe_machine() -> Iterator[Check]:
    """Processors and what limits the threads of the libraries; nothing here is right or wrong."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Check("machine", "system", Status.OK, f"{platform.system()} {platform.machine()}")
    yield Check("machine", "processors", Status.OK, f"{os.cpu_count()}, usable by this process {usable}")
    settings = [f"{name}={os.environ[name]}" for name in _THREAD_SETTINGS if name in os.environ]
    yield Check("machine", "threads", Status.OK, ", ".join(settings) or "not limited by the environment")


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _check_dependency(requirement: Requirement) -> Check:
    wanted = str(requirement.specifier) or "any version"
    remedy = f"pip install '{requirement.name}{requirement.specifier}'"
    try:
        found = importlib.metadata.version(requirement.name)
    except PackageNotFoundError:
        return Check("dependencies", requirement.name, Status.BROKEN, f"is missing (needs {wanted})", remedy)
    if requirement.specifier.contains(found, prereleases=True):
        return Check("dependencies", requirement.name, Status.OK, f"{found} (needs {wanted})")
    return Check("dependencies", requirement.name, Status.BROKEN, f"{found} (needs {wanted})", remedy)


def _root(distribution: Distribution | None) -> Path:
    """The folder in which our packages should be."""
    if distribution is None:
        return Path(__file__).resolve().parents[2]
    return _source_root(distribution) or Path(str(distribution.locate_file("")))


def _source_root(distribution: Distribution) -> Path | None:
    """The source checkout of an editable installation; None for any other (PEP 610)."""
    text = distribution.read_text("direct_url.json")
    origin = json.loads(text) if text else {}
    if not origin.get("dir_info", {}).get("editable"):
        return None
    return Path(unquote(urlsplit(origin["url"]).path))
