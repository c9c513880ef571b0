"""A command whose option `--live` may stand without its address."""

from __future__ import annotations

import typer
from typer.core import TyperCommand

DEFAULT_ADDRESS = "127.0.0.1:8080"


class LiveCommand(TyperCommand):
    """Gives `--live` its usual address where none follows."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # its own Context
        """Parse the arguments."""
        return super().parse_args(ctx, with_address(args))


def with_address(arguments: list[str]) -> list[str]:
    """Return the arguments with an address after each `--live` that has none: what follows it has no colon."""
    complete = []
    for place, argument in enumerate(arguments):
        complete.append(argument)
        following = arguments[place + 1] if place + 1 < len(arguments) else ""
        if argument == "--live" and (":" not in following or following.startswith("-")):
            complete.append(DEFAULT_ADDRESS)
    return complete
