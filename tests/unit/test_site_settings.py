"""What a controller may be asked for, and which robots a site has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fleet.app.simulated_robots.settings import numbered_names
from fleet.app.site.roster import allowed_roster, known_roster, numbered_roster
from fleet.app.site.settings import SiteError, SiteSettings
from fleet.app.site.site_floor import floor_hash, floor_map
from fleet.errors import SettingError
from fleet.runtime.config import RunConfig
from robots.gateways.allow_list import FILE_NAME, AllowList, Peer
from robots.gateways.allow_list_edits import allow, revoke
from robots.gateways.keys import load_public_key, new_key
from sim_worlds.world_file import load_world

SETTINGS = SiteSettings(
    run=RunConfig(execution="grants", robots=3),
    listen="tcp://127.0.0.1:0",
    api="tcp://127.0.0.1:0",
    feed="tcp://127.0.0.1:0",
    keys=None,
    journal="journal.db",
    standby=False,
    lease_s=3.0,
    wait_s=60.0,
)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"lease_s": 0.1}, "--lease"),
        ({"lease_s": 61.0}, "--lease"),
        ({"wait_s": 0.0}, "--wait"),
        ({"keys": Path("keys")}, "--robots"),
    ],
)
def test_what_cannot_be_is_refused_with_the_option(change, where):
    with pytest.raises(SettingError) as error:
        replace(SETTINGS, **change)
    assert error.value.where == where


def test_what_keeps_the_journal_has_a_name():
    assert SETTINGS.journal_kind == "sqlite"
    assert replace(SETTINGS, journal="postgresql://db/site").journal_kind == "postgresql"


def listed(folder, *peers):
    folder.chmod(0o700)
    for name, role, robots in peers:
        public = load_public_key(new_key(folder, name).with_suffix(".key")).decode()
        allow(folder, Peer(name, public, role, robots))
    return AllowList(folder / FILE_NAME)


def test_the_robots_of_a_site_are_those_on_the_allow_list_each_once(tmp_path):
    listed(tmp_path, ("gw-1", "gateway", ("amr-002", "amr-000")), ("anna", "operator", ()))
    revoke(tmp_path, "gw-1")
    allow_list = listed(tmp_path, ("gw-2", "gateway", ("amr-000", "amr-001")))
    assert allowed_roster(allow_list, "x") == ("amr-002", "amr-000", "amr-001")


def test_a_site_without_robots_is_refused(tmp_path):
    allow_list = listed(tmp_path, ("anna", "operator", ()))
    with pytest.raises(SiteError, match="no robot on the allow-list"):
        allowed_roster(allow_list, "allowed.toml")


def test_without_keys_robots_are_numbered():
    assert numbered_roster(3) == ("amr-000", "amr-001", "amr-002")
    for robots in (3, 1000, 1001):
        assert numbered_roster(robots) == numbered_names("--first", None, "amr", robots)[0]


def test_a_site_keeps_the_rows_of_its_robots():
    assert known_roster(("b", "a"), ("a", "b"), "x") == ("b", "a")


def test_robots_that_came_or_left_are_named():
    with pytest.raises(SiteError, match="changed: c left; d, e came"):
        known_roster(("a", "c"), ("a", "d", "e"), "allowed.toml")


def test_a_floor_has_another_hash_when_something_that_bases_rest_on_changes():
    world = load_world("tiny")
    assert floor_hash(world) == floor_hash(load_world("tiny"))
    others = [replace(world, cell_m=1.1), replace(world, chargers=world.chargers[:-1]), load_world("future_park")]
    assert len({floor_hash(one) for one in (world, *others)}) == 4
    assert floor_hash(replace(world, chargers=world.chargers[::-1])) == floor_hash(world)


def test_the_floor_that_drivers_get_is_the_worlds():
    world = load_world("tiny")
    floor = floor_map(world)
    assert (floor.name, floor.width, floor.cell_m) == ("tiny", world.layout.width, world.cell_m)
    assert np.flatnonzero(floor.charger).tolist() == sorted(world.chargers.tolist())
    assert floor.neighbours is world.layout.neighbours
