"""Sends orders to a controller in batches, and reports what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress

from fleet.app.site.api_messages import NewOrder, OrderResult
from fleet.app.site.errors import ControllerUnreachableError, RefusedError

# A batch holds the controller up for some milliseconds, and never comes near the largest request.
_BATCH: Final = 50
_BATCH_BYTES: Final = 2**18
_INTERRUPTED: Final = 130
_SHOWN: Final = 20


class OrderTaker(Protocol):
    """Takes orders in; see fleet.app.site.api_client."""

    def add_orders(self, orders: Sequence[NewOrder]) -> tuple[OrderResult, ...]:
        """Have orders taken on; return what became of each."""


class UploadReport(msgspec.Struct):
    """What became of the orders of a file. unsent: nobody knows yet; the file may be added again."""

    accepted: int
    duplicate: int
    refused: int
    unsent: int
    reasons: dict[str, int]
    refusals: list[OrderResult]


def upload(orders: Sequence[NewOrder], taker: OrderTaker, *, as_json: bool) -> int:
    """Send orders, print a report, return the exit code: 0, 1 if any was refused, 130 after an interrupt.

    When no controller answers, or it refuses a batch, what was done until then is printed, and the error raised.
    """
    results: list[OrderResult] = []
    console = Console(stderr=True)
    try:
        with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
            bar = progress.add_task("orders", total=len(orders))
            for batch in batches(orders):
                results += taker.add_orders(batch)
                progress.update(bar, completed=len(results))
    except KeyboardInterrupt:
        _print(_report(orders, results), as_json=as_json)
        return _INTERRUPTED
    except (ControllerUnreachableError, RefusedError):
        _print(_report(orders, results), as_json=as_json)
        raise
    report = _report(orders, results)
    _print(report, as_json=as_json)
    return int(report.refused > 0)


def batches(orders: Iterable[NewOrder]) -> Iterator[list[NewOrder]]:
    """Yield the orders in their order, so many at a time as go into one request."""
    batch: list[NewOrder] = []
    size = 0
    for order in orders:
        more = len(msgspec.msgpack.encode(order))
        if batch and (len(batch) == _BATCH or size + more > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(order)
        size += more
    if batch:
        yield batch


def _report(orders: Sequence[NewOrder], results: Sequence[OrderResult]) -> UploadReport:
    outcomes = Counter(result.outcome for result in results)
    refusals = [result for result in results if result.outcome == "refused"]
    return UploadReport(
        accepted=outcomes["accepted"],
        duplicate=outcomes["duplicate"],
        refused=outcomes["refused"],
        unsent=len(orders) - len(results),
        reasons=dict(Counter(result.reason for result in refusals)),
        refusals=refusals,
    )


def _print(report: UploadReport, *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(report).decode())
        return
    typer.echo(f"{report.accepted} accepted, {report.duplicate} accepted before, {report.refused} refused")
    for refusal in report.refusals[:_SHOWN]:
        typer.echo(f"  {refusal.order}: {refusal.reason}, {refusal.detail}")
    if report.refused > _SHOWN:
        typer.echo(f"  ... and {report.refused - _SHOWN} more: {_reasons(report)}; --json has them all")
    if report.unsent:
        typer.echo(f"{report.unsent} without an answer: add the file again, what was accepted is not taken on twice")


def _reasons(report: UploadReport) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in sorted(report.reasons.items()))
