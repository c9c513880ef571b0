"""Where robots are and what is restricted, as the API says it to whoever looks ahead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from fleet.app.site.api_messages import FloorColumns, FloorIs
from fleet.traffic.zones.record import MADE, zone_record
from fleet.traffic.zones.restriction import Restriction
from robots.arrays import Bool, Int32
from robots.state import FleetState

_MOST_ZONES: Final = 1000
_DTYPES: Final[dict[str, np.dtype[Any]]] = {
    "cell": np.dtype("<i4"),
    "task": np.dtype("<i4"),
    "charge_percent": np.dtype("<f4"),
    "service_left_s": np.dtype("<f4"),
    "heading": np.dtype("u1"),
    "down": np.dtype("u1"),
}


def floor_is(
    state: FleetState,
    down: Bool,
    task: Int32,
    zones: Sequence[Restriction],
    *,
    world: str,
    floor: str,
    now_s: float,
) -> FloorIs:
    """Return the answer; down: bool (n,), robots that cannot be counted on; task: int32 (n,), what each works on."""
    columns: dict[str, np.ndarray[Any, np.dtype[Any]]] = {
        "cell": state.cell,
        "task": task,
        "charge_percent": state.charge_percent,
        "service_left_s": state.service_left_s,
        "heading": state.heading,
        "down": down,
    }
    return FloorIs(
        "",
        site_s=now_s,
        world=world,
        floor=floor,
        columns=FloorColumns(**{name: columns[name].astype(dtype).tobytes() for name, dtype in _DTYPES.items()}),
        zones=tuple(zone_record(MADE[made.kind], made, made.by, made.since_s) for made in zones[-_MOST_ZONES:]),
    )


def floor_columns(columns: FloorColumns) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Return the columns by name, read-only. Raises ValueError if they are not of one length."""
    found = {name: np.frombuffer(getattr(columns, name), dtype=dtype) for name, dtype in _DTYPES.items()}
    if len({len(column) for column in found.values()}) != 1:
        raise ValueError("the columns of a fleet are not of one length")
    return found
