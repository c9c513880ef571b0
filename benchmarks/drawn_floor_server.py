"""A floor of drawn robots for browsers: the page, and real frames of as many robots as wanted, without a controller.

`python -m benchmarks.drawn_floor_server ROBOTS RATE_HZ` prints its port and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Final

import msgspec
import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from fleet.app.dashboard.frames import (
    DutyBytes,
    FleetColumns,
    duty_bytes,
    encode,
    encode_heat,
    fleet_columns,
    units_per_cell,
)
from fleet.app.dashboard.page_messages import Hello, WorldView
from fleet.app.dashboard.web_app import PAGE
from fleet.app.site.condition import Condition
from fleet.report.floor_plan import FLOOR_COLOURS
from robots.arrays import Float32

# Racks of one column and ten rows, with aisles of two cells between them, as on the shipped floor.
_RACK_EVERY: Final = 3
_RACK_ROWS: Final = 12
# Cells a robot: as crowded as the shipped floor with 1,000 robots.
CELLS_PER_ROBOT: Final = 15
_SPEED_MPS: Final = 1.5
_HEAT_S, _DUTIES_S = 2.0, 1.0


class DrawnFloor:
    """Robots that drive along aisles, turn now and then, and wait now and then; everything is drawn from a seed."""

    def __init__(self, robots: int, rate_hz: float) -> None:
        self.rng = np.random.default_rng(1)
        self.side = int(np.ceil(np.sqrt(robots * CELLS_PER_ROBOT)))
        self.units = units_per_cell(self.side, self.side)
        self.rate_hz = rate_hz
        self.x: Float32 = self.rng.uniform(1, self.side - 1, robots).astype(np.float32)
        self.y: Float32 = self.rng.uniform(1, self.side - 1, robots).astype(np.float32)
        self.heading = self.rng.integers(0, 4, robots)
        self.condition = np.full(robots, Condition.DRIVING, dtype=np.uint8)

    def step(self) -> FleetColumns:
        """Move everybody on by a period, and return what frames tell of it."""
        robots = len(self.x)
        turning = self.rng.random(robots) < 0.2 / self.rate_hz
        self.heading = np.where(turning, (self.heading + self.rng.choice([1, 3], robots)) % 4, self.heading)
        changing = self.rng.random(robots) < 0.3 / self.rate_hz
        drawn = self.rng.choice([Condition.DRIVING, Condition.DRIVING, Condition.WAITING, Condition.SERVICE], robots)
        self.condition = np.where(changing, drawn, self.condition).astype(np.uint8)
        ahead = np.where(self.condition == Condition.DRIVING, _SPEED_MPS / self.rate_hz, 0.0)
        self.x = (self.x + ahead * np.array([1, 0, -1, 0])[self.heading]).astype(np.float32)
        self.y = (self.y + ahead * np.array([0, 1, 0, -1])[self.heading]).astype(np.float32)
        outside = (self.x < 1) | (self.x > self.side - 1) | (self.y < 1) | (self.y > self.side - 1)
        self.heading = np.where(outside, (self.heading + 2) % 4, self.heading)
        self.x, self.y = (np.clip(column, 1, self.side - 1) for column in (self.x, self.y))
        theta = (self.heading * (np.pi / 2)).astype(np.float32)
        return fleet_columns(self.x, self.y, theta, self.condition, cell_m=1.0, units=self.units)

    def duties(self) -> DutyBytes:
        """Return what frames tell of what robots are about."""
        robots = len(self.x)
        waits = np.where(self.condition == Condition.WAITING, self.rng.integers(0, robots, robots), -1).astype(np.int32)
        return duty_bytes(
            waits,
            (waits >= 0).astype(np.uint8),
            np.where(waits >= 0, 5.0, 0.0).astype(np.float32),
            self.rng.integers(20, 100, robots).astype(np.uint8),
            (np.arange(robots) % 2).astype(np.uint8),
        )

    def heat(self) -> Float32:
        """Return a heatmap with as many cells as a busy floor has."""
        cells = self.rng.gamma(0.5, 10.0, self.side * self.side)
        return np.where(cells > 5, cells, 0).astype(np.float32)

    def world(self) -> WorldView:
        """Return the floor."""
        kinds = np.zeros((self.side, self.side), dtype=np.uint8)
        rows = np.arange(self.side) % _RACK_ROWS < _RACK_ROWS - 2
        kinds[np.ix_(rows, np.arange(self.side) % _RACK_EVERY == 0)] = list(FLOOR_COLOURS).index(
            "rack, wall or chute opening"
        )
        return WorldView(
            name="drawn", title="Drawn floor", height=self.side, width=self.side, cell_m=1.0, units_per_cell=self.units,
            legend=list(FLOOR_COLOURS), kinds=b64encode(kinds.tobytes()).decode(), places=[],
        )  # fmt: skip


def drawn_app(floor: DrawnFloor) -> Starlette:
    """Return the server of a drawn floor, which speaks as `futurepark serve` does."""

    async def page(_request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def health(_request: Request) -> Response:
        return Response('{"live": true}', media_type="application/json")

    async def world(_request: Request) -> Response:
        return Response(msgspec.json.encode(floor.world()), media_type="application/json")

    async def live(browser: WebSocket) -> None:
        await browser.accept("futurepark")
        hello = Hello(
            source="live", robots=[f"amr-{row:05d}" for row in range(len(floor.x))], may_act=False, user="",
            rate_hz=floor.rate_hz,
        )  # fmt: skip
        try:
            await browser.send_text(msgspec.json.encode(hello).decode())
            async for frame in _frames(floor):
                await browser.send_bytes(frame)
        except WebSocketDisconnect:
            return

    return Starlette(
        routes=[
            Route("/", page),
            Route("/api/v1/health", health),
            Route("/api/v1/world", world),
            WebSocketRoute("/live", live),
            Mount("/page", StaticFiles(directory=PAGE)),
        ]
    )


async def _frames(floor: DrawnFloor) -> AsyncIterator[bytes]:
    """Frames as a server sends them, each at its time."""
    began = perf_counter()
    before: FleetColumns | None = None
    duties: DutyBytes | None = None
    number = 0
    while True:
        t_s = number / floor.rate_hz
        columns = floor.step()
        yield encode(columns, t_s, before)
        before = columns
        if number % round(_DUTIES_S * floor.rate_hz) == 0:
            told = floor.duties()
            yield encode(told, t_s, duties)
            duties = told
        if number % round(_HEAT_S * floor.rate_hz) == 0:
            yield encode_heat("delay", floor.heat(), t_s)
        number += 1
        await asyncio.sleep(max(0.0, began + number / floor.rate_hz - perf_counter()))


def main(arguments: list[str]) -> None:
    """Serve until the process is ended."""
    robots, rate_hz = int(arguments[0]), float(arguments[1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        settings = uvicorn.Config(drawn_app(DrawnFloor(robots, rate_hz)), log_level="error", ws="websockets-sansio")
        uvicorn.Server(settings).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1:])
