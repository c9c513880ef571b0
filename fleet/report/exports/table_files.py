"""Tables in files: a folder with a `.csv` or `.parquet` file for each."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final

from fleet.errors import SettingError
from fleet.report.exports.run_tables import BOOL, FLOAT, INT, TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleet.report.exports.run_tables import Column, RunTable

_WORDS: Final = {True: "true", False: "false", None: ""}


def write_csv(tables: Sequence[RunTable], folder: Path) -> None:
    """Write each table as a CSV file (RFC 4180, UTF-8) with a first line of names; no value is an empty cell."""
    for table in tables:
        with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(column.name for column in table.columns)
            writer.writerows(zip(*(_cells(column) for column in table.columns), strict=True))


def write_parquet(tables: Sequence[RunTable], folder: Path) -> None:
    """Write each table as a Parquet file; no value is null. Raises SettingError if pyarrow is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        remedy = "install it: pip install 'futurepark[data]'"
        raise SettingError("--format parquet", "Parquet files need pyarrow, which is not installed", remedy) from None
    types = {INT: pa.int64(), FLOAT: pa.float64(), TEXT: pa.string(), BOOL: pa.bool_()}
    for table in tables:
        arrays = {column.name: pa.array(column.values, type=types[column.kind]) for column in table.columns}
        pq.write_table(pa.table(arrays), folder / f"{table.name}.parquet", compression="zstd")


def _cells(column: Column) -> Sequence[Any]:
    return [_WORDS[value] for value in column.values] if column.kind == BOOL else column.values
