"""A run as Foxglove sees it, decoded by the schemas in the file itself: robots where they were, and every event."""

from __future__ import annotations

import json
from math import atan2, pi

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.reader import make_reader

from fleet.app.mcap_export import FLOOR, LOG, POSES, ROBOTS, write_mcap
from fleet.report.run_directory import RunReader
from sim_worlds.world_file import load_world
from tests.told_runs import ROBOTS as COUNT
from tests.told_runs import STEPS, told_events, write_told_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return RunReader(write_told_run(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def messages(run, tmp_path_factory):
    """Messages by topic: time in seconds and content; and the file's metadata."""
    path = tmp_path_factory.mktemp("mcap") / "run.mcap"
    write_mcap(run, load_world("tiny"), path)
    found = {topic: [] for topic in (FLOOR, ROBOTS, POSES, LOG)}
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        for schema, channel, message in reader.iter_messages():
            pool = descriptor_pool.DescriptorPool()
            for described in descriptor_pb2.FileDescriptorSet.FromString(schema.data).file:
                pool.Add(described)
            kind = message_factory.GetMessageClass(pool.FindMessageTypeByName(schema.name))
            found[channel.topic].append((message.log_time / 1e9, kind.FromString(message.data)))
        (facts,) = [record.metadata for record in reader.iter_metadata()]
    return found | {"facts": facts}


def test_robots_are_where_they_were_after_every_step(run, messages):
    assert [time_s for time_s, _ in messages[POSES]] == [step * run.trace.step_s for step in range(1, STEPS + 1)]
    for step, (_, content) in enumerate(messages[POSES]):
        cells = [
            int(-pose.position.y) * run.trace.width + int(pose.position.x) for pose in content.poses
        ]  # fmt: skip
        assert cells == run.trace.cell[step].tolist()
        # Foxglove's y grows north and its angles are counter-clockwise: south is -90 degrees.
        turned = [2 * atan2(pose.orientation.z, pose.orientation.w) for pose in content.poses]
        assert np.allclose(np.exp(1j * np.array(turned)), np.exp(-1j * pi / 2 * run.trace.heading[step]))


def test_the_scene_has_a_box_for_every_robot(messages):
    for _, scene in messages[ROBOTS]:
        (entity,) = scene.entities
        assert len(entity.cubes) == COUNT


def test_the_floor_is_there_from_the_start(messages):
    ((time_s, scene),) = messages[FLOOR]
    assert time_s == 0.0
    assert {entity.id for entity in scene.entities} >= {"racks", "docks", "chutes", "chargers", "names"}


def test_every_event_is_in_the_log(messages):
    told = []
    for time_s, log in messages[LOG]:
        kind, _, fields = log.message.partition(" ")
        assert log.name == kind
        told.append({"t": time_s, "event": kind, **json.loads(fields)})
    assert told == told_events()
    levels = {log.name: log.level for _, log in messages[LOG]}
    assert levels["robot_down"] > levels["task_done"]


def test_the_file_says_which_run_it_is(run, messages):
    assert messages["facts"]["trace_hash"] == run.summary.trace_hash
