"""What a report says became of orders, tasks and robots is what the events say, and nothing that they cannot mean."""

from __future__ import annotations

import json

import pytest

from fleet.errors import RunError
from fleet.report.story.run_story import counted
from fleet.report.story.work_history import NO_ROBOT, read_history
from tests.told_runs import ROBOTS, STEPS, told_events, write_told_run

CELLS = 16 * 26


def history(tmp_path, events=None):
    return read(write_told_run(tmp_path, events=events))


def read(run):
    return read_history(run, robots=ROBOTS, cells=CELLS, end_s=float(STEPS))


def test_orders_have_their_fate_and_times(tmp_path):
    first, second, rejected = sorted(history(tmp_path).orders, key=lambda order: order.order)
    assert (first.order, first.status, first.came_s, first.done_s, first.late_s) == ("A", "done", 0.0, 30.0, 5.0)
    assert (second.status, second.done_s, second.due_s) == ("open", None, 500.0)
    assert (rejected.order, rejected.status, rejected.reason) == ("C", "rejected", "unit_too_heavy")


def test_tasks_have_their_robot_and_times(tmp_path):
    first, second, third = history(tmp_path).tasks
    assert (first.status, first.robot, first.assigned_s, first.picked_s, first.done_s) == ("done", 0, 0.0, 10.0, 15.0)
    assert (second.status, second.robot, second.done_s) == ("done", 1, 30.0)
    assert (third.status, third.robot, third.assigned_s, third.done_s) == ("open", 1, 8.0, None)
    assert [task.units for task in (first, second, third)] == [3, 3, 3]


def test_tasks_wait_until_a_robot_has_them_and_again_after_it_has_let_go(tmp_path):
    first, second, third = history(tmp_path).tasks
    assert first.waits == [(0.0, 0.0)]
    assert second.waits == [(0.0, 4.0)]
    assert third.waits == [(5.0, 8.0), (20.0, 40.0)]


def test_a_robot_goes_from_errand_to_errand(tmp_path):
    legs = history(tmp_path).legs
    of_first = [(leg.from_s, leg.to_s, leg.served) for leg in legs if leg.task == 0]
    assert of_first == [(0.0, 10.0, True), (10.0, 12.0, True), (12.0, 15.0, True)]
    of_third = [(leg.robot, leg.from_s, leg.to_s, leg.served) for leg in legs if leg.task == 2]
    assert of_third == [(2, 8.0, 20.0, False), (1, 40.0, 60.0, False)]


def test_counts_are_those_of_the_summary(tmp_path):
    assert counted(history(tmp_path)) == {
        "orders that came in": 3,
        "orders done": 1,
        "orders rejected": 1,
        "late orders": 1,
        "tasks created": 3,
        "tasks done": 2,
        "units picked": 6,
        "units dropped": 6,
    }


def test_refills_of_bins_are_no_customers_orders(tmp_path):
    refilled = json.loads(json.dumps(told_events()).replace('"A"', '"replenish:3:1"'))
    told = history(tmp_path, refilled)
    assert [order.order for order in told.customers_orders()] == ["B", "C"]
    assert counted(told)["tasks done"] == 0


def test_a_task_that_is_over_waits_no_longer(tmp_path):
    for kind, fields in (("task_failed", {"reason": "unreachable"}), ("task_cancelled", {})):
        ended = [*told_events()[:9], {"t": 9.0, "event": kind, "task": 1, "robot": 1, **fields}]
        task = history(tmp_path, ended).tasks[1]
        assert (task.status, task.waits) == (kind.removeprefix("task_"), [(0.0, 4.0)])


def test_a_task_that_is_held_back_waits_for_stock_or_a_chute_and_not_for_a_robot(tmp_path):
    def hold(at, name, what):
        field = "waits_for" if name == "task_held" else "waited_for"
        return {"t": at, "event": name, "task": 2, field: what}

    held = [hold(21.0, "task_held", "stock"), hold(23.0, "task_held", "chute"), hold(25.0, "task_let_go", "stock"),
            hold(30.0, "task_let_go", "chute")]  # fmt: skip
    told = history(tmp_path, sorted([*told_events(), *held], key=lambda event: event["t"]))
    assert told.tasks[2].waits == [(5.0, 8.0), (20.0, 21.0), (30.0, 40.0)]
    assert list(told.others_named("task_held", "task_let_go")) == []


def test_a_task_that_is_held_back_while_a_robot_has_it_waits_for_none(tmp_path):
    held = [{"t": 9.0, "event": "task_held", "task": 2, "waits_for": "chute"},
            {"t": 15.0, "event": "task_let_go", "task": 2, "waited_for": "chute"}]  # fmt: skip
    told = history(tmp_path, sorted([*told_events(), *held], key=lambda event: event["t"]))
    assert told.tasks[2].waits == [(5.0, 8.0), (20.0, 40.0)]


def test_a_load_is_taken_over_or_reclaimed(tmp_path):
    stranded = {"t": 13.0, "event": "task_stranded", "task": 1, "robot": 1, "cell": 5}
    for kind, robot, more in (("task_taken_over", 2, {"from_robot": 1, "cell": 6}), ("task_reclaimed", 1, {})):
        told = [*told_events()[:10], stranded, {"t": 16.0, "event": kind, "task": 1, "robot": robot, **more}]
        task = history(tmp_path, told).tasks[1]
        assert (task.robot, task.waits) == (robot, [(0.0, 4.0), (13.0, 16.0)])


def test_a_task_without_a_robot_has_none(tmp_path):
    assert history(tmp_path, told_events()[:16]).tasks[2].robot == NO_ROBOT


def test_a_redirected_task_ends_elsewhere_and_a_prioritised_order_is_due_then(tmp_path):
    changed = [
        *told_events()[:9],
        {"t": 9.0, "event": "task_redirected", "task": 0, "robot": 0, "cell": 44, "from_cell": 2},
        {"t": 9.0, "event": "order_prioritised", "order": "B", "priority": 5, "due_s": 50.0},
        {"t": 9.0, "event": "order_cancelled", "order": "A", "cancelled": 0, "carried_on": 2},
    ]
    told = history(tmp_path, changed)
    assert told.tasks[0].cell(2) == 44
    orders = {order.order: order for order in told.orders}
    assert (orders["B"].priority, orders["B"].due_s, orders["A"].status) == (5, 50.0, "cancelled")
    assert {name: order.open_until_s(60.0) for name, order in orders.items()} == {"A": 9.0, "B": 60.0, "C": 6.0}


def done_line(errand, cell):
    done = {"t": 1.0, "event": "errand_done", "task": 0, "robot": 0, "kind": "pick", "units": 1}
    return json.dumps(done | {"errand": errand, "cell": cell})


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"t": 1.0, "event": "task_done", "task": 9, "robot": 0}', "not there"),
        ('{"t": 1.0, "event": "task_assigned", "task": 0, "robot": 3}', "not there"),
        ('{"t": 1.0, "event": "order_done", "order": "Z", "late_s": 1.0}', "not there"),
        ('{"t": 1.0, "event": "task_held", "task": 9, "waits_for": "stock"}', "not there"),
        ('{"t": 1.0, "event": "task_redirected", "task": 0, "robot": 0, "cell": 416, "from_cell": 2}', "not there"),
        (done_line(errand=0, cell=416), "not there"),
        (done_line(errand=0, cell=-1), "not there"),
        (done_line(errand=3, cell=2), "not there"),
        (done_line(errand=-2, cell=2), "not there"),
        ('{"t": 1.0, "event": "noted", "deep": ' + "[" * 5000 + "]" * 5000 + "}", "damaged"),
        ('{"t": 1.0, "event": "task_done", "task": "0", "robot": 0}', "damaged"),
        ('{"t": 1.0, "event": "order_accepted", "order": "A"}', "damaged"),
        ('{"t": 1.0}', "damaged"),
        ('{"t": -1.0, "event": "noted"}', "damaged"),
        ('{"t": 1e300, "event": "noted"}', "damaged"),
        ('{"t": 1.0, "event": "tas', "damaged"),
        ("[]", "damaged"),
        ("\udcff", "damaged"),
    ],
)
def test_events_that_cannot_be_are_an_error_with_their_line(tmp_path, line, says):
    run = write_told_run(tmp_path, events=told_events()[:3])
    with (run / "events.jsonl").open("ab") as file:
        file.write(line.encode(errors="surrogateescape") + b"\n")
    with pytest.raises(RunError, match=says) as caught:
        read(run)
    assert caught.value.where.endswith("line 4")


def test_a_run_without_events_is_an_error(tmp_path):
    run = write_told_run(tmp_path)
    (run / "events.jsonl").unlink()
    with pytest.raises(RunError, match="cannot be read"):
        read(run)
