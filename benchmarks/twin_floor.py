"""The whole twin with its controller: the main job by three drivers, and what each kind of fault leads to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, Final

import numpy as np

from benchmarks.benchmark import Benchmark, Cell, Options, Report, Table
from fleet.app.compose import Simulation, compose
from fleet.runtime.clock import WallClock
from fleet.runtime.config import FloorParams, RunConfig
from fleet.runtime.grant_control import GrantLoop
from twin.fault_file import FIELDS
from twin.faults import FaultKind

_JOB: Final = RunConfig(world="future_park", seed=1, audit=True)
_DRIVERS: Final[dict[str, dict[str, Any]]] = {
    "ideal grid": {"execution": "ideal"},
    "grants, on rails": {"execution": "grants"},
    "twin": {"execution": "grants", "driver": "twin"},
}
_ORDERS: Final = ("", "poisson:9000", "poisson:12000")
_SHORT_S, _FULL_S = 300.0, 1800.0
_SPEED_TARGET: Final = 10.0  # times real time, with ledger, planner and controller
_FAULTY: Final = RunConfig(
    world="future_park", robots=200, duration_s=420.0, orders="poisson:3600", seed=1, audit=True,
    execution="grants", driver="twin",
)  # fmt: skip
_BEGIN_S: Final = 60
_HIT: Final = 5  # robots or cells
_FOR_S: Final = {FaultKind.DEAD: 90, FaultKind.REBOOT: 3, FaultKind.BLIND: 30, FaultKind.STALL: 20}
_VALUE: Final = {
    FaultKind.SLOW: 0.3, FaultKind.DISPLACED: 0.6, FaultKind.DRAINED: 3.0, FaultKind.SLIP: 0.2, FaultKind.STALL: 1.0,
    FaultKind.DRIFT: 0.05, FaultKind.PERSON: 1.2, FaultKind.LOSS: 0.2, FaultKind.DELAY: 1.0, FaultKind.DUPLICATION: 0.5,
}  # fmt: skip
_NOTES = (
    "audited, auditors included in the time; CPU time of one core",
    f"faults: {_HIT} moving robots, or the cells where they are, at {_BEGIN_S} s, for 60 s "
    "unless the kind says otherwise (dead 90, reboot 3, blind 30, stall 20); link faults hit everybody",
    "faults: 200 robots, 7 minutes",
    "a robot that was displaced, or lost its way, stands until a person comes: nobody does here",
)


def run(options: Options) -> Report:
    """Five minutes of the main job, thirty and three streams of orders in the full form; then every kind of fault."""
    job = replace(_JOB, duration_s=_FULL_S if options.full else _SHORT_S)
    rows = []
    for orders in _ORDERS if options.full else _ORDERS[:1]:
        for name, driver in _DRIVERS.items():
            options.say(f"{name}, {orders or 'shipped orders'}")
            rows.append((name, orders or "shipped", *_throughput(replace(job, orders=orders, **driver))))
    options.say("no fault")
    faults = [("none", *_outcome([]))]
    for kind in FaultKind:
        options.say(kind.value)
        faults.append((kind.value, *_outcome(_lines(kind))))
    columns = ("driver", "orders", "tasks an hour", "x real time", "target", "violations", "contacts")
    kinds = ("fault", "tasks done", "what the controller did", "robots down at the end", "contacts", "violations")
    return Report((Table("throughput", columns, tuple(rows)), Table("faults", kinds, tuple(faults))), _NOTES)


def _throughput(config: RunConfig) -> tuple[Cell, ...]:
    simulation = compose(config, clock=WallClock(), events=lambda _event: None)
    began_s = process_time()
    simulation.loop.run(simulation.steps)
    speed = config.duration_s / (process_time() - began_s)
    done = simulation.pool.counts()["tasks"]["done"]
    target = _SPEED_TARGET if config.driver == "twin" else None
    return done * 3600 / config.duration_s, speed, target, _violations(simulation), _touched(simulation)


def _outcome(lines: list[dict[str, Any]]) -> tuple[Cell, ...]:
    """What a run with these faults comes to."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "faults.jsonl"
        file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
        config = replace(_FAULTY, floor=FloorParams(faults=str(file))) if lines else _FAULTY
        simulation = compose(config, clock=WallClock(), events=lambda _event: None)
    simulation.loop.run(simulation.steps)
    loop = simulation.loop
    assert isinstance(loop, GrantLoop)
    did = loop.floor.responses | {name: count for name, count in simulation.dispatcher.recoveries().items() if count}
    told = ", ".join(f"{name} {count}" for name, count in sorted(did.items()))
    down = int(loop.floor.watch.down.sum())
    done = simulation.pool.counts()["tasks"]["done"]
    return done, told, down, _touched(simulation), _violations(simulation)


def _lines(kind: FaultKind) -> list[dict[str, Any]]:
    """Lines of a file of faults of a kind, for robots that are on their way when it begins."""
    simulation = compose(_FAULTY, clock=WallClock(), events=lambda _event: None)
    simulation.loop.run(_BEGIN_S)
    state = simulation.loop.state
    robots = np.flatnonzero(state.speed_mps > 0.5)[:_HIT].tolist()
    width = simulation.world.layout.width
    common: dict[str, Any] = {"t": _BEGIN_S, "kind": kind.value}
    if "for_s" in FIELDS[kind]:
        common["for_s"] = _FOR_S.get(kind, 60)
    if "value" in FIELDS[kind]:
        common["value"] = _VALUE[kind]
    if kind is FaultKind.CHARGER_OUT:
        return [common | {"cell": list(divmod(cell, width))} for cell in simulation.world.chargers[:_HIT].tolist()]
    if "robot" in FIELDS[kind]:
        return [common | {"robot": robot} for robot in robots]
    if "cell" in FIELDS[kind]:
        return [common | {"cell": list(divmod(int(state.cell[robot]), width))} for robot in robots]
    return [common]


def _violations(simulation: Simulation) -> int:
    return simulation.auditor.count if simulation.auditor is not None else 0


def _touched(simulation: Simulation) -> Cell:
    if simulation.contacts is None:
        return None
    robots, racks, people = simulation.contacts().tolist()
    return f"robots {robots}, racks {racks}, people {people}"


BENCHMARK = Benchmark("twin_floor", "the twin with its controller: throughput by driver, faults by kind", run)
