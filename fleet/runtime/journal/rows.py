"""Records of orders, tasks, rejections and actions as rows of tables, and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import isfinite
from typing import Any, Final

import msgspec

from fleet.errors import DamagedJournalError, OrderError
from fleet.runtime.journal.tables import Row, Table
from fleet.runtime.site_journal import OperatorRecord
from fleet.tasks.model import Order, Task
from fleet.tasks.records import OrderRecord, RejectionRecord, TaskRecord

_encode: Final = msgspec.json.Encoder().encode
_decode_order: Final = msgspec.json.Decoder(Order).decode
_decode_task: Final = msgspec.json.Decoder(Task).decode
_decode_rejection: Final = msgspec.json.Decoder(RejectionRecord).decode
_decode_reason: Final = msgspec.json.Decoder(str).decode
_decode_roster: Final = msgspec.json.Decoder(tuple[str, ...]).decode


@contextmanager
def read_from(table: Table, place: str) -> Iterator[None]:
    """Raise DamagedJournalError for a row of `table` that makes no sense."""
    try:
        yield
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError) as error:
        raise DamagedJournalError(
            place, f"table {table.name} has a row that makes no sense: {error}", "restore a backup"
        ) from error


def check_numbers(numbers: list[Any], first: int) -> None:
    """Raise ValueError unless numbers count up by one from `first`."""
    if numbers != list(range(first, first + len(numbers))):
        missing = next(number for number, found in enumerate(numbers, start=first) if number != found)
        raise ValueError(f"number {missing} is missing")


def row_of_order(record: OrderRecord) -> Row:
    """Return the row of an order; raises OrderError for one that could not be read back."""
    order = record.order
    if not (isfinite(order.release_s) and isfinite(order.due_s)):
        raise OrderError(f"order {order.id!r}", "release or due time is not a finite number", "give it in seconds")
    done_s = None if record.done_s is None else float(record.done_s)
    return record.row, _encode(order).decode(), done_s, int(record.cancelled)


def order_of(row: Row) -> OrderRecord:
    """Return the order in a row."""
    number, body, done_s, cancelled = row
    return OrderRecord(number, _decode_order(body), done_s, bool(cancelled))


def row_of_task(record: TaskRecord) -> Row:
    """Return the row of a task."""
    return (
        record.task.id, record.order_row, _encode(record.task).decode(), record.status, record.robot,
        record.errand_index, record.takeover_robot, record.takeover_cell, float(record.takeover_s),
        _encode(record.reason).decode(),
    )  # fmt: skip


def task_of(row: Row) -> TaskRecord:
    """Return the task in a row."""
    _, order_row, body, status, robot, errand_index, takeover_robot, takeover_cell, takeover_s, reason = row
    return TaskRecord(
        _decode_task(body), order_row, status, robot, errand_index, takeover_robot, takeover_cell, takeover_s,
        _decode_reason(reason),
    )  # fmt: skip


def row_of_rejection(number: int, record: RejectionRecord) -> Row:
    """Return the row of a rejection."""
    return number, _encode(record).decode()


def rejection_of(row: Row) -> RejectionRecord:
    """Return the rejection in a row."""
    return _decode_rejection(row[1])


def row_of_action(record: OperatorRecord) -> Row:
    """Return the row of an operator's action."""
    return record.number, float(record.at_s), record.operator, record.body, record.hash


def action_of(row: Row) -> OperatorRecord:
    """Return the operator's action in a row."""
    return OperatorRecord(*row)


def row_of_site(started_unix_s: float, world: str, roster: tuple[str, ...]) -> Row:
    """Return the only row of table `site`."""
    return 0, float(started_unix_s), world, _encode(roster).decode()


def roster_of(site: Row) -> tuple[str, ...]:
    """Return the roster in the row of table `site`."""
    return _decode_roster(site[3])
