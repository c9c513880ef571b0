"""`summary.json`: what came of a run, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from fleet.runtime.activity import Activity

if TYPE_CHECKING:
    from rich.console import Console

    from fleet.tasks.pool import TaskPool
    from robots.arrays import Float32, Int64

# The format of run directories that this version writes, and the newest that it reads.
RUN_FORMAT: Final = 1


class OrderCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Orders at the end. accepted counts all that came in: done + open + rejected + cancelled.

    cancelled  left out if none was
    """

    accepted: int
    done: int
    open: int
    rejected: int
    cancelled: int = 0


class TaskCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tasks at the end: created = done + open + failed + cancelled.

    cancelled  left out if none was
    """

    created: int
    done: int
    open: int
    failed: int
    cancelled: int = 0


class UnitCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units of goods at the end: ordered in orders that were not rejected, picked onto robots, dropped into chutes.

    cancelled  those of cancelled tasks, which are never picked; left out if there were none
    """

    ordered: int
    picked: int
    dropped: int
    cancelled: int = 0


class Throughput(msgspec.Struct, frozen=True):
    """What was finished in an hour of simulated time, on average over the run; units are those dropped."""

    tasks: float
    orders: float
    units: float


class PlanningTime(msgspec.Struct, frozen=True):
    """Milliseconds of real time that the planner took for a step of all robots."""

    median: float
    p95: float
    max: float


class TimeShare(msgspec.Struct, frozen=True):
    """What the robots' time was spent on, see fleet.runtime.activity.Activity; the shares sum to 1."""

    driving: float
    turning: float
    waiting: float
    service: float
    charging: float
    idle: float


class Lateness(msgspec.Struct, frozen=True):
    """Orders that were done after they were due, and seconds from due to done over all done ones (negative: early).

    median_s and max_s are None as long as no order is done.
    """

    late: int
    median_s: float | None
    max_s: float | None


class Charge(msgspec.Struct, frozen=True):
    """Energy that the fleet drew from its batteries, in Wh, and how full they were at the end, in percent."""

    energy_wh: float
    lowest_percent: float
    mean_percent: float


class ExecutionReport(msgspec.Struct, frozen=True):
    """How grants went, in a run with `--execution grants`.

    grants       entries that were granted out of plans: moves and turns
    withheld     how often a wanted grant had to wait, by reason: the next cell was held by another robot (held), was
                 closed, was another robot's turn (order), or the robot had as much as it may have (bounds)
    rings_cut    rings of robots that were taken out of plans
    responses    what was done about robots in trouble, by kind
    recoveries   what faults led to: tasks released, stranded with their load, taken over by another robot, reclaimed,
                 and chargers that failed
    robots_down  robots out of action at the end
    """

    grants: int
    withheld: dict[str, int]
    rings_cut: int
    responses: dict[str, int]
    recoveries: dict[str, int]
    robots_down: int


class CellSummary(msgspec.Struct, frozen=True):
    """A work cell: seconds in each state (idle, working, starved, blocked, recovering), units that came and left."""

    seconds: dict[str, float]
    units_in: int
    units_out: int


class WorkCells(msgspec.Struct, frozen=True):
    """Work cells of a run.

    cells         by station or chute and the row and column of their dock
    units_aboard  units on robots at the end
    by_hand       services that a person did, since the cell could not; refusals: why, and how often
    units_short   units that robots had no room for
    """

    cells: dict[str, CellSummary]
    units_aboard: int
    by_hand: int
    units_short: int
    refusals: dict[str, int]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run. Times in seconds, `*_ms` in milliseconds.

    simulated_s      steps * step_s
    wall_s           real time of the simulation, after everything was loaded and compiled (warmup_s)
    realtime_factor  simulated_s / wall_s
    execution        how grants went; None for a run in synchronous steps
    contacts         with driver twin, how often robots began to touch each other (robots), racks and walls (racks) or
                     people; None for robots without bodies
    replenishments   of bins, on a floor with sensors: how many were asked_for, done and called_off, units put in,
                     and tasks_held, how often a task had to wait for one; None for a floor without sensors
    cages            of chutes, on a floor with sensors: how often one was closed, swapped and lent to another
                     destination, tasks_redirected to other chutes, and tasks_held for lack of one; else None
    jams             of chutes, on a floor with sensors: how often one was called jammed, freed of what was stuck, and
                     called though nothing was (false_calls); how often one really got stuck (happened), and units that
                     are at the end (units_stuck); else None
    work_cells       what work cells did; None for a floor without
    violations       rules of the floor that an auditor saw broken; None if nobody looked
    trace_hash       of the trace, see `TraceRecorder.digest`
    peak_rss_mb      most memory that the process ever held, in MiB
    """

    format: int = RUN_FORMAT
    version: str
    world: str
    robots: int
    seed: int
    planner: str
    steps: int
    step_s: float
    simulated_s: float
    wall_s: float
    warmup_s: float
    realtime_factor: float
    orders: OrderCounts
    tasks: TaskCounts
    units: UnitCounts
    throughput_per_hour: Throughput
    planning_ms: PlanningTime
    robot_time_share: TimeShare
    lateness: Lateness
    rejections: dict[str, int]
    failures: dict[str, int]
    charge: Charge
    execution: ExecutionReport | None = None
    contacts: dict[str, int] | None = None
    replenishments: dict[str, int] | None = None
    cages: dict[str, int] | None = None
    jams: dict[str, int] | None = None
    work_cells: WorkCells | None = None
    violations: int | None
    interrupted: bool
    trace_hash: str
    peak_rss_mb: float


def summarise(
    *,
    version: str,
    world: str,
    robots: int,
    seed: int,
    planner: str,
    step_s: float,
    pool: TaskPool,
    activity_steps: Int64,
    steps: int,
    planning_s: list[float],
    energy_wh: float,
    charge_percent: Float32,
    violations: int | None,
    interrupted: bool,
    trace_hash: str,
    wall_s: float,
    warmup_s: float,
    peak_rss_mb: float,
    execution: ExecutionReport | None = None,
    contacts: dict[str, int] | None = None,
    replenishments: dict[str, int] | None = None,
    cages: dict[str, int] | None = None,
    jams: dict[str, int] | None = None,
    work_cells: WorkCells | None = None,
) -> Summary:
    """Put the numbers of a run together.

    activity_steps: int64 (activities,), robot-steps spent on each Activity. planning_s: seconds of each plan.
    charge_percent: float32 (n,), at the end. Raises ValueError for a run without a step.
    """
    if steps == 0 or activity_steps.sum() != steps * robots:
        raise ValueError(f"{activity_steps.sum()} robot-steps are no run of {steps} steps with {robots} robots")
    counts = pool.counts()
    orders, tasks, units = counts["orders"], counts["tasks"], counts["units"]
    simulated_s = steps * step_s
    an_hour = 3600.0 / simulated_s
    planning_ms = 1000.0 * np.array(planning_s)
    return Summary(
        version=version,
        world=world,
        robots=robots,
        seed=seed,
        planner=planner,
        steps=steps,
        step_s=step_s,
        simulated_s=simulated_s,
        wall_s=wall_s,
        warmup_s=warmup_s,
        realtime_factor=simulated_s / wall_s,
        orders=OrderCounts(**orders),
        tasks=TaskCounts(**tasks),
        units=UnitCounts(**units),
        throughput_per_hour=Throughput(tasks["done"] * an_hour, orders["done"] * an_hour, units["dropped"] * an_hour),
        planning_ms=PlanningTime(*np.percentile(planning_ms, [50, 95, 100]).tolist()),
        robot_time_share=TimeShare(
            **{activity.name.lower(): float(activity_steps[activity]) / (steps * robots) for activity in Activity}
        ),
        lateness=_lateness(pool),
        rejections=pool.rejections(),
        failures=pool.failures(),
        charge=Charge(energy_wh, float(charge_percent.min()), float(charge_percent.mean())),
        execution=execution,
        contacts=contacts,
        replenishments=replenishments,
        cages=cages,
        jams=jams,
        work_cells=work_cells,
        violations=violations,
        interrupted=interrupted,
        trace_hash=trace_hash,
        peak_rss_mb=peak_rss_mb,
    )


def summary_json(summary: Summary) -> str:
    """Return the summary as JSON for `summary.json` and `--json`, indented, without a line end."""
    return msgspec.json.format(msgspec.json.encode(summary), indent=2).decode()


def print_summary(console: Console, summary: Summary) -> None:
    """Print the few numbers that people look at first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=_title(summary), show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    for name, value in _rows(summary):
        table.add_row(Text(name), Text(value))  # names of places may look like markup
    console.print(table)


def _title(summary: Summary) -> str:
    ended = ", interrupted" if summary.interrupted else ""
    return f"{summary.world}, {summary.robots} robots, {summary.simulated_s / 60:.4g} min simulated{ended}"


def _rows(summary: Summary) -> list[tuple[str, str]]:
    orders, tasks, hour = summary.orders, summary.tasks, summary.throughput_per_hour
    share, planning, late = summary.robot_time_share, summary.planning_ms, summary.lateness
    activities = ", ".join(
        f"{activity.name.lower()} {getattr(share, activity.name.lower()):.0%}" for activity in Activity
    )
    rows = [
        ("throughput an hour", f"{hour.tasks:,.0f} tasks, {hour.orders:,.0f} orders, {hour.units:,.0f} units"),
        (
            "orders",
            f"{orders.accepted:,} came in: {_counts(orders, rejected=orders.rejected)}",
        ),
        (
            "tasks",
            f"{tasks.created:,} created: {_counts(tasks, failed=tasks.failed)}",
        ),
        ("late orders", f"{late.late:,} of {orders.done:,} done"),
        ("robots' time", activities),
        (
            "energy",
            f"{summary.charge.energy_wh / 1000:,.1f} kWh, emptiest battery {summary.charge.lowest_percent:.0f} %",
        ),
        ("planning a step", f"{planning.median:.1f} ms median, {planning.p95:.1f} p95, {planning.max:.1f} max"),
        ("speed", f"{summary.realtime_factor:,.0f} x real time, {summary.peak_rss_mb:,.0f} MB"),
        ("broken floor rules", "not audited" if summary.violations is None else f"{summary.violations:,} (audited)"),
    ]
    of_floor = {
        "contacts": summary.contacts,
        "replenishments": summary.replenishments,
        "cages": summary.cages,
        "jams": summary.jams,
    }
    for name, counted in of_floor.items():
        if counted is not None:
            told = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in counted.items())
            rows.append((name, told))
    rows += [(name, _of_cell(cell)) for name, cell in (summary.work_cells.cells if summary.work_cells else {}).items()]
    refused = [f"{reason} {count:,}" for reason, count in (summary.rejections | summary.failures).items()]
    return [*rows, ("refused because", ", ".join(refused))] if refused else rows


def _counts(counts: OrderCounts | TaskCounts, **rest: int) -> str:
    parts = {"done": counts.done, "open": counts.open, **rest}
    if counts.cancelled:
        parts["cancelled"] = counts.cancelled
    return ", ".join(f"{count:,} {name}" for name, count in parts.items())


def _lateness(pool: TaskPool) -> Lateness:
    late_s = np.round(pool.lateness_s(), 6)  # as events have it: the last bits of a sum of steps make nobody late
    if len(late_s) == 0:
        return Lateness(0, None, None)
    return Lateness(int((late_s > 0).sum()), float(np.median(late_s)), float(late_s.max()))


def _of_cell(cell: CellSummary) -> str:
    states = ", ".join(f"{state} {seconds:,.0f} s" for state, seconds in cell.seconds.items() if seconds >= 0.5)
    return f"{cell.units_in:,} units in, {cell.units_out:,} out; {states}"
