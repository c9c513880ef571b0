"""Full cages close chutes; what was to be dropped there goes elsewhere, or waits, until they are swapped."""

from __future__ import annotations

import numpy as np

from fleet.runtime.event_relay import EventRelay
from fleet.runtime.keeping.chute_keeping import ChuteKeeping
from fleet.runtime.keeping.chute_map import ChuteMap
from fleet.runtime.keeping.chute_visits import Visit
from fleet.runtime.keeping.mapped_slotting import MappedSlotting
from fleet.runtime.keeping.params import CageParams
from fleet.tasks.model import Order, OrderLine
from fleet.tasks.pool import TaskPool
from fleet.tasks.splitting import OrderSplitter
from robots.model import RobotModel
from sim_worlds.world import Chute

SETTLE_S = 30.0


class OnePlaceEach:
    """Everything is picked in cell 1; an order goes to the first chute of its destination."""

    def __init__(self, chutes):
        self.chutes = chutes

    def pick_place(self, sku, near):
        return 1, 4.0

    def drop_place(self, order_id, destination):
        chute = next(chute for chute in self.chutes if chute.destination == destination)
        return chute.cell, chute.service_s, destination


class Site:
    """Chutes in cells 10, 11, ... for these destinations, sensors that see what they are told, and people on call.

    asked, called  chutes whose cage is to be swapped, and that are to be freed
    over, freed    chutes whose cages were swapped just now, and that were freed, each with whether something was stuck
    stuck          chutes in which whoever swaps the cage finds something stuck
    """

    def __init__(self, destinations, service_s=None):
        service_s = service_s or [2.5] * len(destinations)
        self.chutes = [
            Chute(f"C{number}", 10 + number, name, service_s[number]) for number, name in enumerate(destinations)
        ]
        self.map = ChuteMap(destinations)
        self.events = []
        relay = EventRelay(self.events.append)
        places = MappedSlotting(OnePlaceEach(self.chutes), self.chutes, self.map)
        self.pool = TaskPool(OrderSplitter(places, RobotModel(), 20), relay)
        self.serving = []
        self.pool.watch_services(lambda: np.array(self.serving, dtype=np.int32))
        self.seen_full = np.zeros(len(destinations), dtype=bool)
        self.seen_jammed = np.zeros(len(destinations), dtype=bool)
        self.asked, self.called = [], []
        self.over, self.freed, self.stuck = [], [], set()
        self.keeping = ChuteKeeping(
            self.chutes,
            self.map,
            pool=self.pool,
            redirect=self.redirect,
            fills=self,
            jams=self,
            visits=self,
            params=CageParams(review_s=1.0, settle_s=SETTLE_S),
            events=relay,
        )
        relay.join(self.keeping.hear)
        self.now_s = 0.0

    # What a floor provides

    def full(self, now_s):
        return self.seen_full.copy()

    def jammed(self, now_s):
        return self.seen_jammed.copy()

    def swap(self, chute, now_s):
        self.asked.append(chute)

    def free(self, chute, now_s):
        self.called.append(chute)

    def done(self, now_s):
        visits = [Visit(chute, False, stuck) for chute, stuck in self.freed]
        visits += [Visit(chute, True, chute in self.stuck) for chute in self.over]
        self.over, self.freed = [], []
        return visits

    def redirect(self, tasks, cells, services_s, now_s):
        for task, cell, service_s in zip(tasks.tolist(), cells.tolist(), services_s, strict=True):
            self.pool.redirect(task, cell, service_s, now_s)

    # What happens

    def order(self, destination, units=1):
        name = f"O{len(self.pool.orders())}"
        line = OrderLine("sku", units, 1.0, 1.0)
        (task,) = self.pool.add_order(Order(name, (line,), self.now_s, 1e6, destination=destination), self.now_s)
        return task

    def drop(self, task, robot=0):
        """A robot does all of a task."""
        self.pool.assign(task, robot, self.now_s)
        while not self.pool.advance(task, self.now_s):
            pass

    def load(self, task, robot):
        """A robot picks a task, and its drop is granted."""
        self.pool.assign(task, robot, self.now_s)
        self.pool.advance(task, self.now_s)
        self.serving.append(task)

    def pass_s(self, seconds=1.0):
        self.now_s += seconds
        self.keeping.review(self.now_s)
        self.pool.check()

    def drop_cell(self, task):
        return int(self.pool.last_errands(np.array([task]))[0][0])

    def said(self, *kinds):
        return [event for event in self.events if event["event"] in kinds]

    def told(self):
        kinds = {"chute_closed", "chute_remapped", "chute_freed", "cage_swapped", "chute_opened"}
        return [(event["event"], event["chute"]) for event in self.events if event["event"] in kinds]


def test_what_was_to_be_dropped_at_a_full_cage_goes_to_another_chute_of_its_destination():
    site = Site(["Lyon", "Oslo", "Lyon"])
    tasks = [site.order("Lyon"), site.order("Oslo"), site.order("Lyon")]
    site.pool.assign(tasks[2], 0, 0.0)
    site.seen_full[0] = True
    site.pass_s()
    assert [site.drop_cell(task) for task in tasks] == [12, 11, 12]
    assert site.drop_cell(site.order("Lyon")) == 12
    assert site.said("chute_closed") == [
        {
            "t": 1.0,
            "event": "chute_closed",
            "chute": "C0",
            "cell": 10,
            "destination": "Lyon",
            "reason": "full",
            "units": 0,
        }
    ]
    assert site.keeping.counts() == {"closed": 1, "swapped": 0, "lent": 0, "tasks_redirected": 2, "tasks_held": 0}


def test_a_chute_opens_when_its_cage_was_swapped():
    site = Site(["Lyon", "Lyon"])
    site.drop(site.order("Lyon", 7))
    site.seen_full[0] = True
    site.pass_s()
    assert site.asked == [0]
    site.seen_full[0] = False
    site.over = [0]
    site.pass_s()
    assert site.said("cage_swapped", "chute_opened") == [
        {"t": 2.0, "event": "cage_swapped", "chute": "C0", "cell": 10, "units": 7},
        {"t": 2.0, "event": "chute_opened", "chute": "C0", "cell": 10, "destination": "Lyon"},
    ]
    assert site.drop_cell(site.order("Lyon")) == 10


def test_a_cage_is_swapped_only_when_no_granted_drop_can_fall_into_it():
    site = Site(["Lyon", "Lyon"])
    task = site.order("Lyon")
    site.load(task, 0)
    site.seen_full[0] = True
    site.pass_s()
    assert (site.asked, site.drop_cell(task)) == ([], 10)
    site.serving.clear()
    site.pool.advance(task, site.now_s)
    site.pass_s()
    assert site.asked == [0]


def test_a_granted_drop_that_is_taken_back_goes_to_another_chute():
    """A robot that obeys a new epoch and has not begun its service begins anew."""
    site = Site(["Lyon", "Lyon"])
    task = site.order("Lyon")
    site.load(task, 0)
    site.seen_full[0] = True
    site.pass_s()
    site.serving.clear()
    site.pass_s()
    assert (site.drop_cell(task), site.asked) == (11, [0])


def test_tasks_without_an_open_chute_wait_and_go_on_after_the_swap():
    site = Site(["Lyon", "Oslo"])
    task = site.order("Lyon")
    site.seen_full[0] = True
    site.pass_s()
    later = site.order("Lyon")
    site.pass_s()
    assert site.pool.waiting().tolist() == []
    assert site.keeping.counts()["tasks_held"] == 2
    site.seen_full[0] = False
    site.over = [0]
    site.pass_s()
    assert site.pool.waiting().tolist() == [task, later]
    assert [site.drop_cell(task) for task in (task, later)] == [10, 10]


def test_a_destination_without_a_chute_borrows_an_empty_one_until_its_own_is_swapped():
    site = Site(["Lyon", "Oslo", "Oslo"])
    site.drop(site.order("Oslo"))
    task = site.order("Lyon")
    site.seen_full[0] = True
    site.pass_s()
    assert site.drop_cell(task) == 12
    assert site.said("chute_remapped") == [
        {"t": 1.0, "event": "chute_remapped", "chute": "C2", "cell": 12, "destination": "Lyon"}
    ]
    site.drop(task)
    waits = site.order("Lyon")
    site.seen_full[0] = False
    site.over = [0]
    site.pass_s()
    assert site.drop_cell(waits) == 10
    assert site.asked == [0]
    site.pass_s()
    assert site.asked == [0, 2]
    site.over = [2]
    site.pass_s()
    assert site.told() == [
        ("chute_closed", "C0"),
        ("chute_remapped", "C2"),
        ("cage_swapped", "C0"),
        ("chute_opened", "C0"),
        ("chute_closed", "C2"),
        ("cage_swapped", "C2"),
        ("chute_opened", "C2"),
    ]
    assert site.said("chute_closed")[1]["reason"] == "borrowed"
    assert site.map.serves == ["Lyon", "Oslo", "Oslo"]


def test_goods_go_to_the_least_full_of_several_chutes():
    site = Site(["Lyon", "Lyon", "Lyon"])
    site.seen_full[0] = True
    site.pass_s()
    site.drop(site.order("Lyon", 5))
    assert site.drop_cell(site.order("Lyon")) == 12


def test_tasks_that_are_sent_elsewhere_at_once_are_spread_over_the_open_chutes():
    site = Site(["Lyon", "Lyon", "Lyon"])
    tasks = [site.order("Lyon") for _ in range(6)]
    site.seen_full[0] = True
    site.pass_s()
    assert sorted(site.drop_cell(task) for task in tasks) == [11, 11, 11, 12, 12, 12]


def test_a_chute_that_takes_longer_takes_every_load_longer():
    site = Site(["Lyon", "Lyon"], service_s=[2.0, 3.0])
    task = site.order("Lyon")
    site.seen_full[0] = True
    site.pass_s()
    assert site.pool.last_service_s(task) == 3.0


def test_cameras_that_still_see_the_old_cage_close_nothing():
    site = Site(["Lyon", "Lyon"])
    site.seen_full[0] = True
    site.pass_s()
    site.over = [0]
    for _ in range(10):
        site.pass_s()
    assert site.keeping.counts()["closed"] == 1
    site.pass_s(SETTLE_S)
    assert site.keeping.counts()["closed"] == 2


def test_a_cage_that_was_seen_empty_and_is_full_again_closes_its_chute_at_once():
    site = Site(["Lyon", "Lyon"])
    site.seen_full[0] = True
    site.pass_s()
    site.over = [0]
    site.seen_full[0] = False
    site.pass_s()
    site.seen_full[0] = True
    site.pass_s()
    assert site.keeping.counts()["closed"] == 2


def test_people_may_swap_a_cage_that_nobody_called_full():
    site = Site(["Lyon"])
    site.drop(site.order("Lyon", 3))
    site.keeping.swapped(0, 1.0)
    assert site.said("cage_swapped")[0]["units"] == 3
    assert site.said("chute_opened") == []
    assert site.map.units == [0]


def test_a_task_whose_load_is_stranded_goes_to_another_chute_too():
    site = Site(["Lyon", "Lyon"])
    task = site.order("Lyon")
    site.pool.assign(task, 0, 0.0)
    site.pool.advance(task, 0.0)
    site.pool.strand(task, 5, 30.0, 0.0)
    site.seen_full[0] = True
    site.pass_s()
    assert site.drop_cell(task) == 11


def test_a_drop_beside_the_chutes_is_nobodys_business():
    site = Site(["Lyon", "Lyon"])
    task = site.order("Lyon")
    site.pool.redirect(task, 3, 2.5, 0.0)
    site.seen_full[0] = True
    site.pass_s()
    assert site.drop_cell(task) == 3
    site.drop(task)
    assert site.map.units == [0, 0]
