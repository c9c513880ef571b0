"""The loop from orders to states: once around a tick, whatever the planner and the driver do."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fleet.app.compose import compose
from fleet.planning.auditor import Violation
from fleet.planning.planner import PlanWindow
from fleet.runtime.activity import Activity
from fleet.runtime.clock import SimulatedClock
from fleet.runtime.config import RunConfig
from robots.errors import DriverError
from robots.state import Action, Entry, FleetState
from tests.worlds import write_world

DRIVING, TURNING, WAITING, SERVICE, CHARGING, IDLE = Activity


def written_orders(folder, number, sku="bolt", **fields):
    """A file of orders for one unit of one SKU each, all there from the start."""
    line = {"sku": sku, "quantity": 1, "unit_litres": 1.0, "unit_kg": 1.0}
    orders = [{"id": f"O{n}", "release_s": 0.0, "lines": [line]} | fields for n in range(number)]
    path = folder / "orders.jsonl"
    path.write_text("".join(json.dumps(order) + "\n" for order in orders))
    return str(path)


def composed(events=None, **settings):
    config = RunConfig(**{"world": "tiny", "robots": 2, "duration_s": 60.0, "audit": True} | settings)
    sink = (lambda _event: None) if events is None else events.append
    return compose(config, clock=SimulatedClock(), events=sink)


def trace_of(simulation):
    layout = simulation.world.layout
    return simulation.recorder.trace(simulation.world.name, layout.height, layout.width, simulation.loop.step_s)


def finished(simulation, events):
    """Run to the end, audited, and return when each task was done."""
    simulation.loop.run(simulation.steps)
    simulation.auditor.raise_findings()
    simulation.pool.check()
    return [event["t"] for event in events if event["event"] == "task_done"]


def test_orders_become_tasks_and_tasks_are_driven_and_done(tmp_path):
    events = []
    done = finished(composed(events, orders=written_orders(tmp_path, 2)), events)
    assert len(done) == 2
    kinds = [event["event"] for event in events if event.get("task") == 0]
    assert kinds == ["task_created", "task_assigned", "errand_done", "errand_done", "task_done"]


def test_every_step_has_one_activity_a_robot_and_they_are_counted(tmp_path):
    simulation = composed(orders=written_orders(tmp_path, 3))
    simulation.loop.run(simulation.steps)
    trace = trace_of(simulation)
    assert trace.activity.shape == (60, 2)
    assert np.bincount(trace.activity.ravel(), minlength=6).tolist() == simulation.loop.activity_steps.tolist()
    assert set(np.unique(trace.activity).tolist()) >= {DRIVING, TURNING, SERVICE}


def test_an_activity_says_what_the_robot_was_seen_to_do(tmp_path):
    simulation = composed(orders=written_orders(tmp_path, 30), robots=6)
    simulation.loop.run(simulation.steps)
    trace = trace_of(simulation)
    drove = np.diff(np.vstack([trace.start_cell, trace.cell]), axis=0) != 0
    turned = np.diff(np.vstack([trace.start_heading, trace.heading]), axis=0) != 0
    assert np.array_equal(trace.activity == DRIVING, drove)
    assert np.array_equal(trace.activity == TURNING, turned)
    assert (trace.activity == SERVICE).sum() > 30


def test_a_robot_at_its_goal_is_idle_and_one_that_is_kept_from_it_waits(tmp_path):
    simulation = composed(orders=written_orders(tmp_path, 1), robots=1)
    simulation.motion._planner = Cheat(Action.WAIT)
    simulation.loop.run(5)
    trace = trace_of(simulation)
    assert trace.activity[:, 0].tolist() == [WAITING] * 5
    assert trace.delayed[:, 0].tolist() == [True] * 5
    full = {"initial_charge_percent": 100.0}
    simulation = composed(orders=written_orders(tmp_path, 1, release_s=100.0), robots=1, **full)
    simulation.loop.run(5)
    trace = trace_of(simulation)
    assert trace.activity[:, 0].tolist() == [IDLE] * 5
    assert not trace.delayed.any()
    assert set(trace.cell[:, 0].tolist()) == {int(trace.start_cell[0])}


def test_robots_charge_on_chargers_and_their_charge_rises(tmp_path):
    simulation = composed(orders=written_orders(tmp_path, 1, release_s=100.0), initial_charge_percent=20.0)
    simulation.loop.run(simulation.steps)
    trace = trace_of(simulation)
    charging = trace.activity == CHARGING
    assert charging.any()
    assert np.isin(trace.cell[charging], simulation.world.chargers).all()
    assert simulation.loop.state.charge_percent.min() > 20.0


def test_a_robot_is_told_once_to_charge_and_goes_on_until_it_leaves(tmp_path):
    simulation = composed(orders=written_orders(tmp_path, 3, release_s=40.0), initial_charge_percent=20.0)
    driver, told = simulation.loop._driver, [0, 0]
    submit = driver.submit

    def noted(commands):
        for robot in np.flatnonzero(commands.entries[:, 0] == Entry.CHARGE):
            told[robot] += 1
            assert not simulation.loop._state.charging[robot]
        submit(commands)

    driver.submit = noted
    simulation.loop.run(simulation.steps)
    charging = (trace_of(simulation).activity == CHARGING).astype(int)
    begins = (np.diff(np.vstack([[0, 0], charging]), axis=0) == 1).sum(axis=0)
    assert told == begins.tolist()
    assert charging.sum() > sum(told) > 0


def test_time_goes_by_in_steps_of_the_robots_model(tmp_path):
    fast = "max_speed_mps = 2.0\nmax_turn_rate_radps = 6.0\nmax_turn_acceleration_radps2 = 20.0"
    world = write_world(tmp_path)
    world.write_text(world.read_text().replace("totes = 2", f"totes = 2\n{fast}"))
    simulation = composed(world=str(world), orders="poisson:60", duration_s=60.0)
    assert simulation.loop.step_s == 1.5 / 2.0
    assert simulation.steps == 80
    simulation.loop.run(simulation.steps)
    assert simulation.loop.now_s == simulation.steps * simulation.loop.step_s == 60.0
    assert simulation.loop.state.time_s == pytest.approx(60.0)


def test_a_run_shorter_than_a_step_is_one_step():
    assert composed(duration_s=1e-3).steps == 1


def test_before_the_first_tick_there_is_no_state():
    with pytest.raises(RuntimeError, match="has not run yet"):
        _ = composed().loop.state


def test_on_step_is_called_after_each_tick_when_everything_is_recorded():
    simulation = composed()
    seen = []

    def look():
        loop = simulation.loop
        seen.append((loop.steps, loop.now_s, trace_of(simulation).steps, int(loop.activity_steps.sum())))

    simulation.loop.run(3, look)
    assert seen == [(1, 1.0, 1, 2), (2, 2.0, 2, 4), (3, 3.0, 3, 6)]


def test_a_loop_that_is_stopped_ends_with_the_tick_under_way_and_can_go_on():
    simulation = composed()
    loop = simulation.loop
    loop.run(10, lambda: loop.stop() if loop.steps == 4 else None)
    assert (loop.steps, trace_of(simulation).steps) == (4, 4)
    loop.run(6)
    assert loop.steps == 10
    whole = composed()
    whole.loop.run(10)
    assert whole.recorder.digest() == simulation.recorder.digest()


def test_a_loop_that_is_stopped_before_it_begins_makes_one_step():
    loop = composed().loop
    loop.stop()
    loop.run(10)
    assert loop.steps == 1


def test_energy_used_is_what_the_batteries_have_lost_while_nobody_charges(tmp_path):
    simulation = composed(orders=written_orders(tmp_path, 4), initial_charge_percent=99.0)
    loop = simulation.loop
    loop.run(1)
    before, used = loop.state.charge_percent.astype(float).sum(), simulation.driver.charge_wh_used
    loop.run(40)
    lost = before - loop.state.charge_percent.astype(float).sum()
    battery_wh = simulation.world.robot.battery_wh
    assert simulation.driver.charge_wh_used - used == pytest.approx(lost / 100 * battery_wh, rel=1e-3)


class Cheat:
    """A planner with one idea."""

    def __init__(self, action):
        self.action = action

    def plan(self, request, budget_s=None):
        return PlanWindow(np.full((1, len(request.cells)), self.action, dtype=np.uint8))


class Obedient:
    """A driver that carries out whatever it is told, walls and other robots or not."""

    charge_wh_used = 0.0
    entries_ahead = 1

    def __init__(self, start, width, lies=0):
        self._state, self._width, self._lies = start, width, lies

    def open(self):
        return self._state

    def submit(self, commands):
        self._commands = commands

    def poll(self):
        state, entry = self._state, self._commands.entries[:, 0]
        action = np.minimum(entry, Action.WAIT)
        ahead = np.array([1, self._width, -1, -self._width])[state.heading]
        cell = state.cell + np.where(action == Action.FORWARD, ahead, 0) + self._lies
        heading = (state.heading + np.array([0, 1, -1, 0])[action]) % 4
        service = np.maximum(np.maximum(state.service_left_s, self._commands.service_s[:, 0]) - 1, 0)
        self._state = replace(
            state,
            time_s=state.time_s + 1,
            cell=cell.astype(np.int32),
            heading=heading.astype(np.int8),
            service_left_s=service.astype(np.float32),
            charging=(entry == Entry.CHARGE) | (state.charging & (entry == Entry.WAIT)),
        )
        return self._state


def with_obedient_driver(at, heading, planner=None, lies=0, **settings):
    """A simulation whose robots start in these (row, column) places and do anything."""
    simulation = composed(robots=len(at), **settings)
    layout = simulation.world.layout
    cells = np.array([layout.cell(*place) for place in at], dtype=np.int32)
    start = FleetState.at(cells, np.array(heading, dtype=np.int8))
    simulation.loop._driver = Obedient(start, layout.width, lies)
    if planner is not None:
        simulation.motion._planner = planner
    return simulation


def test_a_planner_that_makes_robots_collide_is_found_out():
    simulation = with_obedient_driver([(3, 1), (3, 3)], [0, 2], Cheat(Action.FORWARD))
    simulation.loop.run(1)
    assert [finding.kind for finding in simulation.auditor.findings] == [Violation.VERTEX]


def test_a_planner_that_moves_robots_in_service_is_found_out(tmp_path):
    simulation = composed(robots=1, orders=written_orders(tmp_path, 1))
    loop = simulation.loop
    while not loop._dispatcher.roster.serving.any():
        loop.run(1)
    simulation.motion._planner = Cheat(Action.TURN_CW)
    with pytest.raises(DriverError, match="in service"):
        loop.run(1)
    assert [finding.kind for finding in simulation.auditor.findings] == [Violation.HOLD]


def test_a_driver_that_reports_other_cells_than_the_plan_leads_to_is_found_out():
    simulation = with_obedient_driver([(3, 1)], [0], Cheat(Action.WAIT), lies=1)
    simulation.loop.run(3)
    findings = [(finding.kind, finding.step) for finding in simulation.auditor.findings]
    assert findings == [(Violation.STATE, 0), (Violation.STATE, 1), (Violation.STATE, 2)]


def test_the_driver_refuses_what_no_robot_can_do():
    simulation = composed()
    simulation.motion._planner = Cheat(Action.FORWARD)
    with pytest.raises(DriverError, match=r"obstacle|together|swap"):
        simulation.loop.run(30)


@pytest.mark.parametrize(
    ("planner", "robots", "sku", "tasks"),
    [("epibt", 2, "nut", 17), ("epibt3", 2, "nut", 16), ("pibt", 3, "nut", 24), ("pibt", 2, "pin", 16)],
)
def test_robots_that_want_the_same_cell_take_turns_there(tmp_path, planner, robots, sku, tasks):
    """The only SKU has one place: whoever was served must get out, whoever waits must not dance in its way."""
    for ending in ("toml", "map"):
        text = composed().world.path.with_suffix(f".{ending}").read_text()
        (tmp_path / f"one.{ending}").write_text(text.replace("copies = 4", "copies = 1").replace("tiny", "one"))
    events = []
    simulation = composed(
        events,
        world=str(tmp_path / "one.toml"),
        robots=robots,
        planner=planner,
        duration_s=300.0,
        orders=written_orders(tmp_path, 100, sku),
    )
    done = finished(simulation, events)
    picks = [event for event in events if event["event"] == "errand_done" and event["kind"] == "pick"]
    assert len({event["cell"] for event in picks}) == 1
    assert len(done) >= tasks
    assert np.diff([event["t"] for event in picks]).max() < 50
