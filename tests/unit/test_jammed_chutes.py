"""A jammed chute is closed as one with a full cage, and opens when somebody has freed it."""

from __future__ import annotations

from tests.unit.test_chute_keeping import Site


def jammed(*destinations):
    """A site whose first chute has just been called jammed, and a task that was to be dropped there."""
    site = Site(list(destinations))
    site.drop(site.order(destinations[0], 7))
    task = site.order(destinations[0])
    site.seen_jammed[0] = True
    site.pass_s()
    return site, task


def free(site, chute=0, stuck=True):
    site.seen_jammed[chute] = False
    site.freed = [(chute, stuck)]
    site.pass_s()


def test_drops_go_elsewhere_until_somebody_has_freed_the_chute():
    site, task = jammed("Lyon", "Oslo", "Lyon")
    assert site.drop_cell(task) == 12
    assert (site.called, site.asked) == ([0], [])
    free(site)
    assert site.drop_cell(site.order("Lyon")) == 10
    at = {"t": 2.0, "chute": "C0", "cell": 10}
    assert site.said("chute_closed")[0]["reason"] == "jammed"
    assert site.said("chute_freed", "chute_opened") == [
        at | {"event": "chute_freed", "stuck": True},
        at | {"event": "chute_opened", "destination": "Lyon"},
    ]
    assert site.keeping.jam_counts() == {"called": 1, "freed": 1, "false_calls": 0}


def test_what_is_in_the_cage_stays_there():
    site, _ = jammed("Lyon", "Lyon")
    free(site)
    assert site.map.units == [7, 0]
    assert site.keeping.counts()["swapped"] == 0


def test_a_call_that_finds_nothing_is_counted_and_the_chute_opens():
    site, _ = jammed("Lyon", "Lyon")
    free(site, stuck=False)
    assert site.told() == [("chute_closed", "C0"), ("chute_freed", "C0"), ("chute_opened", "C0")]
    assert site.keeping.jam_counts() == {"called": 1, "freed": 0, "false_calls": 1}


def test_a_photo_eye_that_stays_dark_calls_somebody_again_and_again():
    site, _ = jammed("Lyon", "Lyon")
    for _ in range(3):
        free(site, stuck=False)
        site.seen_jammed[0] = True
        site.pass_s()
    assert site.keeping.jam_counts() == {"called": 4, "freed": 0, "false_calls": 3}


def test_nobody_comes_while_a_granted_drop_may_fall():
    site = Site(["Lyon", "Lyon"])
    task = site.order("Lyon")
    site.load(task, 0)
    site.seen_jammed[0] = True
    site.pass_s()
    assert (site.called, site.drop_cell(task)) == ([], 10)
    site.serving.clear()
    site.pool.advance(task, site.now_s)
    site.pass_s()
    assert site.called == [0]


def test_tasks_without_another_chute_wait_until_it_is_freed():
    site, task = jammed("Lyon", "Oslo")
    assert site.pool.waiting().tolist() == []
    free(site)
    assert site.pool.waiting().tolist() == [task]
    assert site.drop_cell(task) == 10


def test_whoever_swaps_the_cage_of_a_jammed_chute_frees_it_first():
    site = Site(["Lyon", "Lyon"])
    site.seen_full[0] = site.seen_jammed[0] = True
    site.pass_s()
    assert (site.asked, site.called) == ([0], [])
    site.seen_full[0] = site.seen_jammed[0] = False
    site.stuck, site.over = {0}, [0]
    site.pass_s()
    assert site.told()[1:] == [("chute_freed", "C0"), ("cage_swapped", "C0"), ("chute_opened", "C0")]
    assert site.keeping.jam_counts() == {"called": 0, "freed": 1, "false_calls": 0}


def test_a_full_cage_is_seen_to_once_its_chute_is_free():
    site, _ = jammed("Lyon", "Lyon")
    site.seen_full[0] = True
    free(site)
    assert site.said("chute_closed")[-1]["reason"] == "full"
    assert site.asked == [0]


def test_a_jammed_chute_that_is_lent_goes_on_for_the_borrower():
    site = Site(["Lyon", "Oslo", "Oslo"])
    site.drop(site.order("Oslo"))
    site.seen_full[0] = True
    site.pass_s()
    assert site.map.serves[2] == "Lyon"
    site.drop(site.order("Lyon"))
    site.seen_jammed[2] = True
    site.pass_s()
    assert site.called == [2]
    free(site, 2)
    assert site.drop_cell(site.order("Lyon")) == 12
    assert site.drop_cell(site.order("Oslo")) == 11


def test_people_may_look_into_a_chute_that_nobody_called_jammed():
    site = Site(["Lyon"])
    site.keeping.freed(0, False, 1.0)
    assert site.told() == [("chute_freed", "C0")]
    assert site.keeping.jam_counts() == {"called": 0, "freed": 0, "false_calls": 0}
