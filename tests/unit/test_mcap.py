"""What Foxglove is given is what the trace says, z up and y north; read back by other code than wrote it."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.reader import make_reader

from robots.driver import Commands
from robots.state import Entry, FleetState
from sim_worlds.world_file import load_world
from tests import worlds
from twin.faults import Fault, FaultKind
from twin.physics.body_model import BodyModel
from twin.recording.errors import TraceFileError
from twin.recording.event_messages import EventMessages
from twin.recording.mcap_writer import McapWriter, trace_to_mcap
from twin.recording.message_template import MessageTemplate
from twin.recording.recording import Recording
from twin.recording.replay import replay
from twin.recording.trace_header import recorded_fleet, trace_header
from twin.recording.trace_reader import Trace
from twin.recording.trace_writer import TraceWriter

TOPICS = {"/floor", "/robots", "/poses", "/log"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    (folder / "small.map").write_text(worlds.MAP)
    (folder / "small.toml").write_text(worlds.TOML)
    return load_world(str(folder / "small.toml"))


def run(world, sink, ticks=40, robots=2):
    """A run of robots that turn and drive, with faults."""
    head = trace_header(world, robots=robots, tick_s=0.1, seed=3)
    driver = Recording(recorded_fleet(head, world), sink, head, block_s=0.7, checkpoint_s=2.0)
    state = driver.open()
    for tick in range(ticks):
        rows = Commands.none(robots, 3)
        rows.entries[:] = [Entry.TURN_CW, Entry.TURN_CW, Entry.TURN_CW]
        if tick == 12:
            driver.inject(Fault(at_s=1.2, kind=FaultKind.DISPLACED, robot=1, value=0.1))
            driver.inject(Fault(at_s=1.3, kind=FaultKind.OBSTACLE, cell=11, seconds=3.0))
        if tick == 30:
            driver.put_back(1)
        driver.submit(rows)
        state = driver.poll()
    driver.close()
    return state


@pytest.fixture(scope="module")
def trace(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "run.fptrace"
    run(world, TraceWriter(path))
    return path


def read(path: Path):
    """Messages by topic as (time in ns, message), decoded by the schemas in the file itself."""
    found = {topic: [] for topic in TOPICS}
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        for schema, channel, message in reader.iter_messages():
            assert (schema.encoding, channel.message_encoding) == ("protobuf", "protobuf")
            pool = descriptor_pool.DescriptorPool()
            for described in descriptor_pb2.FileDescriptorSet.FromString(schema.data).file:
                pool.Add(described)
            decode = message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name))
            found[channel.topic].append((message.log_time, decode.FromString(message.data)))
    return found


def time_ns(stamp):
    return stamp.seconds * 10**9 + stamp.nanos


def angle(orientation):
    assert (orientation.x, orientation.y) == (0.0, 0.0)
    return 2 * np.arctan2(orientation.z, orientation.w)


def test_poses_are_those_of_the_trace(tmp_path, world, trace):
    trace_to_mcap(trace, tmp_path / "run.mcap", world, rate_hz=10.0)
    found = read(tmp_path / "run.mcap")
    with Trace(trace) as source:
        expected = [
            (block.time_s[tick], *block.poses(tick)) for block in source.blocks() for tick in range(block.ticks)
        ]
    assert len(found["/poses"]) == len(found["/robots"]) == len(expected) == 40
    for (at, poses), (also_at, scene), (time_s, x, y, theta) in zip(
        found["/poses"], found["/robots"], expected, strict=True
    ):
        assert at == also_at == time_ns(poses.timestamp) == round(time_s * 1e9)
        (entity,) = scene.entities
        assert (poses.frame_id, entity.frame_id, entity.id) == ("floor", "floor", "robots")
        assert time_ns(entity.timestamp) == at
        for robot, pose in enumerate(poses.poses):
            box = entity.cubes[robot]
            assert (pose.position.x, pose.position.y) == (x[robot], -y[robot])
            assert (box.pose.position.x, box.pose.position.y) == (x[robot], -y[robot])
            assert angle(box.pose.orientation) == angle(pose.orientation)
            off = (angle(pose.orientation) + theta[robot] + pi) % (2 * pi) - pi
            assert off == pytest.approx(0.0, abs=1e-9)
            assert (box.size.x, box.size.y) == (world.robot.length_m, world.robot.width_m)
            assert box.pose.position.z == pytest.approx(box.size.z / 2)
        assert len(poses.poses) == len(entity.cubes) == 2


@pytest.mark.parametrize(("rate_hz", "every"), [(10.0, 1), (100.0, 1), (2.0, 5), (1.0, 10)])
def test_robots_come_at_the_rate_that_is_asked_for(tmp_path, world, trace, rate_hz, every):
    trace_to_mcap(trace, tmp_path / "run.mcap", world, rate_hz=rate_hz)
    times = [at for at, _ in read(tmp_path / "run.mcap")["/poses"]]
    assert times == [round((tick + 1) * 1e8) for tick in range(0, 40, every)]


def test_a_robot_that_is_lost_has_another_colour(tmp_path, world, trace):
    trace_to_mcap(trace, tmp_path / "run.mcap", world, rate_hz=10.0)
    colors = [
        [(box.color.r, box.color.g, box.color.b) for box in scene.entities[0].cubes]
        for _, scene in read(tmp_path / "run.mcap")["/robots"]
    ]
    assert len({color[0] for color in colors}) == 1
    assert len({color[1] for color in colors}) == 2
    assert colors[0][0] == colors[0][1] == colors[-1][1]


def test_events_are_told(tmp_path, world, trace):
    trace_to_mcap(trace, tmp_path / "run.mcap", world)
    told = [(at, log.message, log.level) for at, log in read(tmp_path / "run.mcap")["/log"]]
    lost = next(event for event in told if "lost" in event[1])
    assert lost[1] == "robot 1 is lost"
    assert 1.2e9 < lost[0] < 1.7e9
    assert [event for event in told if event is not lost] == [
        (1_200_000_000, "fault displaced of robot 1 from 1.2 s on (value 0.1)", 3),
        (1_200_000_000, "fault obstacle at cell 11 from 1.3 s on for 3 s (value 0)", 3),
        (3_000_000_000, "put_back 1", 2),
    ]


def test_contacts_are_told_once(trace):
    with Trace(trace) as source:
        first, second = list(source.blocks())[:2]
    contacts = np.zeros((7, 3), dtype=np.int64)
    contacts[3:, 0], contacts[5:, 2] = 2, 1
    events = EventMessages(2, 0.0)
    told = [(at, log.message) for at, log in events.of_block(replace(first, contacts=contacts))]
    assert told == [
        (pytest.approx(0.4), "contacts of robot and robot: 2 more"),
        (pytest.approx(0.6), "contacts of robot and person: 1 more"),
    ]
    later = events.of_block(replace(second, contacts=contacts * 0 + contacts[-1]))
    assert not [log.message for _, log in later if "contacts" in log.message]


def test_the_floor_is_the_world(tmp_path, world, trace):
    trace_to_mcap(trace, tmp_path / "run.mcap", world)
    ((at, scene),) = read(tmp_path / "run.mcap")["/floor"]
    entities = {entity.id: entity for entity in scene.entities}
    assert at == 0
    assert set(entities) == {"ground", "racks", "docks", "chutes", "chargers", "names"}
    covered = set()
    for box in entities["racks"].cubes:
        row = -box.pose.position.y / world.cell_m - 0.5
        first = (box.pose.position.x - box.size.x / 2) / world.cell_m
        assert row == pytest.approx(round(row))
        columns = range(round(first), round(first + box.size.x / world.cell_m))
        covered |= {round(row) * world.layout.width + column for column in columns}
    assert covered == set(np.flatnonzero(~world.layout.passable).tolist())
    assert {text.text for text in entities["names"].texts} == {
        *(station.name for station in world.stations),
        *(chute.name for chute in world.chutes),
    }
    assert len(entities["chargers"].cubes) == len(world.chargers)
    (ground,) = entities["ground"].cubes
    assert ground.pose.position.x == pytest.approx(world.layout.width * world.cell_m / 2)
    assert ground.pose.position.y == pytest.approx(-world.layout.height * world.cell_m / 2)


def test_a_live_recording_is_the_same_file(tmp_path, world, trace):
    trace_to_mcap(trace, tmp_path / "after.mcap", world)
    run(world, McapWriter(tmp_path / "live.mcap", world))
    assert (tmp_path / "live.mcap").read_bytes() == (tmp_path / "after.mcap").read_bytes()


def test_a_damaged_trace_gives_what_could_be_read(tmp_path, world, trace):
    (tmp_path / "a").write_bytes(trace.read_bytes()[: trace.stat().st_size // 2])
    with pytest.raises(TraceFileError, match="is cut off"):
        trace_to_mcap(tmp_path / "a", tmp_path / "run.mcap", world, rate_hz=10.0)
    assert 0 < len(read(tmp_path / "run.mcap")["/poses"]) < 40


def test_a_trace_of_another_world_is_refused(tmp_path, world, trace):
    other = load_world("future_park")
    with pytest.raises(TraceFileError, match="is of world small with hash"):
        trace_to_mcap(trace, tmp_path / "run.mcap", other)
    with pytest.raises(TraceFileError, match="give the world as it was"):
        replay(trace, lambda header: recorded_fleet(header, other))
    assert not list(tmp_path.iterdir())


def test_more_robots_than_fit_are_refused(world):
    head = trace_header(world, robots=999, tick_s=0.1, seed=3)
    with pytest.raises(TraceFileError, match="has 999 robots"):
        recorded_fleet(head, world)


def test_a_place_that_cannot_hold_the_file_is_refused(tmp_path, world):
    with pytest.raises(TraceFileError, match="cannot be written"):
        McapWriter(tmp_path / "no" / "run.mcap", world)


def test_a_template_needs_each_column_once():
    with pytest.raises(ValueError, match="exactly once"):
        MessageTemplate(lambda at: b"no numbers here", ("x",), 3)


def test_a_run_on_wheels_is_replayed_bit_for_bit(tmp_path, world):
    head = trace_header(world, robots=2, tick_s=0.1, seed=3, body=BodyModel())
    path, seen, again = tmp_path / "a", [], []

    def keep(into):
        return lambda fleet, _state: into.append(fleet.truth().x_m.tobytes() + fleet.truth().theta_rad.tobytes())

    driver = Recording(recorded_fleet(head, world), TraceWriter(path), head, block_s=1.0, checkpoint_s=2.0)
    state: FleetState = driver.open()
    watch = keep(seen)
    rows = Commands.none(2, 2)
    rows.entries[:] = [Entry.TURN_CW, Entry.TURN_CW]
    for _ in range(50):
        driver.submit(rows)
        state = driver.poll()
        watch(driver, state)
    driver.close()
    done = replay(path, lambda header: recorded_fleet(header, world), from_s=2.1, watch=keep(again))
    assert done.hashes == 3
    assert again == seen[20:]
    done.fleet.close()
