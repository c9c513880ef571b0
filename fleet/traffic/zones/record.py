"""What goes on record about zones: enough to rebuild from it alone what is closed, and who did what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from math import inf, isfinite
from typing import Any, Final

import numpy as np

from fleet.traffic.zones.refusal import ZoneRefusal
from fleet.traffic.zones.restriction import Restriction, ZoneKind


class ZoneEvent(StrEnum):
    """What happened to a restriction."""

    ZONE_CLOSED = "zone_closed"
    ZONE_SLOWED = "zone_slowed"
    ZONE_ONE_WAY = "zone_one_way"
    PERSON_IN_ZONE = "person_in_zone"
    E_STOP = "e_stop"
    FIRE_ALARM = "fire_alarm"
    QUARANTINE = "quarantine"
    ROBOT_PAUSED = "robot_paused"
    ROBOT_OUT_OF_SERVICE = "robot_out_of_service"
    ZONE_OPENED = "zone_opened"
    ZONE_EXPIRED = "zone_expired"
    CLEAR_REQUESTED = "clear_requested"
    CLEAR_CONFIRMED = "clear_confirmed"


MADE: Final = {
    ZoneKind.CLOSE: ZoneEvent.ZONE_CLOSED,
    ZoneKind.SLOW: ZoneEvent.ZONE_SLOWED,
    ZoneKind.ONE_WAY: ZoneEvent.ZONE_ONE_WAY,
    ZoneKind.PERSON: ZoneEvent.PERSON_IN_ZONE,
    ZoneKind.E_STOP: ZoneEvent.E_STOP,
    ZoneKind.FIRE: ZoneEvent.FIRE_ALARM,
    ZoneKind.QUARANTINE: ZoneEvent.QUARANTINE,
    ZoneKind.PAUSE: ZoneEvent.ROBOT_PAUSED,
    ZoneKind.OUT_OF_SERVICE: ZoneEvent.ROBOT_OUT_OF_SERVICE,
}
ENDED: Final = (ZoneEvent.ZONE_OPENED, ZoneEvent.ZONE_EXPIRED, ZoneEvent.CLEAR_CONFIRMED)


REFUSED: Final = "zone_refused"


def zone_record(event: ZoneEvent, restriction: Restriction, by: str, now_s: float) -> dict[str, Any]:
    """Return the event of a restriction that was made or ended, or whose clearing was requested, by somebody."""
    return {
        "t": now_s,
        "event": event,
        "by": by,
        "id": restriction.id,
        "kind": restriction.kind.value,
        "ref": restriction.ref,
        "place": restriction.place,
        "cells": restriction.cells.tolist(),
        "edges": restriction.edges.tolist(),
        "until": restriction.until_s if isfinite(restriction.until_s) else None,
        "limit_mps": restriction.limit_mps if isfinite(restriction.limit_mps) else None,
        "robot": restriction.robot,
    }


def restriction_of(record: Mapping[str, Any]) -> Restriction:
    """Return the restriction that a record of its making tells of."""
    return Restriction(
        id=int(record["id"]),
        kind=ZoneKind(record["kind"]),
        by=record["by"],
        ref=record["ref"],
        place=record["place"],
        cells=np.array(record["cells"], dtype=np.int32),
        edges=np.array(record["edges"], dtype=np.int32).reshape(-1, 2),
        since_s=record["t"],
        until_s=inf if record["until"] is None else record["until"],
        limit_mps=inf if record["limit_mps"] is None else record["limit_mps"],
        robot=record["robot"],
    )


def refusal_record(kind: str, named: int | str, by: str, refusal: ZoneRefusal, now_s: float) -> dict[str, Any]:
    """Return the event of a refused action; `named` is the id or label of the restriction that it was about."""
    return {
        "t": now_s,
        "event": "zone_refused",
        "by": by,
        "id": named,
        "kind": kind,
        "reason": refusal.reason.value,
        "detail": f"{refusal.problem}; {refusal.remedy}",
    }
