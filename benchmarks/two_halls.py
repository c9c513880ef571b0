"""A floor made to find out what a neck costs: two halls, joined by cross-aisles of which one can be narrowed.

    chutes, in pockets of the north wall
    north hall, parking along its sides
    cross-aisles through a block of walls; one is narrowed to a single lane for a few cells, or not
    south hall, parking along its sides
    docks, in pockets of the south wall

Every task is one pick at a dock and one drop at a chute: all robots go through the cross-aisles all the time, and meet
nothing else that is narrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fleet.grid.map_file import map_text

if TYPE_CHECKING:
    from pathlib import Path

_HALL_ROWS: Final = 7
_LEGEND: Final = '"." = "free"\n"@" = "wall"\nD = "dock"\nE = "drop"\nO = "opening"\nP = "parking"'
_PLACES_EVERY: Final = 3  # columns from one dock or chute to the next


@dataclass(frozen=True, slots=True)
class TwoHalls:
    """A floor of two halls.

    aisles  first column and number of lanes of each cross-aisle, all of `aisle_rows` cells
    neck    which of them is narrowed to its first lane, from which row of the aisle on, for how many rows
    service_s  seconds of a pick, and of a drop
    """

    name: str
    width: int = 40
    aisles: tuple[tuple[int, int], ...] = ((19, 2),)
    aisle_rows: int = 10
    neck: tuple[int, int, int] = (0, 4, 3)
    service_s: float = 1.0

    @property
    def neck_cells(self) -> tuple[tuple[int, int], ...]:
        """Row and column of the cells that are left of the aisle where it is narrow."""
        aisle, first, rows = self.neck
        top = 2 + _HALL_ROWS + first
        return tuple((row, self.aisles[aisle][0]) for row in range(top, top + rows))

    def rows(self, *, narrow: bool) -> tuple[str, ...]:
        """Return the symbols of the map."""
        wall, hall = "@" * self.width, "@PP" + "." * (self.width - 6) + "PP@"
        places = range(4, self.width - 4, _PLACES_EVERY)
        block = [self._aisle_row(row, narrow=narrow) for row in range(self.aisle_rows)]
        halls = [hall] * _HALL_ROWS
        return (_marked(wall, places, "O"), _marked(wall, places, "E"), *halls, *block, *halls,
                _marked(wall, places, "D"), wall)  # fmt: skip

    def write(self, folder: Path, *, narrow: bool) -> Path:
        """Write the world's two files into a folder, and return the path of its TOML file."""
        name = f"{self.name}-{'narrow' if narrow else 'wide'}"
        rows = self.rows(narrow=narrow)
        (folder / f"{name}.map").write_text(map_text(rows), encoding="utf-8")
        path = folder / f"{name}.toml"
        path.write_text(self._toml(name, rows), encoding="utf-8")
        return path

    def _aisle_row(self, row: int, *, narrow: bool) -> str:
        symbols = ["@"] * self.width
        for number, (column, lanes) in enumerate(self.aisles):
            aisle, first, rows = self.neck
            is_neck = narrow and number == aisle and first <= row < first + rows
            for lane in range(1 if is_neck else lanes):
                symbols[column + lane] = "."
        return "".join(symbols)

    def _toml(self, name: str, rows: tuple[str, ...]) -> str:
        columns = [column for column, symbol in enumerate(rows[1]) if symbol == "E"]
        docks = [f'{{name = "S{n}", kind = "pick", docks = [[{len(rows) - 2}, {at}]], service_s = {self.service_s}}}'
                 for n, at in enumerate(columns)]  # fmt: skip
        chutes = [f'{{name = "C{n}", cell = [1, {at}], destination = "D{n}"}}' for n, at in enumerate(columns)]
        return "\n".join([
            f'name = "{name}"', 'title = "Two halls"', f'map = "{name}.map"', "cell_m = 1.0", "default_robots = 20",
            "robot = {totes = 1}", "slotting = {seed = 1, station_share = 1.0, copies = 1}",
            "orders = {rate_per_hour = 600.0, lead_time_s = 900.0}", "pick_faces = {service_s = 6.0}",
            f"chutes = {{service_s = {self.service_s}}}", f"station = [{', '.join(docks)}]",
            f"chute = [{', '.join(chutes)}]", "[legend]", _LEGEND, "",
        ])  # fmt: skip


def _marked(row: str, columns: range, symbol: str) -> str:
    return "".join(symbol if column in columns else old for column, old in enumerate(row))
