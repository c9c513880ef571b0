"""The firmware stub in C99 for tests: built once in a process, with what its checks need."""

from __future__ import annotations

import atexit
import functools
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from robots.messages import Action, Bye, Edge, Hb, Instant, Message, Node, Order, Params, Resync, Welcome

SOURCES = Path(__file__).parent.parent / "firmware_stubs" / "c"
PACKAGES = "gcc libc6-dev make libzmq3-dev libmsgpack-dev"


@functools.cache
def built() -> Path:
    """Return the folder with `robot` and the programs of `make checks`; skips the test where nothing can be built."""
    headers = [Path("/usr/include") / name for name in ("zmq.h", "msgpack/pack.h")]
    if not (shutil.which("gcc") and shutil.which("make") and all(header.exists() for header in headers)):
        pytest.skip(f"the C firmware needs: apt-get install {PACKAGES}")
    out = Path(tempfile.mkdtemp(prefix="futurepark-firmware-c-"))
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    command = ["make", "--no-print-directory", "-s", "-C", str(SOURCES), "checks", f"OUT={out}"]
    made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert made.returncode == 0, made.stderr
    return out


def packed_frames(frames: Iterable[bytes]) -> bytes:
    """Return frames as the checks read them: two bytes of length, little-endian, then the frame."""
    return b"".join(len(frame).to_bytes(2, "little") + frame for frame in frames)


def frame(message: Message) -> bytes:
    """Return the second frame of a message."""
    return msgspec.msgpack.encode(message)


def base_nodes(first: int, *places: tuple[float, float, float], **actions: Action) -> tuple[Node, ...]:
    """Return nodes at places (x, y, theta), the first with number 2 * first; actions: by `at3`, at the fourth place."""
    return tuple(
        Node(
            id=f"n{first + i}",
            seq=2 * (first + i),
            rel=True,
            x=x,
            y=y,
            map="hall",
            theta=theta,
            actions=(actions[f"at{i}"],) if f"at{i}" in actions else (),
        )
        for i, (x, y, theta) in enumerate(places)
    )


def order(nodes: tuple[Node, ...], *, epoch: int = 0, seq: int = 1, vmax: float | None = None) -> Order:
    """Return an order for amr-000 with these nodes and the edges between them."""
    edges = tuple(
        Edge(id=f"e{b.seq - 1}", seq=b.seq - 1, rel=b.rel, from_=a.id, to=b.id, vmax=vmax)
        for a, b in itertools.pairwise(nodes)
    )
    return Order("amr-000", epoch, seq, f"order-{epoch}", nodes[-1].seq // 2, nodes, edges)


def samples() -> list[bytes]:
    """Return one good frame and more of each kind that a robot may get."""
    service = Action("a-1", "service", params=Params(seconds=2.5))
    charge = Action("a-2", "startCharging", "NONE")
    places = [(2.5 + i, 2.5, 0.0) for i in range(12)]
    turned = [(2.5, 2.5, 0.0), (2.5, 2.5, 1.5707963), (2.5, 2.5, 1.5707963), (2.5, 2.5, 1.5707963)]
    position = Params(x=1.5, y=2.5, theta=-1.5, map="hall", last_seq=40)
    return [
        frame(message)
        for message in (
            order(base_nodes(0, *places), vmax=0.5),
            order(base_nodes(0, *turned, at2=service, at3=charge), epoch=3, seq=2**63 - 1),
            order(base_nodes(7, *places[:2]), epoch=2**31 - 1),
            Instant(
                "amr-000", 1, 5, (Action("i-1", "startPause"), Action("i-2", "speedLimit", params=Params(mps=0.4)))
            ),
            Instant("amr-000", 1, 6, (Action("i-3", "initPosition", params=position),)),
            Instant("ämr-日本-🤖", 1, 7, (Action("i-4", "stateRequest", "SOFT"),)),
            Welcome(7, 3, 3000, 1000, (1, 0)),
            Hb(7, 3, 1_700_000_000_000_000_000),
            Bye(7, 3, 1_700_000_000_000_000_000, "over"),
            Resync(7, 3, 1_700_000_000_000_000_000, ("amr-000", "amr-001")),
        )
    ]
