"""What the HTTP API does to a live site, in the name of whoever has the token."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from fleet.app.dashboard.controller_desk import ControllerDesk
from fleet.app.dashboard.endpoint import Call, Endpoint, Handle, OrderId, RestrictionId, Serial
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.http_messages import (
    Done,
    OrderChange,
    OrdersTaken,
    OrdersToAdd,
    RobotAction,
    ZoneToMake,
)
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.site.api_client import ApiClient
from fleet.app.site.api_messages import OrderResult

_AWAY: Final = {503: "the controller does not answer; whether it did it, a second try tells"}
_FLOOR_SAYS: Final = {409: "the floor does not allow it now; see docs/zones.md for reasons", **_AWAY}
_ORDER_SAYS: Final = {404: "no order of this id was accepted", 409: "the order is over", **_AWAY}

_RobotKind = Literal["pause", "out_of_service"]


class SiteActs:
    """Carries actions out, by way of the controller's API."""

    def __init__(self, live: LiveFloor, desk: ControllerDesk) -> None:
        self._live = live
        self._desk = desk

    def endpoints(self) -> list[Endpoint]:
        """Return what can be done."""
        return [*self._of_orders(), *self._of_zones(), *self._of_robots()]

    def _of_orders(self) -> list[Endpoint]:
        order = {"order": OrderId}
        return [
            Endpoint(
                "POST", "/orders", "add_orders", "Add orders.", OrdersTaken, self._add_orders,
                acts=True, body=OrdersToAdd, errors=_AWAY,
            ),
            Endpoint(
                "DELETE", "/orders/{order}", "cancel_order", "Cancel an order.", OrderResult, self._cancel_order,
                acts=True, place=order, errors=_ORDER_SAYS,
            ),
            Endpoint(
                "PATCH", "/orders/{order}", "prioritise_order", "Give an order another priority and due time.",
                OrderResult, self._change_order, acts=True, place=order, body=OrderChange, errors=_ORDER_SAYS,
            ),
        ]  # fmt: skip

    def _of_zones(self) -> list[Endpoint]:
        number = {"restriction": RestrictionId}
        ending = (
            ("DELETE", "/zones/{restriction}", "open", "End a closure, a slow zone, a one-way or a robot's pause."),
            ("POST", "/zones/{restriction}/request_clear", "request_clear", "First step of clearing a stop."),
            ("POST", "/zones/{restriction}/confirm_clear", "confirm_clear", "Second step of clearing a stop."),
        )
        return [
            Endpoint(
                "POST", "/zones", "make_zone", "Close, slow or stop a part of the floor.", Done, self._make_zone,
                acts=True, body=ZoneToMake, errors=_FLOOR_SAYS,
            ),
            Endpoint(
                "POST", "/stop", "stop", "Emergency stop of the whole floor.", Done, self._stop,
                acts=True, errors=_FLOOR_SAYS,
            ),
            *(
                Endpoint(method, path, f"{do}_zone", what, Done, self._ends(do),
                         acts=True, place=number, errors=_FLOOR_SAYS)
                for method, path, do, what in ending
            ),
        ]  # fmt: skip

    def _of_robots(self) -> list[Endpoint]:
        begin: tuple[tuple[str, _RobotKind, str], ...] = (
            ("pause", "pause", "Let a robot stand where it can, and give it nothing new."),
            ("out_of_service", "out_of_service", "Let a robot finish its task and give it no more."),
        )
        end: tuple[tuple[str, _RobotKind, str], ...] = (
            ("resume", "pause", "End all pauses of a robot."),
            ("into_service", "out_of_service", "Give a robot tasks again."),
        )
        errors = {404: "there is no such robot", **_FLOOR_SAYS}
        robot = {"robot": Serial}
        return [
            *(
                Endpoint("POST", f"/robots/{{robot}}/{path}", f"{path}_robot", what, Done, self._robot_begins(kind),
                         acts=True, place=robot, body=RobotAction, body_needed=False, errors=errors)
                for path, kind, what in begin
            ),
            *(
                Endpoint("POST", f"/robots/{{robot}}/{path}", f"{path}_robot", what, Done, self._robot_ends(kind),
                         acts=True, place=robot, errors=errors)
                for path, kind, what in end
            ),
        ]  # fmt: skip

    async def _add_orders(self, call: Call) -> OrdersTaken:
        orders = call.body if isinstance(call.body, list) else [call.body]
        return OrdersTaken(results=await self._desk.act(call.caller.name, lambda client: client.add_orders(orders)))

    async def _cancel_order(self, call: Call) -> OrderResult:
        order = call.place["order"]
        return _changed(await self._desk.act(call.caller.name, lambda client: client.cancel_orders([order])[0]))

    async def _change_order(self, call: Call) -> OrderResult:
        order, body = call.place["order"], call.body
        return _changed(
            await self._desk.act(
                call.caller.name, lambda client: client.prioritise_order(order, body.priority, body.due_in_s)
            )
        )

    async def _make_zone(self, call: Call) -> Done:
        return await self._act(call, msgspec.json.encode(call.body).decode())

    async def _stop(self, call: Call) -> Done:
        return await self._act(call, _action("e_stop", floor=True))

    async def _act(self, call: Call, action: str) -> Done:
        return Done(restriction=await self._desk.act(call.caller.name, lambda client: client.act(action)))

    def _ends(self, do: str) -> Handle:
        """A handler that does this to the restriction in the path."""

        async def handle(call: Call) -> Done:
            return await self._act(call, _action(do, id=int(call.place["restriction"])))

        return handle

    def _robot_begins(self, kind: _RobotKind) -> Handle:
        """A handler that puts this restriction on the robot in the path."""

        async def handle(call: Call) -> Done:
            serial = self._known(call.place["robot"])
            lasts = {} if call.body.for_s is None else {"for_s": call.body.for_s}
            return await self._act(call, _action(kind, robot=serial, **lasts))

        return handle

    def _robot_ends(self, kind: _RobotKind) -> Handle:
        """A handler that ends all restrictions of this kind on the robot in the path."""

        async def handle(call: Call) -> Done:
            serial = self._known(call.place["robot"])
            ended = await self._desk.act(call.caller.name, lambda client: _end_all(client, kind, serial))
            if not ended:
                problem = f"{serial} has no {kind.replace('_', ' ')} that could be ended"
                raise RequestError(409, "ended", problem, "see GET zones")
            return Done(restriction=ended[-1])

        return handle

    def _known(self, serial: str) -> str:
        roster = self._live.picture.roster
        if roster.serials and serial not in roster.rows:
            raise RequestError(404, "robot", f"there is no robot {serial!r}", "see GET robots")
        return serial


def _end_all(client: ApiClient, kind: str, serial: str) -> list[int]:
    """End what is in force now, whether a picture has it yet or not; return the numbers."""
    ids = [zone.id for zone in client.status().zones if zone.kind == kind and zone.robot == serial]
    return [client.act(_action("open", id=number)) for number in ids]


def _action(do: str, **keys: str | float | bool) -> str:
    """An action as the controller takes it."""
    return msgspec.json.encode({"do": do} | keys).decode()


def _changed(result: OrderResult) -> OrderResult:
    """The result of a change; raises RequestError if the order was left as it is."""
    if result.outcome == "unchanged":
        status = 404 if result.reason == "unknown_order" else 409
        raise RequestError(status, result.reason or "order", result.detail or f"{result.order} is left as it is")
    return result
