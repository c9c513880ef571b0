"""Operator actions, chained by hashes: none can be changed, taken out or put in without breaking all that follow."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from fleet.errors import DamagedJournalError
from fleet.runtime.site_journal import OperatorRecord

FIRST_HASH: Final = "0" * 64


def chain_hash(previous: str, number: int, at_s: float, operator: str, body: str) -> str:
    """Return an action's hash, 64 hexadecimal digits.

    SHA-256 over the hash before (32 bytes; zeros before the first), number (8 bytes), time (float64), length of the
    operator's name in bytes (4 bytes), the name and the body in UTF-8; numbers are big-endian.
    """
    name = operator.encode()
    head = bytes.fromhex(previous) + struct.pack(">QdI", number, at_s, len(name))
    return sha256(head + name + body.encode()).hexdigest()


def check_chain(actions: Sequence[OperatorRecord], place: str) -> None:
    """Raise DamagedJournalError naming the first action that is not what was put on record."""
    previous = FIRST_HASH
    for number, action in enumerate(actions, start=1):
        if action.number != number:
            raise DamagedJournalError(
                place, f"operator action {number} is missing", "restore a backup, and find out who changed the journal"
            )
        if action.hash != chain_hash(previous, number, action.at_s, action.operator, action.body):
            raise DamagedJournalError(
                place,
                f"operator action {number} is not as it was put on record: its hash does not fit",
                "restore a backup, and find out who changed the journal",
            )
        previous = action.hash
