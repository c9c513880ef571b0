"""Every row carries a checksum of its values: databases guard their own structures, not all that is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import msgspec

from fleet.errors import DamagedJournalError
from fleet.runtime.journal.tables import Row, Table

_encode: Final = msgspec.msgpack.Encoder().encode


def seal(row: Row) -> Row:
    """Return the row with its checksum, CRC-32 over the values as a MessagePack array, at the end."""
    return (*row, crc32(_encode(row)))


def unseal(rows: Sequence[Row], table: Table, place: str) -> list[Row]:
    """Return rows without their checksums; raises DamagedJournalError naming one that is not as it was written."""
    unsealed = [row[:-1] for row in rows]
    for row, sealed in zip(unsealed, rows, strict=True):
        if crc32(_encode(row)) != sealed[-1]:
            raise DamagedJournalError(
                place, f"row {row[0]} of table {table.name} is not as it was written", "restore a backup"
            )
    return unsealed
