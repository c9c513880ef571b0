"""The base of one robot as the kit plans it, and the parts of it that go into orders."""

from __future__ import annotations

import itertools
import math
from typing import Self

from tests.gateway_kit.wire import Table


class Base:
    """Grows from the middle of a cell; `nodes` are as on the wire, `nodes[0]` is where it began."""

    def __init__(self, pose: Table, last_seq: int, cell_m: float) -> None:
        self._cell_m = cell_m
        x, y = ((math.floor(pose[axis] / cell_m) + 0.5) * cell_m for axis in "xy")
        theta = round(pose["theta"] / (math.pi / 2)) * (math.pi / 2)
        self.nodes = [_node(last_seq, x, y, theta, pose["map"])]
        self._actions = itertools.count(1)

    @property
    def end(self) -> Table:
        """The last node."""
        return self.nodes[-1]

    def drive(self, cells: int = 1) -> Self:
        """Add so many drives."""
        for _ in range(cells):
            cos, sin = round(math.cos(self.end["theta"])), round(math.sin(self.end["theta"]))
            self._add(x=self.end["x"] + cos * self._cell_m, y=self.end["y"] + sin * self._cell_m)
        return self

    def turn(self, *quarters: int) -> Self:
        """Add turns: 1 clockwise, -1 the other way round."""
        for quarter in quarters:
            theta = math.remainder(self.end["theta"] + quarter * math.pi / 2, math.tau)
            self._add(theta=theta)
        return self

    def serve(self, seconds: float) -> Self:
        """Add a service."""
        return self._act({"type": "service", "block": "HARD", "params": {"seconds": seconds}})

    def charge(self) -> Self:
        """Add charging."""
        return self._act({"type": "startCharging", "block": "HARD"})

    def cut(self, seq: int) -> None:
        """Forget what follows a node: the robot has dropped it."""
        self.nodes = [node for node in self.nodes if node["seq"] <= seq]

    def node(self, seq: int) -> Table:
        """Return the node with a number."""
        return next(node for node in self.nodes if node["seq"] == seq)

    def part(self, first: int, last: int | None = None, *, horizon: int = 0) -> Table:
        """Return nodes and edges from one node to another, the last few of them not released, as in an order."""
        last = self.end["seq"] if last is None else last
        nodes = [dict(node) for node in self.nodes if first <= node["seq"] <= last]
        for node in nodes[len(nodes) - horizon :]:
            node["rel"] = False
        edges = [
            {"id": f"e{b['seq'] - 1}", "seq": b["seq"] - 1, "rel": b["rel"], "from": a["id"], "to": b["id"]}
            for a, b in itertools.pairwise(nodes)
        ]
        return {"nodes": nodes, "edges": edges, "upd": last // 2 - horizon}

    def _add(self, **changed: float) -> None:
        end = self.end
        place = {axis: changed.get(axis, end[axis]) for axis in ("x", "y", "theta")}
        self.nodes.append(_node(end["seq"] + 2, **place, on=end["map"]))

    def _act(self, action: Table) -> Self:
        self._add()
        self.end["actions"] = [{"id": f"a{next(self._actions)}", **action}]
        return self


def _node(seq: int, x: float, y: float, theta: float, on: str) -> Table:
    return {"id": f"n{seq}", "seq": seq, "rel": True, "x": x, "y": y, "theta": theta, "map": on}
