"""Binary frames for browsers: where robots are, what they wait for, and heat; docs/dashboard.md has the layout.

A frame is a header of 16 bytes and columns one after the other, all little-endian, so that a browser lays typed arrays
over it without copying:

    header  u8 kind, u8 flags, u16 of, u32 rows, f64 t_s
    FLEET   [row u16], x u16, y u16, heading u8, condition u8
    DUTIES  [row u16], waits_for u16, wait u8, waited u8, charge u8, loaded u8
    HEAT    cell u32, value f32

`row` is there unless flag KEY is set: then all robots are told, in order. x and y are cells of the map times
`units_per_cell`; heading is 256ths of a turn, clockwise from east; waits_for is NOBODY for no robot; waited is seconds,
255 for more. A robot that is not in a frame is as it was told last. `of` says what HEAT counts, see HEAT_OF; it is 0 in
other frames.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any, Final

import numpy as np

from fleet.app.dashboard.live_heat import HeatMetric
from robots.arrays import Bool, Float32, Int32, UInt8, UInt16

NOBODY: Final = 65535
HEADER: Final = struct.Struct("<BBHId")
_MOST_UNITS: Final = 65535
_BYTE_TURN: Final = 256.0 / (2.0 * np.pi)


# The numbers of metrics in HEAT frames: one that was under way when a browser chose another is told from that.
HEAT_OF: Final[dict[HeatMetric, int]] = {"visits": 1, "waits": 2, "delay": 3}


class FrameKind(IntEnum):
    """What a frame tells."""

    FLEET = 1
    DUTIES = 2
    HEAT = 3


class FrameFlag(IntFlag):
    """How it tells it."""

    KEY = 1  # of all robots


_COLUMNS: Final[dict[FrameKind, dict[str, np.dtype[Any]]]] = {
    FrameKind.FLEET: {
        "x": np.dtype("<u2"),
        "y": np.dtype("<u2"),
        "heading": np.dtype("u1"),
        "condition": np.dtype("u1"),
    },
    FrameKind.DUTIES: {
        "waits_for": np.dtype("<u2"),
        "wait": np.dtype("u1"),
        "waited": np.dtype("u1"),
        "charge": np.dtype("u1"),
        "loaded": np.dtype("u1"),
    },
}


@dataclass(frozen=True, slots=True)
class FleetColumns:
    """What a FLEET frame tells: x, y uint16 (n,), heading, condition uint8 (n,)."""

    x: UInt16
    y: UInt16
    heading: UInt8
    condition: UInt8


@dataclass(frozen=True, slots=True)
class DutyBytes:
    """What a DUTIES frame tells: waits_for uint16 (n,), wait, waited, charge, loaded uint8 (n,)."""

    waits_for: UInt16
    wait: UInt8
    waited: UInt8
    charge: UInt8
    loaded: UInt8


def units_per_cell(height: int, width: int) -> int:
    """Into how many units the side of a cell is divided, so that every place on the map fits into 16 bits; at most 100.

    Raises ValueError for a map that is longer than 65,535 cells.
    """
    units = min(100, _MOST_UNITS // max(height, width))
    if units == 0:
        raise ValueError(f"a map of {height} x {width} cells is too large for frames")
    return units


def fleet_columns(
    x_m: Float32, y_m: Float32, theta_rad: Float32, condition: UInt8, *, cell_m: float, units: int
) -> FleetColumns:
    """Round a fleet to what frames tell; columns (n,), units: see `units_per_cell`."""
    scale = units / cell_m
    return FleetColumns(
        x=np.clip(np.rint(x_m * scale), 0, _MOST_UNITS).astype(np.uint16),
        y=np.clip(np.rint(y_m * scale), 0, _MOST_UNITS).astype(np.uint16),
        heading=(np.rint(theta_rad * _BYTE_TURN).astype(np.int64) & 255).astype(np.uint8),
        condition=condition,
    )


def duty_bytes(waits_for: Int32, wait: UInt8, waited_s: Float32, charge_percent: UInt8, loaded: UInt8) -> DutyBytes:
    """Round duties to what frames tell; columns (n,)."""
    return DutyBytes(
        waits_for=np.where(waits_for < 0, NOBODY, waits_for).astype(np.uint16),
        wait=wait,
        waited=np.clip(waited_s, 0, 255).astype(np.uint8),
        charge=charge_percent,
        loaded=loaded,
    )


def encode(columns: FleetColumns | DutyBytes, t_s: float, before: FleetColumns | DutyBytes | None = None) -> bytes:
    """Return the frame that tells these columns at `t_s` seconds; with `before`, of the robots that changed since.

    `before` must be of the same kind and as many robots. Linear in robots.
    """
    kind = FrameKind.FLEET if isinstance(columns, FleetColumns) else FrameKind.DUTIES
    names = _COLUMNS[kind]
    if before is None:
        rows = len(columns.x if isinstance(columns, FleetColumns) else columns.waits_for)
        parts = [HEADER.pack(kind, FrameFlag.KEY, 0, rows, t_s)]
        parts += [getattr(columns, name).astype(dtype).tobytes() for name, dtype in names.items()]
        return b"".join(parts)
    changed: Bool = np.logical_or.reduce([getattr(columns, name) != getattr(before, name) for name in names])
    told = np.flatnonzero(changed)
    parts = [HEADER.pack(kind, 0, 0, len(told), t_s), told.astype("<u2").tobytes()]
    parts += [getattr(columns, name)[told].astype(dtype).tobytes() for name, dtype in names.items()]
    return b"".join(parts)


def encode_heat(metric: HeatMetric, values: Float32, t_s: float) -> bytes:
    """Return the frame of a heatmap: float32 (cells,), of which those above 0 are told."""
    cells = np.flatnonzero(values > 0)
    header = HEADER.pack(FrameKind.HEAT, FrameFlag.KEY, HEAT_OF[metric], len(cells), t_s)
    return header + cells.astype("<u4").tobytes() + values[cells].astype("<f4").tobytes()
