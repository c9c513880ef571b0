"""A fork goes on where the floor was: nothing is lost, nothing is done twice, and what is closed stays empty."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fleet.app.forecast.change import Change, with_robots
from fleet.app.forecast.fork_floor import ForkFloor
from fleet.app.forecast.simulation_snapshot import snapshot_of, zone_records
from fleet.errors import SettingError
from fleet.grid.distances import DistanceFields
from fleet.tasks.task_table import TaskStatus
from fleet.traffic.zones.actions import Close, NamedZone, OutOfService, Pause, Rectangle
from robots.state import FleetState
from tests import forecast_floors
from tests.forecast_floors import TINY, forked, lately, same, simulated, snapshot

pytestmark = pytest.mark.slow

NORTH = NamedZone("Main aisle north")


def written_orders(folder, number):
    """A file of orders that are all there from the start, some of several tasks."""
    line = {"quantity": 3, "unit_litres": 30.0, "unit_kg": 6.0}
    lines = [[{"sku": f"sku-{n}-{at}"} | line for at in range(1 + n % 3)] for n in range(number)]
    orders = [{"id": f"O{n}", "release_s": 0.0, "lines": of} for n, of in enumerate(lines)]
    path = folder / "orders.jsonl"
    path.write_text("".join(json.dumps(order) + "\n" for order in orders))
    return str(path)


@pytest.mark.parametrize(
    ("execution", "steps"),
    [
        ("ideal", 60),
        *(pytest.param("ideal", steps, marks=pytest.mark.jit) for steps in (1, 25, 110)),
        *(pytest.param("grants", steps, marks=pytest.mark.jit) for steps in (1, 25, 60, 110)),
    ],
)
def test_a_fork_does_the_orders_that_the_simulation_goes_on_to_do(tmp_path, execution, steps):
    events = []
    simulation = simulated(steps, events=events, execution=execution, orders=written_orders(tmp_path, 12), robots=4)
    floor = snapshot_of(simulation)
    done_before = [event["order"] for event in events if event["event"] == "order_done"]
    events.clear()
    simulation.loop.run(500)
    done_after = [event["order"] for event in events if event["event"] == "order_done"]
    assert sorted(done_before + done_after) == sorted(f"O{n}" for n in range(12))

    fork = forked(floor, seconds=600.0)
    assert sorted(fork.done_s) == sorted(done_after)
    assert np.isfinite(list(fork.done_s.values())).all()
    assert fork.counts["orders"] == {
        "accepted": len(done_after),
        "done": len(done_after),
        "open": 0,
        "rejected": 0,
        "cancelled": 0,
    }
    units = fork.counts["units"]
    assert units["ordered"] == units["picked"] == units["dropped"]


@pytest.mark.jit
def test_what_was_done_is_not_done_again(tmp_path):
    floor = snapshot(60, orders=written_orders(tmp_path, 12), robots=4)
    done = sum(kept.status == TaskStatus.DONE for kept in floor.work.tasks)
    fork = forked(floor, seconds=900.0)
    assert fork.tasks_done.sum() == len(floor.work.tasks) - done
    assert fork.counts["tasks"]["done"] == len(floor.work.tasks)


def test_orders_that_come_in_a_fork_are_all_accounted_for():
    floor = snapshot(240)
    fork = forked(floor, coming=lately(floor))
    orders = fork.counts["orders"]
    assert fork.orders_in > 0
    assert orders["accepted"] == len(floor.work.orders) + fork.orders_in
    assert orders["accepted"] == orders["done"] + orders["open"] + orders["rejected"] + orders["cancelled"]
    assert fork.tasks_in <= fork.tasks_in_squared


def test_the_same_seed_gives_the_same_fork_and_another_seed_another():
    floor = snapshot(240)
    one = forked(floor, coming=lately(floor))
    assert same(one, forked(floor, coming=lately(floor)))
    assert not same(one, forked(floor, coming=lately(floor), seed=2))
    # Both of these expect as many orders.
    assert not same(one, forked(floor, coming=lately(floor), fork=1, forks=3))


def test_every_fork_has_orders_of_its_own():
    floor = snapshot(240)

    class Drawn:
        """Orders of which only what they are drawn from matters: sigma and a first random number."""

        def orders(self, sigma, rng):
            drawn.append((sigma, float(rng.random())))
            return iter(())

        def variance(self, seconds):
            return 0.0

    drawn = []
    for fork, seed in ((0, 1), (1, 1), (2, 1), (0, 2), (0, 1)):
        forked(floor, coming=Drawn(), seconds=1.0, fork=fork, forks=3, seed=seed)
    again = drawn.pop()
    assert again == drawn[0]
    assert len({random for _, random in drawn}) == 4
    assert [sigma for sigma, _ in drawn] == pytest.approx([-1.2247, 0.0, 1.2247, -1.2247], abs=1e-4)


def test_services_under_way_go_on_for_what_is_left_of_them(tmp_path):
    steps = next(n for n in range(5, 60) if snapshot(n, robots=1, orders=written_orders(tmp_path, 1)).robots.serving[0])
    floor = snapshot(steps, robots=1, orders=written_orders(tmp_path, 1))
    assert 0 < floor.robots.service_left_s[0] <= 6.0
    short, long = (
        forecast_floors.with_robots(floor, service_left_s=np.array([left_s], dtype=np.float32))
        for left_s in (0.5, 60.0)
    )
    soon, late = (forked(start, seconds=300.0).done_s["O0"] for start in (short, long))
    assert late - soon == pytest.approx(59.5, abs=2.6)  # two steps
    before = sum(kept.errand_index for kept in floor.work.tasks)
    assert before == 0
    assert forked(long, seconds=30.0).counts["units"]["picked"] == 0


def test_nobody_enters_what_is_closed_and_it_is_opened_when_its_time_has_come():
    floor = snapshot(240)
    cells = TINY.zones["Main aisle north"]
    floor = floor_without(floor, cells)
    as_is = forked(floor, coming=lately(floor))
    closed = forked(floor, coming=lately(floor), change=Change(close=(NORTH,)))
    assert as_is.entries[cells].sum() > 0
    assert closed.entries[cells].sum() == 0

    made = simulated(2, execution="grants")
    zones = made.loop.floor.zones
    zones.apply(Close(area=NORTH, by="anna", for_s=60.0), floor.at_s)
    for_a_minute = replace(floor, zones=zone_records(zones.in_force()))
    assert forked(for_a_minute, coming=lately(floor), seconds=55.0).entries[cells].sum() == 0
    assert forked(for_a_minute, coming=lately(floor), seconds=240.0).entries[cells].sum() > 0


def test_robots_that_are_held_back_stand_or_get_nothing_new_until_their_time_has_come():
    made = simulated(2, execution="grants")
    zones = made.loop.floor.zones
    zones.apply(Pause(robot=0, by="anna", for_s=60.0), 100.0)
    zones.apply(OutOfService(robot=1, by="anna", for_s=120.0), 100.0)
    layout = TINY.layout
    floor = ForkFloor(
        TINY, DistanceFields(layout), records=zone_records(zones.in_force()), close=(), at_s=100.0,
        down=np.array([False, False, True]),
    )  # fmt: skip
    state = FleetState.at(TINY.start_cells[:3].astype(np.int32), width=layout.width)
    found = []
    for at_s in (100.0, 160.0, 220.0):
        state.time_s = at_s
        fitness = floor.fitness(state)
        found.append((fitness.unfit.tolist(), fitness.withdrawn.tolist(), fitness.closed[state.cell].tolist()))
        assert fitness.lost.tolist() == [False, False, True]
    assert found == [
        ([True, False, True], [False, True, False], [True, False, True]),
        ([False, False, True], [False, True, False], [False, False, True]),
        ([False, False, True], [False, False, False], [False, False, True]),
    ]


def floor_without(floor, cells):
    """The floor with robots only where these cells are not."""
    taken = np.isin(floor.robots.cell, cells)
    free = np.setdiff1d(TINY.start_cells, np.concatenate([floor.robots.cell, cells]))
    cell = floor.robots.cell.copy()
    cell[taken] = free[: taken.sum()]
    return forecast_floors.with_robots(
        floor,
        cell=cell,
        serving=floor.robots.serving & ~taken,
        service_left_s=np.where(taken, np.float32(0), floor.robots.service_left_s),
    )


def test_who_is_down_stays_where_it_is_and_its_work_is_done_by_others(tmp_path):
    floor = snapshot(30, orders=written_orders(tmp_path, 12), robots=4)
    down = np.zeros(4, dtype=np.bool_)
    waits = next(
        robot
        for robot in range(4)
        if any(kept.robot == robot and kept.errand_index == 0 for kept in floor.work.tasks if kept.status == 1)
        and not floor.robots.serving[robot]
    )
    down[waits] = True
    fork = forked(forecast_floors.with_robots(floor, down=down), seconds=400.0)
    assert fork.entries[floor.robots.cell[waits]] == 0
    assert np.isfinite(list(fork.done_s.values())).mean() > 0.5


def test_batteries_that_nobody_knows_are_taken_to_be_in_order():
    floor = snapshot(240)
    unknown = forecast_floors.with_robots(floor, charge_percent=np.full(6, np.nan, dtype=np.float32))
    assert forked(unknown, coming=lately(floor)).tasks_done.sum() > 0


# Robots more and fewer


def test_robots_that_are_added_stand_on_free_parking_places_and_work():
    floor = snapshot(240, robots=2)
    more = with_robots(floor, 4, TINY)
    assert len(more.robots) == 6
    assert len(set(more.robots.cell.tolist())) == 6
    assert np.isin(more.robots.cell[2:], TINY.parking).all()
    few, many = (forked(start, coming=lately(floor)).tasks_done.sum() for start in (floor, more))
    assert many > few


def test_robots_that_go_have_no_load_and_leave_their_tasks_to_others():
    floor = snapshot(20)
    assigned = [kept for kept in floor.work.tasks if kept.status == TaskStatus.ASSIGNED]
    loaded = {kept.robot for kept in assigned if kept.errand_index > 0 or floor.robots.serving[kept.robot]}
    assert 0 < len(assigned) > len(loaded)
    fewer = with_robots(floor, -min(6 - len(loaded), 5), TINY)
    assert len(fewer.robots) == max(len(loaded), 1)
    cells = dict(enumerate(fewer.robots.cell.tolist()))
    for before, after in zip(floor.work.tasks, fewer.work.tasks, strict=True):
        if after.status == TaskStatus.ASSIGNED:
            assert cells[after.robot] == floor.robots.cell[before.robot]
        elif before.status == TaskStatus.ASSIGNED:
            assert before.robot not in loaded
            assert (after.status, after.robot) == (TaskStatus.OPEN, -1)
    assert {cells[kept.robot] for kept in fewer.work.tasks if kept.status == 1} >= {
        int(floor.robots.cell[robot]) for robot in loaded
    }
    assert forked(fewer, coming=lately(floor), seconds=300.0).tasks_done.sum() > 0


def test_robots_for_which_there_is_no_place_and_too_many_that_shall_go_are_refused():
    floor = snapshot(90)
    with pytest.raises(SettingError, match="there is no place for 1000 robots more"):
        with_robots(floor, 1000, TINY)
    with pytest.raises(SettingError, match="6 robots cannot go"):
        with_robots(floor, -6, TINY)
    assert with_robots(floor, 0, TINY) is floor


def test_a_rectangle_is_closed_as_a_zone_is():
    floor = floor_without(snapshot(240), TINY.zones["Main aisle north"])
    named = forked(floor, coming=lately(floor), change=Change(close=(NORTH,)))
    drawn = forked(floor, coming=lately(floor), change=Change(close=(Rectangle(3, 1, 4, 24),)))
    assert same(named, drawn)
