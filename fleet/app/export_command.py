"""`futurepark export`: a run in the formats of other programs."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.report.run_directory import RunReader
    from sim_worlds.world import World

_TABLES: Final = ("positions", "events", "tasks", "orders")


class ExportFormat(StrEnum):
    """What a run can be exported as."""

    PLANVIZ = "planviz"
    PARQUET = "parquet"
    CSV = "csv"
    MCAP = "mcap"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export")(export)


def export(
    run: Annotated[Path, typer.Argument(help="A run directory, such as runs/future_park-1-1.")],
    form: Annotated[
        ExportFormat,
        typer.Option(
            "--format", help="planviz (a JSON file, and a map beside it), parquet or csv (a folder of tables), mcap."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="PATH", help="File to write; a folder for parquet and csv.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what is there from an export before.")] = False,
) -> None:
    """Write a run for PlanViz, Foxglove, spreadsheets or data frames."""
    from fleet.report.heat.heatmap import check_world
    from fleet.report.run_directory import TRACE_FILE, RunReader
    from sim_worlds.world_file import load_world

    reader = RunReader(run)
    if form in {ExportFormat.CSV, ExportFormat.PARQUET}:
        _check_free(out, force=force, folder=True, ending=form.value)
        _write_tables(reader, form, out)
    else:
        world = load_world(reader.config.world)
        check_world(reader.trace, world, run / TRACE_FILE)
        _check_free(out, force=force)
        if form is ExportFormat.PLANVIZ:
            _write_planviz(reader, world, out, force=force)
        else:
            _write_mcap(reader, world, out)
    typer.echo(out)


def _write_tables(reader: RunReader, form: ExportFormat, out: Path) -> None:
    from fleet.report.exports.run_tables import run_tables
    from fleet.report.exports.table_files import write_csv, write_parquet

    write = write_csv if form is ExportFormat.CSV else write_parquet
    with _whole(out) as partial:
        partial.mkdir()
        write(run_tables(reader), partial)


def _write_planviz(reader: RunReader, world: World, out: Path, *, force: bool) -> None:
    import json

    from fleet.errors import SettingError
    from fleet.grid.map_file import map_text
    from fleet.report.exports.planviz import planviz_document
    from fleet.report.story.work_history import read_history

    beside = out.with_suffix(".map")
    if beside == out:
        raise SettingError("--out", f"{out} would be the map that goes with it", "end its name in .json")
    _check_free(beside, force=force)
    trace = reader.trace
    history = read_history(reader.path, robots=trace.robots, cells=trace.cells, end_s=trace.duration_s)
    document = planviz_document(trace, history, world.layout, str(reader.path))
    passable = world.layout.passable.reshape(world.layout.height, world.layout.width)
    with _whole(beside) as partial:
        partial.write_text(map_text(["".join(".@"[not free] for free in row) for row in passable.tolist()]), "utf-8")
    with _whole(out) as partial:
        partial.write_text(json.dumps(document, separators=(",", ":")) + "\n", "utf-8")


def _write_mcap(reader: RunReader, world: World, out: Path) -> None:
    from fleet.errors import SettingError

    try:
        from fleet.app.mcap_export import write_mcap
    except ImportError:
        remedy = "install them: pip install 'futurepark[mcap]'"
        raise SettingError("--format mcap", "MCAP files need more packages", remedy) from None
    with _whole(out) as partial:
        write_mcap(reader, world, partial)


def _check_free(path: Path, *, force: bool, folder: bool = False, ending: str = "") -> None:
    """Raise SettingError unless nothing is there, or it is what an export before has written and may be replaced."""
    from fleet.errors import SettingError

    if path.name in {"", ".."}:
        raise SettingError("--out", f"{path} has no name of its own", "give the name of a new file or folder")
    if not path.exists() and not path.is_symlink():
        return
    if not force:
        raise SettingError("--out", f"{path} is there already", "choose another name, or add --force to replace it")
    if folder != path.is_dir():
        kinds = ("a folder", "a file") if folder else ("a file", "a folder")
        raise SettingError("--out", f"{path} is {kinds[1]}, and {kinds[0]} is to be written", "choose another name")
    strange = (
        sorted({found.name for found in path.iterdir()} - {f"{name}.{ending}" for name in _TABLES}) if folder else []
    )
    if strange:
        problem = f"{path} has other files than those of an export: {strange[0]}"
        raise SettingError("--out", problem, "choose another folder, or empty it yourself")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`, renamed when all is written; raises SettingError if it cannot be written."""
    from fleet.errors import SettingError

    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        if path.is_dir():
            shutil.rmtree(path)
        partial.replace(path)
    except OSError as failure:
        problem = f"{path} cannot be written: {failure.strerror}"
        raise SettingError("--out", problem, "choose another place") from None
    finally:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)
