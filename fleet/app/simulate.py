"""Runs a composed simulation to its end: progress, run directory, summary."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from fleet.app.attendance import NOBODY, Attendance, Attendants
from fleet.app.compose import Simulation, compose
from fleet.app.interrupts import INTERRUPTED, on_interrupt
from fleet.app.peak_memory import peak_rss_mb
from fleet.app.simulated_bodies import contacts_by_kind
from fleet.app.station_cells import work_cells
from fleet.errors import AuditError
from fleet.report.heat.congestion import DEFAULT_METRIC
from fleet.report.heat.floor_picture import PicturedRun, picture_run
from fleet.report.heat.heatmap import save_heatmap
from fleet.report.run_directory import HEATMAP_FILE, RunWriter
from fleet.report.summary import ExecutionReport, Summary, print_summary, summarise, summary_json
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig, config_table
from fleet.runtime.event_relay import EventRelay
from fleet.runtime.grant_control import GrantLoop
from fleet.tasks.sources.rejects import RejectSink
from sim_worlds.world_file import find_world, shipped_worlds

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.app.live_run import Live, LiveRun


def simulate(
    config: RunConfig,
    *,
    out: Path,
    rejects: Path | None,
    as_json: bool,
    attendance: Attendance = NOBODY,
    live: Live | None = None,
) -> int:
    """Run, write the run directory below `out`, print the summary; return the exit code.

    An interrupt (Ctrl-C) ends the run early: what was simulated until then is written, marked as interrupted, and the
    exit code is 130. What an auditor finds is written as well, and then raised as AuditError. With `live` the run is
    shown, and its page may stay after that until an interrupt.
    """
    config = _with_full_paths(config)
    clock = WallClock()
    began_s = clock.now()
    with ExitStack() as stack:
        with RunWriter(out, find_world(config.world).stem, config.seed) as writer, Attendants(attendance) as attendants:
            sink = RejectSink(rejects) if rejects is not None else None
            events = EventRelay(writer.write_event)
            simulation = compose(config, clock=clock, events=events, rejects=sink, attendants=attendants)
            shown = None if live is None else _shown(simulation, events, live, clock, stack)
            ready_s = clock.now()
            interrupted = _run(simulation, shown)
            done_s = clock.now()
            defect = _audit_tasks(simulation) if config.audit else None
            summary = _summarise(config, simulation, interrupted, done_s - ready_s, ready_s - began_s, defect)
            path = _write(writer, config, simulation, summary)
        _print(summary, path, as_json=as_json)
        if shown is not None and shown.stays and not interrupted:
            _stay(shown)
    if simulation.auditor is not None:
        simulation.auditor.raise_findings()
    if defect is not None:
        raise defect
    return INTERRUPTED if interrupted else 0


def _shown(simulation: Simulation, events: EventRelay, live: Live, clock: WallClock, stack: ExitStack) -> LiveRun:
    """Begin to show the run, until the stack ends. Sockets and page are imported here: most runs are not shown."""
    from fleet.app.live_run import LiveRun

    shown = stack.enter_context(LiveRun(simulation, events, live, clock))
    with on_interrupt(shown.stop):
        shown.begin()
    return shown


def _stay(shown: LiveRun) -> None:
    """Let people look at the end of the run until an interrupt."""
    print("The run is over. Its page stays until Ctrl-C.", file=sys.stderr, flush=True)
    with on_interrupt(shown.stop):
        shown.stay()


def _print(summary: Summary, path: Path, *, as_json: bool) -> None:
    if as_json:
        print(summary_json(summary), flush=True)
        return
    console = Console()
    print_summary(console, summary)
    console.print(f"Written to {path}", soft_wrap=True, highlight=False)


def _with_full_paths(config: RunConfig) -> RunConfig:
    """Files by their full path, so that the settings mean the same wherever they are read again."""
    orders = Path(config.orders)
    return replace(
        config,
        world=config.world if config.world in shipped_worlds() else str(find_world(config.world).resolve()),
        guidance=config.guidance if config.guidance in {"auto", "none"} else str(Path(config.guidance).resolve()),
        services=config.services if config.services in {"fixed", "measured"} else str(Path(config.services).resolve()),
        actions=str(Path(config.actions).resolve()) if config.actions else "",
        robot_model=str(Path(config.robot_model).resolve()) if config.robot_model else "",
        floor=replace(config.floor, faults=str(Path(config.floor.faults).resolve()) if config.floor.faults else ""),
        orders=str(orders.resolve()) if config.orders and orders.is_file() else config.orders,
    )


def _run(simulation: Simulation, shown: LiveRun | None) -> bool:
    """Run all steps with a progress bar on a terminal; return whether an interrupt ended them early."""
    stop = simulation.loop.stop if shown is None else shown.stop
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.fields[clock]}"),
        BarColumn(),
        TextColumn("{task.fields[done]} tasks, {task.fields[rate]:.0f} an hour"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("", total=simulation.steps, clock="0:00", done=0, rate=0.0)

        def show() -> None:
            loop = simulation.loop
            if loop.steps % 20 and loop.steps < simulation.steps:
                return
            done = simulation.pool.counts()["tasks"]["done"]
            minutes, seconds = divmod(int(loop.now_s), 60)
            clock = f"{minutes}:{seconds:02d}"
            progress.update(bar, completed=loop.steps, clock=clock, done=done, rate=done * 3600 / loop.now_s)

        on_step: Callable[[], None] | None = show if console.is_terminal else None
        with on_interrupt(stop):
            if shown is None:
                simulation.loop.run(simulation.steps, on_step)
            else:
                shown.run(on_step)
    return simulation.loop.steps < simulation.steps


def _audit_tasks(simulation: Simulation) -> AuditError | None:
    """Recount orders, tasks and units; return what does not add up."""
    try:
        simulation.pool.check()
    except AuditError as error:
        return error
    return None


def _summarise(
    config: RunConfig,
    simulation: Simulation,
    interrupted: bool,
    wall_s: float,
    warmup_s: float,
    defect: AuditError | None,
) -> Summary:
    auditor = simulation.auditor
    return summarise(
        version=version("futurepark"),
        world=simulation.world.name,
        robots=simulation.robots,
        seed=config.seed,
        planner=config.planner,
        step_s=simulation.loop.step_s,
        pool=simulation.pool,
        activity_steps=simulation.loop.activity_steps,
        steps=simulation.loop.steps,
        planning_s=simulation.motion.planning_s,
        execution=_execution_report(simulation),
        contacts=None if simulation.contacts is None else contacts_by_kind(simulation.contacts()),
        replenishments=_replenishments(simulation),
        cages=None if simulation.keeping is None else simulation.keeping.chutes.counts(),
        jams=_jams(simulation),
        work_cells=None if simulation.served is None else work_cells(simulation.served, simulation.world),
        energy_wh=simulation.driver.charge_wh_used,
        charge_percent=simulation.loop.state.charge_percent,
        violations=None if auditor is None else auditor.count + (defect is not None),
        interrupted=interrupted,
        trace_hash=simulation.recorder.digest(),
        wall_s=wall_s,
        warmup_s=warmup_s,
        peak_rss_mb=peak_rss_mb(),
    )


def _replenishments(simulation: Simulation) -> dict[str, int] | None:
    """What was done about bins, and of how many the number of units is believed wrong at the end."""
    if simulation.keeping is None:
        return None
    counts = simulation.keeping.stock.counts()
    if simulation.sensors is None:
        return counts
    wrong, outside = simulation.sensors.stock.wrong(simulation.loop.now_s)
    return counts | {"bins_believed_wrong": wrong, "bins_outside_their_set": outside}


def _jams(simulation: Simulation) -> dict[str, int] | None:
    """What was done about jammed chutes, and what there really was to do."""
    if simulation.keeping is None:
        return None
    counts = simulation.keeping.chutes.jam_counts()
    return counts if simulation.sensors is None else counts | simulation.sensors.chutes.counts()


def _execution_report(simulation: Simulation) -> ExecutionReport | None:
    """What grants did; None for a run in step."""
    loop = simulation.loop
    if not isinstance(loop, GrantLoop):
        return None
    held, closed, order, bounds = loop.execution.refused.tolist()
    return ExecutionReport(
        grants=loop.execution.granted,
        withheld={"held": held, "closed": closed, "order": order, "bounds": bounds},
        rings_cut=loop.execution.rings_cut,
        responses=dict(sorted(loop.floor.responses.items())),
        recoveries=simulation.dispatcher.recoveries(),
        robots_down=int(loop.floor.watch.down.sum()),
    )


def _write(writer: RunWriter, config: RunConfig, simulation: Simulation, summary: Summary) -> Path:
    """Fill the run directory and give it its name."""
    layout = simulation.world.layout
    trace = simulation.recorder.trace(simulation.world.name, layout.height, layout.width, simulation.loop.step_s)
    writer.write_config(config_table(config) | {"run": {"version": summary.version, "robots": summary.robots}})
    writer.write_summary(summary)
    writer.write_trace(trace)
    run = PicturedRun(f"{simulation.world.name}, seed {config.seed}", trace, summary)
    save_heatmap(writer.folder / HEATMAP_FILE, picture_run(run, DEFAULT_METRIC), simulation.world)
    simulation.driver.close()
    return writer.commit()
