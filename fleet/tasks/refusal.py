"""What is refused about orders: values with a reason code, to be counted and shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RefusalReason(StrEnum):
    """Why an order is not taken on."""

    BAD_ROW = "bad_row"  # one of its rows in the order source cannot be read
    DUPLICATE_ORDER = "duplicate_order"  # an order of this id was accepted before
    RESERVED_ID = "reserved_id"  # ids that begin so are those of replenishments
    UNKNOWN_DESTINATION = "unknown_destination"  # the world has no chute for where it should go
    UNIT_TOO_HEAVY = "unit_too_heavy"  # one unit weighs more than a robot carries
    UNIT_TOO_LARGE = "unit_too_large"  # one unit has more volume than a tote


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order that is not taken on, and why. `order_id` is empty if a row was too broken to tell its order."""

    order_id: str
    reason: RefusalReason
    detail: str


class ChangeRefusalReason(StrEnum):
    """Why an order is not cancelled or prioritised."""

    UNKNOWN_ORDER = "unknown_order"  # no order of this id was accepted
    ALREADY_DONE = "already_done"
    ALREADY_CANCELLED = "already_cancelled"
    OUT_OF_RANGE = "out_of_range"  # a priority or due time that no order may have


@dataclass(frozen=True, slots=True)
class ChangeRefusal:
    """An order that is left as it is, and why."""

    order_id: str
    reason: ChangeRefusalReason
    detail: str
