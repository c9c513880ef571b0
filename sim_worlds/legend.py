"""What the symbols of a world's map mean."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sim_worlds.toml_table import TomlTable


class CellKind(Enum):
    """What a cell of the floor is."""

    FREE = "free"
    PICK_FACE = "pick_face"
    DOCK = "dock"
    DROP = "drop"
    CHARGER = "charger"
    PARKING = "parking"
    WALL = "wall"
    RACK = "rack"
    OPENING = "opening"  # of a chute

    @property
    def passable(self) -> bool:
        """Whether a robot may stand there."""
        return self not in (CellKind.WALL, CellKind.RACK, CellKind.OPENING)


Legend = dict[str, CellKind]

# What generators write. Racks, walls and openings take MovingAI's impassable symbols, pick faces and drops those of the
# League of Robot Runners, so that other programs read the map right without the legend.
STANDARD_LEGEND: Final[Legend] = {
    ".": CellKind.FREE,
    "S": CellKind.PICK_FACE,
    "D": CellKind.DOCK,
    "E": CellKind.DROP,
    "C": CellKind.CHARGER,
    "P": CellKind.PARKING,
    "@": CellKind.WALL,
    "T": CellKind.RACK,
    "O": CellKind.OPENING,
}


def read_legend(table: TomlTable) -> Legend:
    """Read a `[legend]` table, symbol to kind; what is wrong is noted as a finding."""
    kinds = [kind.value for kind in CellKind]
    legend: Legend = {}
    for symbol in table.table:
        legend[symbol] = CellKind(table.choice(symbol, kinds))
        if len(symbol) != 1 or symbol.isspace():
            table.note(f"legend key {symbol!r} is not a symbol", "give a single character", symbol)
    return legend


def symbols_of(legend: Legend, kind: CellKind) -> list[str]:
    """Symbols that mean a kind."""
    return [symbol for symbol, meaning in legend.items() if meaning is kind]


def impassable_symbols(legend: Legend) -> str:
    """Symbols of cells where no robot may stand, in one string."""
    return "".join(symbol for symbol, kind in legend.items() if not kind.passable)
