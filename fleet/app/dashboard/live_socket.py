"""The websocket of the page: one pump a browser, which waits for that browser and for nobody else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from fleet.app.dashboard.access import SUBPROTOCOL, Caller, Gate
from fleet.app.dashboard.browser_feed import BrowserFeed, Message, robot_told
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.page_messages import RobotTold, Watch
from fleet.app.dashboard.picture import Picture
from fleet.app.dashboard.request_limits import LimitParams, TokenBucket
from fleet.app.dashboard.site_api import SiteReads
from fleet.app.dashboard.traffic_counts import TrafficCounts
from fleet.runtime.clock import Clock

# What a browser may say, and how often a second.
MOST_HEARD_BYTES: Final = 4096
_MOST_HEARD_HZ: Final = 20.0
_IDLE_S: Final = 1.0
_STILL_S: Final = 2.0
_POLICY: Final = 1008
_WATCH: Final = msgspec.json.Decoder(Watch)


class LiveSocket:
    """Takes pictures in and tells browsers of them. All of it runs in one event loop; `take` too."""

    def __init__(
        self, live: LiveFloor, reads: SiteReads, gate: Gate, clock: Clock, limits: LimitParams, counts: TrafficCounts
    ) -> None:
        self._live = live
        self._reads = reads
        self._gate = gate
        self._clock = clock
        self._most = limits.sockets
        self._counts = counts
        self._changed = asyncio.Event()

    def take(self, picture: Picture) -> None:
        """Take in a picture, and let every browser that waits for it have it."""
        self._live.take(picture)
        self._changed.set()
        self._changed = asyncio.Event()

    async def serve(self, socket: WebSocket) -> None:
        """Serve one browser until it goes."""
        client = socket.client.host if socket.client else ""
        try:
            caller = self._gate.socket_caller(socket.headers, client)
            self._make_sure_of_room()
        except RequestError as error:
            self._counts.refused[str(error.status)] += 1
            await socket.close()  # before it is accepted, that is status 403
            return
        self._counts.browsers += 1
        try:
            await self._serve(socket, caller)
        finally:
            self._counts.browsers -= 1

    async def _serve(self, socket: WebSocket, caller: Caller) -> None:
        offered = socket.scope["subprotocols"]
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        browser = BrowserFeed(self._live, caller)
        tasks = [
            asyncio.create_task(part) for part in (self._tell(socket, browser, caller), self._hear(socket, browser))
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _make_sure_of_room(self) -> None:
        if self._counts.browsers >= self._most:
            raise RequestError(429, "live", f"{self._most} browsers are connected", "close one")

    async def _tell(self, socket: WebSocket, browser: BrowserFeed, caller: Caller) -> None:
        """Tell a browser what is new, as fast as it reads."""
        robot: asyncio.Task[Message] | None = None
        checked_s = self._clock.now()
        try:
            while True:
                changed, left_out, now_s = self._changed, browser.left_out, self._clock.now()
                for message in browser.messages(now_s):
                    await self._send(socket, message)
                self._counts.frames_left_out += browser.left_out - left_out
                if robot is not None and robot.done():
                    await self._send(socket, robot.result())
                    robot = None
                if robot is None and (serial := browser.wants_robot(now_s)):
                    robot = asyncio.create_task(self._robot(serial))
                if now_s - checked_s >= _STILL_S:
                    checked_s = now_s
                    if not self._gate.still(caller):
                        await socket.close(_POLICY, "the token was revoked")
                        return
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), _IDLE_S)
        except WebSocketDisconnect:
            return
        finally:
            if robot is not None:
                robot.cancel()

    async def _robot(self, serial: str) -> Message:
        return robot_told(RobotTold(robot=await self._reads.robot_view(serial)))

    async def _send(self, socket: WebSocket, message: Message) -> None:
        self._counts.bytes_told += len(message)
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_text(message)

    async def _hear(self, socket: WebSocket, browser: BrowserFeed) -> None:
        """Take in what a browser wants to see; one that talks nonsense, or too much, is shown out."""
        bucket = TokenBucket(_MOST_HEARD_HZ, self._clock.now())
        try:
            while True:
                text = await socket.receive_text()
                if len(text) > MOST_HEARD_BYTES or not bucket.take(self._clock.now()):
                    await socket.close(_POLICY, "too much is said")
                    return
                browser.see(_WATCH.decode(text))
        except WebSocketDisconnect:
            return
        except (msgspec.DecodeError, KeyError):  # a binary message has no text
            await socket.close(_POLICY, "that is no Watch, see docs/http-api.md")
