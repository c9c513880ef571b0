"""What can be written after `--orders`, and the generator."""

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from fleet.errors import OrderError
from fleet.tasks.model import Order
from fleet.tasks.sources.catalogue import Catalogue
from fleet.tasks.sources.csv_source import read_csv
from fleet.tasks.sources.open_orders import open_orders
from fleet.tasks.sources.rejects import RejectSink
from tests.orders import HEADER, SHIPPED_ORDERS


def opened(spec: str, seed: int = 1, rejects: RejectSink | None = None) -> Iterator[Order]:
    return open_orders(
        spec,
        seed=seed,
        rate_per_hour=3600.0,
        lead_time_s=600.0,
        catalogue=SHIPPED_ORDERS,
        destinations=["Lyon", "Oslo"],
        rejects=rejects,
    )


def test_rows_without_times_arrive_at_the_given_rate_in_the_order_of_the_file() -> None:
    orders = list(opened(str(SHIPPED_ORDERS)))
    assert [order.id for order in orders] == [draft.id for draft in read_csv(SHIPPED_ORDERS)]
    assert orders[-1].release_s == pytest.approx(2144, rel=0.1)
    assert all(order.due_s == order.release_s + 600.0 for order in orders)
    assert orders == list(opened(str(SHIPPED_ORDERS)))
    assert orders[0].release_s != next(opened(str(SHIPPED_ORDERS), seed=2)).release_s


def test_orders_come_in_release_order_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.CSV"
    rows = ["A,1,x,1,1,1,1,50,60", "B,1,x,1,1,1,1,7,", "C,1,x,1,1,1,1,7,8"]
    path.write_text("\n".join([HEADER + ",release_s,due_s", *rows]))
    assert [(order.id, order.release_s, order.due_s) for order in opened(str(path))] == [
        ("B", 7.0, 607.0),
        ("C", 7.0, 8.0),
        ("A", 50.0, 60.0),
    ]


def test_orders_come_from_a_jsonl_file(tmp_path: Path) -> None:
    path = tmp_path / "orders.jsonl"
    line = '{"sku": "x", "quantity": 1, "unit_litres": 1, "unit_kg": 1}'
    path.write_text(f'{{"id": "A", "lines": [{line}], "destination": "Oslo"}}\n')
    (order,) = opened(str(path))
    assert (order.id, order.destination, order.units) == ("A", "Oslo", 1)


def test_generated_orders_are_a_function_of_seed_and_parameters() -> None:
    first = list(islice(opened("poisson:4000"), 100))
    assert first == list(islice(opened("poisson:4000"), 100))
    other_seed = list(islice(opened("poisson:4000", seed=2), 100))
    assert [order.release_s for order in first] != [order.release_s for order in other_seed]
    assert [order.lines for order in first] != [order.lines for order in other_seed]
    assert first == list(islice(opened("poisson:4000:flat"), 100))
    other = list(islice(opened("poisson:4000:peak"), 100))
    assert [order.release_s for order in first] != [order.release_s for order in other]
    assert [order.lines for order in first] == [order.lines for order in other]


def test_generated_orders_never_end_and_come_in_release_order() -> None:
    orders = list(islice(opened("poisson:1000"), 3000))
    releases = [order.release_s for order in orders]
    assert releases == sorted(releases)
    assert releases[-1] == pytest.approx(3 * 3600, rel=0.1)
    assert len({order.id for order in orders}) == 3000


def test_generated_orders_resemble_the_real_ones() -> None:
    real = read_csv(SHIPPED_ORDERS)
    made = list(islice(opened("poisson:4000"), 4000))
    real_lines = [line for order in real for line in order.lines]
    made_lines = [line for order in made for line in order.lines]
    measures = {(line.unit_litres, line.unit_kg) for line in real_lines}
    assert {(line.unit_litres, line.unit_kg) for line in made_lines} <= measures
    assert len(made_lines) / len(made) == pytest.approx(len(real_lines) / len(real), rel=0.05)
    assert sum(line.quantity for line in made_lines) / len(made_lines) == pytest.approx(2.14, rel=0.2)


def test_popularity_falls_with_rank_like_that_of_real_skus() -> None:
    catalogue = Catalogue.learn(read_csv(SHIPPED_ORDERS))
    asked = Counter(line.sku for order in islice(opened("poisson:4000"), 4000) for line in order.lines)
    shares = [asked[unit.sku] / asked.total() for unit in catalogue.units]
    assert 0.01 < shares[0] < 0.03
    assert 0.6 < sum(shares[:200]) < 0.72
    assert sum(shares[:10]) > sum(shares[10:20]) > sum(shares[50:60]) > sum(shares[500:510]) > 0


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("orders.txt", "--orders: 'orders.txt' is no order source; give a .csv or .jsonl file, or poisson:RATE"),
        ("", "--orders: '' is no order source"),
        ("poisson", "--orders: 'poisson' is no order source"),
        ("bad\0name.csv", "is no order source"),
        ("poisson:", "has the rate ''; give orders an hour"),
        ("poisson:0", "has the rate '0'"),
        ("poisson:-3", "has the rate '-3'"),
        ("poisson:nan", "has the rate 'nan'"),
        ("poisson:inf", "has the rate 'inf'"),
        ("poisson:2000000", "at most 1e+06"),
        ("poisson:4000:evening", "has the profile 'evening'; use poisson:4000:flat|daily|peak"),
        ("poisson:4000:peak:2", "has the profile 'peak:2'"),
        ("none.csv", "none.csv: there is no such order file"),
    ],
)
def test_a_bad_spec_is_refused(spec: str, message: str) -> None:
    with pytest.raises(OrderError) as caught:
        opened(spec)
    assert message in str(caught.value)


def test_rejects_go_neither_with_generated_orders_nor_into_the_order_file(tmp_path: Path) -> None:
    with pytest.raises(OrderError, match="--rejects: generated orders"):
        opened("poisson:4000", rejects=RejectSink(tmp_path / "rejects.jsonl"))
    path = tmp_path / "orders.csv"
    path.write_text(HEADER + "\nA,1,x,1,1,1,1\n")
    with pytest.raises(OrderError, match="is the order file itself"):
        opened(str(path), rejects=RejectSink(path))
    assert path.read_text().endswith("A,1,x,1,1,1,1\n")
