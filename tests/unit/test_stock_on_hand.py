"""The stock that is really there: units move, some of them not as they should, and none is lost."""

from dataclasses import replace

import numpy as np
import pytest

from robots.errors import InputError
from sim_worlds.assortment import KeptSku
from sim_worlds.stock_layout import StockLayout, lay_out_stock
from sim_worlds.world_file import load_world
from twin.sensors.stock_on_hand import Handled, Mistakes, StockOnHand

NO_MISTAKES = Mistakes(0.0, 0.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def layout() -> StockLayout:
    """45 units fit into each bin."""
    return lay_out_stock(load_world("tiny"), [KeptSku(f"book {number}", (0.3, 0.2, 0.02)) for number in range(10)])


def stock(layout: StockLayout, units: int, mistakes: Mistakes, seed: int = 1) -> StockOnHand:
    return StockOnHand(layout, np.full(layout.bins, units, dtype=np.int32), mistakes, seed)


def test_without_mistakes_units_move_as_they_should(layout: StockLayout) -> None:
    hand = stock(layout, 20, NO_MISTAKES)
    assert hand.take(3, 5) == Handled(-5, 3, -5)
    assert hand.fill(4, 7) == Handled(7, 4, 7)
    assert hand.count[[2, 3, 4]].tolist() == [20, 15, 27]


def test_who_finds_fewer_or_less_room_says_so(layout: StockLayout) -> None:
    hand = stock(layout, 20, NO_MISTAKES)
    assert hand.take(3, 25) == Handled(-20, 3, -20)
    assert hand.fill(4, 99) == Handled(25, 4, 25)
    assert hand.count[[3, 4]].tolist() == [0, 45]


@pytest.mark.parametrize("fills", [False, True])
def test_mistakes_are_as_frequent_as_is_said(layout: StockLayout, fills: bool) -> None:
    mistakes = Mistakes(0.1, 0.05, 0.1, 0.05, spread=0.5)
    tally = {"right": 0, "one off": 0, "more off": 0, "elsewhere": 0}
    hand = stock(layout, 20, mistakes)
    for _ in range(6000):
        before = hand.count
        done = hand.fill(5, 3) if fills else hand.take(5, 3)
        assert done.said == (3 if fills else -3)
        moved = hand.count - before
        assert moved[done.bin] == done.units
        assert np.count_nonzero(moved) == (done.units != 0)
        off = abs(done.units - done.said)
        kind = "elsewhere" if done.bin != 5 else ("right", "one off")[off] if off < 2 else "more off"
        assert done.bin in (5, *layout.neighbours[5])
        tally[kind] += 1
        hand.columns()[0][:] = 20
    assert tally["right"] / 6000 == pytest.approx(0.85, abs=0.015)
    assert tally["elsewhere"] / 6000 == pytest.approx(0.05, abs=0.01)
    assert tally["one off"] / 6000 == pytest.approx(0.05, abs=0.01)
    assert tally["more off"] / 6000 == pytest.approx(0.05, abs=0.01)


def test_nobody_takes_what_is_not_there_nor_puts_units_in_by_picking(layout: StockLayout) -> None:
    hand = stock(layout, 3, Mistakes(0.4, 0.4, 0.4, 0.4))
    for number in range(500):
        before = hand.count
        done = hand.take(number % layout.bins, 1) if number % 3 else hand.fill(number % layout.bins, 2)
        assert (hand.count - before)[done.bin] == done.units == (hand.count - before).sum()
        assert (done.units <= 0) if number % 3 else (done.units >= 0)
        assert ((hand.count >= 0) & (hand.count <= layout.capacity)).all()


def test_the_same_seed_and_calls_give_the_same_stock_and_columns_bring_it_back(layout: StockLayout) -> None:
    mistakes = Mistakes(0.3, 0.2, 0.3, 0.2)
    one, other = stock(layout, 20, mistakes), stock(layout, 20, mistakes)
    assert [one.take(5, 2) for _ in range(9)] == [other.take(5, 2) for _ in range(9)]
    kept = [column.copy() for column in one.columns()]
    after = [one.fill(6, 2) for _ in range(20)]
    for column, then in zip(other.columns(), kept, strict=True):
        column[...] = then
    assert [other.fill(6, 2) for _ in range(20)] == after
    third = stock(layout, 20, mistakes, seed=2)
    assert [third.take(5, 2) for _ in range(9)] + [third.fill(6, 2) for _ in range(20)] != after


@pytest.mark.parametrize("units", [-1, 46])
def test_counts_that_do_not_fit_are_refused(layout: StockLayout, units: int) -> None:
    with pytest.raises(InputError, match="more units than fit"):
        stock(layout, units, NO_MISTAKES)


@pytest.mark.parametrize("change", [{"picks_wrong_bin": 0.5}, {"spread": -0.1}, {"fills_wrong_quantity": float("nan")}])
def test_mistakes_that_cannot_be_are_refused(change) -> None:
    with pytest.raises(InputError, match="mistakes"):
        replace(NO_MISTAKES, **change)
