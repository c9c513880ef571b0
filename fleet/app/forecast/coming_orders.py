"""Orders that are still to come: as they came lately, at a rate, or from a file; and how uncertain their number is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Final, Protocol

import numpy as np

from fleet.app.crew import SHIPPED_ORDERS
from fleet.app.forecast.snapshot import FloorSnapshot
from fleet.errors import OrderError
from fleet.tasks.model import Order
from fleet.tasks.sources.open_orders import open_orders
from sim_worlds.slotting import WorldSlotting
from sim_worlds.world import World

# Arrivals are counted by the minute: orders that come in bursts vary more from one to the next than by chance.
_MINUTE_S: Final = 60.0


class ComingOrders(Protocol):
    """Where orders come from in a forecast."""

    def orders(self, sigma: float, rng: np.random.Generator) -> Iterator[Order]:
        """Yield orders by release, on the floor's clock.

        sigma: by how many standard deviations more of them come than is to be expected, as far as that is uncertain.
        """

    def variance(self, seconds: float) -> float:
        """Return the variance of how many come in so many seconds from now."""

    def contents(self, seconds: float) -> float:
        """Return the variance of all that those hold together, over the variance of what one order holds."""


def sigma_of(fork: int, forks: int) -> float:
    """Return the sigma of one of so many forks: together they have a mean of 0 and a standard deviation of 1."""
    if forks == 1:
        return 0.0
    normal = NormalDist()
    points = np.array([normal.inv_cdf((at + 0.5) / forks) for at in range(forks)])
    return float(points[fork] / np.sqrt(np.mean(points**2)))


@dataclass(frozen=True, slots=True)
class AsLately:
    """Orders like those that came lately, at their rate; each has the lines of one of them, and its time until due.

    The number of the next `seconds` varies as a sum of minutes does that are drawn from those that were seen, and as
    their mean is uncertain; not less than chance alone makes it (a Poisson process of unknown rate).
    """

    recent: tuple[Order, ...]
    recent_s: float
    at_s: float
    seconds: float

    def orders(self, sigma: float, rng: np.random.Generator) -> Iterator[Order]:
        """Yield orders, without end."""
        expected = self.per_s * self.seconds
        if not expected > 0:
            return
        rate = max(expected + sigma * np.sqrt(self.variance(self.seconds)), 0.0) / self.seconds
        release_s, number = self.at_s, 0
        while rate > 0:
            release_s += rng.exponential(1.0 / rate)
            model = self.recent[rng.integers(len(self.recent))]
            due_s = release_s + model.due_s - model.release_s
            number += 1
            yield replace(model, id=f"to come {number}", release_s=release_s, due_s=due_s)

    def variance(self, seconds: float) -> float:
        """Return the variance of how many come in so many seconds."""
        if not self.recent:
            return 0.0
        count = np.histogram(
            [order.release_s for order in self.recent],
            bins=max(1, round(self.recent_s / _MINUTE_S)),
            range=(self.at_s - self.recent_s, self.at_s),
        )[0]
        of_minute = max(float(count.var()), float(count.mean()))
        return of_minute * seconds / _MINUTE_S * (1.0 + seconds / self.recent_s)

    def contents(self, seconds: float) -> float:
        """Return the variance of what they hold: as many draws, whose mean is known from those that were seen."""
        return self.per_s * seconds * (1.0 + seconds / self.recent_s) if self.recent else 0.0

    @property
    def per_s(self) -> float:
        """Orders a second."""
        return len(self.recent) / self.recent_s if self.recent_s > 0 else 0.0


@dataclass(frozen=True, slots=True)
class FromSource:
    """Orders as a source has them; its second 0 is now. A generated source varies as a Poisson process does.

    opened: opens the source with a seed
    per_s   mean orders a second of a generated source, 0 for a file
    """

    opened: Callable[[int], Iterator[Order]]
    at_s: float
    seconds: float
    per_s: float

    def orders(self, sigma: float, rng: np.random.Generator) -> Iterator[Order]:
        """Yield orders; a source that is generated comes faster or slower by what `sigma` says."""
        faster = 1.0 + sigma * np.sqrt(self.variance(self.seconds)) / (self.per_s * self.seconds) if self.per_s else 1.0
        if not faster > 0:
            return
        for order in self.opened(int(rng.integers(2**31))):
            release_s = self.at_s + order.release_s / faster
            yield replace(order, release_s=release_s, due_s=release_s + order.due_s - order.release_s)

    def variance(self, seconds: float) -> float:
        """Return the variance of how many come in so many seconds."""
        return self.per_s * seconds

    def contents(self, seconds: float) -> float:
        """Return the variance of what they hold; of a file it is known."""
        return self.per_s * seconds


@dataclass(frozen=True, slots=True)
class AfterExpected:
    """First the orders that are known to come; after the last of them others, as `then` has them."""

    expected: tuple[Order, ...]
    then: ComingOrders
    at_s: float

    def orders(self, sigma: float, rng: np.random.Generator) -> Iterator[Order]:
        """Yield orders by release."""
        yield from self.expected
        yield from (order for order in self.then.orders(sigma, rng) if order.release_s > self.expected[-1].release_s)

    def variance(self, seconds: float) -> float:
        """Return the variance of how many come in so many seconds."""
        return self.then.variance(self._unknown_s(seconds))

    def contents(self, seconds: float) -> float:
        """Return the variance of what those hold that are not known."""
        return self.then.contents(self._unknown_s(seconds))

    def _unknown_s(self, seconds: float) -> float:
        return max(0.0, self.at_s + seconds - self.expected[-1].release_s)


def coming_orders(snapshot: FloorSnapshot, spec: str, world: World, seconds: float) -> ComingOrders:
    """Return where orders come from: `spec` as after `futurepark run --orders`, or, if empty, as lately.

    Raises OrderError for a spec or file that cannot be used.
    """
    if spec:
        source = _source(spec, world)
        source(0)  # what is wrong with it shows here, and not in a process of its own
        per_s = float(spec.split(":")[1]) / 3600.0 if spec.startswith("poisson:") else 0.0
        return FromSource(source, snapshot.at_s, seconds, per_s)
    lately = AsLately(snapshot.recent, snapshot.recent_s, snapshot.at_s, seconds)
    return AfterExpected(snapshot.expected, lately, snapshot.at_s) if snapshot.expected else lately


def known_orders(file: Path, world: World) -> list[Order]:
    """Return the orders of a file, by release; raises OrderError."""
    if file.suffix.lower() not in {".csv", ".jsonl"}:
        raise OrderError("--expect", f"{str(file)!r} is no order file", "give a .csv or .jsonl file")
    return list(_source(str(file), world)(0))


def _source(spec: str, world: World) -> _Source:
    orders = world.orders
    return _Source(spec, orders.rate_per_hour, orders.lead_time_s, tuple(WorldSlotting(world).destinations))


@dataclass(frozen=True, slots=True)
class _Source:
    """Opens what `--orders` names; goes to other processes."""

    spec: str
    rate_per_hour: float
    lead_time_s: float
    destinations: tuple[str, ...]

    def __call__(self, seed: int) -> Iterator[Order]:
        return open_orders(
            self.spec,
            seed=seed,
            rate_per_hour=self.rate_per_hour,
            lead_time_s=self.lead_time_s,
            catalogue=SHIPPED_ORDERS,
            destinations=self.destinations,
        )
