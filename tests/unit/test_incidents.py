"""The incidents of docs/execution.md: their actions, what is counted, what is drawn. Figures are not tested."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import incident_pictures, incidents
from fleet.errors import SettingError
from fleet.runtime.activity import Activity
from fleet.traffic.zones.action_file import read_actions
from fleet.traffic.zones.zones import Zones
from sim_worlds.world_file import load_world

TINY = load_world("tiny")
ZONE = next(iter(TINY.zones))
INSIDE = TINY.zones[ZONE]
OUTSIDE = np.setdiff1d(TINY.layout.free_cells, np.concatenate([INSIDE, TINY.muster, TINY.keep_clear]))
STEPS = round(incidents._LENGTH_S)


def event(t, kind, cells=INSIDE):
    return {"t": float(t), "event": kind, "by": "anna", "cells": cells.tolist(), "edges": []}


def record(events=(), done_s=(), *, cell=None, halted=None, speed_mps=None):
    """Four robots, a second a step: one drives, one turns, one waits, one is in service."""
    activity = np.array([Activity.DRIVING, Activity.TURNING, Activity.WAITING, Activity.SERVICE], dtype=np.uint8)
    return incidents.Record(
        world=TINY,
        step_s=1.0,
        cell=np.tile(OUTSIDE[:4], (STEPS, 1)) if cell is None else cell,
        activity=np.tile(activity, (STEPS, 1)),
        halted=np.zeros((STEPS, 4), dtype=np.bool_) if halted is None else halted,
        speed_mps=np.zeros((STEPS, 4), dtype=np.float32) if speed_mps is None else speed_mps,
        done_s=list(done_s),
        events=list(events),
        violations=0,
    )


@pytest.mark.parametrize("name", incidents.INCIDENTS)
def test_the_actions_of_an_incident_are_carried_out_whole(tmp_path, name):
    world, incident = load_world("future_park"), incidents.INCIDENTS[name]
    (tmp_path / "actions.jsonl").write_text("\n".join(incident.actions), encoding="utf-8")
    zones = Zones(world.layout, world.zones, world.muster, world.keep_clear, lambda _event: None, robots=500)
    for timed in read_actions(tmp_path / "actions.jsonl", world.layout, world.zones, robots=500):
        assert isinstance(zones.apply(timed.action, timed.at_s), int)
    zones.expire(incidents._LENGTH_S)
    assert zones.in_force() == []
    assert not incident.zone or incident.zone in world.zones


def test_everybody_is_in_one_group_and_who_was_told_to_stand_in_no_other():
    halted = np.zeros((STEPS, 4), dtype=np.bool_)
    halted[5, 2] = True
    groups = record(halted=halted).groups()
    assert (sum(those.astype(int) for those in groups.values()) == 1).all()
    assert [int(those[4].sum()) for those in groups.values()] == [2, 1, 0, 1]
    assert [int(those[5].sum()) for those in groups.values()] == [2, 0, 1, 1]


def test_throughput_is_counted_between_two_moments():
    assert record(done_s=(1.0, 59.0, 60.0, 130.0)).tasks_a_minute(0.0, 120.0) == 1.5


def test_a_moment_is_the_step_that_ends_with_it():
    assert [record().at(seconds) for seconds in (0.0, 1.0, 30.0, 1e6)] == [0, 0, 29, STEPS - 1]


def facts(found):
    return dict(incidents.facts(found))


def test_a_closed_zone_is_empty_when_the_last_robot_has_left():
    cell = np.tile(OUTSIDE[:4], (STEPS, 1))
    cell[290:311, 0] = INSIDE[0]
    found = facts(record([event(300, "zone_closed"), event(600, "zone_expired")], cell=cell))
    assert found["zone_closed at 300 s: nobody inside after s"] == 12.0
    assert [found[f"zone_closed at 300 s: robots inside {s} s later"] for s in (0, 30, 60)] == [1, 0, 0]
    assert found["violations"] == 0


def test_a_zone_that_never_gets_empty_has_no_such_moment():
    cell = np.tile(np.array([*INSIDE[:1], *OUTSIDE[:3]]), (STEPS, 1))
    found = facts(record([event(300, "zone_closed"), event(600, "zone_expired")], cell=cell))
    assert found["zone_closed at 300 s: nobody inside after s"] is None


def test_a_stop_counts_until_all_who_were_told_stand():
    halted, speed = np.zeros((STEPS, 4), dtype=np.bool_), np.zeros((STEPS, 4), dtype=np.float32)
    halted[300:420, :2] = True
    speed[295:303, 0] = 0.7
    speed[:, 3] = 1.0
    found = facts(record([event(300, "e_stop"), event(420, "clear_confirmed")], halted=halted, speed_mps=speed))
    assert found["e_stop at 300 s: robots told to stand"] == 2
    assert found["e_stop at 300 s: they stand after s"] == 4.0


def test_a_fire_alarm_counts_robots_on_muster_cells_and_in_the_way():
    cell = np.tile(np.array([TINY.keep_clear[0], *OUTSIDE[:3]]), (STEPS, 1))
    cell[320:, 0] = OUTSIDE[3]
    cell[340:, 1:] = TINY.muster[1:4]
    cell[350:, 0] = TINY.muster[0]
    found = facts(record([event(300, "fire_alarm", TINY.keep_clear), event(600, "clear_confirmed")], cell=cell))
    assert found["fire_alarm at 300 s: cells to keep clear free after s"] == 21.0
    assert found["fire_alarm at 300 s: nine of ten on muster cells after s"] == 51.0
    assert found["fire_alarm at 300 s: most robots on muster cells"] == 4


def test_the_timeline_marks_what_was_done_and_counts_everybody():
    events = [event(300, "e_stop"), event(380, "clear_requested"), event(400, "clear_confirmed")]
    figure = incident_pictures.draw_timeline(
        incidents.Incident("a stop", (), ZONE, 390.0), record(events, done_s=range(0, 900, 10))
    )
    above, below = figure.axes
    assert [text.get_text() for text in (*above.texts, *below.texts)] == ["e-stop", "", "cleared"]
    assert [line.get_linestyle() for line in above.lines] == ["-", ":", "-"]
    assert [line.get_xdata()[0] * 60 for line in above.lines] == [300, 380, 400]
    assert [line.get_label() for line in below.lines[:5]] == [*incident_pictures._COLOURS, f"in {ZONE}"]
    assert below.lines[0].get_ydata()[0] == 2


def test_the_floor_shows_every_robot_at_its_place(tmp_path):
    found = record()
    incident = incidents.Incident("an alarm", (), "", 400.0)
    (axes,) = incident_pictures.draw_moment(incident, found).axes
    drawn = {line.get_color(): {(x, y) for x, y in line.get_xydata()} for line in axes.lines}
    places = [(cell % TINY.layout.width, cell // TINY.layout.width) for cell in found.cell[0].tolist()]
    assert list(drawn.values()) == [set(places[:2]), {places[2]}, set(), {places[3]}]
    assert list(drawn) == list(incident_pictures._COLOURS.values())
    incident_pictures.save_pictures("alarm", incident, record([event(300, "fire_alarm")]), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"alarm_timeline.png", "alarm_floor.png"}


def test_pictures_and_figures_of_the_named_incidents_are_made(monkeypatch, tmp_path, capsys):
    events = [event(300, "e_stop"), event(400, "clear_confirmed")]
    zone = incidents.Incident("a stop", (), ZONE, 390.0)
    monkeypatch.setattr(incidents, "INCIDENTS", {"stop": zone, "other": zone})
    monkeypatch.setattr(incidents, "simulate", lambda _incident: record(events))
    incidents.main([str(tmp_path / "images"), "stop"])
    assert {path.name for path in (tmp_path / "images").iterdir()} == {"stop_timeline.png", "stop_floor.png"}
    assert "violations" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"), [([], "no folder is named"), (["x", "flood"], "no incident named 'flood'")]
)
def test_bad_arguments_are_refused_before_anything_runs(monkeypatch, arguments, says):
    monkeypatch.setattr(incidents, "simulate", lambda _incident: pytest.fail("it ran"))
    with pytest.raises(SettingError, match=says):
        incidents.main(arguments)


@pytest.mark.jit
def test_an_incident_is_run_on_grants_and_kept_step_by_step(monkeypatch):
    monkeypatch.setattr(incidents, "_LENGTH_S", 12.0)
    monkeypatch.setattr(incidents, "_ORDERS", "poisson:2000")
    actions = (f'{{"t": 5, "do": "e_stop", "zone": "{ZONE}", "ref": "a", "by": "anna"}}',)
    found = incidents.simulate(incidents.Incident("a stop", actions, ZONE, 6.0), world="tiny", robots=6)
    assert found.cell.shape == found.activity.shape == found.halted.shape == found.speed_mps.shape
    assert found.cell.shape[1] == 6
    assert [each["event"] for each in found.events] == ["e_stop"]
    assert found.violations == 0
