"""Mutants: the product with one thing broken on purpose, for as long as a test runs."""

from __future__ import annotations
import __future__

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

import pytest

Break = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutant:
    """Something broken. caught_by: the property that must be found broken; in: the scenario in which it is."""

    name: str
    broken: str
    caught_by: str
    scenario: str
    apply: Break


def edit(owner: Any, name: str, old: str, new: str) -> Break:
    """Replace a piece of the text of a function of a class or module, which must be there exactly once.

    A kernel is compiled anew; kernels that call it keep the old one.
    """

    def apply(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(owner, name, _edited(owner, name, old, new))

    return apply


def wrap(owner: Any, name: str, around: Callable[..., Any]) -> Break:
    """Replace a method by around(method, *arguments)."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        method = getattr(owner, name)
        patch.setattr(owner, name, lambda *arguments, **named: around(method, *arguments, **named))

    return apply


def both(*breaks: Break) -> Break:
    """Break several things that make one."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        for one in breaks:
            one(patch)

    return apply


def nothing(*_arguments: Any) -> None:
    """Stand in for a method that is not called any more, see `wrap`."""


def _edited(owner: Any, name: str, old: str, new: str) -> Any:
    found = vars(owner)[name]
    function = getattr(found, "py_func", None) or getattr(found, "__func__", None) or getattr(found, "fget", found)
    text = dedent(inspect.getsource(function))
    if text.count(old) != 1:
        raise ValueError(f"{owner.__name__}.{name} has {old!r} {text.count(old)} times: bring the mutant up to date")
    text = text.replace(old, new).replace("cache=True, ", "")
    code = compile(text, f"<mutant of {name}>", "exec", __future__.annotations.compiler_flag, dont_inherit=True)
    namespace = dict(vars(sys.modules[function.__module__]))
    exec(code, namespace)
    return namespace[name]
