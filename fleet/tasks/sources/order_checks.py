"""What must hold for an order, whatever the format of its source."""

from __future__ import annotations

from collections.abc import Collection

from fleet.errors import OrderError


def check_times(where: str, release_s: float | None, due_s: float | None) -> None:
    """Raise OrderError if a due time stands alone or is before the release; `where` is the due time's place."""
    if due_s is None:
        return
    if release_s is None:
        problem = "there is a due time without a release time"
        raise OrderError(where, problem, "give release_s with the order's first line, or leave both out")
    if due_s < release_s:
        problem = f"the order is due at {due_s:g} s, before its release at {release_s:g} s"
        raise OrderError(where, problem, "give a due time after the release time")


def check_destination(where: str, destination: str | None, destinations: Collection[str] | None) -> None:
    """Raise OrderError if an order names a destination that is not among those that exist; None: any will do."""
    if destination is None or destinations is None or destination in destinations:
        return
    known = sorted(destinations)
    some = ", ".join(known[:5]) + (f", ... ({len(known)} in all)" if len(known) > 5 else "")
    raise OrderError(where, f"the world has no destination {destination!r}", f"use one of: {some}")
