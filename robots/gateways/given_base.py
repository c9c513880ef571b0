"""What one robot was given of its base: where each entry leads, and the orders that say so on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import Final

from robots.gateways.floor_map import FloorMap
from robots.gateways.floor_poses import middle, node_name
from robots.messages import Action, Edge, Node, Order, Params
from robots.state import Entry

ENTRIES_AHEAD: Final = 16  # an order of all that is not confirmed has fewer nodes than a message may have
_TURNED: Final = {int(Entry.TURN_CW): 1, int(Entry.TURN_CCW): 3}

Place = tuple[int, int]
"""Cell and heading."""
Step = tuple[int, float, Place]
"""An entry, its seconds, and the place after it."""


class ImpossibleError(Exception):
    """Why a robot cannot do what it was to be given, to be said after its name."""


class GivenBase:
    """The entries of a robot's base from the last confirmed one on, as far as they are known here.

    confirmed  entries that are done
    most       entries that the robot can have: all that it was ever given
    """

    __slots__ = ("_floor", "_places", "_steps", "confirmed", "most")

    def __init__(self, floor: FloorMap, place: Place, confirmed: int, most: int) -> None:
        self._floor = floor
        self.confirmed = confirmed
        self.most = most
        self._places: list[Place] = [place]  # after `confirmed` entries, and after each that follows
        self._steps: list[tuple[int, float, str]] = []  # the entries that follow: kind, seconds, name of the action

    @property
    def end(self) -> int:
        """Number of entries given, as far as they are known."""
        return self.confirmed + len(self._steps)

    @property
    def place(self) -> Place:
        """Where the last confirmed entry led."""
        return self._places[0]

    def follow(self, index: int, entries: Sequence[int], service_s: Sequence[float]) -> list[Step]:
        """Return what of a row, `index` the number of its first entry, is new, and change nothing.

        Raises ImpossibleError.
        """
        if index + len(entries) > self.confirmed + ENTRIES_AHEAD:
            raise ImpossibleError(f"would have more than {ENTRIES_AHEAD} entries that are not confirmed")
        if index > self.end:
            return []  # a gap: passed over
        cell, heading = self._places[-1]
        new: list[Step] = []
        for place in range(self.end - index, len(entries)):
            entry = entries[place]
            if entry == Entry.FORWARD:
                cell = self._floor.ahead(cell, heading)
                if cell < 0:
                    raise ImpossibleError("would leave the map or drive into an obstacle")
            elif entry == Entry.CHARGE and not self._floor.charger[cell]:
                raise ImpossibleError("cannot charge: there is no charger where its base leads")
            heading = (heading + _TURNED.get(entry, 0)) % 4
            new.append((entry, service_s[place], (cell, heading)))
        return new

    def add(self, new: Sequence[Step], epoch: int) -> None:
        """Append what `follow` returned, given under an epoch."""
        for entry, seconds, place in new:
            # The name of an action is its own for ever: numbers of dropped entries are used again, in another epoch.
            self._steps.append((entry, seconds, f"{epoch}.{self.end}"))
            self._places.append(place)
        self.most = max(self.most, self.end)

    def confirm(self, confirmed: int, place: Place | None) -> bool:
        """Go on to so many confirmed entries; `place` is where they lead where that is not known here.

        Returns False, and changes nothing, if nobody knows where that is.
        """
        done = confirmed - self.confirmed
        if done <= len(self._steps):
            del self._steps[:done], self._places[:done]
        elif place is None:
            return False
        else:
            self._steps, self._places = [], [place]
        self.confirmed = confirmed
        return True

    def cut(self, end: int) -> None:
        """Forget the entries from number `end` on: the robot has dropped them."""
        keep = max(end - self.confirmed, 0)
        del self._steps[keep:], self._places[keep + 1 :]

    def order(self, robot: str, epoch: int, seq: int, first: int, end: int) -> Order:
        """Return the order that gives the robot its entries from number `first` on, up to `end`."""
        numbers = range(first, end)
        nodes = [self._node(first)] + [self._node(number + 1, number) for number in numbers]
        edges = [
            Edge(f"e{number}", 2 * number + 1, rel=True, from_=nodes[k].id, to=nodes[k + 1].id)
            for k, number in enumerate(numbers)
        ]
        return Order(robot, epoch, seq, f"epoch-{epoch}", end, tuple(nodes), tuple(edges))

    def _node(self, number: int, entry: int | None = None) -> Node:
        """The node after so many entries, with the action of an entry that leads there."""
        cell, heading = self._places[number - self.confirmed]
        x, y = middle(self._floor, cell)
        actions: tuple[Action, ...] = ()
        if entry is not None:
            kind, seconds, name = self._steps[entry - self.confirmed]
            if kind == Entry.SERVICE:
                actions = (Action(name, "service", params=Params(seconds=seconds)),)
            elif kind == Entry.CHARGE:
                actions = (Action(name, "startCharging"),)
        name = node_name(cell, heading)
        return Node(name, 2 * number, rel=True, x=x, y=y, map=self._floor.name, theta=heading * pi / 2, actions=actions)
