"""The named zones of a world file, its muster cells, and what must be free of robots in an alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fleet.grid.layout import Layout
    from robots.arrays import Int32
    from sim_worlds.toml_table import TomlTable


def read_zones(root: TomlTable, layout: Layout | None) -> dict[str, Any]:
    """Return the fields `zones` and `keep_clear` of a world from the tables `[[zone]]`.

    Without a layout the cells mean nothing; what is wrong is noted as a finding.
    """
    zones: dict[str, Int32] = {}
    clear: list[int] = []
    for entry in root.entries("zone"):
        name = entry.text("name")
        if name and name in zones:
            entry.note(f"the name {name!r} is taken", "give every one a name of its own", "name")
        zones[name] = _cells(entry, layout)
        if entry.flag("keep_clear"):
            clear += zones[name].tolist()
        entry.close()
    return {"zones": zones, "keep_clear": np.unique(np.array(clear, dtype=np.int32))}


def read_muster(root: TomlTable, layout: Layout | None, parking: Int32) -> Int32:
    """Return the cells of the table `[muster]`, those of parking places if there is none, int32, ascending."""
    table = root.optional_table("muster")
    if table is None:
        return np.sort(parking)
    cells = _cells(table, layout)
    table.close()
    return cells


def _cells(table: TomlTable, layout: Layout | None) -> Int32:
    """Passable cells of a table's rectangles, int32, ascending; notes rectangles that are not on the floor."""
    rects = table.rects("rects")
    if layout is None:
        return np.zeros(0, dtype=np.int32)
    inside = np.zeros((layout.height, layout.width), dtype=np.bool_)
    passable = layout.passable.reshape(inside.shape)
    for row0, column0, row1, column1 in rects:
        shown = f"rectangle [{row0}, {column0}, {row1}, {column1}]"
        if min(row0, column0) < 0 or row1 >= layout.height or column1 >= layout.width:
            remedy = f"rows are 0 to {layout.height - 1}, columns 0 to {layout.width - 1}"
            table.note(f"{shown} is not inside the {layout.height} x {layout.width} map", remedy, "rects")
        elif row1 < row0 or column1 < column0:
            remedy = "give the north-west corner first: [row0, column0, row1, column1]"
            table.note(f"{shown} ends before it begins", remedy, "rects")
        elif not passable[row0 : row1 + 1, column0 : column1 + 1].any():
            table.note(f"{shown} has no cell where a robot may stand", "move it, or remove it", "rects")
        else:
            inside[row0 : row1 + 1, column0 : column1 + 1] = True
    return np.flatnonzero(inside & passable).astype(np.int32)
