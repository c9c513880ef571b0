"""What the HTTP API answers about a live site, from the last picture wherever that knows it."""

from __future__ import annotations

from typing import Final

from fleet.app.dashboard.controller_desk import ControllerDesk
from fleet.app.dashboard.endpoint import OCTETS, Call, Endpoint, OrderId, Serial
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.frames import encode_heat
from fleet.app.dashboard.http_messages import (
    HeatQuery,
    OrderList,
    OrdersQuery,
    OrderView,
    RobotsQuery,
    TaskList,
    TasksQuery,
    Why,
    ZoneList,
)
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.page_messages import Alert, RobotRow, RobotView, Sample, SiteTold, WorldView
from fleet.app.dashboard.shown_floor import ShownFloor
from fleet.app.site.api_messages import RobotShown

_OVER: Final = ("done", "failed", "cancelled")
_NO_ROBOT: Final = {404: "there is no such robot"}
_AWAY: Final = {429: "too much is asked of the controller", 503: "the controller is not heard, or does not answer"}


class SiteReads:
    """Answers questions about a live floor. desk: asks the controller what no picture has."""

    def __init__(self, live: LiveFloor, desk: ControllerDesk) -> None:
        self._live = live
        self._desk = desk

    def endpoints(self) -> list[Endpoint]:
        """Return what can be asked."""
        unknown = {503: "the controller has not been heard of yet"}
        robot = {"robot": Serial}
        return [
            Endpoint("GET", "/world", "world", "The floor of the live site.", WorldView, self._world, errors=unknown),
            Endpoint("GET", "/site", "site", "How the site is, and its alerts.", SiteTold, self._site, errors=unknown),
            Endpoint(
                "GET", "/robots", "robots", "Robots by row.", list[RobotRow], self._robots,
                query=RobotsQuery, errors=unknown,
            ),
            Endpoint(
                "GET", "/robots/{robot}", "robot", "All there is to know of a robot.", RobotView, self._robot,
                place=robot, errors=_NO_ROBOT | unknown,
            ),
            Endpoint(
                "GET", "/robots/{robot}/why", "why", "Why a robot waits.", Why, self._why,
                place=robot, errors=_NO_ROBOT | unknown,
            ),
            Endpoint(
                "GET", "/orders", "orders", "Orders by row.", OrderList, self._orders,
                query=OrdersQuery, errors=_AWAY,
            ),
            Endpoint(
                "GET", "/orders/{order}", "order", "All there is to know of an order.", OrderView, self._order,
                place={"order": OrderId}, errors=_AWAY | {404: "no order of this id was accepted"},
            ),
            Endpoint(
                "GET", "/tasks", "tasks", "Tasks by number.", TaskList, self._tasks,
                query=TasksQuery, errors=_AWAY,
            ),
            Endpoint("GET", "/zones", "zones", "What is restricted.", ZoneList, self._zones, errors=unknown),
            Endpoint("GET", "/alerts", "alerts", "What somebody ought to look at.", list[Alert], self._alerts),
            Endpoint(
                "GET", "/heat", "heat", "Congestion by cell, a HEAT frame.", OCTETS, self._heat,
                query=HeatQuery, errors=unknown,
            ),
            Endpoint("GET", "/samples", "samples", "Points for charts, of the last hour.", list[Sample], self._samples),
        ]  # fmt: skip

    async def robot_view(self, serial: str) -> RobotView | None:
        """Return all there is to know of a robot; None if there is none, or nothing is known yet."""
        live = self._live
        row = live.picture.roster.rows.get(serial)
        robot, chains, floor = None if row is None else live.robot_row(row), live.chains(), live.picture.floor
        if row is None or robot is None or chains is None or floor is None:
            return None
        why, ring = chains.why(row)
        duties = live.picture.duties
        goal = -1 if duties is None else int(duties.goal[row])
        # Meanwhile the picture may become one of other robots.
        shown, trouble = await self._shown(serial)
        told = {name: getattr(robot, name) for name in RobotRow.__struct_fields__}
        if shown is None:
            return RobotView(
                **told, place=floor.place(robot.cell), why=why, ring=ring, goal=goal, trouble=trouble,
                goal_place=floor.place(goal) if 0 <= goal < floor.cells else "",
            )  # fmt: skip
        return RobotView(
            **told,
            place=floor.place(robot.cell),
            why=why,
            ring=ring,
            duty=shown.duty,
            goal=shown.goal,
            goal_place=floor.place(shown.goal) if 0 <= shown.goal < floor.cells else "",
            order=shown.order,
            errands=shown.errands,
            granted=shown.granted,
            planned=shown.planned,
        )

    async def _shown(self, serial: str) -> tuple[RobotShown | None, str]:
        """What the controller has to say of a robot, or why it says nothing."""
        try:
            return await self._desk.read(("robot", serial), lambda client: client.robot(serial)), ""
        except RequestError as failure:
            return None, str(failure)

    async def _world(self, _call: Call) -> WorldView:
        return self._floor().view

    async def _site(self, _call: Call) -> SiteTold:
        told = self._live.site_told()
        if told.site is None:
            raise _unheard(told.trouble)
        return told

    async def _robots(self, call: Call) -> list[RobotRow]:
        self._floor()
        query: RobotsQuery = call.query
        rows = range(query.after + 1, min(query.after + 1 + query.limit, self._live.picture.robots))
        return [robot for row in rows if (robot := self._live.robot_row(row)) is not None]

    async def _robot(self, call: Call) -> RobotView:
        self._row(call.place["robot"])
        view = await self.robot_view(call.place["robot"])
        if view is None:
            raise _unheard(self._live.picture.trouble)
        return view

    async def _why(self, call: Call) -> Why:
        row = self._row(call.place["robot"])
        chains = self._live.chains()
        if chains is None:
            raise _unheard(self._live.picture.trouble)
        why, ring = chains.why(row)
        return Why(why=why, ring=ring)

    async def _orders(self, call: Call) -> OrderList:
        query: OrdersQuery = call.query
        found = await self._desk.read(
            query, lambda client: client.orders(query.status, after=query.after, limit=query.limit)
        )
        return OrderList(rows=found.rows, more=found.more)

    async def _order(self, call: Call) -> OrderView:
        order = call.place["order"]
        found = await self._desk.read(("order", order), lambda client: client.order(order))
        chains, rows = self._live.chains(), self._live.picture.roster.rows
        has_it = {task.robot for task in found.tasks if task.robot in rows and task.status not in _OVER}
        return OrderView(
            order=found.order,
            lines=found.lines,
            tasks=found.tasks,
            destination=found.destination,
            why={} if chains is None else {serial: chains.why(rows[serial])[0] for serial in sorted(has_it)},
        )

    async def _tasks(self, call: Call) -> TaskList:
        query: TasksQuery = call.query
        found = await self._desk.read(
            query, lambda client: client.tasks(query.status, after=query.after, limit=query.limit)
        )
        return TaskList(rows=found.rows, more=found.more)

    async def _zones(self, _call: Call) -> ZoneList:
        site = self._live.picture.site
        if site is None:
            raise _unheard(self._live.picture.trouble)
        return ZoneList(zones=site.zones)

    async def _alerts(self, _call: Call) -> list[Alert]:
        return self._live.alerts

    async def _heat(self, call: Call) -> bytes:
        query: HeatQuery = call.query
        heat = self._live.heat
        if heat is None:
            raise _unheard(self._live.picture.trouble)
        return encode_heat(query.metric, heat.values(query.metric, query.window_s), self._live.picture.t_s)

    async def _samples(self, _call: Call) -> list[Sample]:
        return list(self._live.samples.kept)

    def _floor(self) -> ShownFloor:
        floor = self._live.picture.floor
        if floor is None:
            raise _unheard(self._live.picture.trouble)
        return floor

    def _row(self, serial: str) -> int:
        self._floor()
        row = self._live.picture.roster.rows.get(serial)
        if row is None:
            raise RequestError(404, "robot", f"there is no robot {serial!r}", "see GET robots")
        return row


def _unheard(trouble: str) -> RequestError:
    problem = trouble or "nothing has been heard of the controller yet"
    return RequestError(503, "controller", problem, "see whether it runs; this server goes on trying")
