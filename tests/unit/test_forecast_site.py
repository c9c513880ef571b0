"""What a controller tells a forecast over its API, page by page while orders come and go."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from fleet.app.forecast import site_snapshot as module
from fleet.app.forecast.errors import SnapshotError
from fleet.app.forecast.site_snapshot import site_snapshot
from fleet.app.forecast.snapshot import unfinished_work
from fleet.app.site import order_records
from fleet.app.site.api_messages import FloorAsk, OrderRecords
from fleet.app.site.floor_answer import floor_columns
from fleet.app.site.site_floor import floor_hash
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.task_table import TaskStatus
from fleet.traffic.zones.actions import Close, NamedZone
from tests.forecast_floors import TINY, plain
from tests.served_site import Keys, SmallSite, client_of, served
from tests.unit.test_site_requests import asked


def added(site, first, number, at_s=990.0):
    for n in range(first, first + number):
        lines = (OrderLine("bolt", 1 + n % 3, 1.0, 1.0), OrderLine(f"sku-{n}", 1, 1.0, 1.0))
        site.pool.add_order(Order(f"O{n}", lines, at_s, at_s + 600.0), at_s)


@pytest.fixture
def small():
    """A site with 130 orders, of which some are done, one is under way and one has failed."""
    site = SmallSite()
    site.floor_hash = floor_hash(TINY)
    added(site, 0, 20, at_s=-2000.0)
    added(site, 20, 110)
    for task in range(30):
        site.pool.assign(task, 0, 991.0)
        while not site.pool.advance(task, 991.0):
            pass
    site.pool.assign(40, 1, 992.0)
    site.pool.advance(40, 993.0)
    site.task[1] = 40
    site.state.service_left_s[1] = 2.5
    site.pool.fail(50, "no_way", 994.0)
    return site


def told(small, **options):
    with served(site=small) as site, client_of(site.endpoint) as client:
        return site_snapshot(client, TINY, **options)


def test_all_unfinished_orders_and_those_that_came_lately_are_told(small):
    found = told(small)
    record = small.pool.record()
    assert plain(found.work) == plain(unfinished_work(record.orders, record.tasks))
    assert [order.id for order in found.recent] == [f"O{n}" for n in range(20, 130)]
    assert found.recent_s == pytest.approx(found.at_s, abs=1e-9)
    assert found.world == "tiny"
    robots = found.robots
    assert robots.cell.tolist() == small.state.cell.tolist()
    assert robots.serving.tolist() == [False, True, False, False]
    assert robots.service_left_s.tolist() == [0.0, 2.5, 0.0, 0.0]
    assert robots.down.tolist() == [False, False, True, False]


def test_a_page_is_cut_where_it_would_be_too_large(small, monkeypatch):
    whole = told(small)
    monkeypatch.setattr(order_records, "_MOST_PARTS", 6)
    assert len(asked(small, OrderRecords(id="request-1", status="open", tasks=True)).rows) == 1
    again = told(small)
    assert plain(again.work) == plain(whole.work)
    assert plain(again.recent) == plain(whole.recent)


def test_restrictions_are_told_as_they_are_kept(small):
    small.zones.apply(Close(area=NamedZone("Aisle 1"), by="anna", for_s=60.0), 995.0)
    (zone,) = told(small).zones
    assert (zone["event"], zone["cells"], zone["until"]) == ("zone_closed", list(range(20)), 1055.0)


def test_who_works_on_what_is_as_of_the_last_answer():
    site = SmallSite()
    site.floor_hash = floor_hash(TINY)
    added(site, 0, 4)
    record = site.pool.record()
    loaded, going, dropped, waiting = (kept for kept in record.tasks[:4])

    def assigned(kept, robot, done):
        return replace(kept, status=1, robot=robot, errand_index=done)

    before = [assigned(loaded, 0, 1), assigned(going, 1, 0), assigned(dropped, 2, 1), waiting]
    roster = np.array([loaded.task.id, waiting.task.id, -1, -1], dtype=np.int32)
    now = module._as_of(before, roster)
    assert [(TaskStatus(kept.status), kept.robot) for kept in now] == [
        (TaskStatus.ASSIGNED, 0),
        (TaskStatus.OPEN, -1),
        (TaskStatus.DONE, -1),
        (TaskStatus.ASSIGNED, 1),
    ]


def test_a_site_without_orders_has_nothing_to_tell_of_them():
    site = SmallSite()
    site.floor_hash = floor_hash(TINY)
    found = told(site)
    assert (found.work.orders, found.recent) == ((), ())


def test_a_controller_of_another_floor_is_refused():
    with pytest.raises(SnapshotError, match="leads small, which is another floor than tiny"):
        told(SmallSite())


def test_a_viewer_may_look_ahead(tmp_path, small):
    keys = Keys(tmp_path / "keys")
    with served(keys, site=small) as site, client_of(site.endpoint, keys, "ben") as viewer:
        assert len(site_snapshot(viewer, TINY).work.orders) > 0


def test_columns_of_different_lengths_are_none(small):
    columns = asked(small, FloorAsk(id="request-1")).columns
    assert floor_columns(columns)["cell"].tolist() == small.state.cell.tolist()
    with pytest.raises(ValueError, match="not of one length"):
        floor_columns(msgspec.structs.replace(columns, cell=b""))
