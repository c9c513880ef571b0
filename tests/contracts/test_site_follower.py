"""Following a site over real sockets, while controllers come and go at its address."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
import zmq

from benchmarks.site_processes import free_ports
from fleet.app.dashboard.site_follower import SiteAddress, SiteFollower
from fleet.runtime.clock import WallClock
from tests.served_page import write_small_world
from tests.served_site import ServedSite, SmallSite, until


@contextmanager
def following(endpoint, world):
    """Follow an address; gives the pictures of it."""
    context = zmq.Context()
    pictures = []
    follower = SiteFollower(context, SiteAddress((endpoint,), world=str(world)), WallClock(), pictures.append)
    follower.start()
    try:
        yield pictures
    finally:
        follower.stop()
        context.destroy(linger=0)


@contextmanager
def site_at(endpoint, floor, term, site_s):
    site = SmallSite(term)
    site.floor_hash, site.now_s = floor, site_s
    # Messages of the site that began at 9,000 s have such numbers.
    site.writer._seq = round(site_s)
    served = ServedSite(site=site, api=endpoint).start()
    try:
        yield served
    finally:
        served.stop()


def shows(picture, site_s):
    """Whether it shows the whole of the site that began with this time on its clock."""
    known = None not in (picture.site, picture.fleet, picture.duties, picture.floor)
    return known and site_s <= picture.site.site_s < site_s + 500


@pytest.mark.parametrize("term", [1, 3])
def test_a_controller_that_counts_from_the_start_again_is_another_site_and_is_followed(tmp_path, term):
    """Its journal was deleted, for instance: terms, messages and events have the numbers of the site before."""
    world, floor = write_small_world(tmp_path)
    (port,) = free_ports(1)
    endpoint = f"tcp://127.0.0.1:{port}"

    with following(endpoint, world) as pictures:
        with site_at(endpoint, floor, term, 9000.0) as before:
            until(lambda: pictures and shows(pictures[-1], 9000.0))
            for number in range(5):
                before.site.hear({"t": 9000.0, "event": "robot_down", "robot": number})
            until(lambda: [event.number for one in pictures for event in one.events] == [1, 2, 3, 4, 5])
            roster = pictures[-1].roster
        with site_at(endpoint, floor, 1, 100.0) as after:
            after.site.hear({"t": 100.0, "event": "robot_back", "robot": 0})
            until(lambda: shows(pictures[-1], 100.0))
            assert pictures[-1].roster is not roster
            until(lambda: "robot_back" in [event.record["event"] for one in pictures for event in one.events])


def test_a_site_that_was_silent_is_the_same_one_when_it_is_heard_again(tmp_path):
    world, floor = write_small_world(tmp_path)
    (port,) = free_ports(1)
    endpoint = f"tcp://127.0.0.1:{port}"
    with following(endpoint, world) as pictures:
        with site_at(endpoint, floor, 1, 9000.0):
            until(lambda: pictures and pictures[-1].site is not None)
            roster = pictures[-1].roster
        until(lambda: pictures[-1].silent_s > 5.0)
        with site_at(endpoint, floor, 2, 9010.0):
            until(lambda: pictures[-1].site.term == 2)
            silent = len(pictures)
            until(lambda: len(pictures) > silent + 30)
            assert pictures[-1].roster is roster
