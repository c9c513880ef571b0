"""The command line: `futurepark COMMAND`. Every command lives in a module of its own beside this one.

Exit codes: 0 done, 1 the program failed (a broken rule of the floor, a full disk), 2 bad input (file, option, key).
"""

from __future__ import annotations

import errno
import sys
from typing import Annotated

import typer

from fleet.app import (
    bench_command,
    compare_command,
    controller_command,
    doctor_command,
    export_command,
    forecast_command,
    heatmap_command,
    keys_command,
    lorr_command,
    order_command,
    report_command,
    robots_command,
    run_command,
    serve_command,
    token_command,
    torture_command,
    tune_command,
    twin_command,
    watch_command,
    world_command,
    zone_command,
)
from robots.errors import FutureparkError, InputError

app = typer.Typer(
    name="futurepark",
    help="Run a robot warehouse: in simulation, on real robots, and see where it chokes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    run_command,
    controller_command,
    robots_command,
    twin_command,
    world_command,
    torture_command,
    tune_command,
    lorr_command,
    heatmap_command,
    report_command,
    compare_command,
    export_command,
    order_command,
    zone_command,
    watch_command,
    serve_command,
    token_command,
    forecast_command,
    keys_command,
    bench_command,
    doctor_command,
):
    command.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"futurepark {version('futurepark')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Run a robot warehouse: in simulation, on real robots, and see where it chokes."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; `arguments` default to those of the process."""
    try:
        app(args=arguments, prog_name="futurepark")
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


if __name__ == "__main__":
    sys.exit(main())
