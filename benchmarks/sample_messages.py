"""A message of every kind, as large as they come in a day's work; and the largest order."""

from __future__ import annotations

from itertools import pairwise
from math import pi
from typing import Final

from robots.messages import (
    Ack,
    Action,
    ActionState,
    Bye,
    Edge,
    Factsheet,
    Fault,
    Hb,
    Hello,
    Instant,
    Message,
    Node,
    Order,
    Params,
    Pose,
    PoseReport,
    Resync,
    RobotIdentity,
    State,
    Velocity,
    Welcome,
)

_NOW_NS: Final = 1_790_000_000_000_000_000
_BOOT: Final = bytes(range(16))
_POSE: Final = Pose(123.25, 44.5, pi / 2, "future_park")


def sample_messages() -> dict[str, Message]:
    """Return messages by kind; `order` extends a base by six entries, `order (most)` has as many as one may have."""
    robots = tuple(RobotIdentity("futurepark", f"amr-{k:03}", Factsheet("amr", 0.8, 0.6, 1.5, 900.0)) for k in range(8))
    return {
        "hello": Hello((1, 0), "gw-1", _BOOT, robots),
        "welcome": Welcome(7, 3, 3000, 1000, (1, 0)),
        "order": order_of(6),
        "order (most)": order_of(31),
        "instant": Instant("amr-000", 3, 991, (Action("amr-000/991", "speedLimit", params=Params(mps=0.5)),)),
        "ack": Ack("amr-000", 990, "rejected", "gap"),
        "state": State(
            "amr-000", _BOOT, 12345, _NOW_NS, 3, "epoch-3", 146, "n280", 280, _POSE, Velocity(1.5), 77.5,
            nodes=tuple(range(282, 294, 2)), edges=tuple(range(281, 293, 2)),
            actions=(ActionState("serve-139", "FINISHED"), ActionState("serve-146", "RUNNING", 2.5)),
            driving=True, loads=("tote-1",), errors=(Fault("blocked", "WARNING", "a pallet"),), energy=12.5,
        ),
        "pose": PoseReport("amr-000", 12346, _NOW_NS, _POSE, Velocity(1.5, 0.1)),
        "hb": Hb(7, 3, _NOW_NS),
        "bye": Bye(7, 3, _NOW_NS, "no such robot"),
        "resync": Resync(7, 3, _NOW_NS, ("amr-000", "amr-001")),
    }  # fmt: skip


def order_of(entries: int) -> Order:
    """Return an order of so many entries, 31 at most; every third of them is a service."""
    nodes = [
        Node(
            id=f"n{2 * k}", seq=2 * k, rel=True, x=100.0 + k, y=44.5, map="future_park", theta=0.0,
            actions=(Action(f"serve-{k}", "service", params=Params(seconds=4.0)),) if k % 3 == 2 else (),
        )
        for k in range(140, 141 + entries)
    ]  # fmt: skip
    edges = [
        Edge(id=f"e{k}", seq=2 * k + 1, rel=True, from_=before.id, to=after.id, vmax=1.5)
        for k, (before, after) in enumerate(pairwise(nodes), start=140)
    ]
    return Order("amr-000", 3, 990, "epoch-3", 140 + entries, tuple(nodes), tuple(edges))
