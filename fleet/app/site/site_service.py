"""Serves those who ask a running floor and those who look at it, around each tick of its loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fleet.app.site.api_messages import Refused, Reply
from fleet.app.site.api_server import ApiServer
from fleet.app.site.feed import Feed
from fleet.app.site.request_desk import Request
from fleet.app.site.site_requests import Site, SiteRequests
from fleet.app.site.site_view import SiteView


class SiteService:
    """Carries requests out before a tick (`take`), and answers them and tells the feed after it (`tell`).

    record: puts on record what an operator did besides actions on the floor: by whom, what, when
    """

    def __init__(
        self, view: SiteView, api: ApiServer, feed: Feed, record: Callable[[str, dict[str, Any], float], None]
    ) -> None:
        self._view = view
        self._api = api
        self._feed = feed
        self._over = ""
        self._requests = SiteRequests(
            Site(
                orders=view.pool,
                zones=view.zones,
                layout=view.world.layout,
                named=view.world.zones,
                record=record,
                status=view.news,
                snapshot=feed.snapshot,
                floor=view.floor,
                robot=view.robot,
                lead_time_s=view.world.orders.lead_time_s,
                serials=view.serials,
                feed=feed.endpoint,
            )
        )

    def take(self) -> None:
        """Carry out the requests that are due; does not wait."""
        for request in self._api.take():
            self._api.answer(request, self._reply(request, self._view.now()))

    def tell(self, told_s: float, *, committed: bool) -> None:
        """Send answers, and to viewers what is due; does not wait.

        told_s: seconds of real time, by which the feed keeps its rates. committed: whether everything that was done so
        far is safe.
        """
        self._api.flush(committed=committed)
        view = self._view
        self._feed.publish(
            view.state, view.conditions(), view.tasks, view.news, told_s, duties=view.duties, committed=committed
        )

    def take_nothing_more(self, why: str) -> None:
        """From now on refuse requests that would change something."""
        self._over = why

    def _reply(self, request: Request, now_s: float) -> Reply:
        if self._over and request.ask.changes:
            return Refused("", code="over", problem=self._over, remedy="start another one")
        return self._requests.reply(request, now_s)
