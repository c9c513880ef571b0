"""Questions to the controller: how many may wait, and that a picture may change while one does."""

from __future__ import annotations

import asyncio
import threading

import pytest
import zmq

from fleet.app.dashboard.controller_desk import ControllerDesk
from fleet.app.dashboard.errors import RequestError
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.site_api import SiteReads
from fleet.app.dashboard.site_follower import SiteAddress
from fleet.runtime.clock import WallClock
from tests.live_pictures import TINY, floor, picture

CELLS = TINY.layout.free_cells


@pytest.fixture
def desk():
    """A desk that asks whatever it is told to; nobody is at the address."""
    context = zmq.Context()
    desk = ControllerDesk(context, SiteAddress(("ipc://nobody",)), WallClock(), asks=1000.0)
    yield desk
    desk.stop()
    context.destroy(linger=0)


async def statuses_of(questions):
    """What became of questions: an answer, or the status of a refusal."""
    found = await asyncio.gather(*questions, return_exceptions=True)
    return [one.status if isinstance(one, RequestError) else one for one in found]


def test_no_more_questions_wait_for_a_controller_that_is_slow_than_can_be_answered_soon(desk):
    answers = threading.Event()

    async def story():
        first = [asyncio.create_task(desk.read(n, lambda _client: answers.wait(60))) for n in range(40)]
        await asyncio.sleep(0)
        refused = [task for task in first if task.done()]
        answers.set()
        assert await statuses_of(first) == [True] * 32 + [429] * 8
        assert len(refused) == 8
        assert await statuses_of(desk.read(n, lambda _client: "at once") for n in range(50, 60)) == ["at once"] * 10

    asyncio.run(story())


class OtherRobotsCome:
    """A desk at which nobody answers, and when that is known there are fewer robots."""

    def __init__(self, live):
        self.live = live

    async def read(self, _key, _ask):
        self.live.take(picture(CELLS[:1], 20.0, floor=self.live.picture.floor))
        raise RequestError(503, "controller", "away")


def test_a_robot_is_told_as_it_was_when_it_was_asked_for():
    live = LiveFloor()
    live.take(picture(CELLS[:4], floor=floor()))
    view = asyncio.run(SiteReads(live, OtherRobotsCome(live)).robot_view("amr-003"))
    assert (view.robot, view.cell, view.trouble) == ("amr-003", int(CELLS[3]), "controller: away")
