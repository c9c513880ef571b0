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
    """Return the arguments with an address after each `--live` that has none: the end or another option follows."""
    complete = []
    for place, argument in enumerate(arguments):
        complete.append(argument)
        if argument == "--live" and (place + 1 == len(arguments) or arguments[place + 1].startswith("-")):
            complete.append(DEFAULT_ADDRESS)
    return complete
