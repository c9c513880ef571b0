"""The assortment: the SKUs that a floor keeps, with the size of a unit, from a file of order lines."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from math import isfinite, prod
from typing import TYPE_CHECKING

from sim_worlds.errors import WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PROPORTIONS = (30.0, 21.0, 1.0)
_EDGES = ("width_mm", "length_mm", "depth_mm")


@dataclass(frozen=True, slots=True)
class KeptSku:
    """A SKU, and the edges of one unit in metres, longest first."""

    name: str
    size_m: tuple[float, float, float]

    @classmethod
    def of_litres(cls, name: str, litres: float) -> KeptSku:
        """Return a SKU of which only the volume is known, in the proportions that are common in the shipped orders.

        Those are of books: 30 to 21 to 1.
        """
        unit = (litres / 1000.0 / prod(_PROPORTIONS)) ** (1 / 3)
        longest, middle, shortest = (unit * share for share in _PROPORTIONS)
        return cls(name, (longest, middle, shortest))

    @property
    def litres(self) -> float:
        """Volume of a unit."""
        return prod(self.size_m) * 1000.0


def read_assortment(path: Path) -> tuple[KeptSku, ...]:
    """Return the SKUs of a file of order lines, those on most lines first, then by name.

    The file is CSV with the columns of the shipped orders; a SKU has the size that its first line says. Raises
    WorldError if the file cannot be read, or a line has no SKU or an impossible edge.
    """
    sizes: dict[str, tuple[float, float, float]] = {}
    lines: Counter[str] = Counter()
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            for row in reader:
                name = row.get("sku") or ""
                lines[name] += 1
                if name not in sizes:
                    sizes[name] = _size(f"{path}, line {reader.line_num}", name, row)
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise WorldError(str(path), f"cannot be read: {failure}", "give a CSV file of order lines") from None
    return tuple(KeptSku(name, sizes[name]) for name in sorted(sizes, key=lambda name: (-lines[name], name)))


def _size(where: str, name: str, row: Mapping[str, str | None]) -> tuple[float, float, float]:
    if not name:
        raise WorldError(f"{where}, column sku", "the cell is empty", "give the sku")
    edges = []
    for column in _EDGES:
        text = row.get(column) or ""
        try:
            edge = float(text)
        except ValueError:
            edge = 0.0
        if not (isfinite(edge) and edge > 0):
            raise WorldError(f"{where}, column {column}", f"is {text!r}", "give a length in millimetres")
        edges.append(edge / 1000.0)
    longest, middle, shortest = sorted(edges, reverse=True)
    return longest, middle, shortest
