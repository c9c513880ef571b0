"""How an order becomes tasks."""

from itertools import pairwise

import pytest

from fleet.tasks.model import Errand, ErrandKind, Order, OrderLine, Task
from fleet.tasks.refusal import Refusal, RefusalReason
from tests.orders import WIDTH, HashedSlotting, order, splitter


class RowSlotting:
    """SKU `n` is picked in column n of row 0; the chute is in column 0."""

    def pick_place(self, sku: str, near: int) -> tuple[int, float]:
        return int(sku), 4.0

    def drop_place(self, order_id: str, destination: str | None) -> tuple[int, float, str]:
        return 0, 2.0, "Lyon"


def split(asked: Order, **robot: float) -> tuple[Task, ...]:
    tasks = splitter(**robot).split(asked, 0)
    assert not isinstance(tasks, Refusal)
    return tasks


def picked_cells(skus: list[int], totes: int) -> list[list[int]]:
    lines = tuple(OrderLine(str(sku), 1, 1.0, 1.0) for sku in skus)
    tasks = type(splitter())(RowSlotting(), splitter(totes=totes).robot, WIDTH).split(Order("A", lines, 0.0, 1.0), 0)
    assert not isinstance(tasks, Refusal)
    return [[errand.cell for errand in task.errands] for task in tasks]


def test_a_small_order_is_one_task_with_a_pick_for_each_line_and_one_drop() -> None:
    (task,) = split(Order("A", (OrderLine("x", 3, 2.0, 0.5),), 10.0, 70.0, priority=4, destination="Oslo"))
    cell, service_s = HashedSlotting().pick_place("x", 0)
    chute, drop_s, _ = HashedSlotting().drop_place("A", "Oslo")
    assert task.errands == (
        Errand(cell, ErrandKind.PICK, service_s, "x", 3),
        Errand(chute, ErrandKind.DROP, drop_s, units=3),
    )
    assert (task.order_id, task.destination, task.priority, task.release_s, task.due_s) == ("A", "Oslo", 4, 10.0, 70.0)
    assert (task.units, task.mass_kg, task.totes) == (3, 1.5, 1)


def test_lines_are_never_mixed_in_a_tote() -> None:
    tasks = split(order("A", 1, 1, 1), tote_litres=30.0, totes=2)
    assert [task.totes for task in tasks] == [2, 1]


def test_a_line_too_large_for_a_tote_fills_several() -> None:
    tasks = split(order("A", 25, litres=3.0, kg=0.1), tote_litres=30.0, totes=4)
    assert sorted(errand.units for task in tasks for errand in task.errands[:-1]) == [5, 10, 10]
    assert len(tasks) == 1


def test_a_line_too_heavy_for_a_robot_takes_several_tasks() -> None:
    tasks = split(order("A", 5, kg=12.0), payload_kg=30.0)
    assert [task.mass_kg for task in tasks] == [12.0, 24.0, 24.0]


def test_a_limit_reached_exactly_is_kept() -> None:
    # In floats 0.3 / 0.1 is less than 3, and three times 0.1 more than 0.3.
    (task,) = split(order("A", 3, litres=0.1, kg=0.1), payload_kg=0.3, tote_litres=0.3)
    assert task.totes == 1
    (task,) = split(order("A", 1, 1, 1, litres=0.1, kg=0.1), payload_kg=0.3, tote_litres=0.3)
    assert task.totes == 3


def test_a_heavy_tote_is_passed_over_for_one_that_still_fits() -> None:
    lines = (OrderLine("1", 1, 1.0, 20.0), OrderLine("2", 1, 1.0, 15.0), OrderLine("3", 1, 1.0, 5.0))
    tasks = type(splitter())(RowSlotting(), splitter(payload_kg=30.0).robot, WIDTH).split(Order("A", lines, 0, 1), 0)
    assert not isinstance(tasks, Refusal)
    assert [[errand.cell for errand in task.errands] for task in tasks] == [[3, 1, 0], [2, 0]]


def test_picks_lead_towards_the_chute() -> None:
    assert picked_cells([3, 9, 1, 6], totes=4) == [[9, 6, 3, 1, 0]]


def test_far_picks_go_together() -> None:
    assert picked_cells([3, 9, 1, 8], totes=2) == [[3, 1, 0], [9, 8, 0]]


def test_each_pick_asks_for_the_place_of_the_sku_closest_to_the_next() -> None:
    (task,) = split(Order("A", (OrderLine("x", 1, 1.0, 1.0),), 0.0, 1.0, destination="Lyon"))
    # Lyon's chute is in the west half, where the SKU is in column 3 rather than 16.
    assert task.errands[0].cell % WIDTH == 3


def test_the_same_order_is_always_split_the_same_way() -> None:
    asked = order("A", *range(1, 30))
    assert all(a == b for a, b in pairwise([split(asked) for _ in range(3)]))


def test_a_weightless_unit_is_bounded_by_volume_alone() -> None:
    (task,) = split(Order("A", (OrderLine("x", 60, 1.0, 5e-324),), 0.0, 1.0), tote_litres=30.0)
    assert [errand.units for errand in task.errands] == [30, 30, 60]


@pytest.mark.parametrize(
    ("asked", "reason", "detail"),
    [
        (order("A", 1, kg=30.5), RefusalReason.UNIT_TOO_HEAVY, "weighs 30.5 kg, a robot carries 30 kg"),
        (order("A", 1, litres=31.0), RefusalReason.UNIT_TOO_LARGE, "takes 31 l, a tote holds 30 l"),
        (
            Order("A", (OrderLine("x", 1, 1.0, 1.0),), 0.0, 1.0, destination="Rome"),
            RefusalReason.UNKNOWN_DESTINATION,
            "no chute for destination 'Rome'",
        ),
    ],
)
def test_an_order_that_no_robot_can_do_is_refused_with_a_reason(
    asked: Order, reason: RefusalReason, detail: str
) -> None:
    refusal = splitter(payload_kg=30.0, tote_litres=30.0).split(asked, 0)
    assert isinstance(refusal, Refusal)
    assert (refusal.order_id, refusal.reason) == ("A", reason)
    assert detail in refusal.detail
