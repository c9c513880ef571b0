"""One robot's base on the gateway's side of the wire: what it makes of orders and instants, rules 1 to 5, 10 and 11.

See docs/protocol.md. No clock, no sockets. What a robot must not forget is in `RobotMemory`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from math import inf, pi
from typing import Final, Literal

import msgspec

from robots.gateways.floor_map import FloorMap
from robots.gateways.floor_poses import place_of
from robots.messages import Action, ActionState, Instant, Node, Order, Pose
from robots.state import Entry

MOST_ENTRIES: Final = 48  # that are not confirmed: a state has room for them and their actions
_MOST_IDS: Final = 64
_NEWS: Final = 12  # instant actions in one state
_INSTANTS: Final = frozenset({"startPause", "stopPause", "speedLimit", "cancelOrder", "initPosition", "stateRequest"})
_ON_THE_BODY: Final = frozenset({"cancelOrder", "initPosition"})
_ACTION_OF: Final[dict[int, str]] = {Entry.SERVICE: "service", Entry.CHARGE: "startCharging"}
_LEAST: Final = 1e-3  # m/s or seconds: what is less is 0 for a driver, which is none
_TURNS: Final = {1: Entry.TURN_CW, 3: Entry.TURN_CCW}
_ENCODER: Final = msgspec.msgpack.Encoder()

Result = Literal["accepted", "duplicate", "rejected"]
Answer = tuple[Result, str]
_ACCEPTED: Final[Answer] = ("accepted", "")
_DUPLICATE: Final[Answer] = ("duplicate", "")


class BaseEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry of a base, and where the robot is after it: cell, heading and the node's name.

    action  name of its action, empty for drives and turns
    limit   m/s on its edge, inf for none
    """

    kind: int
    cell: int
    heading: int
    seconds: float
    node: str
    action: str
    limit: float


class RobotMemory(msgspec.Struct, array_like=True):
    """What a robot knows and has to know again after a restart.

    epoch, order  that it obeys
    raised_by     digest of the message that raised the epoch: its copies add nothing either
    confirmed     entries that are done; cell, heading, node: where the robot is after them, and the node's name
    offset        confirmed here less confirmed at the driver: initPosition can set the count
    last_action   name of the action of its base that was last over
    paused, limit_mps  levels; inf for no limit
    carried       names of instant actions that were carried out, oldest first
    entries       those that are not confirmed, in order
    """

    cell: int
    heading: int
    epoch: int = 0
    order: str = ""
    raised_by: bytes = b""
    confirmed: int = 0
    node: str = ""
    offset: int = 0
    last_action: str = ""
    paused: bool = False
    limit_mps: float = inf
    carried: list[str] = msgspec.field(default_factory=list)
    entries: list[BaseEntry] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Body:
    """What an instant may hang on: the robot as it was last heard.

    lost, standing  whether it is lost, and at rest
    place           sets the robot on a cell with a heading, and returns whether that could be
    cancel          has the robot drop all that it has not confirmed
    """

    lost: bool
    standing: bool
    place: Callable[[int, int], bool]
    cancel: Callable[[], None]


class _RefusedError(Exception):
    """What is wrong with an order: the error of its ack."""


class RobotBase:
    """A robot's base as its gateway keeps it.

    settling  the robot was told to drop entries, and has not said yet what it kept
    news      instant actions that were carried out or refused since they were last taken from here
    """

    def __init__(self, floor: FloorMap, memory: RobotMemory, *, settling: bool = False) -> None:
        self._floor = floor
        self.memory = memory
        self.settling = settling
        self.news: list[ActionState] = []

    @property
    def end(self) -> int:
        """Number of entries in the base."""
        return self.memory.confirmed + len(self.memory.entries)

    def old(self, epoch: int) -> bool:
        """Whether a message of this epoch is refused (rule 2)."""
        return epoch < self.memory.epoch

    def raise_epoch(self, message: Order | Instant) -> bool:
        """Obey the epoch of a message from now on, if it is greater (rule 3); return whether it is."""
        if message.epoch <= self.memory.epoch:
            return False
        self.memory.epoch, self.memory.raised_by = message.epoch, _digest(message)
        self.settling = True
        return True

    def must_settle_first(self, message: Order | Instant) -> bool:
        """Whether a message has to wait until the robot has said what it kept of its base."""
        of_base = isinstance(message, Order) or any(action.type in _ON_THE_BODY for action in message.actions)
        return self.settling and of_base

    def take_order(self, order: Order) -> Answer:
        """Rule 1, for an order of the epoch that the robot obeys, when it is not `settling`."""
        memory = self.memory
        if order.edges and _digest(order) == memory.raised_by:
            return _DUPLICATE
        try:
            new = self._new_entries(order)
        except _RefusedError as refusal:
            return "rejected", str(refusal)
        if not new:
            return _DUPLICATE
        memory.order = order.order
        memory.entries += new
        return _ACCEPTED

    def take_instant(self, instant: Instant, body: Body) -> Answer:
        """Rules 5, 10 and 11, for an instant of the epoch that the robot obeys.

        One with an action that is unknown or impossible is refused as a whole. After a `cancelOrder` the robot is
        `settling`; the answer is to be given when that is over.
        """
        new = [action for action in instant.actions if action.id not in self.memory.carried]
        if not new:
            return _DUPLICATE
        if any(action.type not in _INSTANTS for action in new):
            return "rejected", "unknown_action"
        for action in new:
            if action.type == "initPosition" and (error := self._position(action, body)):
                self._tell(ActionState(action.id, "FAILED"))
                return "rejected", error
        for action in new:
            self._carry_out(action, body)
        return _ACCEPTED

    def heard(self, epoch: int, received: int, confirmed: int) -> int:
        """Take in a new report, in the driver's numbers; return how many entries are confirmed by it."""
        memory = self.memory
        done = max(min(confirmed + memory.offset - memory.confirmed, len(memory.entries)), 0)
        for entry in memory.entries[:done]:
            memory.cell, memory.heading, memory.node = entry.cell, entry.heading, entry.node
            memory.last_action = entry.action or memory.last_action
        del memory.entries[:done]
        memory.confirmed += done
        if self.settling and epoch == memory.epoch:
            self.settling = False
            del memory.entries[max(received + memory.offset - memory.confirmed, 0) :]
        return done

    def _new_entries(self, order: Order) -> list[BaseEntry]:
        """Entries of an order that the base does not have yet; raises _RefusedError."""
        nodes, first = order.nodes, order.nodes[0].seq
        if first % 2 or [node.seq for node in nodes] != list(range(first, first + 2 * len(nodes), 2)):
            raise _RefusedError("malformed")
        if [edge.seq for edge in order.edges] != list(range(first + 1, first + 2 * len(nodes) - 1, 2)):
            raise _RefusedError("malformed")
        if any(edge.actions for edge in order.edges):
            raise _RefusedError("unknown_action")
        number = first // 2
        if number > self.end:
            raise _RefusedError("gap")
        self._check_place(nodes[0], number)
        new: list[BaseEntry] = []
        cell, heading = self._place_at(self.end)
        for place, (node, edge) in enumerate(zip(nodes[1:], order.edges, strict=True), start=number):
            if not (node.rel and edge.rel):
                break
            if place >= self.end:
                entry = self._entry(node, cell, heading, max(edge.vmax or inf, _LEAST))
                cell, heading = entry.cell, entry.heading
                new.append(entry)
            elif place >= self.memory.confirmed and self._differs(node, place):
                raise _RefusedError("changed")
        if len(self.memory.entries) + len(new) > MOST_ENTRIES:
            raise _RefusedError("too_long")
        return new

    def _check_place(self, node: Node, number: int) -> None:
        """Refuse a first node that is not where the base is after so many entries, as far as that is remembered."""
        if number < self.memory.confirmed:
            return
        place = self._place_at(number)
        if self._place_of(node, place[1]) != place:
            raise _RefusedError("changed")

    def _differs(self, node: Node, number: int) -> bool:
        """Whether a node is another than that of this entry; it may go by another name, an action may not."""
        entry = self.memory.entries[number - self.memory.confirmed]
        actions = [(action.id, action.type, action.params.seconds or 0.0) for action in node.actions]
        kept = [(entry.action, _ACTION_OF[entry.kind], entry.seconds)] if entry.kind in _ACTION_OF else []
        return self._place_of(node, entry.heading) != (entry.cell, entry.heading) or actions != kept

    def _place_at(self, number: int) -> tuple[int, int]:
        """Where the robot is after so many entries: cell and heading; not fewer than are confirmed."""
        if number == self.memory.confirmed:
            return self.memory.cell, self.memory.heading
        entry = self.memory.entries[number - self.memory.confirmed - 1]
        return entry.cell, entry.heading

    def _entry(self, node: Node, cell: int, heading: int, limit: float) -> BaseEntry:
        """The entry that leads from a cell and heading to a node; raises _RefusedError if none does."""
        to = self._place_of(node, heading)
        if to is None:
            raise _RefusedError("impossible")
        kind, seconds, action = self._kind(node, cell, heading, *to)
        return BaseEntry(kind, *to, seconds, node.id, action, limit)

    def _place_of(self, node: Node, heading: int) -> tuple[int, int] | None:
        """Cell and heading of a node, which is reached with this heading unless it says; None if it is no place."""
        theta = heading * (pi / 2) if node.theta is None else node.theta
        return place_of(self._floor, Pose(node.x, node.y, theta, node.map))

    def _kind(self, node: Node, cell: int, heading: int, to_cell: int, to_heading: int) -> tuple[int, float, str]:
        """Kind of the entry between two places, its seconds, and the name of its action."""
        stays = to_cell == cell and to_heading == heading
        if node.actions:
            action = node.actions[0]
            if len(node.actions) > 1 or action.type not in {"service", "startCharging"}:
                raise _RefusedError("unknown_action")
            if stays and action.type == "service" and (action.params.seconds or 0.0) >= _LEAST:
                return Entry.SERVICE, action.params.seconds or 0.0, action.id
            if stays and action.type == "startCharging" and self._floor.charger[cell]:
                return Entry.CHARGE, 0.0, action.id
        elif to_cell == cell:
            turn = _TURNS.get((to_heading - heading) & 3)
            if turn is not None:
                return turn, 0.0, ""
        elif to_heading == heading and self._floor.ahead(cell, heading) == to_cell:
            return Entry.FORWARD, 0.0, ""
        raise _RefusedError("impossible")

    def _position(self, action: Action, body: Body) -> str:
        """Rule 10; returns the error, empty if the robot is there now."""
        memory, told = self.memory, action.params
        if not (body.lost or (not memory.entries and body.standing)):
            return "busy"
        if told.x is None or told.y is None or told.theta is None or (told.last_seq or 0) % 2:
            return "malformed"
        to = place_of(self._floor, Pose(told.x, told.y, told.theta, told.map or self._floor.name))
        if to is None or not body.place(*to):
            return "impossible"
        confirmed = memory.confirmed if told.last_seq is None else told.last_seq // 2
        memory.offset += confirmed - memory.confirmed
        memory.confirmed = confirmed
        (memory.cell, memory.heading), memory.node, memory.last_action = to, "", ""
        memory.entries.clear()
        return ""

    def _carry_out(self, action: Action, body: Body) -> None:
        memory = self.memory
        if action.type == "startPause":
            memory.paused = True
        elif action.type == "stopPause":
            memory.paused = False
        elif action.type == "speedLimit":
            memory.limit_mps = max(action.params.mps or inf, _LEAST)
        elif action.type == "cancelOrder":
            body.cancel()
            self.settling = True
        memory.carried.append(action.id)
        del memory.carried[:-_MOST_IDS]
        self._tell(ActionState(action.id, "FINISHED"))

    def _tell(self, state: ActionState) -> None:
        self.news.append(state)
        del self.news[:-_NEWS]


def _digest(message: Order | Instant) -> bytes:
    return blake2b(_ENCODER.encode(message), digest_size=8).digest()
