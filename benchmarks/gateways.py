"""What the controller's side of the wire costs: peers with a connection and a key each, against bare sockets."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, time_ns
from typing import Any, Final

import numpy as np
import zmq

from benchmarks.benchmark import Benchmark, LeftOutError, Options, Report, Table
from robots.driver import Commands
from robots.gateways.allow_list import AllowList
from robots.gateways.authenticator import Authenticator
from robots.gateways.floor_map import FloorMap
from robots.gateways.keys import Key
from robots.gateways.wire_params import WireParams
from robots.gateways.zmq_driver import ZmqDriver
from robots.state import Entry, FleetState

_PEERS: Final = (500, 2000)
_SHORT_S, _FULL_S = 10.0, 60.0
_WARM_S: Final = 5.0
_RATE_HZ: Final = 10.0
_TICK_S: Final = 0.02
_KEPT_UP: Final = 0.95
# Bare sockets, CURVE on, 112-byte messages at 10 Hz: percent of a core, p99 in ms (the project's first trials).
_BARE: Final = {500: (16.0, 5.0), 2000: (45.0, 25.0)}
_COLUMNS = (
    "peers", "messages a second", "% of a core", "bare sockets %", "us a message", "state to order p50 ms", "p99 ms",
    "bare sockets p99 ms", "orders", "refused",
)  # fmt: skip
_NOTES = (
    "each peer has a connection and a key of its own, CURVE on; 10 poses and a state a second, from another process",
    "% of a core: user and system time of the whole controller process, ZeroMQ's own threads included",
    f"state to order: from a state that confirms an entry to the next order, seen by the peer; a tick is {_TICK_S:g} s;"
    " none where the peers' own process could not send as often as it was to",
)


class _Site:
    """Keys and an allow-list of so many peers, in a folder that goes with it."""

    def __init__(self, folder: Path, peers: int) -> None:
        own = zmq.curve_keypair()
        self.key = Key(*own)
        keys, tables = [], []
        for row in range(peers):
            public, secret = (half.decode() for half in zmq.curve_keypair())
            keys.append([f"gw-{row}", public, secret, own[0].decode()])
            tables.append(
                f'[[peer]]\nname = "gw-{row}"\npublic_key = "{public}"\nrole = "gateway"\nrobots = ["amr-{row:03d}"]\n'
            )
        self.keys_file = folder / "peers.json"
        allowed = folder / "allowed.toml"
        for path, text in ((self.keys_file, json.dumps(keys)), (allowed, "\n".join(tables))):
            path.touch(mode=0o600)
            path.write_text(text)
        self.allow_list = AllowList(allowed)


def _floor(cells: int) -> FloorMap:
    """A row of cells."""
    neighbours = np.full((cells, 4), -1, dtype=np.int32)
    neighbours[:-1, 0] = np.arange(1, cells)
    neighbours[1:, 2] = np.arange(cells - 1)
    return FloorMap("bench", cells, 1.0, neighbours, np.zeros(cells, dtype=np.bool_))


def _measure(peers: int, seconds: float) -> tuple[Any, ...]:
    """Serve so many peers; returns a row of the table."""
    with TemporaryDirectory() as folder:
        site = _Site(Path(folder), peers)
        context: zmq.Context[Any] = zmq.Context()
        context.set(zmq.MAX_SOCKETS, 4096)
        authenticator = Authenticator(context, site.allow_list, lambda _: None)
        authenticator.start()
        driver = ZmqDriver(
            "tcp://127.0.0.1:*",
            roster=[f"amr-{row:03d}" for row in range(peers)],
            floor=_floor(peers),
            clock=perf_counter,
            wall_ns=time_ns,
            context=context,
            epoch=1,
            known=FleetState.at(np.arange(peers, dtype=np.int32)),
            server_key=site.key,
            allow_list=site.allow_list,
            params=WireParams(tick_s=_TICK_S, backlog=4096),
            on_security=lambda _: None,
        )
        try:
            return _serve(driver, peers, site, seconds)
        finally:
            driver.close()
            authenticator.stop()
            context.destroy(linger=0)


def _serve(driver: ZmqDriver, peers: int, site: _Site, seconds: float) -> tuple[Any, ...]:
    """Hand every robot that rests a turn, and see what that costs once all have come."""
    state = driver.open()
    load = _start(driver.endpoint, site.keys_file, seconds + 2 * _WARM_S)
    clock = perf_counter
    commands = Commands.none(peers)
    began = cpu = received = 0.0
    warm_s = end_s = inf
    while (now := clock()) < end_s:
        if warm_s == inf and bool((state.heard_s > -inf).all()):
            warm_s = now + _WARM_S
        if end_s == inf and now >= warm_s:
            end_s = now + seconds
            began, cpu, received = now, process_time(), float(driver.record.received)
        if load.poll() is not None:
            raise LeftOutError("the peers came to an end before they were all heard")
        rests = state.received == state.confirmed
        commands.index[:] = state.confirmed
        commands.entries[:, 0] = np.where(rests | (commands.index < state.received), Entry.TURN_CW, Entry.WAIT)
        driver.submit(commands)
        state = driver.poll()
    took = clock() - began
    cpu = process_time() - cpu
    messages = driver.record.received - received
    out, _ = load.communicate(timeout=300)
    latencies = np.array(json.loads(out))
    # Peers that fall behind measure themselves.
    kept_up = messages / took >= _KEPT_UP * peers * _RATE_HZ
    p50, p99 = (round(float(ms), 1) if kept_up else None for ms in np.percentile(latencies, [50, 99]))
    bare_share, bare_p99 = _BARE[peers]
    return (
        peers, round(messages / took), round(100 * cpu / took, 1), bare_share, round(1e6 * cpu / messages, 1),
        p50, p99, bare_p99, len(latencies), driver.record.refused.total(),
    )  # fmt: skip


def _start(endpoint: str, keys_file: Path, seconds: float) -> subprocess.Popen[str]:
    """Start the peers, on the other cores."""
    command = [sys.executable, "-m", "benchmarks.gateway_peers", endpoint, str(keys_file), str(seconds), str(_RATE_HZ)]
    load = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    others = set(range(os.cpu_count() or 1)) - os.sched_getaffinity(0)
    if others:
        os.sched_setaffinity(load.pid, others)
    return load


def _run(options: Options) -> Report:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    rows = []
    for peers in _PEERS:
        options.say(f"{peers} peers")
        rows.append(_measure(peers, _FULL_S if options.full else _SHORT_S))
    return Report((Table("the controller's side of the wire, without planning", _COLUMNS, tuple(rows)),), _NOTES)


BENCHMARK: Final = Benchmark("gateways", "what 500 and 2,000 connected robots cost the controller", _run)
