"""Whatever the order and the robot: every unit is carried exactly once and no robot is overloaded."""

from __future__ import annotations

from collections import Counter

from hypothesis import assume, given
from hypothesis import strategies as st

from fleet.tasks.model import ErrandKind, Order, OrderLine
from fleet.tasks.refusal import Refusal
from tests.orders import splitter

# One part in a billion: 300 units of 0.1 kg are 30 kg.
ROUNDING = 1 + 2e-9

LINES = st.lists(
    st.builds(
        OrderLine,
        sku=st.sampled_from("abcdefgh"),
        quantity=st.integers(1, 200),
        unit_litres=st.floats(0.001, 30.0),
        unit_kg=st.floats(0.0, 12.0),
    ),
    min_size=1,
    max_size=12,
)
ROBOTS = st.fixed_dictionaries(
    {
        "payload_kg": st.floats(12.0, 60.0),
        "totes": st.integers(1, 6),
        "tote_litres": st.floats(30.0, 60.0),
    }
)


@given(LINES, ROBOTS)
def test_every_unit_of_every_line_is_in_exactly_one_task(lines: list[OrderLine], robot: dict[str, float]) -> None:
    tasks = splitter(**robot).split(Order("A", tuple(lines), 0.0, 1.0), 5)
    assert not isinstance(tasks, Refusal)
    ordered: Counter[str] = Counter()
    for line in lines:
        ordered[line.sku] += line.quantity
    picked: Counter[str] = Counter()
    for task in tasks:
        for errand in task.errands[:-1]:
            picked[errand.sku] += errand.units
    assert picked == ordered
    assert [task.id for task in tasks] == list(range(5, 5 + len(tasks)))


@given(LINES, ROBOTS)
def test_no_task_breaks_payload_totes_or_tote_volume(lines: list[OrderLine], robot: dict[str, float]) -> None:
    assume(len({line.sku for line in lines}) == len(lines))
    measures = {line.sku: line for line in lines}
    tasks = splitter(**robot).split(Order("A", tuple(lines), 0.0, 1.0), 0)
    assert not isinstance(tasks, Refusal)
    for task in tasks:
        *picks, drop = task.errands
        assert 1 <= len(picks) == task.totes <= robot["totes"]
        mass_kg = sum(pick.units * measures[pick.sku].unit_kg for pick in picks)
        assert mass_kg <= robot["payload_kg"] * ROUNDING
        for pick in picks:
            assert pick.kind is ErrandKind.PICK
            assert pick.units >= 1
            assert pick.units * measures[pick.sku].unit_litres <= robot["tote_litres"] * ROUNDING
        assert drop.kind is ErrandKind.DROP
        assert drop.units == task.units == sum(pick.units for pick in picks)


@given(LINES, ROBOTS)
def test_a_line_takes_no_more_totes_than_it_must(lines: list[OrderLine], robot: dict[str, float]) -> None:
    tasks = splitter(**robot).split(Order("A", tuple(lines[:1]), 0.0, 1.0), 0)
    assert not isinstance(tasks, Refusal)
    line = lines[0]
    totes = sum(task.totes for task in tasks)
    # With one tote fewer, even perfectly full ones would not hold the line.
    fewer = (totes - 1) * ROUNDING
    by_volume = int(robot["tote_litres"] * ROUNDING / line.unit_litres)
    by_mass = int(robot["payload_kg"] * ROUNDING / line.unit_kg) if line.unit_kg > 1e-6 else line.quantity
    assert fewer * min(by_volume, by_mass) < line.quantity * ROUNDING
