"""The server behind the page over a small live site and recorded runs, all on real sockets, in threads."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from contextlib import ExitStack, contextmanager

import httpx

from fleet.app.dashboard import serve
from fleet.app.dashboard.access import Gate
from fleet.app.dashboard.access_log import AccessLog
from fleet.app.dashboard.request_limits import LimitParams
from fleet.app.dashboard.run_shelf import RunShelf
from fleet.app.dashboard.site_follower import SiteAddress
from fleet.app.dashboard.token_file import Role, TokenFile, new_token
from fleet.app.dashboard.web_app import WebSite
from fleet.app.site.local_socket import ClientKeys
from fleet.app.site.site_floor import floor_hash
from fleet.runtime.clock import WallClock
from sim_worlds.world_file import load_world
from tests.orders import HEIGHT, WIDTH
from tests.served_site import ServedSite, until


def write_small_world(folder):
    """A map file of the floor that SmallSite has; returns its path and its hash."""
    path = folder / "small.map"
    rows = "\n".join("." * WIDTH for _ in range(HEIGHT))
    path.write_text(f"type octile\nheight {HEIGHT}\nwidth {WIDTH}\nmap\n{rows}\n")
    return path, floor_hash(load_world(str(path)))


class Wish:
    """A test's wish that a server ends, where the program has fleet.app.interrupts.StopRequest."""

    wanted = False

    def __init__(self):
        self.say = lambda: None

    def then(self, stop):
        self.say = stop


class ServedPage:
    """A server in a thread, from `start` to `stop`. log: lines of its access log; token: anna's, an operator."""

    def __init__(self, folder, address, limits=None, *, open_here=True):
        self.tokens = folder / "tokens.toml"
        self.token = new_token(self.tokens, "anna", Role.OPERATOR)
        self.viewer = new_token(self.tokens, "ben", Role.VIEWER)
        self.out = io.StringIO()
        clock = WallClock()
        self.site = WebSite(
            gate=Gate(TokenFile(self.tokens), clock, open_here=open_here),
            clock=clock,
            log=AccessLog(self.out),
            runs=RunShelf(folder / "runs"),
            version="0",
            limits=limits or LimitParams(),
        )
        self._address = address
        self._stop = Wish()
        self._stack = ExitStack()
        self._thread = threading.Thread(target=self._serve)
        self.failure = None

    def start(self):
        self._listener = self._stack.enter_context(serve._listener("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread.start()
        with self.client() as client:
            client.get("/openapi.json")  # is answered once it serves
        return self

    def stop(self):
        self._stop.say()
        self._thread.join()
        self._stack.close()
        if self.failure is not None:
            raise self.failure

    def log(self, event):
        return [line for line in map(json.loads, self.out.getvalue().splitlines()) if line["event"] == event]

    def client(self, token=""):
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def until_known(self):
        """Wait until fleet, floor and site have been heard of."""
        live = self.site.live
        until(lambda: live.fleet is not None and live.duties is not None and live.picture.site is not None)

    def _serve(self):
        try:
            asyncio.run(serve._serve(self._address, self.site, self._listener, "127.0.0.1", self._stop))
        except Exception as failure:  # noqa: BLE001 (raised again by `stop`, in the test's own thread)
            self.failure = failure


@contextmanager
def served_page(folder, keys=None, site=None, known=True, **options):
    """A live site and the server that follows it; gives both."""
    world, found = write_small_world(folder)
    served = ServedSite(keys, site)
    served.site.floor_hash = found
    served.start()
    own = None if keys is None else ClientKeys.load(keys.folder, "carla")
    address = SiteAddress((served.endpoint,), own, "carla" if keys else "", str(world))
    page = ServedPage(folder, address, **options).start()
    try:
        if known:
            page.until_known()
        yield served, page
    finally:
        page.stop()
        served.stop()


@contextmanager
def served_runs(folder, **options):
    """A server of recorded runs alone, those in `folder / "runs"`."""
    page = ServedPage(folder, None, **options).start()
    try:
        yield page
    finally:
        page.stop()
