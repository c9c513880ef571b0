"""All facts, which of them hold for which programs, and how one is tried."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.gateway_kit import bases, cancels, epochs, hostile, instants, keys, mishaps, restarts, sessions
from tests.gateway_kit.controller import PATIENCE_S
from tests.gateway_kit.program import GatewayProgram
from tests.gateway_kit.rig import Rig

Fact = Callable[[Rig], None]

FACTS: dict[str, Fact] = {
    fact.__name__: fact
    for group in (sessions, bases, epochs, cancels, instants, restarts, hostile, keys, mishaps)
    for fact in group.FACTS
}


def facts_of(program: GatewayProgram) -> list[str]:
    """Return the names of the facts that a program can be asked for."""
    return [name for name, fact in FACTS.items() if program.lines or fact not in mishaps.FACTS]


def try_fact(program: GatewayProgram, name: str, folder: Path, patience_s: float = PATIENCE_S) -> None:
    """Start the program and check one fact; raises AssertionError if it does not hold."""
    fact = FACTS[name]
    folder.mkdir()
    with Rig(program, folder, curve=fact in keys.FACTS) as rig:
        rig.controller.patience_s = patience_s
        try:
            fact(rig)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}\nthe program says: {rig.log()}") from error
