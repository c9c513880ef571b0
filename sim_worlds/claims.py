"""Which cell of the map each thing in a world file stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fleet.grid.layout import NO_CELL
from sim_worlds.finding import Finding
from sim_worlds.legend import CellKind, Legend, symbols_of

if TYPE_CHECKING:
    from fleet.grid.map_file import MapFile
    from robots.arrays import Bool, Int32
    from sim_worlds.toml_table import TomlTable


class Claims:
    """The cells of a map by kind, and what in the world file has claimed them so far."""

    def __init__(self, map_file: MapFile, legend: Legend) -> None:
        self._map_file = map_file
        self._legend = legend
        self._symbols = np.array(list("".join(map_file.rows)))
        self._owners: dict[int, str] = {}

    def cells(self, kind: CellKind) -> Int32:
        """Cells of a kind in ascending order, int32."""
        return np.flatnonzero(self._of_kind(kind)).astype(np.int32)

    def claim(self, entry: TomlTable, key: str, at: tuple[int, int], kind: CellKind, owner: str) -> int:
        """Return the cell at a row and column for a thing that needs a cell of `kind`.

        Notes a finding at `entry`'s key if the cell is outside the map, an obstacle, of another kind or taken.
        """
        row, column = at
        layout = self._map_file.layout
        shown = f"row {row}, column {column}"
        if not (0 <= row < layout.height and 0 <= column < layout.width):
            problem = f"{owner} is at {shown}, outside the {layout.height} x {layout.width} map"
            entry.note(problem, f"rows are 0 to {layout.height - 1}, columns 0 to {layout.width - 1}", key)
            return NO_CELL
        cell = row * layout.width + column
        symbol = str(self._symbols[cell])
        found = self._legend.get(symbol)
        if cell in self._owners:
            problem = f"{owner} is at {shown}, where {self._owners[cell]} is"
            entry.note(problem, "give everything a cell of its own", key)
        elif found is not kind:
            thing = "an obstacle" if found is None or not found.passable else f"no {kind.value} cell"
            problem = f"{owner} is at {shown}, which is {thing} ({symbol!r} at {self.on_map(cell)})"
            symbols = " or ".join(symbols_of(self._legend, kind)) or "a symbol of that kind"
            entry.note(problem, f"move it, or put {symbols} there", key)
        self._owners.setdefault(cell, owner)
        return cell

    def unclaimed(self, kind: CellKind, needed: str) -> list[Finding]:
        """Return a finding if cells of a kind were claimed by nothing; `needed` is what should claim them."""
        cells = [int(cell) for cell in self.cells(kind) if int(cell) not in self._owners]
        if not cells:
            return []
        problem = f"{kind.value} cells that no {needed} names: {len(cells)}, this is the first"
        return [Finding(self.on_map(cells[0]), problem, f"name them in a [[{needed}]] or make them free")]

    def on_map(self, cell: int) -> str:
        """File, line and column of a cell."""
        map_file = self._map_file
        return f"{map_file.path}, line {map_file.line(cell)}, column {map_file.column(cell)}"

    def _of_kind(self, kind: CellKind) -> Bool:
        return np.isin(self._symbols, symbols_of(self._legend, kind))
