"""Sections of a report on work: throughput over time, and how late orders were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fleet.report.page.chart_frame import FigureTable, clock
from fleet.report.page.charts import Line, histogram, lines_over_time
from fleet.report.page.markup import joined, tag
from fleet.report.page.page import Section, paragraphs

if TYPE_CHECKING:
    from fleet.report.story.run_story import RunStory
    from fleet.report.story.work_history import OrderHistory

_WORST: Final = 20


def throughput_section(story: RunStory) -> Section:
    """Tasks, orders and units done over time, and the work that waited."""
    tasks, orders = story.history.customers_tasks(), story.history.customers_orders()
    bins = story.bins
    done = bins.per_hour(task.done_s for task in tasks if task.done_s is not None)
    created = bins.per_hour(task.created_s for task in tasks)
    pace = lines_over_time(
        "pace", "Tasks an hour",
        f"Tasks done go from {done.min():,.0f} to {done.max():,.0f} an hour; those that came in are beside them.",
        bins, [Line("second", "came in", created), Line("first", "done", done)],
    )  # fmt: skip
    end_s = story.trace.duration_s
    open_orders = bins.mean_number((order.came_s, order.open_until_s(end_s)) for order in orders)
    backlog = lines_over_time(
        "backlog", "Work that is open",
        f"In the last part {open_orders[-1]:,.1f} orders are open and {story.waiting_tasks[-1]:,.1f} tasks wait for a "
        "robot, on average.",
        bins,
        [Line("second", "tasks that wait for a robot", story.waiting_tasks), Line("first", "orders open", open_orders)],
        decimals=1,
    )  # fmt: skip
    hour, counts = story.summary.throughput_per_hour, story.summary
    failed = sum(task.units for task in tasks if task.status == "failed")
    rows: list[tuple[object, ...]] = [
        ("tasks", f"{counts.tasks.created:,}", f"{counts.tasks.done:,}", f"{counts.tasks.open:,}",
         f"{counts.tasks.failed:,}", f"{counts.tasks.cancelled:,}", f"{hour.tasks:,.1f}"),
        ("orders", f"{counts.orders.accepted:,}", f"{counts.orders.done:,}", f"{counts.orders.open:,}",
         f"{counts.orders.rejected:,}", f"{counts.orders.cancelled:,}", f"{hour.orders:,.1f}"),
        ("units", f"{counts.units.ordered:,}", f"{counts.units.dropped:,}",
         f"{counts.units.ordered - counts.units.cancelled - counts.units.dropped - failed:,}", f"{failed:,}",
         f"{counts.units.cancelled:,}", f"{hour.units:,.1f}"),
    ]  # fmt: skip
    columns = ("", "came in", "done", "open", "failed or rejected", "cancelled", "done an hour")
    table = FigureTable(columns, rows).markup("Orders, tasks and units")
    body = joined(pace.markup(), backlog.markup(), table, _refusals(story))
    return Section("throughput", "Throughput", body)


def _refusals(story: RunStory) -> object:
    refused = story.summary.rejections | story.summary.failures
    if not refused:
        return ""
    rows: list[tuple[object, ...]] = [(reason, f"{count:,}") for reason, count in refused.items()]
    return joined(tag("h3", "Refused because"), FigureTable(("reason", "orders or tasks"), rows).markup("Refusals"))


def lateness_section(story: RunStory) -> Section:
    """When orders were done against when they were due, and the worst of them."""
    done = [order for order in story.history.customers_orders() if order.late_s is not None]
    if not done:
        return Section("lateness", "Lateness", paragraphs("No order was done."))
    late_s = np.array([order.late_s for order in done], dtype=np.float64)
    minutes = late_s / 60.0
    p5, median, p95 = np.percentile(minutes, [5, 50, 95]).tolist()
    late = int((late_s > 0).sum())
    text = (
        f"{late:,} of {len(done):,} orders that were done were late. Half of them were done by {_minutes(median)}, "
        f"nineteen of twenty by {_minutes(p95)}."
    )
    chart = histogram(
        "lateness-chart", "When orders were done, in minutes after they were due",
        f"From {_minutes(float(minutes.min()))} to {_minutes(float(minutes.max()))}; 5th percentile {_minutes(p5)}, "
        f"median {_minutes(median)}, 95th percentile {_minutes(p95)}.",
        minutes, "minutes after due; negative is early", split=0.0,
    )  # fmt: skip
    end_s = story.trace.duration_s
    overdue = [
        o for o in story.history.customers_orders() if o.status == "open" and o.due_s is not None and o.due_s < end_s
    ]
    body = [paragraphs(text), chart.markup(), tag("h3", "Latest orders"), _worst(story, done)]
    if overdue:
        body.append(paragraphs(f"{len(overdue):,} more orders are open at the end and were due before it."))
    return Section("lateness", "Lateness", joined(*body))


def _minutes(minutes: float) -> str:
    return f"{abs(minutes):,.1f} minutes {'after' if minutes > 0 else 'before'} due"


def _worst(story: RunStory, done: list[OrderHistory]) -> object:
    """The orders that were done latest, and where their time went."""
    tasks_of: dict[str, list[float]] = {}
    for task in story.history.tasks:
        tasks_of.setdefault(task.order, []).append(sum(to_s - from_s for from_s, to_s in task.waits))
    rows: list[tuple[object, ...]] = []
    for order in sorted(done, key=lambda order: -(order.late_s or 0.0))[:_WORST]:
        late_s, done_s = order.late_s or 0.0, order.done_s or 0.0
        waited = max(tasks_of.get(order.order, [0.0]))
        when = f"{clock(abs(late_s))} {'late' if late_s > 0 else 'early'}"
        rows.append(
            (order.order, order.destination, when, clock(order.came_s), clock(done_s - order.came_s), clock(waited),
             f"{order.tasks:,}", f"{order.units:,}", f"{order.priority}")
        )  # fmt: skip
    columns = (
        "order", "destination", "done", "came in at", "took", "a task waited for a robot", "tasks", "units", "priority",
    )  # fmt: skip
    return FigureTable(columns, rows, names=2).markup("Latest orders")
