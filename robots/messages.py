"""The messages between the controller and robot gateways: typed, versioned, bounded; see docs/protocol.md.

A message is two ZeroMQ frames: the tag `FRAME_TAG`, and one MessagePack map whose key `msg` names its kind. Unknown
keys are passed over, so that a newer minor version may add some. Lengths in metres, angles in radians (0 east,
clockwise seen from above), times in nanoseconds UTC. `robots.codec` encodes and decodes.

A base (robots.driver) on the wire: entry number k of a robot's base is edge 2 k + 1 and node 2 k + 2, where node 2 k is
where entry k begins. So a robot whose last confirmed node is `last_seq` has confirmed last_seq / 2 entries.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

FRAME_TAG: Final = b"RG1"
PROTOCOL: Final = (1, 0)
MAX_FRAME_BYTES: Final = 8192
MAX_ROBOTS_A_HELLO: Final = 32

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Text = Annotated[str, Meta(max_length=256)]
Boot = Annotated[bytes, Meta(min_length=16, max_length=16)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Metres = Annotated[float, Meta(ge=-1e6, le=1e6)]
Radians = Annotated[float, Meta(ge=-1e3, le=1e3)]
Seconds = Annotated[float, Meta(ge=0, le=1e6)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Version = tuple[Annotated[int, Meta(ge=0, le=65535)], Annotated[int, Meta(ge=0, le=65535)]]
# An action name as in VDA 5050 where it has one; those of the base are `service` and `startCharging`.
Block = Literal["NONE", "SOFT", "HARD"]
Status = Literal["WAITING", "INITIALIZING", "RUNNING", "PAUSED", "FINISHED", "FAILED"]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Part of a message."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="msg", tag=str.lower):
    """A message; its kind is the class name in small letters."""


class Factsheet(Part, frozen=True):
    """What a robot is: length, width in metres, top speed in m/s, battery in Wh."""

    type: Name
    length: Metres
    width: Metres
    vmax: Metres
    battery: Annotated[float, Meta(ge=0, le=1e7)] = 0.0


class RobotIdentity(Part, frozen=True):
    """A robot that a gateway speaks for; `serial` is its name in every other message."""

    manufacturer: Name
    serial: Name
    factsheet: Factsheet | None = None


class Params(Part, frozen=True):
    """Parameters of an action, by its type.

    service           seconds
    speedLimit        mps, left out for no limit but the robot's own
    initPosition      x, y, theta, map, last_seq
    """

    seconds: Seconds | None = None
    mps: Annotated[float, Meta(gt=0, le=100)] | None = None
    x: Metres | None = None
    y: Metres | None = None
    theta: Radians | None = None
    map: Name | None = None
    last_seq: Number | None = None


class Action(Part, frozen=True):
    """Something to do at a node, or at once; `id` names it for ever."""

    id: Name
    type: Name
    block: Block = "HARD"
    params: Params = Params()


class Node(Part, frozen=True):
    """A place of a base (`rel`, released) or of a horizon."""

    id: Name
    seq: Number
    rel: bool
    x: Metres
    y: Metres
    map: Name
    theta: Radians | None = None
    actions: Annotated[tuple[Action, ...], Meta(max_length=8)] = ()


class Edge(Part, frozen=True):
    """The way from one node (`from`, its id) to the next; length 0 for a turn or an action on the spot."""

    id: Name
    seq: Number
    rel: bool
    from_: Name = msgspec.field(name="from")
    to: Name
    vmax: Annotated[float, Meta(gt=0, le=100)] | None = None
    actions: Annotated[tuple[Action, ...], Meta(max_length=8)] = ()


class Pose(Part, frozen=True):
    """Where a robot is; `ok` is false where it does not know."""

    x: Metres
    y: Metres
    theta: Radians
    map: Name
    ok: bool = True


class Velocity(Part, frozen=True):
    """How a robot moves: v along its heading, m/s; w clockwise, rad/s."""

    v: Annotated[float, Meta(ge=-100, le=100)]
    w: Annotated[float, Meta(ge=-100, le=100)] = 0.0


class ActionState(Part, frozen=True):
    """What became of an action; `left` is the seconds that it will still take."""

    id: Name
    status: Status
    left: Seconds = 0.0


class Fault(Part, frozen=True):
    """Something that is wrong with a robot. Types with a meaning: `blocked`, `failed`, `lost`."""

    type: Name
    level: Literal["WARNING", "FATAL"]
    text: Text = ""


# Messages of a session. Those with a robot come from, or go to, one of the robots that the gateway has said hello for.


class Hello(Message, frozen=True):
    """G -> C, first of all, and again for more robots: who speaks, and for whom. `boot` changes with each start."""

    proto: Version
    gw: Name
    boot: Boot
    robots: Annotated[tuple[RobotIdentity, ...], Meta(max_length=MAX_ROBOTS_A_HELLO)]


class Welcome(Message, frozen=True):
    """C -> G: the answer to a hello. `epoch` is the controller's own: it grows with each start and each takeover."""

    session: Count
    epoch: Count
    lease_ms: Annotated[int, Meta(ge=100, le=600_000)]
    hb_ms: Annotated[int, Meta(ge=10, le=60_000)]
    proto: Version


class Order(Message, frozen=True):
    """C -> G: more of a robot's base, from a node that it has on.

    epoch  the robot's epoch, see robots.driver
    seq    number of this message; an ack names it
    order  name of the order: one for each epoch
    upd    number of entries in the base after this message
    """

    robot: Name
    epoch: Number
    seq: Count
    order: Name
    upd: Number
    nodes: Annotated[tuple[Node, ...], Meta(min_length=1, max_length=32)]
    edges: Annotated[tuple[Edge, ...], Meta(max_length=32)] = ()


class Instant(Message, frozen=True):
    """C -> G: to be done at once: startPause, stopPause, speedLimit, cancelOrder, initPosition, stateRequest."""

    robot: Name
    epoch: Number
    seq: Count
    actions: Annotated[tuple[Action, ...], Meta(min_length=1, max_length=8)]


class Ack(Message, frozen=True):
    """G -> C: the answer to each copy of an order or instant. `error`: old_epoch, gap, changed, unknown_action, ..."""

    robot: Name
    re: Count
    result: Literal["accepted", "duplicate", "rejected"]
    error: Text = ""


class State(Message, frozen=True):
    """G -> C: all there is to know of a robot; at once when something but its pose changes, and every second.

    seq        number of this message or pose of the robot since `boot`
    epoch, order, upd  what the robot obeys, and how many entries its base has
    last_node, last_seq  the last node that it has confirmed
    nodes, edges  sequence numbers that are left of its base
    actions    those of its base that are not over, the one that was last over, and instant ones since the last state
    energy     Wh drawn from its battery since `boot`
    """

    robot: Name
    boot: Boot
    seq: Count
    t: Count
    epoch: Number
    order: Annotated[str, Meta(max_length=64)]
    upd: Number
    last_node: Annotated[str, Meta(max_length=64)]
    last_seq: Number
    pose: Pose
    vel: Velocity
    soc: Percent
    nodes: Annotated[tuple[Number, ...], Meta(max_length=64)] = ()
    edges: Annotated[tuple[Number, ...], Meta(max_length=64)] = ()
    actions: Annotated[tuple[ActionState, ...], Meta(max_length=64)] = ()
    driving: bool = False
    paused: bool = False
    charging: bool = False
    mode: Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL", "SERVICE", "TEACHIN"] = "AUTOMATIC"
    estop: Literal["NONE", "AUTOACK", "MANUAL", "REMOTE"] = "NONE"
    loads: Annotated[tuple[Name, ...], Meta(max_length=16)] = ()
    errors: Annotated[tuple[Fault, ...], Meta(max_length=16)] = ()
    energy: Annotated[float, Meta(ge=0, le=1e9)] = 0.0


class PoseReport(Message, frozen=True, tag="pose"):
    """G -> C: where a robot is, between two states, up to ten times a second."""

    robot: Name
    seq: Count
    t: Count
    pose: Pose
    vel: Velocity


class Hb(Message, frozen=True):
    """Both ways, every `hb_ms`: the session goes on."""

    session: Count
    epoch: Count
    t: Count


class Bye(Message, frozen=True):
    """Both ways: the session is over, or never began; `reason` says why."""

    session: Count
    epoch: Count
    t: Count
    reason: Text = ""


class Resync(Message, frozen=True):
    """C -> G: send the state of these robots (none: of all). G -> C: send orders, pauses and limits again."""

    session: Count
    epoch: Count
    t: Count
    robots: Annotated[tuple[Name, ...], Meta(max_length=MAX_ROBOTS_A_HELLO)] = ()


FromGateway = Hello | Ack | State | PoseReport | Hb | Bye | Resync
FromController = Welcome | Order | Instant | Hb | Bye | Resync
