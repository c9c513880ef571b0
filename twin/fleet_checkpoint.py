"""A simulated fleet as bytes: robots, messages on their way, faults, clock and random numbers, all of it exactly.

Records are kept as they lie in memory. Of the places for messages only those in use are kept, and of the floor only
cells on which a fault has been: the checkpoint of a quiet fleet has about 1.2 KB a robot, and takes 1 ms a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from robots.errors import InputError
from twin.faults import Fault, FaultKind
from twin.fleet_records import COMMAND, CONTACT, REPORT, ROBOT, Floor, Happened, Heard, Records

_LAYOUT: Final = repr((1, ROBOT.descr, COMMAND.descr, REPORT.descr, CONTACT.descr))


class CheckpointError(InputError):
    """A checkpoint is damaged, or is of another fleet."""


class FaultsThen(msgspec.Struct, frozen=True):
    """What a schedule of faults knew: those to come in the order of its heap, and faults of the link by kind."""

    to_come: list[tuple[float, int, float, str, int, int, float, float]]
    seen: int
    link: dict[str, tuple[float, float]]
    obstacles_until: float


class ClockThen(msgspec.Struct, frozen=True):
    """How far the driver had come."""

    start_s: float
    now_s: float
    ticks: int
    rows: int
    used_percent: float


class _Checkpoint(msgspec.Struct, frozen=True):
    layout: str
    robots: bytes
    commands: bytes
    reports: bytes
    contacts: bytes
    heard: list[bytes]
    counts: bytes
    happened: list[bytes]
    floor: list[tuple[bytes, bytes]]
    bodies: list[tuple[str, bytes]]
    faults: FaultsThen
    clock: ClockThen


_DECODER: Final = msgspec.msgpack.Decoder(_Checkpoint)
_ENCODER: Final = msgspec.msgpack.Encoder(order="deterministic")  # sets of enums come in any order


@dataclass(frozen=True, slots=True)
class FleetParts:
    """Arrays of a simulated fleet that change while it runs; see twin.fleet_records."""

    robots: Records
    commands: Records
    reports: Records
    contacts: Records
    heard: Heard
    happened: Happened
    floor: Floor
    bodies: Sequence[npt.NDArray[np.generic]]


def pack(parts: FleetParts, faults: FaultsThen, clock: ClockThen) -> bytes:
    """Return all of it as bytes."""
    delivered, effects = (int(count) for count in parts.happened.counts[:2])
    happened = parts.happened
    return _ENCODER.encode(
        _Checkpoint(
            layout=_LAYOUT,
            robots=parts.robots.tobytes(),
            commands=_as_they_lie(parts.commands)[_in_use(parts.commands, parts.robots["commands"])].tobytes(),
            reports=_as_they_lie(parts.reports)[_in_use(parts.reports, parts.robots["reports"])].tobytes(),
            contacts=parts.contacts.tobytes(),
            heard=[column.tobytes() for column in parts.heard],
            counts=happened.counts.tobytes(),
            happened=[
                happened.delivered_robot[:delivered].tobytes(),
                happened.delivered_epoch[:delivered].tobytes(),
                happened.effect_robot[:effects].tobytes(),
                happened.effect_entry[:effects].tobytes(),
            ],
            floor=[_sparse(parts.floor.obstacle_until), _sparse(parts.floor.charger_out_until)],
            bodies=[(repr(column.dtype.descr), column.tobytes()) for column in parts.bodies],
            faults=faults,
            clock=clock,
        )
    )


def unpack(checkpoint: bytes, parts: FleetParts) -> tuple[FaultsThen, ClockThen]:
    """Write a checkpoint over the arrays of a driver that was made with the same robots on the same floor.

    Raises CheckpointError if it cannot be of such a fleet; what is in the arrays is void then.
    """
    try:
        then = _DECODER.decode(checkpoint)
        _write_over(parts, then)
    except (msgspec.MsgspecError, ValueError, IndexError) as failure:
        raise CheckpointError("checkpoint", f"is not of this fleet: {failure}", "start without it") from None
    return then.faults, then.clock


def fault_as_data(at_s: float, number: int, fault: Fault) -> tuple[float, int, float, str, int, int, float, float]:
    """A place of a schedule's heap as plain values."""
    return at_s, number, fault.at_s, fault.kind.value, fault.robot, fault.cell, fault.seconds, fault.value


def fault_from_data(
    place: tuple[float, int, float, str, int, int, float, float],
) -> tuple[float, int, Fault]:
    """The place of a schedule's heap that `fault_as_data` has written."""
    at_s, number, fault_at_s, kind, robot, cell, seconds, value = place
    return at_s, number, Fault(fault_at_s, FaultKind(kind), robot, cell, seconds, value)


def _write_over(parts: FleetParts, then: _Checkpoint) -> None:
    if then.layout != _LAYOUT:
        raise ValueError("it was written by another version")
    _fill(_as_they_lie(parts.robots), then.robots)
    _fill(_as_they_lie(parts.contacts), then.contacts)
    _fill_places(parts.commands, parts.robots["commands"], then.commands)
    _fill_places(parts.reports, parts.robots["reports"], then.reports)
    heard: tuple[npt.NDArray[np.generic], ...] = parts.heard
    for column, data in zip(heard, then.heard, strict=True):
        _fill(column, data)
    _fill(parts.happened.counts, then.counts)
    for happened, data in zip(parts.happened[1:], then.happened, strict=True):
        kept = np.frombuffer(data, dtype=happened.dtype)
        happened[: len(kept)] = kept
    for column, (kind, data) in zip(parts.bodies, then.bodies, strict=True):
        if kind != repr(column.dtype.descr):
            raise ValueError("its bodies are of another version")
        _fill(column.reshape(-1), data)
    floor = (parts.floor.obstacle_until, parts.floor.charger_out_until)
    for until, (cells, values) in zip(floor, then.floor, strict=True):
        until.fill(-np.inf)
        until[np.frombuffer(cells, dtype=np.int64)] = np.frombuffer(values, dtype=np.float64)


def _in_use(records: Records, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which places for messages are taken, bool like `records` (n, places)."""
    used: npt.NDArray[np.bool_] = np.arange(records.shape[1])[None, :] < counts[:, None]
    return used


def _as_they_lie(records: Records) -> Records:
    """The records without their fields: copied byte by byte, those between fields too."""
    return records.view(np.dtype((np.void, records.dtype.itemsize)))


def _fill(array: npt.NDArray[np.generic], data: bytes) -> None:
    kept = np.frombuffer(data, dtype=array.dtype)
    if len(kept) != len(array):
        raise ValueError(f"{len(kept)} rows, not {len(array)}")
    array[:] = kept


def _fill_places(records: Records, counts: npt.NDArray[np.int64], data: bytes) -> None:
    used, places = _in_use(records, counts), _as_they_lie(records)
    kept = np.frombuffer(data, dtype=places.dtype)
    if len(kept) != used.sum():
        raise ValueError(f"{len(kept)} messages are on their way, not {used.sum()}")
    places[used] = kept


def _sparse(column: npt.NDArray[np.float64]) -> tuple[bytes, bytes]:
    cells = np.flatnonzero(column > -np.inf)
    return cells.tobytes(), column[cells].tobytes()
