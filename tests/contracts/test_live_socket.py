"""The websocket over real connections: what a browser is told, and that one which does not read holds nobody up."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
from contextlib import asynccontextmanager
from types import SimpleNamespace

import numpy as np
import pytest
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from fleet.app.dashboard import serve
from fleet.app.dashboard.access import Gate
from fleet.app.dashboard.access_log import AccessLog
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.request_limits import LimitParams
from fleet.app.dashboard.run_shelf import RunShelf
from fleet.app.dashboard.token_file import Role, TokenFile, new_token, revoke_token
from fleet.app.dashboard.web_app import WebSite, web_app
from fleet.runtime.clock import WallClock
from tests.live_pictures import TINY, PageState, duties_of, event, fleet_at, floor, picture

FLOOR = floor()
CELLS = TINY.layout.free_cells


class NobodyAnswers:
    """A controller's desk that nobody sits at."""

    async def read(self, key, ask):
        raise RequestError(503, "controller", "away")


class Served:
    """A server in this very loop. It is told pictures by `take`."""

    def __init__(self, folder, limits):
        self.tokens = folder / "tokens.toml"
        self.token = new_token(self.tokens, "anna", Role.OPERATOR)
        clock = WallClock()
        gate = Gate(TokenFile(self.tokens), clock, open_here=True)
        self.site = WebSite(gate, clock, AccessLog(io.StringIO()), RunShelf(folder), "0", limits=limits)
        self.site.live, self.site.desk = LiveFloor(), NobodyAnswers()
        self.app = web_app(self.site)
        self.port = 0

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/live"

    def take(self, *args, **changes):
        self.site.socket.take(picture(*args, floor=FLOOR, **changes))


@asynccontextmanager
async def serving(folder, limits=None):
    served = Served(folder, limits or LimitParams())
    with serve._listener("127.0.0.1", 0) as listener:
        served.port = listener.getsockname()[1]
        server = serve._Server(serve._config(served.app))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                await asyncio.sleep(0.01)
            yield served
        finally:
            server.should_exit = True
            await task


async def told(browser, kind):
    """The next JSON message of a kind, or the next frame of one."""
    while True:
        message = await asyncio.wait_for(browser.recv(), 30)
        if isinstance(message, bytes) and message[0] == kind:
            return message
        if isinstance(message, str) and (found := json.loads(message))["kind"] == kind:
            return found


def test_a_browser_is_greeted_then_told_everything_then_what_changes(tmp_path):
    async def story():
        async with serving(tmp_path) as served:
            served.take(CELLS[:3], events=(event(1),))
            async with connect(served.url, subprotocols=["futurepark", f"token.{served.token}"]) as browser:
                assert browser.subprotocol == "futurepark"
                messages = [await browser.recv() for _ in range(5)]
                hello = json.loads(messages[0])
                assert (hello["kind"], hello["may_act"], hello["user"]) == ("hello", True, "anna")
                assert hello["robots"] == ["amr-000", "amr-001", "amr-002"]
                assert [message[:2] for message in messages[1:3]] == [b"\x01\x01", b"\x02\x01"]
                assert [json.loads(message)["kind"] for message in messages[3:]] == ["site", "events"]
                served.take([CELLS[0], CELLS[9], CELLS[2]], 10.1)
                frame = await told(browser, 1)
                assert (frame[1], int.from_bytes(frame[4:8], "little")) == (0, 1)

    uvloop.run(story())


def test_a_browser_without_a_token_sees_and_may_not_act(tmp_path):
    async def story():
        async with serving(tmp_path) as served, connect(served.url) as browser:
            assert (await told(browser, "hello"))["may_act"] is False

    uvloop.run(story())


def test_a_browser_sees_the_robot_and_the_heat_that_it_asks_for(tmp_path):
    async def story():
        async with serving(tmp_path) as served:
            served.take(CELLS[:3])
            async with connect(served.url) as browser:
                await browser.send(json.dumps({"robot": "amr-001", "heat": "visits", "window_s": 60}))
                served.take(CELLS[3:6], 10.1)
                assert (await told(browser, 3))[0] == 3
                robot = (await told(browser, "robot"))["robot"]
                assert (robot["robot"], robot["trouble"]) == ("amr-001", "controller: away")
                await browser.send(json.dumps({"robot": "amr-999"}))
                while (await told(browser, "robot"))["robot"] is not None:
                    pass  # one of the other robot may have been under way

    uvloop.run(story())


def test_other_robots_make_a_browser_begin_anew(tmp_path):
    async def story():
        async with serving(tmp_path) as served:
            served.take(CELLS[:3])
            async with connect(served.url) as browser:
                await told(browser, 1)
                served.take(CELLS[:5], 10.1)
                assert len((await told(browser, "hello"))["robots"]) == 5
                frame = await told(browser, 1)
                assert (frame[1], int.from_bytes(frame[4:8], "little")) == (1, 5)

    uvloop.run(story())


@pytest.mark.parametrize("said", ["nonsense", '{"robot": 7}', "x" * 4000, b"\x01\x02"])
def test_a_browser_that_talks_nonsense_is_shown_out(tmp_path, said):
    async def story():
        async with serving(tmp_path) as served, connect(served.url) as browser:
            await browser.send(said)
            with pytest.raises(ConnectionClosed):
                await told(browser, "nothing of this kind")
            assert browser.close_code == 1008

    uvloop.run(story())


def test_who_has_a_wrong_token_or_comes_from_another_site_is_not_let_in(tmp_path):
    async def story():
        async with serving(tmp_path, LimitParams(sockets=1)) as served:
            wrong = ({"subprotocols": ["token.wrong"]}, {"origin": "http://elsewhere.example"})
            for options in wrong:
                with pytest.raises(InvalidStatus, match="403"):
                    await connect(served.url, **options)
            async with connect(served.url, origin=f"http://127.0.0.1:{served.port}"):
                with pytest.raises(InvalidStatus, match="403"):
                    await connect(served.url)

    uvloop.run(story())


def test_a_token_that_is_revoked_ends_its_websockets(tmp_path):
    async def story():
        async with serving(tmp_path) as served, connect(served.url, subprotocols=[f"token.{served.token}"]) as browser:
            await told(browser, "hello")
            revoke_token(served.tokens, "anna")
            with pytest.raises(ConnectionClosed):
                await told(browser, "nothing of this kind")

    uvloop.run(story())


class Arriving:
    """A browser whose connection is not accepted yet."""

    def __init__(self):
        self.headers, self.client, self.scope = {"host": "localhost"}, None, {"subprotocols": []}
        self.refused = False

    async def accept(self, _protocol):
        await asyncio.sleep(60)

    async def close(self):
        self.refused = True


def test_browsers_that_arrive_at_once_are_no_more_than_may_be_connected(tmp_path):
    async def story():
        served = Served(tmp_path, LimitParams(sockets=2))
        browsers = [Arriving() for _ in range(5)]
        tasks = [asyncio.create_task(served.site.socket.serve(browser)) for browser in browsers]
        await asyncio.sleep(0)
        assert [browser.refused for browser in browsers] == [False] * 2 + [True] * 3
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert served.site.counts.browsers == 0

    uvloop.run(story())


class StalledBrowser:
    """Opens the websocket and then reads nothing, until `frames` is called."""

    def __init__(self, port):
        self.port = port

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**16)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await self.reader.readuntil(b"\r\n\r\n")
        self.writer.transport.pause_reading()

    async def frame(self):
        """The payload of the next frame, read at last."""
        head = await asyncio.wait_for(self.reader.readexactly(2), 30)
        length = head[1] & 127
        if length > 125:
            length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
        return head[0] & 15, await self.reader.readexactly(length)


def test_a_browser_that_does_not_read_holds_nobody_up_and_is_told_everything_anew_when_it_reads_again(tmp_path):
    """4,000 robots that all move: 32 kB a frame, of which nothing can be kept for long."""
    rng = np.random.default_rng(1)
    n, frames = 4000, 300
    duties = duties_of(n)

    def moved():
        return fleet_at(rng.choice(CELLS, n))

    async def story():
        async with serving(tmp_path) as served, connect(served.url, compression=None, max_queue=None) as reading:
            stalled = StalledBrowser(served.port)
            await stalled.open()
            last = None
            for at in range(frames):
                last = moved()
                served.site.socket.take(picture(range(n), 10 + 0.1 * at, floor=FLOOR, fleet=last, duties=duties))
                frame = await told(reading, 1)  # the other browser has each at once
                assert int.from_bytes(frame[4:8], "little") > n // 2
            counts = served.site.counts
            held = counts.bytes_told
            assert held < 32_000 * frames * 1.6, "what the stalled one was not told was kept for it"
            await asyncio.sleep(1.1)
            stalled.reader._transport.resume_reading()
            page = PageState()
            wanted = served.site.live.fleet
            while page.keys < 2 or not np.array_equal(page.columns["x"], wanted.x):
                kind, payload = await stalled.frame()
                if kind == 2 and payload[0] == 1:
                    page.take(payload)
                served.site.socket.take(picture(range(n), 50.0, floor=FLOOR, fleet=last, duties=duties))
            assert counts.frames_left_out > frames // 2
            assert SimpleNamespace(**page.columns).condition.tolist() == wanted.condition.tolist()
            stalled.writer.close()

    uvloop.run(story())
