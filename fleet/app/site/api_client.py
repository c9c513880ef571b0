"""Talks to a running controller, or to the one that takes over from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import sleep
from types import TracebackType
from typing import Final, TypeVar
from uuid import uuid4

from fleet.app.site.api_codec import decode_reply, encode
from fleet.app.site.api_link import ApiLink
from fleet.app.site.api_messages import (
    PASSING,
    Act,
    Acted,
    AnyReply,
    Ask,
    FloorAsk,
    FloorIs,
    NewOrder,
    OrderAdd,
    OrderCancel,
    OrderList,
    OrderPrioritise,
    OrderRecords,
    OrderResult,
    OrderResults,
    OrderRows,
    OrderShow,
    OrderShown,
    OrdersOnRecord,
    OrderStatus,
    Refused,
    Reply,
    RobotShow,
    RobotShown,
    SnapshotAsk,
    SnapshotIs,
    StatusAsk,
    StatusIs,
    TaskList,
    TaskRows,
    TaskStatusName,
)
from fleet.app.site.errors import ControllerUnreachableError, MessageError, RefusedError
from fleet.app.site.feed_messages import SiteNews
from fleet.app.site.local_socket import ClientKeys, Context, check_endpoint
from fleet.errors import SettingError
from fleet.runtime.clock import Clock

_Answer = TypeVar("_Answer", bound=Reply)
# Between two rounds over all endpoints, and before a busy controller is asked again.
_PAUSE_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class ClientParams:
    """answer_s: how long one controller has for an answer; give_up_s: how long all of them have."""

    answer_s: float = 3.0
    give_up_s: float = 12.0


class ApiClient:
    """Asks controllers, one after the other, until one that leads answers; the first one is kept as long as it does.

    A request that gets no answer is sent again with the same id, to the same controller or the next: it is carried out
    once (see docs/site-api.md for what a takeover means). Every method raises ControllerUnreachableError when nobody
    has answered in time, and RefusedError when the answer is no.

    user: the operator's name, which counts only where there are no keys. Use as a context, or close.
    """

    def __init__(
        self,
        context: Context,
        endpoints: Sequence[str],
        keys: ClientKeys | None,
        clock: Clock,
        *,
        user: str = "",
        params: ClientParams = ClientParams(),
        new_id: Callable[[], str] = lambda: uuid4().hex,
    ) -> None:
        if not endpoints:
            raise SettingError("--connect", "names no controller", "give tcp://HOST:PORT or ipc://PATH")
        for endpoint in endpoints:
            check_endpoint(endpoint, "--connect")
        self._context = context
        self._endpoints = list(endpoints)
        self._keys = keys
        self._clock = clock
        self._user = user
        self._params = params
        self._new_id = new_id
        self._at = 0
        self._link: ApiLink | None = None

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def endpoint(self) -> str:
        """The controller that is asked first now."""
        return self._endpoints[self._at]

    def add_orders(self, orders: Sequence[NewOrder]) -> tuple[OrderResult, ...]:
        """Have orders taken on, up to 500; return what became of each: accepted, duplicate or refused."""
        return self._ask(OrderAdd(id=self._new_id(), user=self._user, orders=tuple(orders)), OrderResults).results

    def cancel_orders(self, orders: Sequence[str]) -> tuple[OrderResult, ...]:
        """Cancel orders, up to 500; return what became of each."""
        return self._ask(OrderCancel(id=self._new_id(), user=self._user, orders=tuple(orders)), OrderResults).results

    def prioritise_order(self, order: str, priority: int, due_in_s: float | None) -> OrderResult:
        """Give an order another priority and, unless None, another due time, counted from now."""
        ask = OrderPrioritise(id=self._new_id(), user=self._user, order=order, priority=priority, due_in_s=due_in_s)
        return self._ask(ask, OrderResults).results[0]

    def act(self, action: str) -> int:
        """Do something to the floor, see docs/site-api.md; return the id of the restriction that it was about."""
        return self._ask(Act(id=self._new_id(), user=self._user, action=action), Acted).restriction

    def orders(self, status: OrderStatus | None = None, *, after: int = -1, limit: int = 100) -> OrderRows:
        """Return up to `limit` orders after row `after`."""
        ask = OrderList(id=self._new_id(), user=self._user, status=status, after=after, limit=limit)
        return self._ask(ask, OrderRows)

    def order(self, order: str) -> OrderShown:
        """Return all there is to know of an order."""
        return self._ask(OrderShow(id=self._new_id(), user=self._user, order=order), OrderShown)

    def records(self, status: OrderStatus | None = None, *, after: int = -1, tasks: bool = False) -> OrdersOnRecord:
        """Return some orders after row `after` as they are on record, with their tasks if that is said."""
        ask = OrderRecords(id=self._new_id(), user=self._user, status=status, after=after, tasks=tasks)
        return self._ask(ask, OrdersOnRecord)

    def tasks(self, status: TaskStatusName | None = None, *, after: int = -1, limit: int = 100) -> TaskRows:
        """Return up to `limit` tasks after number `after`."""
        ask = TaskList(id=self._new_id(), user=self._user, status=status, after=after, limit=limit)
        return self._ask(ask, TaskRows)

    def robot(self, serial: str) -> RobotShown:
        """Return what a robot has to do, may do, and is planned to do."""
        return self._ask(RobotShow(id=self._new_id(), user=self._user, robot=serial), RobotShown)

    def floor(self) -> FloorIs:
        """Return where robots are and what is restricted."""
        return self._ask(FloorAsk(id=self._new_id(), user=self._user), FloorIs)

    def status(self) -> SiteNews:
        """Return how the site is."""
        return self._ask(StatusAsk(id=self._new_id(), user=self._user), StatusIs).site

    def snapshot(self) -> SnapshotIs:
        """Return the whole fleet."""
        return self._ask(SnapshotAsk(id=self._new_id(), user=self._user), SnapshotIs)

    def close(self) -> None:
        """Let go of the connection. May be called twice."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _ask(self, ask: Ask, kind: type[_Answer]) -> _Answer:
        reply = self._answer(ask)
        if isinstance(reply, Refused):
            raise RefusedError(reply.code, reply.problem, reply.remedy)
        if not isinstance(reply, kind):
            raise MessageError("malformed", f"the answer to {ask.__struct_config__.tag} is a {type(reply).__name__}")
        return reply

    def _answer(self, ask: Ask) -> AnyReply:
        """Ask until somebody gives an answer that will stay the same."""
        frames = encode(ask)
        give_up_s = self._clock.now() + self._params.give_up_s
        reasons: dict[str, str] = {}
        tries = 0
        while self._clock.now() < give_up_s:
            reply = self._try(frames, ask.id, give_up_s)
            if isinstance(reply, Refused) and reply.code in PASSING:
                reasons[self.endpoint] = f"{reply.code}, {reply.problem}"
                self._pause(give_up_s)
                if reply.code == "busy":
                    continue
            elif isinstance(reply, str):
                # A try that was cut short does not make forgotten what an earlier one has shown.
                known = reasons.get(self.endpoint, f"no answer in {self._params.answer_s:g} s")
                reasons[self.endpoint] = reply or known
            else:
                return reply
            tries += 1
            self._go_on()
            if tries % len(self._endpoints) == 0:
                self._pause(give_up_s)
        told = "; ".join(f"{endpoint}: {reason}" for endpoint, reason in reasons.items())
        raise ControllerUnreachableError(f"no controller answers: {told}")

    def _try(self, frames: list[bytes], request: str, give_up_s: float) -> AnyReply | str:
        """Ask one controller; return its answer, or why there is none, empty if that does not show."""
        if self._link is None:
            self._link = ApiLink(self._context, self.endpoint, self._keys)
        link = self._link
        link.send(frames)
        until_s = min(self._clock.now() + self._params.answer_s, give_up_s)
        while not link.failure and (left_s := until_s - self._clock.now()) > 0:
            message = link.receive(left_s)
            if message is None:
                continue
            reply = decode_reply(message)
            # Others are answers to what was given up before.
            if reply.id == request or (not reply.id and isinstance(reply, Refused)):
                return reply
        return link.failure

    def _go_on(self) -> None:
        """Turn to the next controller."""
        self.close()
        self._at = (self._at + 1) % len(self._endpoints)

    def _pause(self, give_up_s: float) -> None:
        sleep(max(0.0, min(_PAUSE_S, give_up_s - self._clock.now())))
