"""What operators of a site are alerted by, for Prometheus; docs/http-api.md has the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from fleet.app.dashboard.alerts import SILENT_S
from fleet.app.dashboard.live_floor import LiveFloor
from fleet.app.dashboard.traffic_counts import TrafficCounts
from fleet.app.site.condition import Condition
from fleet.app.site.feed_messages import Reactions, SiteNews
from fleet.traffic.zones.restriction import ZoneKind

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_ALERTS: Final = ("deadlock", "livelock", "robot", "journal", "feed", "zone", "late")


class SiteMetrics:
    """The metrics of a live site, if there is one, and of this server."""

    def __init__(self, live: LiveFloor | None, counts: TrafficCounts) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Collector(live, counts))

    def text(self) -> bytes:
        """Return the metrics as they are now, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Collector(Collector):
    def __init__(self, live: LiveFloor | None, counts: TrafficCounts) -> None:
        self._live = live
        self._counts = counts

    def describe(self) -> list[Metric]:
        return []  # what there is depends on what has been heard

    def collect(self) -> Iterator[Metric]:
        yield from _of_server(self._counts)
        live = self._live
        if live is None:
            return
        picture = live.picture
        yield _gauge(
            "feed_up",
            "1 if the controller was heard within 3 seconds.",
            picture.silent_s < SILENT_S and picture.site is not None,
        )
        yield _gauge("feed_silence_seconds", "Seconds since the controller was last heard.", picture.silent_s)
        yield _counter("feed_messages_missed", "Messages of the feed that never came.", picture.missed)
        kinds = dict.fromkeys(_ALERTS, 0)
        for alert in live.alerts:
            kinds[alert.kind] = kinds.get(alert.kind, 0) + 1
        yield _labelled(GaugeMetricFamily, "alerts", "Alerts that the page shows.", "kind", kinds)
        if picture.site is not None:
            yield from _of_site(picture.site)
        if picture.duties is not None and len(picture.duties.waited_s):
            longest = float(picture.duties.waited_s.max())
            yield _gauge(
                "longest_wait_seconds", "Longest time for which a robot has come no nearer to its goal.", longest
            )


def _of_server(counts: TrafficCounts) -> Iterator[Metric]:
    yield _gauge("page_clients", "Browsers that are connected.", counts.browsers)
    yield _counter(
        "page_frames_left_out", "Frames that browsers were not told since they did not read.", counts.frames_left_out
    )
    yield _counter("page_bytes", "Bytes that browsers were told.", counts.bytes_told)
    done = {"read": counts.answered, "action": counts.acted}
    yield _labelled(CounterMetricFamily, "requests", "Requests that were carried out.", "kind", done)
    refused = {status: counts.refused.get(status, 0) for status in ("401", "403", "409", "422", "429", "503")}
    yield _labelled(
        CounterMetricFamily,
        "requests_refused",
        "Requests that were not, by HTTP status.",
        "status",
        refused | counts.refused,
    )


def _of_site(site: SiteNews) -> Iterator[Metric]:
    yield _gauge("leader_term", "Number of the leadership; it grows with every takeover.", site.term)
    yield _gauge("leads", "1 if the controller that is heard leads.", site.leads)
    yield _gauge("uptime_seconds", "Seconds since that controller took the lead.", site.uptime_s)
    yield _gauge("journal_held_up", "1 if the journal cannot be written: nothing new is granted.", site.journal.held_up)
    for what in ("orders", "tasks", "units"):
        counted = {name: count for name, count in site.counts.get(what, {}).items() if name != "open"}
        yield _labelled(
            CounterMetricFamily, what, f"{what.capitalize()} so far, by what became of them.", "state", counted
        )
        if "open" in site.counts.get(what, {}):
            yield _gauge(f"{what}_open", f"{what.capitalize()} that are not done.", site.counts[what]["open"])
    rate = site.recent.tasks_per_hour
    yield _gauge("tasks_per_hour", "Tasks done an hour, over the last ten minutes.", rate)
    yield _gauge("late_tasks", "Tasks that are not done although they are due.", site.late_tasks)
    latest = max((order.late_s for order in site.late_orders), default=0.0)
    yield _gauge("latest_order_seconds", "For how long the latest open order has been due.", latest)
    if site.reactions.counts:
        yield _reactions(site.reactions)
    conditions = {condition.name.lower(): 0 for condition in Condition} | site.robots
    yield _labelled(GaugeMetricFamily, "robots", "Robots by condition.", "condition", conditions)
    zones = {kind.value: 0 for kind in ZoneKind}
    for zone in site.zones:
        zones[zone.kind] = zones.get(zone.kind, 0) + 1
    yield _labelled(GaugeMetricFamily, "zones_in_force", "Restrictions of the floor in force.", "kind", zones)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"futurepark_{name}", what, value=float(value))


def _counter(name: str, what: str, value: float) -> Metric:
    return CounterMetricFamily(f"futurepark_{name}", what, value=float(value))


def _reactions(told: Reactions) -> Metric:
    within = accumulate(told.counts)
    bounds = [*(str(upto_ms / 1000) for upto_ms in told.upto_ms), "+Inf"]
    return HistogramMetricFamily(
        "futurepark_reaction_seconds",
        "Seconds from a robot's report of progress to the grants that rest on it, in the journal and sent.",
        buckets=list(zip(bounds, map(float, within), strict=True)),
        sum_value=told.sum_s,
    )


def _labelled(
    kind: type[CounterMetricFamily | GaugeMetricFamily], name: str, what: str, label: str, values: Mapping[str, float]
) -> Metric:
    family = kind(f"futurepark_{name}", what, labels=[label])
    for value, figure in values.items():
        family.add_metric([value], float(figure))
    return family
