"""Follows a live site in a thread of its own, and hands every new picture on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, TypeVar

from fleet.app.dashboard.picture import DutiesSeen, FleetSeen, Picture, Roster
from fleet.app.dashboard.shown_floor import ShownFloor
from fleet.app.site.api_client import ApiClient, ClientParams
from fleet.app.site.errors import ControllerUnreachableError, MessageError, RefusedError
from fleet.app.site.feed_messages import Columns, DutyColumns, Event, unpacked
from fleet.app.site.feed_reader import FeedReader
from fleet.app.site.feed_tracker import FeedTracker
from fleet.app.site.local_socket import ClientKeys, Context
from fleet.app.site.site_floor import floor_hash
from fleet.runtime.clock import Clock
from robots.errors import InputError
from sim_worlds.world_file import load_world

# A picture is no older than that when it is handed on; one comes at least so often, to tell of silence.
_POLL_S: Final = 0.02
_AT_LEAST_S: Final = 1.0
# What is asked again after it failed: not at once.
_PAUSE_S: Final = 0.5
# Nothing is told to browsers meanwhile.
_PARAMS: Final = ClientParams(answer_s=2.0, give_up_s=2.0)
# Parts of a picture that are the same object as long as nothing new is known of them.
_PARTS: Final = ("roster", "floor", "fleet", "duties", "site")
_Seen = TypeVar("_Seen", FleetSeen, DutiesSeen)


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """Where a controller is, and who we are to it.

    endpoints  of its API; with standbys, all of them
    keys       None for a controller without keys; name: ours
    world      name or path of its world, empty for the shipped one that it names
    """

    endpoints: tuple[str, ...]
    keys: ClientKeys | None = None
    name: str = ""
    world: str = ""


class SiteFollower:
    """Reads feed and API of a controller from `start` to `stop`; `told` gets each picture, in the follower's thread.

    A controller that is away, or refuses, is no error: pictures say so, and it is asked again. Another site at its
    address is followed from then on, see FeedReader.
    """

    def __init__(self, context: Context, address: SiteAddress, clock: Clock, told: Callable[[Picture], None]) -> None:
        self._context = context
        self._address = address
        self._clock = clock
        self._told = told
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="site-follower")
        self._pictures = _Pictures(FeedTracker(), clock)
        self._floor: ShownFloor | None = None
        self._floor_term = -1
        self._floor_trouble = ""

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait until it has ended; a few seconds at most. May be called twice, and without `start`."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        address = self._address
        with (
            ApiClient(
                self._context, address.endpoints, address.keys, self._clock, user=address.name, params=_PARAMS
            ) as client,
            FeedReader(self._context, client, address.keys, self._clock) as reader,
        ):
            while not self._stopping.is_set():
                refused = self._turn(reader, client)
                picture = self._pictures.next(reader, self._floor, refused or self._floor_trouble)
                if picture is not None:
                    self._told(picture)

    def _turn(self, reader: FeedReader, client: ApiClient) -> str:
        """Take in what the feed tells within a moment; return why that is impossible, empty if it is not."""
        try:
            reader.poll(_POLL_S)
            if reader.tracker is not self._pictures.tracker:
                self._pictures = _Pictures(reader.tracker, self._clock)
                self._floor_term = -1
            if reader.tracker.term > self._floor_term:
                self._learn_floor(client)
                self._floor_term = reader.tracker.term
        except (RefusedError, MessageError, ControllerUnreachableError) as failure:
            self._stopping.wait(_PAUSE_S)
            return str(failure)
        if reader.tracker.term < 0:
            self._stopping.wait(_PAUSE_S)
        return ""

    def _learn_floor(self, client: ApiClient) -> None:
        """Ask which floor it is, and load its world unless that is the one we have."""
        answer = client.floor()
        if self._floor is not None and self._floor.floor_hash == answer.floor:
            return
        self._floor, self._floor_trouble = None, ""
        try:
            world = load_world(self._address.world or answer.world)
            shown = ShownFloor(world, floor_hash(world))
        except (InputError, ValueError) as error:
            self._floor_trouble = f"the controller's world is {answer.world}: {error}; give its file with --world"
            return
        if shown.floor_hash != answer.floor:
            self._floor_trouble = (
                f"the controller's world {answer.world} has another floor than {world.path}; give its file with --world"
            )
            return
        self._floor = shown


class _Pictures:
    """Makes pictures out of what a reader knows by its tracker, as soon as there is something new."""

    def __init__(self, tracker: FeedTracker, clock: Clock) -> None:
        self.tracker = tracker
        self._clock = clock
        self._last = Picture(seen_s=-inf)
        self._columns: Columns | None = None
        self._duties: DutyColumns | None = None
        self._site_seen_s = 0.0
        self._term = -1
        self._event = 0

    def next(self, reader: FeedReader, floor: ShownFloor | None, trouble: str) -> Picture | None:
        """Return a picture if there is something new, or if the last one was a while ago; trouble: besides theirs."""
        now_s, last, tracker = self._clock.now(), self._last, self.tracker
        events = self._new_events(tracker.term, tracker.events())
        if tracker.site is not last.site:
            self._site_seen_s = now_s
        picture = Picture(
            seen_s=now_s,
            t_s=0.0 if tracker.site is None else tracker.site.site_s + now_s - self._site_seen_s,
            silent_s=reader.silent_s(),
            trouble=trouble or reader.trouble,
            roster=last.roster if reader.serials == last.roster.serials else Roster(reader.serials),
            floor=floor,
            fleet=self._fleet(tracker.columns, last.fleet, len(reader.serials)),
            duties=self._duties_seen(tracker.duties, last.duties, len(reader.serials)),
            site=tracker.site,
            events=events,
            missed=tracker.missed,
        )
        same = all(getattr(picture, part) is getattr(last, part) for part in _PARTS)
        if same and not events and picture.trouble == last.trouble and now_s - last.seen_s < _AT_LEAST_S:
            return None
        self._last = picture
        return picture

    def _fleet(self, columns: Columns | None, before: FleetSeen | None, robots: int) -> FleetSeen | None:
        """What these columns say, the same object for the same ones; None if they are of other robots."""
        if columns is not self._columns:
            self._columns = columns
            before = None if columns is None else _seen(FleetSeen, columns)
        return before if before is not None and len(before.x_m) == robots else None

    def _duties_seen(self, duties: DutyColumns | None, before: DutiesSeen | None, robots: int) -> DutiesSeen | None:
        """Likewise what robots are about."""
        if duties is not self._duties:
            self._duties = duties
            before = None if duties is None else _seen(DutiesSeen, duties)
        return before if before is not None and len(before.goal) == robots else None

    def _new_events(self, term: int, events: Sequence[Event]) -> tuple[Event, ...]:
        """Those that are in no picture yet."""
        if term != self._term:
            self._term, self._event = term, 0
        new = tuple(event for event in events if event.number > self._event)
        if new:
            self._event = new[-1].number
        return new


def _seen(kind: type[_Seen], columns: Columns | DutyColumns) -> _Seen | None:
    """What columns of the feed say; None if they are not of one length, which no controller of ours tells."""
    try:
        return kind(**unpacked(columns))
    except ValueError:
        return None
