"""`futurepark forecast`: from options to a forecast, and what is refused in words."""

from __future__ import annotations

import json
import time
from contextlib import closing

import pytest
import typer

from fleet.app import forecast_command
from fleet.app.forecast_command import forecast
from fleet.app.site.api_client import ClientParams
from fleet.app.site.site_floor import floor_hash
from robots.errors import InputError
from tests.forecast_floors import TINY, simulated
from tests.served_site import SmallSite, served
from tests.site_journals import FileSite, found
from tests.unit.test_forecast_journal import kept


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """A journal that is led, of a site that began five minutes ago."""
    with closing(FileSite(tmp_path_factory.mktemp("site") / "site.journal")) as site:
        kept(site.open(), simulated(240, execution="grants"), began_s=time.time() - 300.0)
        yield str(site.path)


def run(**options):
    given = {"world": "tiny", "duration": "60s", "processes": 1, "forks": 1, "seed": 1, "as_json": True}
    forecast(**given | {"robots": None, "orders": None, "expect": None, "close": None} | options)


def test_a_site_is_looked_ahead_from_its_journal(journal, capsys):
    run(journal=journal)
    found = json.loads(capsys.readouterr().out)
    assert (found["world"], found["seconds"], found["forks"], found["changed"]) == ("tiny", 60.0, 1, None)
    assert found["now"]["robots"] == 6
    assert len(found["now"]["slices"]) == 1


def test_changes_are_those_of_the_options(journal, capsys, tmp_path):
    orders = tmp_path / "orders.csv"
    orders.write_text("order_id,quantity,sku,width_mm,length_mm,depth_mm,weight_g\nA,1,bolt,10,10,10,5\n")
    run(
        journal=journal, close=["Main aisle north", "9,3", "9,3,10,4"], robots="+2", orders="poisson:600", expect=orders
    )
    found = json.loads(capsys.readouterr().out)
    assert found["changed"]["robots"] == 8
    run(journal=journal, robots="-1", as_json=False)
    assert "with the change" in capsys.readouterr().out


def test_a_site_is_looked_ahead_from_its_controller(capsys):
    small = SmallSite()
    small.floor_hash = floor_hash(TINY)
    # Cells of the small site's robots are walls of the tiny floor.
    small.state.cell[:] = TINY.parking[:4]
    with served(site=small) as site:
        run(connect=site.endpoint, name="anna")
    assert json.loads(capsys.readouterr().out)["now"]["robots"] == 4


@pytest.mark.parametrize(
    ("options", "where", "problem"),
    [
        ({}, "--journal", "neither a journal nor a controller is named"),
        ({"world": "nowhere"}, "nowhere", "there is no world of this name"),
        ({"duration": "5h"}, "--for", "is 18000 s"),
        ({"duration": "soon"}, "--for", "is not a duration"),
        ({"close": ["Main aisle nort"]}, "--close", "Main aisle nort"),
        ({"close": ["99,99"]}, "--close", "99"),
        ({"robots": "20"}, "--robots", "is '20'"),
        ({"robots": "+0"}, "--robots", r"is '\+0'"),
        ({"robots": "+99999"}, "--robots", "there is no place"),
        ({"orders": ""}, "--orders", "is empty"),
        ({"orders": "poisson:fast"}, "--orders", "has the rate 'fast'"),
        ({"journal": "/nowhere/site.journal"}, "--journal", "there is no journal"),
        ({"connect": "telegraph:3"}, "--connect", "telegraph"),
    ],
)
def test_bad_options_are_refused_in_words(journal, options, where, problem):
    source = {} if options.keys() & {"journal", "connect"} or not options else {"journal": journal}
    with pytest.raises(InputError, match=problem) as error:
        run(**source | options)
    assert error.value.where == where


def test_orders_that_are_expected_stand_in_a_file(journal, tmp_path):
    with pytest.raises(InputError, match="is no order file"):
        run(journal=journal, expect=tmp_path / "poisson:3")


def test_a_journal_of_another_floor_is_refused(tmp_path):
    with closing(FileSite(tmp_path / "site.journal")) as site:
        found(site.open())
        with pytest.raises(InputError, match="is of another floor than tiny"):
            run(journal=str(site.path))


def test_a_controller_that_does_not_answer_is_exit_code_3(monkeypatch, capsys):
    monkeypatch.setattr("fleet.app.site.api_client.ClientParams", lambda: ClientParams(answer_s=0.1, give_up_s=0.2))
    with pytest.raises(typer.Exit) as ended:
        run(connect="tcp://127.0.0.1:1", name="anna")
    assert ended.value.exit_code == 3
    assert "no controller answers" in capsys.readouterr().err


def test_it_is_a_command():
    app = typer.Typer()
    forecast_command.register(app)
    assert [command.name for command in app.registered_commands] == ["forecast"]
