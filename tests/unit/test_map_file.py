"""MovingAI maps: what is read, and what is refused with file, line and remedy."""

from pathlib import Path

import numpy as np
import pytest

from fleet.errors import MapError
from fleet.grid.map_file import map_text, read_map, scan_map

HEADER = "type octile\nheight 2\nwidth 3\nmap\n"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "floor.map"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_symbol_but_out_of_bounds_trees_and_water_is_passable(tmp_path: Path) -> None:
    found = read_map(written(tmp_path, "type octile\nheight 1\nwidth 8\nmap\n.GSE@OTW\n"))
    assert found.layout.passable.tolist() == [True] * 4 + [False] * 4


def test_rows_are_kept_as_they_stand(tmp_path: Path) -> None:
    found = read_map(written(tmp_path, HEADER + ".S.\n@E@\n"))
    assert found.rows == (".S.", "@E@")
    assert (found.layout.height, found.layout.width) == (2, 3)
    assert found.layout.passable.tolist() == [True, True, True, False, True, False]


def test_a_cell_knows_its_line_and_column_in_the_file(tmp_path: Path) -> None:
    found = read_map(written(tmp_path, HEADER + "...\n...\n"))
    assert (found.line(0), found.column(0)) == (5, 1)
    assert (found.line(5), found.column(5)) == (6, 3)


@pytest.mark.parametrize(
    "text",
    [
        "type octile\r\nheight 2\r\nwidth 3\r\nmap\r\n...\r\n.@.\r\n",
        "type octile\nwidth 3\nheight 2\nmap\n...\n.@.",
        "\ufefftype octile\nheight 2\nwidth 3\nmap\n...  \n.@.\n  \n\n",
    ],
    ids=["windows line ends", "width first and no last line end", "byte order mark and blanks at the end"],
)
def test_harmless_differences_in_writing_are_accepted(tmp_path: Path, text: str) -> None:
    assert read_map(written(tmp_path, text)).rows == ("...", ".@.")


def test_a_written_map_reads_back_the_same(tmp_path: Path) -> None:
    rows = ("..@", "S.E")
    assert read_map(written(tmp_path, map_text(rows))).rows == rows


def test_other_impassable_symbols_can_be_chosen(tmp_path: Path) -> None:
    found = read_map(written(tmp_path, HEADER + "x.@\n...\n"), impassable="x")
    assert np.flatnonzero(~found.layout.passable).tolist() == [0]


BAD = {
    "empty": ("", "floor.map: the map file is empty"),
    "no header": ("....\n....\n", "floor.map, line 1: '....' is not a map header line"),
    "unknown type": ("type hexagonal\nheight 1\n", "line 1: map type 'hexagonal' is unknown"),
    "no height": ("type octile\nwidth 3\nmap\n...\n", "line 3: the header has no height"),
    "no width": ("type octile\nheight 3\nmap\n...\n", "line 3: the header has no width"),
    "height twice": ("type octile\nheight 3\nheight 3\n", "line 3: 'height 3' is not a map header line"),
    "no map line": ("type octile\nheight 2\nwidth 3", "line 3: the file ends within its header"),
    "height zero": ("type octile\nheight 0\nwidth 3\nmap\n", "line 2: height is '0'"),
    "height negative": ("type octile\nheight -2\nwidth 3\nmap\n", "line 2: height is '-2'"),
    "height not whole": ("type octile\nheight 2.0\nwidth 3\nmap\n", "line 2: height is '2.0'"),
    "width not a number": ("type octile\nheight 2\nwidth wide\nmap\n", "line 3: width is 'wide'"),
    "too many cells": ("type octile\nheight 99999\nwidth 99999\nmap\n", "line 3: width 99999 makes more than"),
    "short row": (HEADER + "...\n..\n", "line 6, column 3: row 1 has 2 symbols, width is 3"),
    "long row": (HEADER + "....\n...\n", "line 5, column 4: row 0 has 4 symbols, width is 3"),
    "rows missing": (HEADER + "...\n", "line 6: the map has 1 rows, height is 2"),
    "rows too many": (HEADER + "...\n...\n...\n", "line 7: the map has 3 rows, height is 2"),
    "blank row within": (HEADER + "...\n\n...\n", "line 6, column 1: row 1 has 0 symbols"),
    "not text": (HEADER.encode() + b"...\n.\xff.\n", "line 6: byte 0xff is not UTF-8 text"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_malformed_map_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    text, message = BAD[case]
    with pytest.raises(MapError, match=message) as caught:
        read_map(written(tmp_path, text))
    assert caught.value.where.startswith(str(tmp_path / "floor.map"))
    assert caught.value.remedy


def test_a_missing_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="there is no such map file; check the path"):
        read_map(tmp_path / "floor.map")


def test_a_folder_is_refused_as_a_map(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="is a folder, not a map file"):
        read_map(tmp_path)


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    written(tmp_path, HEADER)
    with pytest.raises(MapError, match="cannot be read"):
        read_map(tmp_path / "floor.map" / "inner.map")


def test_a_symbol_without_meaning_is_refused_where_it_first_stands(tmp_path: Path) -> None:
    with pytest.raises(MapError, match="line 5, column 3: symbol '%' has no meaning"):
        read_map(written(tmp_path, HEADER + "..%\n.%.\n"), symbols=".@")


def test_all_problems_are_found_at_once(tmp_path: Path) -> None:
    found, problems = scan_map(written(tmp_path, HEADER + ".%.\n.?%\n"), symbols=".@")
    assert found is not None
    assert [problem.where.partition(", ")[2] for problem in problems] == ["line 5, column 2", "line 6, column 2"]
    assert np.flatnonzero(~found.layout.passable).tolist() == [1, 4, 5]
    _, problems = scan_map(written(tmp_path, HEADER + "..\n....\n"))
    assert len(problems) == 2


def test_map_text_has_the_movingai_header() -> None:
    assert map_text(["..@", "..."]) == "type octile\nheight 2\nwidth 3\nmap\n..@\n...\n"
