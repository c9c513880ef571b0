"""What recording costs: time and bytes of a trace of 500 robots, its replay, rewinding, and MCAP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Final

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from fleet.app.compose import compose
from fleet.app.simulated_bodies import simulated_bodies
from fleet.runtime.clock import WallClock
from fleet.runtime.config import RunConfig
from robots.driver import FleetDriver
from sim_worlds.world import World
from sim_worlds.world_file import load_world
from twin.link import LinkParams
from twin.physics.body_model import BodyModel
from twin.recording.mcap_writer import trace_to_mcap
from twin.recording.playing import play
from twin.recording.recording import Recording
from twin.recording.replay import replay
from twin.recording.rewinder import Rewinder
from twin.recording.trace_header import recorded_fleet, trace_header
from twin.recording.trace_parts import Checkpoint, TickBlock
from twin.recording.trace_reader import Trace
from twin.recording.trace_writer import TraceWriter
from twin.simulated_fleet import SimulatedFleet

_WORLD: Final = "future_park"
_ROBOTS: Final = 500
_WARM_S, _SHORT_S, _FULL_S = 2.0, 120.0, 600.0
_RATE_HZ: Final = 2.0
_TRIALS: Final = 9
_COST_TARGET_US, _SHARE_TARGET, _SIZE_TARGET_MB, _REWIND_TARGET_MS = 100.0, 5.0, 60.0, 10.0
_COLUMNS: Final = (
    "robots on", "simulated s", "fleet us a tick", "recording us a tick", "target us", "% of the run", "target %",
    "MB in 30 min", "target MB", "replay, x real time",
)  # fmt: skip
_MORE: Final = ("what", "figure", "target")
_NOTES: Final = (
    "the main job on future_park, by grants, seed 1; CPU time of one process",
    "the run: orders, planning, execution and fleet, without recording",
    "recording: what its submit and poll take beyond the fleet's own, with checkpoints, state hashes and writing",
    "replay: with all poses and state hashes compared",
)


@dataclass(slots=True)
class _Meter:
    """CPU seconds that were spent in calls."""

    seconds: float = 0.0

    def on(self, driver: FleetDriver) -> None:
        """Meter `submit` and `poll` of a driver from now on."""
        for name in ("submit", "poll"):
            setattr(driver, name, self._metered(getattr(driver, name)))

    def _metered(self, call: Callable[..., object]) -> Callable[..., object]:
        def metered(*arguments: object) -> object:
            started = process_time()
            found = call(*arguments)
            self.seconds += process_time() - started
            return found

        return metered


def run(options: Options) -> Report:
    """Wheels and rails, two simulated minutes each; ten in the full form."""
    duration_s = _FULL_S if options.full else _SHORT_S
    world = load_world(_WORLD)
    rows: list[tuple[Cell, ...]] = []
    with TemporaryDirectory() as folder:
        for name, driver in (("wheels", "twin"), ("rails", "kinematic")):
            options.say(f"{_ROBOTS} robots on {name} for {duration_s:g} s")
            path = Path(folder) / name
            _recorded_run(path, driver, _WARM_S)
            rows.append((name, duration_s, *_recorded_run(path, driver, duration_s), *_file(path, world)))
        options.say("MCAP and rewinding")
        more = (*_mcap(path, Path(folder) / "mcap", world), *_rewinding(path, world))
    return Report((Table("recording", _COLUMNS, tuple(rows)), Table("with the trace on rails", _MORE, more)), _NOTES)


def _recorded_run(path: Path, driver: str, duration_s: float) -> tuple[Cell, ...]:
    """Record a run to a file; return what the fleet and the recording took a tick, and targets."""
    config = RunConfig(
        world=_WORLD, robots=_ROBOTS, duration_s=duration_s, seed=1, execution="grants", driver=driver
    )  # fmt: skip
    simulation = compose(config, clock=WallClock(), events=lambda _event: None)
    world, fleet = simulation.world, simulation.driver
    if not isinstance(fleet, SimulatedFleet):
        raise TypeError("a run on grants has a simulated fleet")
    body = BodyModel() if driver == "twin" else None
    _, motion = simulated_bodies(driver, world, BodyModel(), config.seed)
    link = LinkParams(loss=config.floor.message_loss)
    tick_s = config.grants.tick_s
    header = trace_header(world, robots=_ROBOTS, tick_s=tick_s, seed=1, link=link, motion=motion, body=body)
    inner, outer = _Meter(), _Meter()
    inner.on(fleet)
    recording = Recording(fleet, TraceWriter(path), header)
    outer.on(recording)
    simulation.loop._driver = recording  # noqa: SLF001 - wired without recording, to be measured with it
    started = process_time()
    simulation.loop.run(simulation.steps)
    spent = process_time() - started
    recording.close()
    us, cost = 1e6 * tick_s / simulation.loop.now_s, outer.seconds - inner.seconds
    return inner.seconds * us, cost * us, _COST_TARGET_US, 100 * cost / (spent - cost), _SHARE_TARGET


def _file(path: Path, world: World) -> tuple[Cell, ...]:
    """Size of a trace for half an hour, and how quickly it is replayed."""
    started = process_time()
    done = replay(path, lambda header: recorded_fleet(header, world))
    spent = process_time() - started
    done.fleet.close()
    simulated_s = done.to_s - done.from_s
    return path.stat().st_size / 1e6 * 1800 / simulated_s, _SIZE_TARGET_MB, simulated_s / spent


def _mcap(path: Path, out: Path, world: World) -> tuple[tuple[Cell, ...], ...]:
    """How quickly a trace becomes MCAP, and how large that is."""
    started = process_time()
    trace_to_mcap(path, out, world, rate_hz=_RATE_HZ)
    spent = process_time() - started
    with Trace(path) as trace:
        simulated_s = sum(block.ticks for block in trace.blocks()) * trace.header.tick_s
    return (
        (f"MCAP at {_RATE_HZ:g} Hz, MB in 30 min", out.stat().st_size / 1e6 * 1800 / simulated_s, None),
        ("MCAP, x real time", simulated_s / spent, None),
    )


def _rewinding(path: Path, world: World) -> tuple[tuple[Cell, ...], ...]:
    """Checkpoint and rewind of a fleet in the middle of a run, median of several."""
    with Trace(path) as trace:
        header = trace.header
        parts = list(trace.parts())
    rewinder = Rewinder(recorded_fleet(header, world), header)
    first = next(part for part in parts if isinstance(part, Checkpoint))
    rewinder.driver.resume(first.data)
    blocks = [part for part in parts if isinstance(part, TickBlock)]
    for block in blocks[: max(1, len(blocks) // 2)]:
        for _state in play(rewinder.driver, block):
            pass
    now_s = float(block.time_s[-1])
    checkpoint = [_milliseconds(rewinder.driver.checkpoint) for _ in range(_TRIALS)]
    there = [_milliseconds(lambda: rewinder.rewind(now_s)) for _ in range(_TRIALS)]
    back = _milliseconds(lambda: rewinder.rewind(now_s - 2.5))
    rewinder.driver.close()
    return (
        ("checkpoint, ms", median(checkpoint), _REWIND_TARGET_MS),
        ("rewind to a checkpoint, ms", median(there), _REWIND_TARGET_MS),
        ("rewind to half way between two, ms", back, None),
    )


def _milliseconds(call: Callable[[], object]) -> float:
    started = process_time()
    call()
    return (process_time() - started) * 1e3


BENCHMARK = Benchmark("recording", "Recording 500 robots: cost, bytes, replay, MCAP, rewind", run)
