"""A gateway: speaks with a controller for robots of a `RobotFleet`. Messages and times in, messages out.

No clock and no sockets, see gateway_session. Acks and reports of a tick are given out by `report`, after the caller has
written down what they say; what belongs to the session goes out at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from robots.gateways.gateway_session import Drop, GatewaySession, Wanted
from robots.gateways.robot_base import Answer, RobotBase
from robots.gateways.robot_fleet import Columns, RobotFleet
from robots.messages import (
    Ack,
    ActionState,
    Fault,
    FromController,
    Instant,
    Message,
    Order,
    Pose,
    PoseReport,
    Resync,
    State,
    Velocity,
    Welcome,
)
from robots.state import Entry, Flag

_MOST_WAITING: Final = 8  # messages to one robot that is settling
_FAULTS: Final = (
    (Flag.BLOCKED, Fault("blocked", "WARNING", "something is in the way")),
    (Flag.FAILED, Fault("failed", "FATAL", "cannot move until somebody has seen to it")),
    (Flag.LOST, Fault("lost", "FATAL", "is not where its base says")),
)


class Gateway:
    """Speaks for the rows of a fleet from `first` on.

    session  its session, with the same robots
    boot     as its hellos say
    serials  of its robots
    map_name of the floor
    """

    def __init__(
        self, session: GatewaySession, boot: bytes, serials: Sequence[str], fleet: RobotFleet, first: int, map_name: str
    ) -> None:
        self.session = session
        self.rows = range(first, first + len(serials))
        self._boot = boot
        self._serials = serials
        self._row_of = dict(zip(serials, self.rows, strict=True))
        self._fleet = fleet
        self._map = map_name
        self._numbers = [0] * len(serials)
        self._acks: list[Ack] = []
        self._unsettled: dict[int, Ack] = {}  # acks that wait until a row has settled
        self._waiting: dict[int, list[Order | Instant]] = {}

    def wake(self, now: float, t_ns: int) -> None:
        """Do what is due, see GatewaySession."""
        self.session.wake(now, t_ns)

    def take(self, message: FromController, now: float, t_ns: int) -> None:
        """Take in a message that has come."""
        self.session.wake(now, t_ns)
        greeted = self.session.greeted
        if not self.session.take(message, now, t_ns):
            return
        if isinstance(message, Welcome):
            for row in self.rows[greeted : self.session.greeted]:
                self._fleet.want(row)
        elif isinstance(message, Resync):
            for row in self._rows_named(message.robots):
                self._fleet.want(row)
        elif isinstance(message, Order | Instant):
            self._hear(message)

    def take_wanted(self) -> list[Wanted]:
        """What the session wants done, in this order; it counts as done then."""
        wanted, self.session.wanted = self.session.wanted, []
        if any(isinstance(item, Drop) for item in wanted):
            self._acks.clear()
            self._unsettled.clear()
            self._waiting.clear()
        return wanted

    def settled(self, row: int) -> None:
        """Take in that a robot has said what it kept of its base: answer, and obey, what has waited for that."""
        if row in self._unsettled:
            self._acks.append(self._unsettled.pop(row))
        for message in self._waiting.pop(row, ()):
            self._hear(message)

    def report(
        self, states: Sequence[int], poses: Sequence[int], columns: Columns, t_ns: int
    ) -> tuple[list[Message], list[PoseReport]]:
        """Return the acks since the last report and the states of these rows, and poses, which may be dropped.

        Rows are rows of this gateway; what is not welcomed yet is not reported.
        """
        welcomed = self.rows.start + self.session.greeted
        messages: list[Message] = [*self._acks]
        self._acks.clear()
        messages += [self._state(row, columns, t_ns) for row in states if row < welcomed]
        return messages, [self._pose(row, columns, t_ns) for row in poses if row < welcomed]

    def _rows_named(self, names: Sequence[str]) -> list[int]:
        """Rows of these robots that there are; all of them for none."""
        return [self._row_of[name] for name in names if name in self._row_of] if names else list(self.rows)

    def _hear(self, message: Order | Instant) -> None:
        """Obey an order or instant, and answer it."""
        row = self._row_of.get(message.robot)
        if row is None:
            self._answer(message, ("rejected", "unknown_robot"))
        elif not self._fleet.silent(row):  # a robot that hears nothing does not answer
            self._obey(row, self._fleet.bases[row], message)

    def _obey(self, row: int, base: RobotBase, message: Order | Instant) -> None:
        if base.old(message.epoch):
            self._answer(message, ("rejected", "old_epoch"))
            return
        raised = base.raise_epoch(message)
        if raised:
            self._fleet.touch(row)
        if raised and isinstance(message, Order):
            self._answer(message, ("accepted", ""))
        elif base.must_settle_first(message):
            waiting = self._waiting.setdefault(row, [])
            if len(waiting) < _MOST_WAITING:
                waiting.append(message)
        elif isinstance(message, Order):
            self._changed(row, message, base.take_order(message))
        else:
            answer = base.take_instant(message, self._fleet.body(row))
            self._changed(row, message, answer)

    def _changed(self, row: int, message: Order | Instant, answer: Answer) -> None:
        """Answer, now or when the robot has settled, and have what has changed reported."""
        base = self._fleet.bases[row]
        if answer[0] == "accepted":
            self._fleet.touch(row)
        elif base.news:
            self._fleet.want(row)
        if any(action.type == "cancelOrder" for action in getattr(message, "actions", ())) and base.settling:
            self._unsettled[row] = Ack(message.robot, message.seq, *answer)
        else:
            self._answer(message, answer)

    def _answer(self, message: Order | Instant, answer: Answer) -> None:
        self._acks.append(Ack(message.robot, message.seq, *answer))

    def _number(self, row: int) -> int:
        place = row - self.rows.start
        self._numbers[place] += 1
        return self._numbers[place]

    def _pose(self, row: int, columns: Columns, t_ns: int) -> PoseReport:
        serial = self._serials[row - self.rows.start]
        pose, velocity = self._pose_of(row, columns)
        return PoseReport(serial, self._number(row), t_ns - round(columns.age_s[row] * 1e9), pose, velocity)

    def _pose_of(self, row: int, columns: Columns) -> tuple[Pose, Velocity]:
        lost = columns.flags[row] & Flag.LOST
        pose = Pose(columns.x_m[row], columns.y_m[row], columns.theta_rad[row], self._map, not lost)
        return pose, Velocity(columns.speed_mps[row], columns.turning[row])

    def _state(self, row: int, columns: Columns, t_ns: int) -> State:
        base = self._fleet.bases[row]
        memory = base.memory
        pose, velocity = self._pose_of(row, columns)
        flags = columns.flags[row]
        return State(
            robot=self._serials[row - self.rows.start],
            boot=self._boot,
            seq=self._number(row),
            t=t_ns - round(columns.age_s[row] * 1e9),
            epoch=memory.epoch,
            order=memory.order,
            upd=base.end,
            last_node=memory.node,
            last_seq=2 * memory.confirmed,
            pose=pose,
            vel=velocity,
            soc=columns.percent[row],
            nodes=tuple(range(2 * memory.confirmed + 2, 2 * base.end + 1, 2)),
            edges=tuple(range(2 * memory.confirmed + 1, 2 * base.end, 2)),
            actions=_actions(base, columns.service_left_s[row]),
            driving=columns.moving[row],
            paused=bool(flags & Flag.HALTED),
            charging=columns.charging[row],
            errors=tuple(fault for flag, fault in _FAULTS if flags & flag) if flags else (),
            energy=columns.energy[row],
        )


def _actions(base: RobotBase, service_left_s: float) -> tuple[ActionState, ...]:
    """Actions of a base that are not over, the last one that is, and instant ones that were not told yet."""
    memory = base.memory
    actions = [ActionState(memory.last_action, "FINISHED")] if memory.last_action else []
    for place, entry in enumerate(memory.entries):
        if place == 0 and entry.kind == Entry.SERVICE and service_left_s > 0:
            actions.append(ActionState(entry.action, "RUNNING", service_left_s))
        elif entry.action:
            actions.append(ActionState(entry.action, "WAITING"))
    told, base.news = base.news, []
    return (*actions, *told)
