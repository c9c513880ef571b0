"""The controller's end of the line to one robot: what it is to be told, the newest only, until it has it."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from typing import Final

from robots.gateways.given_base import GivenBase
from robots.gateways.wire_params import WireParams
from robots.messages import Ack, Action, Instant, Order, Params

UNHEARD: Final = -1
NEVER: Final = inf
AT_ONCE: Final = -inf
_FASTEST_MPS: Final = 100.0  # a limit above that limits nothing; there is no number for it on the wire


class RobotLine:
    """What a robot has been given, what it has said, and what is still to be sent.

    It keeps no queue: the base, one epoch and two levels are all that a robot can still have to be told, and a message
    that is sent again says how they are now.

    base             what it was given
    epoch            that it is to obey
    heard_epoch, received  that it obeys, UNHEARD before its first state; entries that it has, by its last one
    joined           whether it has been heard in the session that is on
    asked            whether its state is to be asked for
    astray           why it is not where its base says, empty if it is
    """

    __slots__ = (
        *("_cancel_due_s", "_cancel_seq", "_cancelled", "_level_due_s", "_level_seq", "_levels", "_order_due_s"),
        *(
            "_order_seq",
            "_params",
            "_prefix",
            "_sent_end",
            "_sent_epoch",
            "_seq",
            "asked",
            "astray",
            "base",
            "cancelling",
        ),
        *("epoch", "heard_epoch", "joined", "received", "serial"),
    )

    def __init__(self, serial: str, base: GivenBase, params: WireParams, controller: int) -> None:
        self.serial = serial
        self.base = base
        self.epoch, self.heard_epoch = 0, UNHEARD
        self.received = base.confirmed
        self.joined = False
        self.asked = False
        self.astray = ""
        self.cancelling = False
        self._params = params
        # Names of actions and numbers of messages are new in each life of a controller.
        self._prefix = controller
        self._seq = controller << 32
        self._levels: tuple[bool, float] | None = None  # halt and speed limit; None: not said yet
        self._sent_end, self._sent_epoch = base.confirmed, UNHEARD
        self._order_seq = self._level_seq = self._cancel_seq = -1
        self._order_due_s, self._level_due_s, self._cancel_due_s = AT_ONCE, NEVER, NEVER
        self._cancelled = False

    @property
    def awaits(self) -> bool:
        """Whether the robot has yet to say what is left of its base: it gets no entries until then."""
        return self.cancelling or self.heard_epoch < self.epoch

    @property
    def idle(self) -> bool:
        """Whether there is nothing to tell the robot, nor anything to be acknowledged."""
        return not self.awaits and self.received >= self.base.end and self._level_due_s == NEVER

    def level(self, halt: bool, limit_mps: float) -> None:
        """Take over the levels of a row."""
        if self._levels != (halt, limit_mps):
            self._levels = (halt, limit_mps)
            self._level_due_s = AT_ONCE

    def cancel(self) -> None:
        """Have the robot drop all that it has not confirmed, whatever it is about."""
        self.cancelling, self._cancelled, self._cancel_due_s = True, False, AT_ONCE

    def send_again(self) -> None:
        """Send all that is not reported anew: the robot may have lost it."""
        self._sent_end, self._sent_epoch = self.received, self.heard_epoch
        self._order_due_s = AT_ONCE
        if self._levels is not None:
            self._level_due_s = AT_ONCE
        if self.cancelling and not self._cancelled:
            self._cancel_due_s = AT_ONCE

    def heard(self, epoch: int, received: int) -> bool:
        """Take in what a state says of the base; returns whether that ends the wait for what was dropped."""
        self.received = received
        waited = self.awaits
        self.heard_epoch = epoch
        if self.cancelling and self._cancelled:
            self.cancelling = False
        if not waited or self.awaits:
            return False
        self.base.cut(received)
        self._sent_end = received
        return True

    def answered(self, ack: Ack, now_s: float) -> str:
        """Take in an ack; returns why the robot refused what it answers, empty if it did not."""
        refused = ack.result == "rejected"
        if ack.re == self._order_seq:
            self._order_due_s = now_s + (self._params.resend_s if refused else self._params.settle_s)
        elif ack.re == self._level_seq:
            self._level_due_s = now_s + self._params.settle_s if refused else NEVER
        elif ack.re == self._cancel_seq and not refused:
            self._cancel_due_s, self._cancelled = NEVER, True
        return (ack.error or "no reason given") if refused else ""

    def knows(self, seq: int) -> bool:
        """Return whether a message of this number was ever sent."""
        return self._prefix << 32 < seq <= self._seq

    def due(self, now_s: float) -> Iterator[Order | Instant]:
        """Yield what is to be sent now; what is yielded counts as sent, see `send_again`."""
        if not self.joined or self.astray:
            return
        params = self._params
        again_s = now_s + params.resend_s
        if self.cancelling:
            if self._cancel_due_s <= now_s:
                self._cancel_due_s, self._cancel_seq = again_s, self._number()
                yield self._instant(self._cancel_seq, Action(self._name("c"), "cancelOrder"))
            return
        if self.heard_epoch > self.epoch:
            return
        if self.heard_epoch < self.epoch:
            if self._sent_epoch != self.epoch or self._order_due_s <= now_s:
                yield self._order(self.base.confirmed, self.base.confirmed, again_s)
        elif self.received < self.base.end:
            if self._order_due_s <= now_s:
                self._sent_end = self.received
            if self._sent_end < self.base.end:
                yield self._order(max(self._sent_end, self.base.confirmed), self.base.end, again_s)
        if self._level_due_s <= now_s and self._levels is not None:
            self._level_due_s, self._level_seq = again_s, self._number()
            yield self._level_message(*self._levels)

    def _order(self, first: int, end: int, again_s: float) -> Order:
        self._order_seq, self._order_due_s = self._number(), again_s
        self._sent_epoch, self._sent_end = self.epoch, end
        return self.base.order(self.serial, self.epoch, self._order_seq, first, end)

    def _level_message(self, halt: bool, limit_mps: float) -> Instant:
        pause = Action(self._name("p"), "startPause" if halt else "stopPause")
        limit = Params(mps=limit_mps) if limit_mps <= _FASTEST_MPS else Params()
        return self._instant(self._level_seq, pause, Action(self._name("l"), "speedLimit", params=limit))

    def _instant(self, seq: int, *actions: Action) -> Instant:
        return Instant(self.serial, self.epoch, seq, actions)

    def _name(self, what: str) -> str:
        return f"{self._prefix}.{self._seq & 0xFFFFFFFF}{what}"

    def _number(self) -> int:
        self._seq += 1
        return self._seq
