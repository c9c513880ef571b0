"""Which tests run kernels: those of modules that import a module in front of kernels, themselves or through tests/.

The interpreted stage demands that these tests alone run every line of every kernel, so none that matters is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("robots", "fleet", "twin", "sim_worlds")


@cache
def uses_kernels(path: Path) -> bool:
    """Return whether a module of tests imports kernels, or what stands in front of them."""
    return any(name in _with_kernels() or _in_tests(name) for name in _imports(path))


def _in_tests(name: str) -> bool:
    path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
    return name.startswith("tests.") and path.is_file() and uses_kernels(path)


@cache
def _with_kernels() -> frozenset[str]:
    """Names of kernel modules, `_*.py`, and of the modules beside them that import them."""
    kernels = [path for package in PACKAGES for path in (ROOT / package).rglob("_[!_]*.py")]
    names = {_name(path) for path in kernels}
    beside = {path for kernel in kernels for path in kernel.parent.glob("[!_]*.py")}
    return frozenset(names | {_name(path) for path in beside if names.intersection(_imports(path))})


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _imports(path: Path) -> Iterator[str]:
    """Names of modules that a file imports, wherever in it; of `from a import b`, both a and a.b."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
