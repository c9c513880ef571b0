"""The command line: `futurepark COMMAND`. Every command lives in a module of its own beside this one.

Exit codes: 0 done, 1 the program failed (a broken rule of the floor, a full disk), 2 bad input (file, option, key).
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

from robots.errors import FutureparkError, InputError

# In the order of the help. Each is in a module NAME_command beside this one.
COMMANDS: Final = (
    "run", "controller", "robots", "twin", "world", "torture", "tune", "lorr", "heatmap", "report", "compare", "export",
    "order", "zone", "watch", "serve", "token", "forecast", "keys", "bench", "doctor",
)  # fmt: skip


def command_line(commands: Sequence[str] = COMMANDS) -> typer.Typer:
    """Return the command line with these commands."""
    app = typer.Typer(
        name="futurepark",
        help="Run a robot warehouse: in simulation, on real robots, and see where it chokes.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(options)
    for name in commands:
        import_module(f"fleet.app.{name}_command").register(app)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"futurepark {version('futurepark')}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Run a robot warehouse: in simulation, on real robots, and see where it chokes."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` default to those of the process."""
    given = sys.argv[1:] if arguments is None else arguments
    # To read what the other commands take would be half of a start.
    commands = given[:1] if given and given[0] in COMMANDS else COMMANDS
    try:
        command_line(commands)(args=given, prog_name="futurepark")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except InputError as error:
        typer.echo(f"error: {error.where}: {error.problem}\n  {error.remedy}", err=True)
        return 2
    except FutureparkError as error:
        typer.echo(f"error: {error}", err=True)
        return 1
    except OSError as error:
        typer.echo(f"error: {error.filename or 'input or output'}: {error.strerror or error}", err=True)
        return 2 if error.errno == errno.ENAMETOOLONG else 1
    except MemoryError as error:
        typer.echo(f"error: not enough memory: {error}\n  take fewer robots, fewer steps or a smaller map", err=True)
        return 1
    return 0
